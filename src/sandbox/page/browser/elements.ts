/** What can be pressed, chosen and typed. https://docs.slack.dev/reference/block-kit/block-elements */

import { type ComponentChild, h } from "preact";
import { useState } from "preact/hooks";
import { isObject, type Json, listOf, objectOf, textOf } from "../../slack/json.ts";
import { Combobox } from "./combobox.ts";
import type { Ask } from "./confirm.ts";
import { icon } from "./icon.ts";
import { Menu } from "./menu.ts";
import type { Entry, Surface } from "./surface.ts";
import { textObject, words } from "./text-object.ts";

export interface ElementProps {
  readonly block: Json;
  readonly element: Json;
  readonly surface: Surface;
  readonly ask: Ask;
  /** Of a field with a label of its own. */
  readonly inputId?: string;
  readonly describedBy?: string;
}

export const Element = (props: ElementProps): ComponentChild => {
  const { element, surface } = props;
  switch (element.type) {
    case "mrkdwn":
    case "plain_text":
      return textObject(element, surface.reader);
    case "image":
      // Pictures are elsewhere, and nothing is fetched from elsewhere.
      return h("span", { class: "picture" }, icon("picture"), textOf(element.alt_text) ?? "");
    case "button":
    case "workflow_button":
      return h(Button, props);
    case "overflow":
      return h(Overflow, props);
    case "radio_buttons":
    case "checkboxes":
      return h(Choices, props);
    case "external_select":
      return h(ExternalSelect, props);
    case "static_select":
    case "users_select":
    case "conversations_select":
    case "channels_select":
      return h(Select, props);
    case "multi_static_select":
    case "multi_users_select":
    case "multi_conversations_select":
    case "multi_channels_select":
      return h(Choices, props);
    case "plain_text_input":
    case "number_input":
    case "email_text_input":
    case "url_text_input":
    case "rich_text_input":
    case "datepicker":
    case "timepicker":
      return h(TextInput, props);
    default:
      return h("em", null, `(${String(element.type)} isn't drawn here)`);
  }
};

