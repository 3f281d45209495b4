/** Submitting and closing modals. https://docs.slack.dev/surfaces/modals */

import { checkView } from "./block-kit/views.ts";
import type { Ack } from "./delivery.ts";
import { type Entry, elementsOf, isBlank, stateValues } from "./element-values.ts";
import { isObject, type Json, objectOf, textOf } from "./json.ts";
import { type PressDeps, who } from "./presses.ts";
import { type View, viewObject } from "./view-stacks.ts";

export interface Submission {
  readonly user: string;
  /** The visible modal when not given. */
  readonly viewId?: string;
  /** By action id, or else by block id; what isn't given keeps its initial value or what was chosen before. */
  readonly values?: Readonly<Record<string, Entry>>;
}

export type Submitted =
  /** Slack didn't let it go: what is missing or wrong, by block id. Nothing was sent. */
  | { readonly outcome: "incomplete"; readonly errors: Readonly<Record<string, string>> }
  | { readonly outcome: "closed" | "cleared" | "updated" | "pushed"; readonly ack: Ack }
  /** The app refused values: by block id. */
  | { readonly outcome: "errors"; readonly errors: Readonly<Record<string, string>>; readonly ack: Ack }
  /** The app didn't answer, or answered something that Slack can't do. */
  | { readonly outcome: "trouble"; readonly why: string; readonly ack: Ack };

export const submit = async ({ user, viewId, values = {} }: Submission, deps: PressDeps): Promise<Submitted> => {
  const { workspace, views, delivery, triggers } = deps;
  const view = topView(user, viewId, deps);
  const chosen = deps.chosen(view.id);
  Object.assign(chosen, values);
  const state = stateValues(view.blocks, chosen);
  const wrong = incomplete(view, state);
  if (Object.keys(wrong).length > 0) {
    views.replace({ ...view, errors: wrong });
    return { outcome: "incomplete", errors: wrong };
  }

  const ack = await delivery.deliver({
    kind: "interactivity",
    name: "deliver view_submission",
    payload: {
      type: "view_submission",
      ...who(user, workspace),
      trigger_id: triggers.issue({ user, view: view.id }),
      view: viewObject(view, workspace, state),
      response_urls: [],
    },
  });
  const trouble = (why: string): Submitted => {
    const now = views.byId(view.id);
    if (now !== undefined) views.replace({ ...now, trouble: "We had some trouble connecting. Try again?" });
    return { outcome: "trouble", why, ack };
  };
  if (ack.outcome !== "ok") return trouble(ack.outcome);
  return obey(view, ack, deps, trouble);
};

/** Closes the visible modal with its cross or its close button; the app hears of it only when it asked to. */
export const close = async (
  { user, viewId }: { readonly user: string; readonly viewId?: string },
  deps: PressDeps,
): Promise<Ack | undefined> => {
  const view = topView(user, viewId, deps);
  const all = view.source.clear_on_close === true;
  if (all) deps.views.clear(user);
  else deps.views.close(view);
  if (view.source.notify_on_close !== true) return undefined;
  return deps.delivery.deliver({
    kind: "interactivity",
    name: "deliver view_closed",
    payload: {
      type: "view_closed",
      ...who(user, deps.workspace),
      view: viewObject(view, deps.workspace, stateValues(view.blocks, deps.chosen(view.id))),
      is_cleared: all,
    },
  });
};

const topView = (user: string, viewId: string | undefined, { views }: PressDeps): View => {
  const top = views.stack(user).at(-1);
  if (top === undefined || (viewId !== undefined && top.id !== viewId))
    throw new Error(`\`${user}\` has no such modal in front`);
  return top;
};

const obey = (view: View, ack: Ack, { views }: PressDeps, trouble: (why: string) => Submitted): Submitted => {
  const body = isObject(ack.body) ? ack.body : {};
  const action = body.response_action;
  // The app may have updated the modal while it thought.
  const now = views.byId(view.id) ?? view;
  if (action === undefined) {
    views.close(now);
    return { outcome: "closed", ack };
  }
  if (action === "clear") {
    views.clear(view.user);
    return { outcome: "cleared", ack };
  }
  if (action === "errors") {
    const errors = isObject(body.errors) ? body.errors : {};
    const inputs = view.blocks.filter(({ type }) => type === "input").map((block) => block.block_id);
    const unknown = Object.keys(errors).find((id) => !inputs.includes(id));
    if (Object.keys(errors).length === 0 || unknown !== undefined)
      return trouble(`no input block \`${unknown ?? ""}\``);
    const said = Object.fromEntries(Object.entries(errors).map(([id, text]) => [id, String(text)]));
    views.replace({ ...now, errors: said });
    return { outcome: "errors", errors: said, ack };
  }
  if (action !== "update" && action !== "push") return trouble(`unknown response_action \`${JSON.stringify(action)}\``);
  const [first] = checkView(body.view, "modal");
  if (first !== undefined) return trouble(first);
  const source = objectOf(body.view);
  if (action === "push") {
    if (views.stack(view.user).length >= 3) return trouble("push_limit_reached");
    views.push(views.build(view.user, source, { previous: now }));
    return { outcome: "pushed", ack };
  }
  const next = views.build(view.user, source, { id: view.id });
  views.replace({ ...next, rootId: view.rootId, previousId: view.previousId });
  return { outcome: "updated", ack };
};

/** What Slack's own client checks before it sends a form. */
const incomplete = (view: View, state: ReturnType<typeof stateValues>): Record<string, string> => {
  const errors: Record<string, string> = {};
  for (const { block, element } of elementsOf(view.blocks)) {
    const id = textOf(block.block_id) ?? "";
    const value = state[id]?.[textOf(element.action_id) ?? ""];
    if (block.type !== "input" || value === undefined) continue;
    const text = textOf(value.value) ?? "";
    const { min_length: min, max_length: max } = element;
    if (isBlank(value)) {
      if (block.optional !== true) errors[id] = "Please complete this required field.";
    } else if (typeof min === "number" && text.length < min) errors[id] = `Please enter at least ${min} characters.`;
    else if (text.length > (typeof max === "number" ? max : 3_000)) errors[id] = "This is too long.";
    else if (element.type === "number_input" && !isAllowedNumber(element, text))
      errors[id] = "Please enter a valid number.";
    else if (element.type === "email_text_input" && !/^\S+@\S+\.\S+$/u.test(text))
      errors[id] = "Please enter a valid email.";
    else if (element.type === "url_text_input" && !URL.canParse(text)) errors[id] = "Please enter a valid URL.";
  }
  return errors;
};

const isAllowedNumber = (element: Json, text: string): boolean => {
  const given = Number(text);
  if (!Number.isFinite(given) || (element.is_decimal_allowed !== true && !Number.isInteger(given))) return false;
  const { min_value: min, max_value: max } = element;
  return (min === undefined || given >= Number(min)) && (max === undefined || given <= Number(max));
};
