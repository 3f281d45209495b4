/** Layout blocks. https://docs.slack.dev/reference/block-kit/blocks */

import { type ComponentChild, h } from "preact";
import { isObject, type Json, listOf, objectOf, textOf } from "../../slack/json.ts";
import { richTextPieces } from "../../slack/mrkdwn.ts";
import type { Ask } from "./confirm.ts";
import { Element } from "./elements.ts";
import { icon } from "./icon.ts";
import { mrkdwn, pieceNode } from "./mrkdwn-text.ts";
import type { Reader } from "./reader.ts";
import type { Surface } from "./surface.ts";
import { textObject, words } from "./text-object.ts";

export interface BlocksProps {
  readonly blocks: readonly Json[];
  readonly surface: Surface;
  readonly ask: Ask;
}

export const Blocks = ({ blocks, surface, ask }: BlocksProps): ComponentChild =>
  h(
    "div",
    { class: "blocks" },
    blocks.map((block) => h(Block, { key: textOf(block.block_id), block, surface, ask })),
  );

interface BlockProps {
  readonly block: Json;
  readonly surface: Surface;
  readonly ask: Ask;
}

const Block = ({ block, surface, ask }: BlockProps): ComponentChild => {
  const { reader } = surface;
  const element = (raw: unknown): ComponentChild =>
    h(Element, { key: textOf(objectOf(raw).action_id), block, element: objectOf(raw), surface, ask });
  switch (block.type) {
    case "section":
      return h(
        "div",
        { class: "section" },
        h(
          "div",
          { class: "body" },
          block.text === undefined ? null : h("div", { class: "words" }, textObject(block.text, reader)),
          block.fields === undefined
            ? null
            : h(
                "div",
                { class: "fields" },
                listOf(block.fields).map((field) => h("div", { class: "words" }, textObject(field, reader))),
              ),
        ),
        isObject(block.accessory) ? h("div", { class: "accessory" }, element(block.accessory)) : null,
      );
    case "header":
      return h("h3", { class: "header" }, words(block.text));
    case "divider":
      return h("hr", null);
    case "context":
      return h(
        "div",
        { class: "context words" },
        listOf(block.elements).map((each) => h("span", null, element(each))),
      );
    case "actions":
    case "context_actions":
      return h("div", { class: "actions" }, listOf(block.elements).map(element));
    case "image":
      return h("p", { class: "picture" }, icon("picture"), words(block.title) || (textOf(block.alt_text) ?? ""));
    case "input":
      return h(Input, { block, surface, ask });
    case "markdown":
      return h("div", { class: "words" }, ...mrkdwn(textOf(block.text) ?? "", reader));
    case "rich_text":
      return h("div", { class: "words" }, ...richText(block.elements, reader));
    case "table":
      return h(
        "table",
        null,
        listOf(block.rows).map((row) =>
          h(
            "tr",
            null,
            listOf(row).map((cell) => h("td", null, cellText(objectOf(cell), reader))),
          ),
        ),
      );
    default:
      return h("p", null, h("em", null, `(a block of type ${String(block.type)} isn't drawn here)`));
  }
};

const Input = ({ block, surface, ask }: BlockProps): ComponentChild => {
  const element = objectOf(block.element);
  const id = `${surface.id}-${String(block.block_id)}`;
  const error = surface.errors[textOf(block.block_id) ?? ""];
  const hint = words(block.hint);
  const describedBy = [...(error === undefined ? [] : [`${id}-error`]), ...(hint === "" ? [] : [`${id}-hint`])];
  const isGroup = /^(?:radio_buttons|checkboxes|multi_)/u.test(textOf(element.type) ?? "");
  const label = [
    words(block.label),
    block.optional === true ? h("span", { class: "optional" }, " (optional)") : null,
  ] as const;
  return h(
    "div",
    { class: error === undefined ? "input" : "input wrong" },
    isGroup ? h("span", { class: "label", id }, ...label) : h("label", { htmlFor: id }, ...label),
    h(Element, {
      block,
      element,
      surface,
      ask,
      inputId: id,
      ...(describedBy.length === 0 ? {} : { describedBy: describedBy.join(" ") }),
    }),
    error === undefined ? null : h("p", { class: "error", id: `${id}-error`, role: "alert" }, `⚠ ${error}`),
    hint === "" ? null : h("p", { class: "hint", id: `${id}-hint` }, hint),
  );
};

const cellText = (cell: Json, reader: Reader): ComponentChild =>
  cell.type === "rich_text" ? richText(cell.elements, reader) : (textOf(cell.text) ?? "");

const richText = (elements: unknown, reader: Reader): ComponentChild[] =>
  listOf(elements).map((raw) => {
    const element = objectOf(raw);
    const inside = (): ComponentChild[] => richTextPieces(element.elements).map((piece) => pieceNode(piece, reader));
    switch (element.type) {
      case "rich_text_list":
        return h(
          element.style === "ordered" ? "ol" : "ul",
          null,
          listOf(element.elements).map((item) => h("li", null, ...richText([item], reader))),
        );
      case "rich_text_quote":
        return h("blockquote", null, ...inside());
      case "rich_text_preformatted":
        return h("pre", null, ...inside());
      default:
        return h("span", null, ...inside());
    }
  });
