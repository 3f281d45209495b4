/** A port as a door: closed, opening, open with what is left of its time and for whom. */

import { type ComponentChild, h } from "preact";
import type { Door, Holder } from "../machines/shown.ts";
import type { Reader } from "./reader.ts";

/** A small one with few words, for lists. */
export const DoorSign = ({ door, reader }: { readonly door: Door; readonly reader: Reader }): ComponentChild => {
  const left = door.holders.find(({ state }) => state === "open");
  return h(
    "span",
    { class: `door-sign ${looksOf(door)}` },
    picture,
    h(
      "span",
      null,
      `${door.name} `,
      h("b", null, shortWords(door)),
      left === undefined ? null : [" ", timeLeft(left, reader)],
    ),
  );
};

/** A large one, with who holds it open and who else gets in. */
export const DoorWords = ({ door, reader }: { readonly door: Door; readonly reader: Reader }): ComponentChild => {
  const number = door.name === String(door.port) ? "" : ` ${door.port}`;
  return h(
    "div",
    { class: `door ${looksOf(door)}` },
    picture,
    h(
      "div",
      { class: "door-words" },
      h("h4", null, `${door.name}${number} · ${shortWords(door)}`),
      door.holders.map((holder) => h("p", { key: holder.accessId }, holderWords(holder, reader))),
      door.others.length === 0 ? null : h("p", null, othersWords(door)),
      door.at === undefined ? null : h("p", { class: "quiet" }, `Reached at ${door.at.address}:${door.at.port}`),
    ),
  );
};

/** Swings open by its style alone. */
const picture = h(
  "svg",
  { class: "door-picture", viewBox: "0 0 24 32", "aria-hidden": true },
  h("rect", { class: "frame", x: 1, y: 1, width: 22, height: 30, rx: 2 }),
  h("g", { class: "leaf" }, h("rect", { x: 3, y: 3, width: 18, height: 28 }), h("circle", { cx: 17, cy: 18, r: 1.6 })),
);

const looksOf = ({ state, others }: Door): string => `${state}${others.length > 0 ? " to-others" : ""}`;

const shortWords = ({ state, holders, others }: Door): string => {
  if (state === "open" && holders.every((each) => each.state !== "open"))
    return others.length > 0 ? "open to others" : "open";
  return state === "asked" ? "closed, asked for" : state;
};

const holderWords = (holder: Holder, reader: Reader): ComponentChild => {
  const who = h("span", { class: "mention" }, `@${reader.nameOf(holder.user) ?? holder.user}`);
  const from = ` from ${holder.sources.map((source) => source.replace(/\/(?:32|128)$/u, "")).join(", ")}`;
  switch (holder.state) {
    case "asked":
      return [who, " asks to come in", from];
    case "opening":
      return ["Opening for ", who, from];
    case "open":
      return ["Open for ", who, from, ": ", timeLeft(holder, reader), " left"];
    case "closing":
      return ["Closing: the time of ", who, " is over"];
  }
};

const othersWords = ({ others }: Door): string => {
  const rules = [...new Set(others.map(({ because }) => because))].join(", ");
  return `Open to ${others.map(({ client }) => client).join(", ")} by somebody's own rule: ${rules}`;
};

/** `1:59:58`, `9:05` */
const timeLeft = ({ until }: Holder, reader: Reader): ComponentChild => {
  const seconds = Math.max(0, Math.ceil(((until ?? 0) - reader.now()) / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return h("span", { class: "left" }, `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`);
};
