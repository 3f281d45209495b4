/** What can be pressed, chosen and typed. https://docs.slack.dev/reference/block-kit/block-elements */

import { type ComponentChild, h } from "preact";
import { listOf, objectOf, textOf } from "../../slack/json.ts";
import { Choices, ExternalSelect, Select } from "./choices.ts";
import { icon } from "./icon.ts";
import { Menu } from "./menu.ts";
import { TextInput } from "./text-input.ts";
import { textObject, words } from "./text-object.ts";
import { type ElementProps, usePress } from "./use-element.ts";

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
