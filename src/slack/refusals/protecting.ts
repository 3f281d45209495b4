/** Words for what can't be protected, or not put back. */

import { literal } from "../mrkdwn.ts";
import { roles, type Words } from "./words.ts";

export const protectingWords: Words<
  "not-configurer" | "not-protected" | "protected-by-policy" | "proposal-gone" | "undercut-gone"
> = {
  "not-configurer": ({ machine, roles: may }) =>
    may.length === 0
      ? `Nobody may protect ${literal(machine)}: the policy names no role for it (\`configure\`). Whoever looks after the policy can add one.`
      : `You may not protect or unprotect ${literal(machine)}: that is for ${roles(may)}. Whoever looks after that list can add you.`,

  "not-protected": ({ machine }) => `${literal(machine)} isn't protected, so there is nothing to put back.`,

  "protected-by-policy": ({ machine, rule }) =>
    `The rule *${literal(rule)}* says \`protect: auto\`, so ${literal(machine)} would be protected again at once. Whoever looks after the policy has to change that first.`,

  "proposal-gone": () => "This was answered already, or is too old. Type the command again, and I look again.",

  "undercut-gone": () => "That is decided already, or nothing of it lets people in any more.",
};
