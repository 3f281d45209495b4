/** Fields to type in, and to choose a day or a time in. */

import { type ComponentChild, h } from "preact";
import { listOf, objectOf, textOf } from "../../slack/json.ts";
import { words } from "./text-object.ts";
import { described, type ElementProps, tellsAtOnce, usePress } from "./use-element.ts";

export const TextInput = (props: ElementProps): ComponentChild => {
  const { block, element, surface, inputId } = props;
  const { press } = usePress(props);
  const type = textOf(element.type) ?? "";
  const initial = textOf(element.initial_value ?? element.initial_date ?? element.initial_time) ?? "";
  const entry = surface.entry(element);
  const isPicker = type === "datepicker" || type === "timepicker";
  const on = listOf(objectOf(element.dispatch_action_config).trigger_actions_on);
  const enter = (event: Event): void => {
    const { value } = event.currentTarget as HTMLInputElement | HTMLTextAreaElement;
    surface.enter(element, value);
    if (tellsAtOnce(block) && (isPicker || on.includes("on_character_entered"))) press(value);
  };
  const common = {
    id: inputId,
    ...described(props),
    "aria-label": inputId === undefined ? words(element.placeholder) || "Text" : undefined,
    placeholder: words(element.placeholder),
    value: entry === undefined ? initial : typeof entry === "string" || typeof entry === "number" ? entry : "",
    maxLength: typeof element.max_length === "number" ? element.max_length : undefined,
    onInput: enter,
  };
  if (element.multiline === true || type === "rich_text_input") return h("textarea", { ...common, rows: 3 });
  return h("input", {
    ...common,
    type: INPUT_TYPES[type] ?? "text",
    inputMode: type === "number_input" ? "decimal" : undefined,
    autoComplete: "off",
    onKeyDown: (event: KeyboardEvent) => {
      const tells = tellsAtOnce(block) && (on.length === 0 || on.includes("on_enter_pressed"));
      if (event.key !== "Enter" || !tells) return;
      event.preventDefault();
      press((event.currentTarget as HTMLInputElement).value);
    },
  });
};

const INPUT_TYPES: Readonly<Record<string, string>> = {
  datepicker: "date",
  timepicker: "time",
  email_text_input: "email",
  url_text_input: "url",
};
