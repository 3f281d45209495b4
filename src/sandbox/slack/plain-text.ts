/** A message or view as one person reads it, in plain lines: for the terminal and for tests. */

import { type DateReader, formatDate } from "./dates.ts";
import { type Json, listOf, objectOf, textOf } from "./json.ts";
import { type Piece, parseMrkdwn, richTextPieces, unescapeText } from "./mrkdwn.ts";

export interface Reader extends DateReader {
  /** The name behind a user's, group's or channel's id, without `@` or `#`; `undefined`: nobody knows it. */
  readonly nameOf: (id: string) => string | undefined;
}

/** Blocks when there are any, as Slack does, else the text. Buttons read `[Approve]`, fields to fill `(Label: ____)`. */
export const plainText = (
  shown: { readonly text?: string; readonly blocks?: readonly Json[] },
  reader: Reader,
): string => {
  const blocks = shown.blocks ?? [];
  if (blocks.length === 0) return mrkdwnText(shown.text ?? "", reader);
  return blocks
    .map((block) => blockText(block, reader))
    .filter((text) => text !== "")
    .join("\n");
};

export const mrkdwnText = (text: string, reader: Reader): string => piecesText(parseMrkdwn(text), reader);

const blockText = (block: Json, reader: Reader): string => {
  const elements = (): string[] => listOf(block.elements).map((element) => elementText(objectOf(element), reader));
  switch (block.type) {
    case "section":
      return lines(
        objectText(block.text, reader),
        ...listOf(block.fields).map((field) => objectText(field, reader)),
        block.accessory === undefined ? "" : elementText(objectOf(block.accessory), reader),
      );
    case "header":
    case "alert":
      return objectText(block.text, reader);
    case "divider":
      return "———";
    case "context":
    case "actions":
    case "context_actions":
      return elements().join(" ");
    case "image":
      return lines(objectText(block.title, reader), `(image: ${textOf(block.alt_text) ?? ""})`);
    case "input":
      return lines(
        `(${objectText(block.label, reader)}: ${elementText(objectOf(block.element), reader)})`,
        objectText(block.hint, reader),
      );
    case "markdown":
      return mrkdwnText(textOf(block.text) ?? "", reader);
    case "rich_text":
      return lines(...listOf(block.elements).map((element) => richText(objectOf(element), reader)));
    case "table":
      return lines(
        ...listOf(block.rows).map((row) =>
          listOf(row)
            .map((cell) => blockText(objectOf(cell), reader))
            .join(" | "),
        ),
      );
    case "raw_text":
      return textOf(block.text) ?? "";
    default:
      return `(${String(block.type)})`;
  }
};

const lines = (...texts: readonly string[]): string => texts.filter((text) => text !== "").join("\n");

const elementText = (element: Json, reader: Reader): string => {
  switch (element.type) {
    case "mrkdwn":
    case "plain_text":
      return objectText(element, reader);
    case "button":
    case "workflow_button":
      return `[${objectText(element.text, reader)}]`;
    case "image":
      return `(image: ${textOf(element.alt_text) ?? ""})`;
    case "overflow":
    case "static_select":
    case "multi_static_select":
    case "radio_buttons":
    case "checkboxes":
      return `[${[objectText(element.placeholder, reader), ...optionTexts(element, reader)].filter((t) => t !== "").join(" ▾ ")}]`;
    default:
      return textOf(element.initial_value) ?? "____";
  }
};

const optionTexts = (element: Json, reader: Reader): readonly string[] =>
  [
    ...listOf(element.options),
    ...listOf(element.option_groups).flatMap((group) => listOf(objectOf(group).options)),
  ].map((option) => objectText(objectOf(option).text, reader));

const objectText = (raw: unknown, reader: Reader): string => {
  const { type, text } = objectOf(raw);
  const words = textOf(text) ?? "";
  // Slack keeps `&amp;` in stored plain text too and shows it unescaped.
  return type === "mrkdwn" ? mrkdwnText(words, reader) : unescapeText(words);
};

const richText = (element: Json, reader: Reader): string => {
  if (element.type === "rich_text_list")
    return listOf(element.elements)
      .map(
        (item, index) => `${element.style === "ordered" ? `${index + 1}.` : "•"} ${richText(objectOf(item), reader)}`,
      )
      .join("\n");
  const text = piecesText(richTextPieces(element.elements), reader);
  return element.type === "rich_text_quote" ? text.replace(/^/gmu, "> ") : text;
};

const piecesText = (pieces: readonly Piece[], reader: Reader): string =>
  pieces.map((piece) => pieceText(piece, reader)).join("");

const pieceText = (piece: Piece, reader: Reader): string => {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "user":
    case "group":
      return `@${reader.nameOf(piece.id) ?? piece.label?.replace(/^@/u, "") ?? piece.id}`;
    case "channel":
      return `#${reader.nameOf(piece.id) ?? piece.label ?? piece.id}`;
    case "broadcast":
      return `@${piece.range}`;
    case "date":
      return formatDate(piece.unix, piece.format, reader) ?? piece.fallback;
    case "link":
      return piece.label === undefined || piece.label === piece.url ? piece.url : `${piece.label} (${piece.url})`;
  }
};
