/** How machines stand, in words: the list that somebody asked for, the morning's digest, and one machine that got worse. */

import type { KnownBlock } from "@slack/types";
import type { AuditEvent } from "../audit/event.ts";
import type { Tab } from "../posture/charts.ts";
import type { PostureList } from "../workflow/standing-of-machines/list-posture.ts";
import { button, cut, type Drawn, drawn, lines } from "./blocks.ts";
import { capital } from "./lists.ts";
import { escapeMrkdwn, literal } from "./mrkdwn.ts";
import { CLOUD_NAMES } from "./title.ts";

/** Worst first. Machines that somebody may protect have a button for it. */
export const drawPosture = ({ worst, count, unread }: PostureList, text: string): Drawn => {
  const missing = unread.map((cloud) => `${CLOUD_NAMES[cloud]} doesn't answer, so its machines aren't among these.`);
  if (count === 0 && missing.length === 0)
    return drawn(
      text === ""
        ? "There is no machine that you may ask for or configure."
        : `No machine that you may ask for or configure fits “${literal(text)}”. \`/jit posture\` shows all.`,
    );
  const first =
    count === 0 ? missing.join(" ") : count === 1 ? "One machine:" : `${count} machines, the most open first:`;
  const rest = count - worst.length;
  return {
    text: first,
    blocks: [
      ...lines([first, ...(count === 0 ? [] : missing)]),
      ...worst.map(drawEntry),
      ...(rest === 0 ? [] : lines([`and ${rest} more. \`/jit posture prod-\` shows those with prod- in their name.`])),
    ],
  };
};

const drawEntry = ({ machine, posture, reachable, mayProtect }: PostureList["worst"][number]): KnownBlock => ({
  type: "section",
  text: {
    type: "mrkdwn",
    text: cut(
      [
        `*${literal(machine.name)}* · ${categoryWord(posture.category)} · ${tabText(posture.tab)}`,
        reachableText(reachable),
      ].join("\n"),
      1_500,
    ),
  },
  ...(mayProtect ? { accessory: button("Protect", "machine.protect", machine.id) } : {}),
});

export const drawPostureNews = (event: Extract<AuditEvent, { kind: "posture.worsened" | "posture.digest" }>): Drawn => {
  switch (event.kind) {
    case "posture.worsened": {
      const { before, now } = event;
      const category = before.category === now.category ? "" : `, and ${categoryWord(now.category)} now`;
      const more = before.openness === now.openness ? "worse off" : "more open";
      return drawn(`${escapeMrkdwn(event.machine.name)} is ${more} than it was${category}.`, [
        `${capital(reachableText(event.reachable))}.`,
        `It was ${categoryWord(before.category)}, and ${OPEN_TO[before.openness] ?? `open to ${literal(before.openness)}`}.`,
      ]);
    }
    case "posture.digest":
      return drawDigest(event);
  }
};

const drawDigest = (event: Extract<AuditEvent, { kind: "posture.digest" }>): Drawn => {
  const { categories, opennesses, worst, machines } = event;
  const openToAll = opennesses["anyone"] ?? 0;
  return drawn(
    `${machines} ${machines === 1 ? "machine" : "machines"}: ${openToAll === 0 ? "none is" : openToAll === 1 ? "1 is" : `${openToAll} are`} open to everyone, ${event.protected} ${event.protected === 1 ? "is" : "are"} protected.`,
    [
      counted(["unhealthy", "not-applicable", "healthy"], categories, categoryWord),
      counted(Object.keys(OPEN_TO), opennesses, (word) => OPEN_TO[word] ?? word),
      ...(worst.length === 0
        ? ["Nothing to do."]
        : [
            "The worst:",
            ...worst.map((each) => `• *${literal(each.machine.name)}*: ${reachableText(each.reachable)}`),
          ]),
      "`/jit posture` shows yours, with a button to protect them.",
    ].filter((line) => line !== ""),
  );
};

const counted = (
  words: readonly string[],
  counts: Readonly<Record<string, number>>,
  say: (word: string) => string,
): string =>
  words
    .filter((word) => (counts[word] ?? 0) > 0)
    .map((word) => `${counts[word]} ${say(word)}`)
    .join(" · ");

/** As the reference calls them. */
const categoryWord = (category: string): string => literal(category.replace("-", " "));

/** Worst first. */
export const OPEN_TO: Readonly<Record<string, string>> = {
  anyone: "open to everyone",
  strangers: "open to some strangers",
  unknown: "perhaps open to strangers",
  inside: "open to the inside only",
  nobody: "open to nobody",
};

const tabText = (tab: Tab): string => {
  switch (tab.kind) {
    case "configured":
      return "protected";
    case "not-configured":
      return "not protected";
    case "unsupported":
      return `can't be protected: ${WHY_NOT[tab.reason]}`;
  }
};

const WHY_NOT: Readonly<Record<Extract<Tab, { kind: "unsupported" }>["reason"], string>> = {
  "nothing-before-it": "nothing stands before it",
  "firewall-policy": "its firewall takes its rules from a firewall policy",
  "classic-machine": "it is a classic machine",
};

const reachableText = (reachable: readonly string[]): string =>
  reachable.length === 0 ? "nobody reaches its management ports" : reachable.map(literal).join("; ");
