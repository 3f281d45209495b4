/** Filling in a modal by the names of its fields: `machine prod-vm-3`, `why INC-1042 disk full`. */

import type { Entry } from "./slack/element-values.ts";
import { elementsOf } from "./slack/element-values.ts";
import { type Json, listOf, objectOf, textOf } from "./slack/json.ts";
import type { SlackServer } from "./slack/server.ts";

/** What is typed into fields of which the app isn't told before the form is sent; by action id. */
export type Typed = Record<string, Entry>;

/** Returns what is wrong; `undefined`: it is filled in. */
export const fillForm = async (
  slack: SlackServer,
  user: string,
  text: string,
  typed: Typed,
): Promise<string | undefined> => {
  const view = slack.see(user).modals.at(-1);
  if (view === undefined) return "No form is open.";
  const inputs = elementsOf(view.raw.blocks).filter(({ block }) => block.type === "input");
  const labelOf = (block: Json): string => (textOf(objectOf(block.label).text) ?? "").toLowerCase();
  const found = inputs
    .filter(({ block }) => text.toLowerCase().startsWith(labelOf(block)))
    .concat(inputs.filter(({ block }) => labelOf(block).startsWith(text.split(/\s/u)[0]?.toLowerCase() ?? "")))[0];
  if (found === undefined)
    return `There is no such field. There are: ${inputs.map(({ block }) => labelOf(block)).join(", ")}.`;
  const label = labelOf(found.block);
  const wanted = (text.toLowerCase().startsWith(label) ? text.slice(label.length) : text.replace(/^\S+/u, "")).trim();
  const actionId = textOf(found.element.action_id) ?? "";
  const value = await entryFor(slack, user, found.element, wanted);
  if (value === undefined) return `\`${wanted}\` isn't offered there.`;
  if (found.block.dispatch_action === true) await slack.click({ user, viewId: view.id, actionId, value });
  else typed[actionId] = value;
  return undefined;
};

const entryFor = async (
  slack: SlackServer,
  user: string,
  element: Json,
  wanted: string,
): Promise<Entry | undefined> => {
  const type = textOf(element.type) ?? "";
  if (!type.includes("select")) return wanted;
  const actionId = textOf(element.action_id) ?? "";
  const options = type.includes("external")
    ? (await slack.blockSuggestion({ user, actionId, value: wanted })).options
    : listOf(element.options).map(objectOf);
  const words = type.startsWith("multi") ? wanted.split(/[\s,]+/u) : [wanted];
  const chosen = words.map((word) => optionFor(options, word.toLowerCase()));
  if (chosen.some((each) => each === undefined)) return undefined;
  if (type.startsWith("multi")) return chosen.map((each) => textOf(each?.value) ?? "");
  return type.includes("external") ? chosen[0] : textOf(chosen[0]?.value);
};

/** The one that is called so, or else the first that begins so. */
const optionFor = (options: readonly Json[], word: string): Json | undefined => {
  const shown = (option: Json): string => (textOf(objectOf(option.text).text) ?? "").toLowerCase();
  return (
    options.find((option) => shown(option) === word || option.value === word) ??
    options.find((option) => shown(option).startsWith(word)) ??
    options.find((option) => shown(option).includes(word))
  );
};
