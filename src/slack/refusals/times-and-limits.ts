/** Words for what is given at another time, or when less of it is open. */

import { capital, listed } from "../lists.ts";
import { literal, when } from "../mrkdwn.ts";
import { shortList, type Words } from "./words.ts";

export const timeWords: Words<"outside-hours" | "frozen" | "too-many-at-once" | "asked-too-often"> = {
  "outside-hours": ({ machine, hours, nextAt }, { now, zone }) => {
    const names = listed(shortList(hours.map((name) => `*${literal(name)}*`)), "or");
    const again =
      nextAt === undefined
        ? "Whoever looks after the policy knows when it does."
        : `It does again from ${when(nextAt, now, zone)}: ask then.`;
    return `Nothing opens on ${literal(machine)} outside of ${names === "" ? "its hours" : names}. ${again}`;
  },

  frozen: ({ name, fromAt, untilAt }, { now, zone }) =>
    now < fromAt
      ? `That would reach into the freeze *${literal(name)}*, which begins at ${when(fromAt, now, zone)}. Ask for less, or after it ends at ${when(untilAt, now, zone)}.`
      : `Nothing opens during the freeze *${literal(name)}*. It ends at ${when(untilAt, now, zone)}: ask then.`,

  "too-many-at-once": ({ machine, of, most }) =>
    of === "person"
      ? `The rule of ${literal(machine)} allows one person ${accesses(most)} at once, and you have as many. \`/jit list\` shows yours; close one first.`
      : `${capital(accesses(most))} to ${literal(machine)} ${most === 1 ? "is" : "are"} open, and its rule allows no more at once. Ask again when one has ended.`,

  "asked-too-often": ({ most, nextAt }, { now, zone }) =>
    `You asked ${most === 1 ? "once" : `${most} times`} within an hour, and that is the most. Ask again from ${when(nextAt, now, zone)}.`,
};

const accesses = (count: number): string => (count === 1 ? "one access" : `${count} accesses`);
