/** Words for what can't be made longer. */

import { shortDuration, showDuration } from "../../access/duration.ts";
import { MINUTE } from "../../access/time.ts";
import { code, literal, when } from "../mrkdwn.ts";
import { title, type Words } from "./words.ts";

export const extendingWords: Words<"extension-too-long" | "not-longer" | "origin-lost"> = {
  "extension-too-long": ({ grantId, port, machine, maximumMs, leftMs }) => {
    const most = `${title(port)} to ${literal(machine)} is for ${showDuration(maximumMs)} at most in all.`;
    return leftMs < MINUTE
      ? `${most} It is open for that long already; ask for a new one with \`/jit\`.`
      : `${most} So much can still be added: ${code(`/jit extend ${grantId} ${shortDuration(leftMs)}`)}`;
  },

  "not-longer": ({ machine, until }, { now, zone }) =>
    `That isn't longer: ${literal(machine)} is open until ${when(until, now, zone)} already. \`I'm done\` closes it earlier.`,

  "origin-lost": ({ machine, until }, { now, zone }) =>
    `I lost what I knew of this access to ${literal(machine)}, so I can't make it longer; it stays open until ${when(until, now, zone)}. Ask for a new one with \`/jit\`; the two don't disturb each other.`,
};
