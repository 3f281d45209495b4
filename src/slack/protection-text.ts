/** What the bot answers to those who protect machines, for them alone. */

import type { Undercut } from "../audit/event.ts";
import type { Protection } from "../grants/protection.ts";
import type { Decided } from "../workflow/overrule.ts";
import type { Protecting } from "../workflow/protect-machine.ts";
import { button, type Drawn, drawn } from "./blocks.ts";
import { code, mention } from "./mrkdwn.ts";
import { concernText, named, overruleLabel, portsOf, portsText, ruleText } from "./protection-messages.ts";

export const drawProtecting = (outcome: Protecting): Drawn => {
  switch (outcome.kind) {
    case "protecting":
      return stillLettingIn(
        `${portsOf(outcome.protection)}: closing. The channel hears when it is so.`,
        outcome.undercut,
        outcome.protection,
      );
    case "already":
      return stillLettingIn(
        `${portsOf(outcome.protection)} is protected already.`,
        outcome.undercut,
        outcome.protection,
      );
    case "proposed":
      return drawn(
        `${portsOf(outcome.proposal)}: nothing is changed yet, because protecting it does more than that.`,
        outcome.concerns.map(concernText),
        [
          button("Protect anyway", "protection.confirm", outcome.proposal.id, "danger"),
          button("Leave it", "protection.leave", outcome.proposal.id),
        ],
      );
  }
};

export const drawLeft = (proposal: Protection): Drawn => drawn(`${portsOf(proposal)}: left as it is.`);

export const drawUnprotecting = (protection: Protection): Drawn =>
  drawn(`${portsOf(protection)}: everything is being put back. The channel hears when it is as before.`);

/** Said where the question was, for everyone who could read that. */
export const decidedText = ({ rules }: Decided, user: string, verdict: "overrule" | "accept"): string =>
  verdict === "accept"
    ? `${mention(user)}: ${named(rules)} ${rules.length === 1 ? "is" : "are"} meant to be.`
    : `${mention(user)} decided: ours goes over ${named(rules)}. The channel hears when it is so.`;

const stillLettingIn = (first: string, undercut: readonly Undercut[], { id }: Protection): Drawn => {
  if (undercut.length === 0) return drawn(first);
  const one = undercut.length === 1;
  return drawn(
    first,
    [
      `${one ? "A rule that was there before goes" : "Rules that were there before go"} first and still ${one ? "lets" : "let"} in:`,
      ...undercut.map(
        ({ rule, firewallName }) => `• ${ruleText(rule)} of ${code(firewallName)} opens ${portsText(rule.ports)}`,
      ),
    ],
    [
      button(
        overruleLabel(
          undercut.map(({ firewall }) => firewall),
          undercut.length,
        ),
        "undercut.overrule",
        id,
      ),
    ],
  );
};
