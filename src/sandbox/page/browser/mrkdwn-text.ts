/** Slack's markup as people see it: bold, code, quotes, links, mentions, and times in their own zone. */

import { type ComponentChild, h } from "preact";
import { type Piece, parseMrkdwn } from "../../slack/mrkdwn.ts";
import { dateText, type Reader } from "./reader.ts";

export const mrkdwn = (text: string, reader: Reader): readonly ComponentChild[] => {
  const { marked, pieces } = withAtoms(parseMrkdwn(text));
  return paragraphs(marked, (atom) => pieceNode(pieces[atom], reader));
};

export const pieceNode = (piece: Piece | undefined, reader: Reader): ComponentChild => {
  switch (piece?.kind) {
    case undefined:
      return null;
    case "text":
      return piece.text;
    case "user":
    case "group": {
      const name = reader.nameOf(piece.id) ?? piece.label?.replace(/^@/u, "") ?? piece.id;
      return h("span", { class: piece.id === reader.me ? "mention me" : "mention" }, `@${name}`);
    }
    case "channel":
      return h("span", { class: "mention" }, `#${reader.nameOf(piece.id) ?? piece.label ?? piece.id}`);
    case "broadcast":
      return h("span", { class: "mention me" }, `@${piece.range}`);
    case "date": {
      const said = dateText(piece.unix, piece.format, reader) ?? piece.fallback;
      const time = h("time", { dateTime: new Date(piece.unix * 1_000).toISOString(), title: piece.fallback }, said);
      return piece.link === undefined ? time : link(piece.link, time);
    }
    case "link":
      return link(piece.url, piece.label ?? piece.url);
  }
};

/** Only what a browser can open safely is a link. */
export const link = (url: string, label: ComponentChild): ComponentChild =>
  /^(?:https?|mailto):/iu.test(url)
    ? h("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, label)
    : h("span", { title: url }, label);

/** Links, mentions and dates become one character each, so that `*<@U1> asks*` is one bold stretch. */
const withAtoms = (all: readonly Piece[]): { readonly marked: string; readonly pieces: readonly Piece[] } => {
  const pieces: Piece[] = [];
  const marked = all.map((piece) => {
    if (piece.kind === "text") return piece.text.replace(/[\uE000-\uF8FF]/gu, "\uFFFD");
    return String.fromCharCode(FIRST_ATOM + pieces.push(piece) - 1);
  });
  return { marked: marked.join(""), pieces };
};

const FIRST_ATOM = 0xe0_00;

type Atom = (index: number) => ComponentChild;

/** Fenced code first, then quoted lines, then what stands within a line. */
const paragraphs = (text: string, atom: Atom): readonly ComponentChild[] =>
  text.split(/```\n?([\s\S]+?)\n?```\n?/u).flatMap((part, index): ComponentChild[] => {
    if (index % 2 === 1) return [h("pre", { key: index }, plain(part, atom))];
    return part === "" ? [] : quotes(part, atom);
  });

const quotes = (text: string, atom: Atom): ComponentChild[] => {
  const nodes: ComponentChild[] = [];
  let lines: string[] = [];
  let quoted = false;
  const end = (): void => {
    const body = inline(lines.join("\n"), atom);
    if (lines.length > 0) nodes.push(quoted ? h("blockquote", null, body) : body);
    lines = [];
  };
  for (const line of text.split("\n")) {
    const isQuote = /^>(?: |$|\S)/u.test(line);
    if (isQuote !== quoted) end();
    quoted = isQuote;
    lines.push(isQuote ? line.replace(/^> ?/u, "") : line);
  }
  end();
  return nodes;
};

const MARKS = [
  { mark: /`([^`\n]+)`/u, tag: "code" },
  { mark: /(?<![\p{L}\p{N}*])\*(?!\s)([^*\n]+?)(?<!\s)\*(?![\p{L}\p{N}*])/u, tag: "strong" },
  { mark: /(?<![\p{L}\p{N}_])_(?!\s)([^_\n]+?)(?<!\s)_(?![\p{L}\p{N}_])/u, tag: "em" },
  { mark: /(?<![\p{L}\p{N}~])~(?!\s)([^~\n]+?)(?<!\s)~(?![\p{L}\p{N}~])/u, tag: "s" },
] as const;

const inline = (text: string, atom: Atom): ComponentChild[] => {
  const found = MARKS.map(({ mark, tag }) => ({ tag, match: mark.exec(text) }))
    .filter(({ match }) => match !== null)
    .toSorted((a, b) => (a.match?.index ?? 0) - (b.match?.index ?? 0))[0];
  if (found?.match == null) return plain(text, atom);
  const { match, tag } = found;
  const inside = match[1] ?? "";
  return [
    ...plain(text.slice(0, match.index), atom),
    h(tag, null, tag === "code" ? plain(inside, atom) : inline(inside, atom)),
    ...inline(text.slice(match.index + match[0].length), atom),
  ];
};

const plain = (text: string, atom: Atom): ComponentChild[] =>
  text
    .split(/([\uE000-\uF8FF])/u)
    .filter((part) => part !== "")
    .map((part) => (/^[\uE000-\uF8FF]$/u.test(part) ? atom(part.charCodeAt(0) - FIRST_ATOM) : part));
