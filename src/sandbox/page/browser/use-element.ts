/** What pressing, choosing and typing in an element does. */

import { useState } from "preact/hooks";
import { isObject, type Json, textOf } from "../../slack/json.ts";
import type { Ask } from "./confirm.ts";
import type { Entry, Surface } from "./surface.ts";

export interface ElementProps {
  readonly block: Json;
  readonly element: Json;
  readonly surface: Surface;
  readonly ask: Ask;
  /** Of a field with a label of its own. */
  readonly inputId?: string;
  readonly describedBy?: string;
}

/** Presses after the question that the element wants asked, if any; busy until it is acknowledged. */
export const usePress = ({ block, element, surface, ask }: ElementProps) => {
  const [busy, setBusy] = useState(false);
  const press = async (value?: Entry): Promise<void> => {
    if (isObject(element.confirm) && !(await ask(element.confirm))) return;
    setBusy(true);
    await surface.press({ block, element, ...(value === undefined ? {} : { value }) });
    setBusy(false);
  };
  return { busy, press: (value?: Entry): void => void press(value) };
};

/** Whether using it tells the bot at once: always in messages and sections, in a form's fields when they say so. */
export const tellsAtOnce = (block: Json): boolean => block.type !== "input" || block.dispatch_action === true;

export const useEntry = (props: ElementProps) => {
  const { block, element, surface } = props;
  const { press } = usePress(props);
  return {
    entry: surface.entry(element),
    enter: (value: Entry): void => {
      surface.enter(element, value);
      if (tellsAtOnce(block)) press(value);
    },
  };
};

/** What a screen reader says with it. */
export const described = ({ describedBy, block, surface }: ElementProps) => ({
  "aria-describedby": describedBy,
  "aria-invalid": surface.errors[textOf(block.block_id) ?? ""] !== undefined,
});
