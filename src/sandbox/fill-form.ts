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
  if ("offered" in value) return notOffered(wanted, value.offered);
  const { entry } = value;
  if (found.block.dispatch_action === true) await slack.click({ user, viewId: view.id, actionId, value: entry });
  else typed[actionId] = entry;
  return undefined;
};

/** What was meant, or what could have been. */
const entryFor = async (
  slack: SlackServer,
  user: string,
  element: Json,
  wanted: string,
): Promise<{ readonly entry: Entry } | { readonly offered: readonly string[] }> => {
  const type = textOf(element.type) ?? "";
  if (!/select|checkboxes|radio_buttons/u.test(type)) return { entry: wanted };
  const actionId = textOf(element.action_id) ?? "";
  const options = type.includes("external")
    ? (await slack.blockSuggestion({ user, actionId, value: wanted })).options
    : listOf(element.options).map(objectOf);
  const chosen = type.startsWith("multi") || type === "checkboxes" ? several(options, wanted) : one(options, wanted);
  const [first] = chosen ?? [];
  if (chosen === undefined || first === undefined) return { offered: options.map(shown) };
  if (type.startsWith("multi") || type === "checkboxes")
    return { entry: chosen.map((each) => textOf(each.value) ?? "") };
  return { entry: type.includes("external") ? first : (textOf(first.value) ?? "") };
};

const notOffered = (wanted: string, offered: readonly string[]): string => {
  const most = offered.slice(0, MOST_NAMED).join("; ");
  const more = offered.length > MOST_NAMED ? "; and more" : "";
  return `\`${wanted}\` isn't offered there. ${offered.length === 0 ? "Nothing is." : `There is: ${most}${more}.`}`;
};

const one = (options: readonly Json[], wanted: string): readonly Json[] | undefined => {
  const found = optionFor(options, wanted.toLowerCase());
  return found === undefined ? undefined : [found];
};

/** What is shown may hold spaces and commas itself, so it is taken apart only as far as it has to be. */
const several = (options: readonly Json[], wanted: string): readonly Json[] | undefined => {
  for (const words of [[wanted], wanted.split(/\s*,\s*/u), wanted.split(/[\s,]+/u)]) {
    const found = words.map((word) => optionFor(options, word.toLowerCase()));
    const chosen = found.filter((option) => option !== undefined);
    if (chosen.length === words.length) return [...new Set(chosen)];
  }
  return undefined;
};

/** The one that is called so, or else the first that begins so. */
const optionFor = (options: readonly Json[], word: string): Json | undefined => {
  const text = (option: Json): string => shown(option).toLowerCase();
  return (
    options.find((option) => text(option) === word || option.value === word) ??
    options.find((option) => text(option).startsWith(word)) ??
    options.find((option) => text(option).includes(word))
  );
};

const shown = (option: Json): string => textOf(objectOf(option.text).text) ?? "";

const MOST_NAMED = 20;
