/** Menus and boxes to tick: what is offered, and what is chosen of it. */

import { type ComponentChild, h } from "preact";
import { isObject, type Json, listOf, objectOf, textOf } from "../../slack/json.ts";
import { Combobox } from "./combobox.ts";
import { words } from "./text-object.ts";
import { described, type ElementProps, useEntry } from "./use-element.ts";

export const Select = (props: ElementProps): ComponentChild => {
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

export const ExternalSelect = (props: ElementProps): ComponentChild => {
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
export const Choices = (props: ElementProps): ComponentChild => {
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
