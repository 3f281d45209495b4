/** What a person chose or typed in an element, in the shape in which `state.values` and `actions` carry it. */

import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, listOf, objectOf, textOf } from "./json.ts";

/** A text, a choice's `value`, several of them, a whole option (for external menus), or `null` for nothing. */
export type Entry = string | number | readonly string[] | Json | null;

/** `undefined` for elements that keep nothing: buttons, overflow menus, images. */
export const elementValue = (element: Json, entry: Entry | undefined): Json | undefined => {
  const type = textOf(element.type) ?? "";
  const initial = (key: string): unknown => element[key] ?? null;
  const one = (key: string, from: string): Json => ({ type, [key]: entry === undefined ? initial(from) : entry });
  const many = (key: string, from: string): Json => ({
    type,
    [key]: entry === undefined ? listOf(element[from]) : asList(entry),
  });
  switch (type) {
    case "plain_text_input":
    case "number_input":
    case "email_text_input":
    case "url_text_input": {
      const value = entry === undefined ? initial("initial_value") : entry;
      return { type, value: value === "" ? null : typeof value === "number" ? String(value) : value };
    }
    case "rich_text_input":
      return { type, rich_text_value: entry === undefined ? initial("initial_value") : richText(entry) };
    case "static_select":
    case "external_select":
    case "radio_buttons":
      return { type, selected_option: entry === undefined ? initial("initial_option") : option(element, entry) };
    case "multi_static_select":
    case "multi_external_select":
    case "checkboxes":
      return {
        type,
        selected_options:
          entry === undefined ? listOf(element.initial_options) : asList(entry).map((each) => option(element, each)),
      };
    case "users_select":
      return one("selected_user", "initial_user");
    case "multi_users_select":
      return many("selected_users", "initial_users");
    case "conversations_select":
      return one("selected_conversation", "initial_conversation");
    case "multi_conversations_select":
      return many("selected_conversations", "initial_conversations");
    case "channels_select":
      return one("selected_channel", "initial_channel");
    case "multi_channels_select":
      return many("selected_channels", "initial_channels");
    case "datepicker":
      return one("selected_date", "initial_date");
    case "timepicker":
      return one("selected_time", "initial_time");
    case "datetimepicker":
      return one("selected_date_time", "initial_date_time");
    default:
      return undefined;
  }
};

/** What is sent when it is used: the element's own part of `actions[0]`. */
export const actionValue = (element: Json, entry: Entry | undefined): Json => {
  const { type } = element;
  if (type === "overflow") return { type, selected_option: option(element, entry ?? null) };
  const kept = elementValue(element, entry);
  if (kept !== undefined) return kept;
  const said = ["text", "value", "style", "url"].filter((key) => element[key] !== undefined);
  return { type, ...Object.fromEntries(said.map((key) => [key, element[key]])) };
};

/** The elements of some blocks, each with its block. */
export const elementsOf = (blocks: readonly Json[]): readonly { readonly block: Json; readonly element: Json }[] =>
  blocks.flatMap((block) =>
    [block.element, block.accessory, ...listOf(block.elements)]
      .filter(isObject)
      .filter((element) => element.action_id !== undefined)
      .map((element) => ({ block, element })),
  );

/** `state.values`: by block, then by action. Entries are found by action id or else block id. */
export const stateValues = (
  blocks: readonly Json[],
  entries: Readonly<Record<string, Entry>>,
): Readonly<Record<string, Readonly<Record<string, Json>>>> => {
  const state: Record<string, Record<string, Json>> = {};
  for (const { block, element } of elementsOf(blocks)) {
    const blockId = textOf(block.block_id) ?? "";
    const actionId = textOf(element.action_id) ?? "";
    const value = elementValue(element, entries[actionId] ?? entries[blockId]);
    if (value !== undefined) state[blockId] = { ...state[blockId], [actionId]: value };
  }
  return state;
};

export const isBlank = (value: Json): boolean =>
  Object.entries(value).every(
    ([key, each]) => key === "type" || each === null || (Array.isArray(each) && each.length === 0),
  );

const asList = (entry: Entry): readonly Entry[] => (isList(entry) ? entry : entry === null ? [] : [entry]);

const isList = (entry: Entry): entry is readonly string[] => Array.isArray(entry);

/** A person can only choose what is offered. */
const option = (element: Json, entry: Entry): unknown => {
  if (entry === null) return null;
  if (textOf(element.type)?.includes("external") === true)
    return isObject(entry)
      ? entry
      : { text: { type: "plain_text", text: String(entry), emoji: true }, value: String(entry) };
  const offered = [
    ...listOf(element.options),
    ...listOf(element.option_groups).flatMap((group) => listOf(objectOf(group).options)),
  ];
  const found = offered.find((each) => objectOf(each).value === entry || isDeepStrictEqual(each, entry));
  if (found === undefined)
    throw new Error(`\`${JSON.stringify(entry)}\` is not offered by \`${String(element.action_id)}\``);
  return found;
};

const richText = (entry: Entry): unknown =>
  typeof entry !== "string"
    ? entry
    : { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text: entry }] }] };
