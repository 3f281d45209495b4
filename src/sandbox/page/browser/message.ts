/** One message: who, when, what, and what can be done with it. */

import { type ComponentChild, h } from "preact";
import type { PageMessage, PageState } from "../shown.ts";
import { Blocks } from "./blocks.ts";
import type { Ask } from "./confirm.ts";
import { icon } from "./icon.ts";
import { Menu } from "./menu.ts";
import { mrkdwn } from "./mrkdwn-text.ts";
import { dateText } from "./reader.ts";
import type { Surface } from "./surface.ts";

export interface MessageProps {
  readonly message: PageMessage;
  readonly state: PageState;
  readonly surface: Surface;
  readonly ask: Ask;
  readonly onShortcut: (callbackId: string) => void;
}

export const Message = (props: MessageProps): ComponentChild => {
  const { message, surface, ask } = props;
  const { reader } = surface;
  const name = reader.nameOf(message.from) ?? message.from;
  const time = dateText(Math.floor(Number(message.ts)), "{time}", reader) ?? "";
  const inThread = message.thread !== undefined && message.thread !== message.ts;
  const classes = ["message", ...(message.onlyForYou ? ["only-for-you"] : []), ...(inThread ? ["reply"] : [])];
  return h(
    "article",
    { class: classes.join(" "), "aria-label": `${name}, ${time}` },
    h("div", { class: `face ${message.byApp ? "app" : ""}`, "aria-hidden": true }, initials(name)),
    h(
      "div",
      { class: "said" },
      message.onlyForYou ? h("p", { class: "whisper" }, icon("eye"), "Only visible to you") : null,
      h(
        "header",
        null,
        h("strong", null, name),
        message.byApp ? h("span", { class: "badge" }, "APP") : null,
        h("time", { dateTime: new Date(Number(message.ts) * 1_000).toISOString() }, time),
        message.isEdited ? h("small", null, "(edited)") : null,
        messageMenu(props),
      ),
      message.blocks.length === 0
        ? h("div", { class: "words" }, ...mrkdwn(message.text, reader))
        : h(Blocks, { blocks: message.blocks, surface, ask }),
      message.files.map(({ id, title, name: file }) =>
        h("a", { key: id, class: "file", href: `/files/${id}`, download: file }, icon("file"), title || file),
      ),
    ),
  );
};

/** Slack offers nothing on what only one person sees. */
const messageMenu = ({ message, state, onShortcut }: MessageProps): ComponentChild => {
  const offered = state.app.shortcuts.filter(({ kind }) => kind === "message");
  if (message.onlyForYou || offered.length === 0) return null;
  return h(Menu, {
    kind: "message",
    label: "More actions on this message",
    face: "⋯",
    items: offered.map(({ callbackId, name }) => ({
      key: callbackId,
      label: [icon("bolt"), name],
      act: () => onShortcut(callbackId),
    })),
  });
};

const initials = (name: string): string =>
  name
    .split(/[\s.-]+/u)
    .map((part) => part[0] ?? "")
    .join("")
    .slice(0, 2)
    .toUpperCase();
