/** `views.*`: https://docs.slack.dev/reference/methods?family=views */

import { checkView } from "../block-kit/views.ts";
import { isObject, type Json, textOf } from "../json.ts";
import { type View, viewObject } from "../view-stacks.ts";
import { type Call, done, explained, type Method, missing, type Outcome, refused } from "./method.ts";

const LARGEST = 250_000;
const MOST_ON_TOP_OF_EACH_OTHER = 3;

const open: Method = (call) => {
  const source = readView(call, "modal");
  if ("answer" in source) return source;
  const trigger = readTrigger(call);
  if ("answer" in trigger) return trigger;
  const view = call.views.build(trigger.user, source.view);
  return shown(call, view, () => {
    call.triggers.exchange(trigger.id);
    call.views.open(view);
  });
};

const push: Method = (call) => {
  const source = readView(call, "modal");
  if ("answer" in source) return source;
  const trigger = readTrigger(call);
  if ("answer" in trigger) return trigger;
  const stack = call.views.stack(trigger.user);
  const top = stack.at(-1);
  if (top === undefined) return refused("not_found");
  if (stack.length >= MOST_ON_TOP_OF_EACH_OTHER) return refused("push_limit_reached");
  const view = call.views.build(trigger.user, source.view, { previous: top });
  return shown(call, view, () => {
    call.triggers.exchange(trigger.id);
    call.views.push(view);
  });
};

const update: Method = (call) => {
  const { args, views } = call;
  const id = args.text("view_id");
  const external = args.text("external_id");
  if (id === undefined && external === undefined) return missing("view_id");
  const old = id === undefined ? views.byExternalId(external ?? "") : views.byId(id);
  if (old === undefined) return refused("not_found");
  const source = readView(call, old.type, old);
  if ("answer" in source) return source;
  const hash = args.text("hash");
  if (hash !== undefined && hash !== old.hash) return refused("hash_conflict");
  const view = {
    ...views.build(old.user, source.view, { id: old.id }),
    rootId: old.rootId,
    previousId: old.previousId,
  };
  return shown(call, view, () => views.replace(view));
};

const publish: Method = (call) => {
  const { args, views, workspace } = call;
  const user = args.text("user_id");
  if (user === undefined || user === "") return missing("user_id");
  if (workspace.user(user) === undefined) return explained("invalid_arguments", ["invalid `user_id`"]);
  const old = views.home(user);
  const source = readView(call, "home", old);
  if ("answer" in source) return source;
  const hash = args.text("hash");
  if (hash !== undefined && hash !== old?.hash) return refused("hash_conflict");
  const view = views.build(user, source.view, old === undefined ? {} : { id: old.id });
  return shown(call, view, () => views.publish(view));
};

export const viewsMethods = {
  "views.open": open,
  "views.push": push,
  "views.update": update,
  "views.publish": publish,
} satisfies Record<string, Method>;

const shown = ({ workspace }: Call, view: View, apply: () => void): Outcome =>
  done({ view: viewObject(view, workspace) }, apply);

const readView = ({ args, views }: Call, type: "modal" | "home", old?: View): { readonly view: Json } | Outcome => {
  const given = args.structure("view");
  if (given === undefined) return missing("view");
  if (given === "unreadable" || !isObject(given.value))
    return explained("invalid_arguments", ["must provide an object [json-pointer:/view]"]);
  const problems = checkView(given.value, type);
  if (problems.length > 0) return explained("invalid_arguments", problems);
  if (JSON.stringify(given.value).length > LARGEST) return refused("view_too_large");
  const external = textOf(given.value.external_id) ?? "";
  const other = external === "" ? undefined : views.byExternalId(external);
  return other !== undefined && other.id !== old?.id ? refused("duplicate_external_id") : { view: given.value };
};

const readTrigger = ({ args, triggers }: Call): { readonly id: string; readonly user: string } | Outcome => {
  const id = args.text("trigger_id");
  if (id === undefined || id === "") return missing("trigger_id");
  const trigger = triggers.look(id);
  return typeof trigger === "string" ? refused(trigger) : { id, user: trigger.user };
};
