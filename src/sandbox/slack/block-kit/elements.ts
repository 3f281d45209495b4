/** Block elements, and where each may stand: https://docs.slack.dev/reference/block-kit/block-elements */

import { isDeepStrictEqual } from "node:util";
import { type Json, listOf, objectOf } from "../json.ts";
import {
  also,
  type Check,
  type Fields,
  flag,
  list,
  matching,
  object,
  type Problem,
  problem,
  text,
  whole,
} from "./check.ts";
import {
  choiceOption,
  confirm,
  conversationFilter,
  dispatchActionConfig,
  imageSource,
  menuOption,
  optionGroup,
  overflowOption,
  plain,
  richTextObject,
  style,
  url,
} from "./objects.ts";

const action_id = text({ min: 1, max: 255 });
const pressable = { action_id, confirm };
const choosable = { action_id, confirm, focus_on_load: flag };
const menu = { ...choosable, placeholder: plain(150) };
const typed = { action_id, placeholder: plain(150), focus_on_load: flag, dispatch_action_config: dispatchActionConfig };
const several = { max_selected_items: whole(1, Number.MAX_SAFE_INTEGER) };
const id = text({ min: 1 });

const offered = (element: Json): readonly unknown[] => [
  ...listOf(element.options),
  ...listOf(element.option_groups).flatMap((group) => listOf(objectOf(group).options)),
];

/** What is chosen at first must be one of what is offered, exactly. */
const initialIsOffered = (element: Json, at: string): readonly Problem[] => {
  const chosen = [
    ...(element.initial_option === undefined ? [] : [[element.initial_option, `${at}/initial_option`] as const]),
    ...listOf(element.initial_options).map((option, index) => [option, `${at}/initial_options/${index}`] as const),
  ];
  return chosen
    .filter(([option]) => !offered(element).some((other) => isDeepStrictEqual(option, other)))
    .map(([, where]) => problem("initial option must match one of the options", where));
};

const staticMenu = (more: Fields): Check =>
  also(
    object(
      {},
      {
        ...menu,
        options: list(menuOption, { min: 1, max: 100 }),
        option_groups: list(optionGroup, { min: 1, max: 100 }),
        ...more,
      },
    ),
    (element, at) => [
      ...((element.options === undefined) === (element.option_groups === undefined)
        ? [problem("must provide either options or option_groups", at)]
        : []),
      ...initialIsOffered(element, at),
    ],
  );

const choices = (more: Fields): Check =>
  also(object({ options: list(choiceOption, { min: 1, max: 10 }) }, { ...choosable, ...more }), initialIsOffered);

const lengths = (element: Json, at: string): readonly Problem[] => {
  const { min_length: min, max_length: max } = element;
  return typeof min === "number" && typeof max === "number" && min > max
    ? [problem("min_length must be less than or equal to max_length", at)]
    : [];
};

const number = matching(/^-?\d+(\.\d+)?$/u, "number");

const button = object(
  { text: plain(75) },
  { ...pressable, value: text({ max: 2_000 }), url, style, accessibility_label: text({ max: 75 }) },
);

const all = {
  button,
  workflow_button: object(
    { text: plain(75), workflow: () => [] },
    { ...pressable, style, accessibility_label: text({ max: 75 }) },
  ),
  overflow: object({ options: list(overflowOption, { min: 1, max: 5 }) }, pressable),
  image: imageSource({}),
  static_select: staticMenu({ initial_option: menuOption }),
  multi_static_select: staticMenu({ initial_options: list(menuOption), ...several }),
  external_select: object({}, { ...menu, initial_option: menuOption, min_query_length: whole(0, 3_000) }),
  multi_external_select: object(
    {},
    { ...menu, initial_options: list(menuOption), min_query_length: whole(0, 3_000), ...several },
  ),
  users_select: object({}, { ...menu, initial_user: id }),
  multi_users_select: object({}, { ...menu, initial_users: list(id), ...several }),
  conversations_select: object(
    {},
    {
      ...menu,
      initial_conversation: id,
      default_to_current_conversation: flag,
      filter: conversationFilter,
      response_url_enabled: flag,
    },
  ),
  multi_conversations_select: object(
    {},
    {
      ...menu,
      initial_conversations: list(id),
      default_to_current_conversation: flag,
      filter: conversationFilter,
      ...several,
    },
  ),
  channels_select: object({}, { ...menu, initial_channel: id, response_url_enabled: flag }),
  multi_channels_select: object({}, { ...menu, initial_channels: list(id), ...several }),
  checkboxes: choices({ initial_options: list(choiceOption, { min: 1 }) }),
  radio_buttons: choices({ initial_option: choiceOption }),
  datepicker: object({}, { ...menu, initial_date: matching(/^\d{4}-\d{2}-\d{2}$/u, "date") }),
  timepicker: object({}, { ...menu, initial_time: matching(/^([01]\d|2[0-3]):[0-5]\d$/u, "time"), timezone: text() }),
  datetimepicker: object({}, { ...choosable, initial_date_time: whole(1_000_000_000, 9_999_999_999) }),
  plain_text_input: also(
    object(
      {},
      {
        ...typed,
        initial_value: text({ max: 3_000 }),
        multiline: flag,
        min_length: whole(0, 3_000),
        max_length: whole(1, 3_000),
      },
    ),
    lengths,
  ),
  number_input: object(
    { is_decimal_allowed: flag },
    { ...typed, initial_value: number, min_value: number, max_value: number },
  ),
  email_text_input: object({}, { ...typed, initial_value: text() }),
  url_text_input: object({}, { ...typed, initial_value: text() }),
  rich_text_input: object(
    {},
    { ...typed, initial_value: richTextObject, min_lines: whole(1, 100), max_lines: whole(1, 100) },
  ),
  file_input: object({}, { action_id, filetypes: list(text()), max_files: whole(1, 10) }),
} satisfies Fields;

const {
  plain_text_input,
  number_input,
  email_text_input,
  url_text_input,
  file_input,
  image,
  rich_text_input,
  ...common
} = all;
const { datetimepicker: _datetimepicker, ...besideText } = common;
const { button: _button, workflow_button: _workflow, overflow: _overflow, ...askable } = common;

export const accessoryElements: Fields = { ...besideText, image };
export const actionElements: Fields = { ...common, rich_text_input };
export const inputElements: Fields = {
  ...askable,
  plain_text_input,
  number_input,
  email_text_input,
  url_text_input,
  rich_text_input,
};
export const modalInputElements: Fields = { ...inputElements, file_input };
export const cardButton: Check = button;
