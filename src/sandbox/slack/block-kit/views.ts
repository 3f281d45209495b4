/** Modals and Home tabs: https://docs.slack.dev/reference/views */

import { isObject, listOf, objectOf } from "../json.ts";
import { checkBlocks } from "./blocks.ts";
import { byType, type Check, flag, object, oneOf, type Problem, problem, schema, text } from "./check.ts";
import { plain } from "./objects.ts";

/** Problems of a view, pointing below `/view`. */
export const checkView = (view: unknown, type: "modal" | "home"): readonly Problem[] => {
  if (!isObject(view)) return [problem("must provide an object", "/view")];
  if (view.type !== type) return schema(byType({ [type]: () => [] }))(view, "/view");
  return schema(type === "modal" ? modal : home)(view, "/view");
};

const named = {
  private_metadata: text({ max: 3_000 }),
  callback_id: text({ max: 255 }),
  external_id: text({ max: 255 }),
};

const modal: Check = (view, at) => {
  const hasInput = listOf(objectOf(view).blocks).some((block) => objectOf(block).type === "input");
  const needsSubmit = hasInput && objectOf(view).submit === undefined;
  return [
    ...object(
      { title: plain(24), blocks: (blocks, where) => checkBlocks(blocks, where, "modal") },
      {
        ...named,
        type: oneOf("modal"),
        submit: plain(24),
        close: plain(24),
        clear_on_close: flag,
        notify_on_close: flag,
      },
    )(view, at),
    ...(needsSubmit ? [problem("missing required field: submit", at)] : []),
  ];
};

const home: Check = object({ blocks: (blocks, where) => checkBlocks(blocks, where, "home") }, named);