/** Presses after the question that the element wants asked, if any; busy until it is acknowledged. */
const usePress = ({ block, element, surface, ask }: ElementProps) => {
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
const tellsAtOnce = (block: Json): boolean => block.type !== "input" || block.dispatch_action === true;

const useEntry = (props: ElementProps) => {
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

const described = ({ describedBy, block, surface }: ElementProps) => ({
  "aria-describedby": describedBy,
  "aria-invalid": surface.errors[textOf(block.block_id) ?? ""] !== undefined,
});

const Button = (props: ElementProps): ComponentChild => {
  const { element } = props;
  const { busy, press } = usePress(props);
  const style = element.style === "primary" || element.style === "danger" ? element.style : "";
  const url = textOf(element.url);
  const common = {
    class: `button ${style}`,
    "aria-label": textOf(element.accessibility_label),
    "aria-busy": busy,
    onClick: () => press(),
  };
  const label = words(element.text);
  return url !== undefined && /^https?:/iu.test(url)
    ? h("a", { ...common, href: url, target: "_blank", rel: "noreferrer noopener" }, label)
    : h("button", { ...common, type: "button" }, label);
};

const Overflow = (props: ElementProps): ComponentChild => {
  const { press } = usePress(props);
  return h(Menu, {
    kind: "more",
    label: "More actions",
    face: "⋯",
    items: listOf(props.element.options).map((option) => {
      const value = textOf(objectOf(option).value) ?? "";
      return { key: value, label: words(objectOf(option).text), act: () => press(value) };
    }),
  });
};

interface Offered {
  readonly value: string;
  readonly label: string;
  readonly description?: string;
  readonly group?: string;
}

/** People and channels are chosen by their ids, everything else by its value. */
const offeredBy = ({ element, surface }: ElementProps): readonly Offered[] => {
  const type = textOf(element.type) ?? "";
  if (type.includes("users")) return surface.people.map(({ id, name }) => ({ value: id, label: `@${name}` }));
  if (type.includes("conversations") || type.includes("channels"))
    return surface.channels
      .filter(({ kind }) => kind !== "direct")
      .map(({ id, name }) => ({ value: id, label: `#${name}` }));
  const option = (raw: unknown, group?: string): Offered => {
    const { value, text, description } = objectOf(raw);
    return {
      value: textOf(value) ?? "",
      label: words(text),
      ...(description === undefined ? {} : { description: words(description) }),
      ...(group === undefined ? {} : { group }),
    };
  };
  return [
    ...listOf(element.options).map((each) => option(each)),
    ...listOf(element.option_groups).flatMap((group) =>
      listOf(objectOf(group).options).map((each) => option(each, words(objectOf(group).label))),
    ),
  ];
};

const initialValue = (element: Json): string | undefined =>
  textOf(objectOf(element.initial_option).value) ??
  textOf(element.initial_user ?? element.initial_conversation ?? element.initial_channel);

const Select = (props: ElementProps): ComponentChild => {
  const { element, inputId } = props;
  const { entry, enter } = useEntry(props);
  const offered = offeredBy(props);
  const chosen = entry === undefined ? initialValue(element) : entry;
  const groups = [...new Set(offered.map(({ group }) => group))];
  const placeholder = words(element.placeholder) || "Choose";
  return h(
    "select",
    {
      id: inputId,
      ...described(props),
      "aria-label": inputId === undefined ? placeholder : undefined,
      value: typeof chosen === "string" ? chosen : "",
      onChange: (event: Event) => {
        const { value } = event.currentTarget as HTMLSelectElement;
        enter(value === "" ? null : value);
      },
    },
    h("option", { value: "" }, placeholder),
    groups.map((group) => {
      const options = offered
        .filter((each) => each.group === group)
        .map(({ value, label }) => h("option", { key: value, value }, label));
      return group === undefined ? options : h("optgroup", { key: group, label: group }, options);
    }),
  );
};

const ExternalSelect = (props: ElementProps): ComponentChild => {
  const { block, element, surface, inputId } = props;
  const { entry, enter } = useEntry(props);
  const chosen = entry === undefined ? element.initial_option : entry;
  const placeholder = words(element.placeholder);
  return h(Combobox, {
    id: inputId ?? `${surface.id}-${String(element.action_id)}`,
    label: inputId === undefined ? placeholder || "Choose" : undefined,
    placeholder,
    describedBy: props.describedBy,
    invalid: described(props)["aria-invalid"],
    chosen: isObject(chosen) ? chosen : undefined,
    // Three, unless the app says otherwise.
    minimum: typeof element.min_query_length === "number" ? element.min_query_length : 3,
    suggest: (value) => surface.suggest({ block, element, value }),
    choose: enter,
  });
};

/** One or several of what is offered, all in view. */
const Choices = (props: ElementProps): ComponentChild => {
  const { block, element, surface } = props;
  const { entry, enter } = useEntry(props);
  const isOne = element.type === "radio_buttons";
  const initial = isOne
    ? [initialValue(element)]
    : listOf(element.initial_options).map((each) => textOf(objectOf(each).value));
  const chosen = entry === undefined ? initial : Array.isArray(entry) ? entry : [entry];
  const name = `${surface.id}-${String(block.block_id)}-${String(element.action_id)}`;
  const offered = offeredBy(props);
  return h(
    "div",
    { class: "choices", role: isOne ? "radiogroup" : "group", ...described(props), "aria-labelledby": props.inputId },
    offered.map(({ value, label, description }) =>
      h(
        "label",
        { key: value },
        h("input", {
          type: isOne ? "radio" : "checkbox",
          name,
          checked: chosen.includes(value),
          onChange: (event: Event) => {
            const { checked } = event.currentTarget as HTMLInputElement;
            const others = offered.map((each) => each.value).filter((each) => each !== value && chosen.includes(each));
            enter(isOne ? value : [...others, ...(checked ? [value] : [])]);
          },
        }),
        h("span", null, label, description === undefined ? null : h("small", null, description)),
      ),
    ),
  );
};

const INPUT_TYPES: Readonly<Record<string, string>> = {
  datepicker: "date",
  timepicker: "time",
  email_text_input: "email",
  url_text_input: "url",
};

const TextInput = (props: ElementProps): ComponentChild => {
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
