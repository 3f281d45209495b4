/**
 * Slack's message markup, read as Slack reads it: entities in angle brackets are live, escaped ones are only text.
 * https://docs.slack.dev/messaging/formatting-message-text
 */

import { isObject, type Json, listOf, objectOf, textOf } from "./json.ts";

export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "user" | "group" | "channel"; readonly id: string; readonly label?: string }
  | { readonly kind: "broadcast"; readonly range: "here" | "channel" | "everyone" }
  | {
      readonly kind: "date";
      readonly unix: number;
      readonly format: string;
      readonly link?: string;
      readonly fallback: string;
    }
  | { readonly kind: "link"; readonly url: string; readonly label?: string };

/** Who is really called by a message: these would make a sound on somebody's machine. */
export interface Mention {
  readonly kind: "user" | "group" | "broadcast";
  /** A user's or group's id; `here`, `channel` or `everyone`. */
  readonly id: string;
  /** Where in the message: `text`, or a pointer such as `/blocks/0/text`. */
  readonly where: string;
}

export const parseMrkdwn = (text: string): readonly Piece[] => {
  const pieces: Piece[] = [];
  let rest = 0;
  for (const match of text.matchAll(/<([^<>\n]+)>/gu)) {
    const piece = entity(match[1] ?? "");
    if (piece === undefined) continue;
    if (match.index > rest) pieces.push({ kind: "text", text: unescapeText(text.slice(rest, match.index)) });
    pieces.push(piece);
    rest = match.index + match[0].length;
  }
  if (rest < text.length) pieces.push({ kind: "text", text: unescapeText(text.slice(rest)) });
  return pieces;
};

/** In one pass, so that `&amp;lt;` reads as `&lt;`. */
export const unescapeText = (text: string): string =>
  text.replace(/&(amp|lt|gt);/gu, (_, name: string) => (name === "amp" ? "&" : name === "lt" ? "<" : ">"));

export const escapeText = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Also what stands in `text` beside blocks: Slack puts it into notifications, so a mention there is no accident either. */
export const mentionsIn = (message: {
  readonly text: string;
  readonly blocks: readonly Json[];
}): readonly Mention[] => [
  ...mentionsOfMrkdwn(message.text, "text"),
  ...message.blocks.flatMap((block, index) => mentionsOfNode(block, `/blocks/${index}`)),
];

const mentionsOfMrkdwn = (text: string, where: string): Mention[] =>
  parseMrkdwn(text).flatMap((piece): Mention[] => {
    if (piece.kind === "user" || piece.kind === "group") return [{ kind: piece.kind, id: piece.id, where }];
    return piece.kind === "broadcast" ? [{ kind: "broadcast", id: piece.range, where }] : [];
  });

const mentionsOfNode = (node: unknown, where: string): Mention[] => {
  if (Array.isArray(node)) return node.flatMap((child, index) => mentionsOfNode(child, `${where}/${index}`));
  if (!isObject(node)) return [];
  const { type } = node;
  if (type === "mrkdwn") return mentionsOfMrkdwn(textOf(node.text) ?? "", where);
  if (type === "user") return [{ kind: "user", id: textOf(node.user_id) ?? "", where }];
  if (type === "usergroup") return [{ kind: "group", id: textOf(node.usergroup_id) ?? "", where }];
  if (type === "broadcast") return [{ kind: "broadcast", id: textOf(node.range) ?? "", where }];
  if (type === "markdown") return mentionsOfMrkdwn(textOf(node.text) ?? "", where);
  return Object.entries(node).flatMap(([key, child]) => mentionsOfNode(child, `${where}/${key}`));
};

/** What `link_names` and `parse: full` make of names that were merely typed. */
export const linkNames = (text: string, groups: readonly { readonly id: string; readonly handle: string }[]): string =>
  text.replace(/(^|[\s(])@([a-z0-9._-]+)/giu, (whole, before: string, name: string) => {
    if (["here", "channel", "everyone"].includes(name)) return `${before}<!${name}>`;
    const group = groups.find(({ handle }) => handle === name);
    return group === undefined ? whole : `${before}<!subteam^${group.id}|@${group.handle}>`;
  });

/** `group` is an old word for `channel`. */
const rangeOf = (word: string): "here" | "channel" | "everyone" | undefined =>
  word === "group" ? "channel" : word === "here" || word === "channel" || word === "everyone" ? word : undefined;

const entity = (inside: string): Piece | undefined => {
  const bar = inside.indexOf("|");
  const head = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? undefined : unescapeText(inside.slice(bar + 1));
  const labelled = label === undefined ? {} : { label };

  const who = /^([@#])([A-Z0-9]+)$/u.exec(head);
  if (who?.[2] !== undefined) return { kind: who[1] === "@" ? "user" : "channel", id: who[2], ...labelled };

  const group = /^!subteam\^([A-Z0-9]+)/u.exec(head);
  if (group?.[1] !== undefined) return { kind: "group", id: group[1], ...labelled };

  const range = head.startsWith("!") ? rangeOf(head.slice(1)) : undefined;
  if (range !== undefined) return { kind: "broadcast", range };

  const date = /^!date\^(-?\d+)\^([^^]+)(?:\^(.+))?$/u.exec(head);
  if (date?.[1] !== undefined && date[2] !== undefined && label !== undefined)
    return {
      kind: "date",
      unix: Number(date[1]),
      format: unescapeText(date[2]),
      fallback: label,
      ...(date[3] === undefined ? {} : { link: unescapeText(date[3]) }),
    };

  if (/^(?:[a-z][a-z0-9+.-]*:)/iu.test(head)) return { kind: "link", url: unescapeText(head), ...labelled };
  return undefined;
};

/** The parts of a rich text element list, in the same terms as markup. */
export const richTextPieces = (elements: unknown): readonly Piece[] =>
  listOf(elements).flatMap((raw): Piece[] => {
    const element = objectOf(raw);
    const said = (key: string): string => textOf(element[key]) ?? "";
    switch (element.type) {
      case "text":
        return [{ kind: "text", text: said("text") }];
      case "user":
        return [{ kind: "user", id: said("user_id") }];
      case "usergroup":
        return [{ kind: "group", id: said("usergroup_id") }];
      case "channel":
        return [{ kind: "channel", id: said("channel_id") }];
      case "broadcast": {
        const range = rangeOf(said("range"));
        return range === undefined ? [] : [{ kind: "broadcast", range }];
      }
      case "emoji":
        return [{ kind: "text", text: `:${said("name")}:` }];
      case "link":
        return [{ kind: "link", url: said("url"), ...(element.text === undefined ? {} : { label: said("text") }) }];
      case "date":
        return [{ kind: "date", unix: Number(element.timestamp), format: said("format"), fallback: said("fallback") }];
      default:
        return [];
    }
  });
