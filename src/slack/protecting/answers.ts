/** What the bot answers to those who protect machines, for them alone. */

import type { KnownBlock } from "@slack/types";
import type { Undercut } from "../../audit/event.ts";
import { isKeptClosed, type Protection } from "../../grants/protection.ts";
import type { Decided } from "../../workflow/protecting/overrule.ts";
import type { Protecting } from "../../workflow/protecting/protect-machine.ts";
import { button, type Drawn, drawn, lines } from "../blocks.ts";
import { code, mention } from "../mrkdwn.ts";
import { concernText, named, overruleLabel, rulesNamed, subject, subjectIs, undercutLines } from "./words.ts";

export const drawProtecting = (outcome: Protecting): Drawn => {
  switch (outcome.kind) {
    case "protecting":
      return stillLettingIn(
        `${subject(outcome.protection)}: closing. The channel hears when it is so.`,
        outcome.undercut,
        outcome.protection,
      );
    case "already":
      return stillLettingIn(alreadyText(outcome), outcome.undercut, outcome.protection);
    case "proposed":
      return drawn(
        `${subject(outcome.proposal)}: nothing is changed yet, because protecting ${outcome.proposal.services.length === 1 ? "it" : "them"} does more than that.`,
        outcome.concerns.map(concernText),
        [
          button("Protect anyway", "protection.confirm", outcome.proposal.id, "danger"),
          button("Leave it", "protection.leave", outcome.proposal.id),
        ],
      );
  }
};

export const drawLeft = (proposal: Protection): Drawn => drawn(`${subject(proposal)}: left as it is.`);

export const drawUnprotecting = (protection: Protection): Drawn =>
  drawn(`${subject(protection)}: what I changed is being put back. The channel hears when it is done.`);

/**
 * In the place of the question, for everyone who could read it: `before` are its blocks as Slack shows them. Where others have yet to decide the buttons stay, and
 * what is left is a context block, because only sections are kept at the next answer. What only one person sees comes without its blocks.
 */
export const drawDecided = (
  before: readonly KnownBlock[],
  { rules, cloud, undecided }: Decided,
  user: string,
  verdict: "overrule" | "accept",
): Drawn => {
  const text = `${mention(user)}: ${verdict === "accept" ? `${rulesNamed(rules)} ${areOf(rules)} meant to be` : overruledText(rules, cloud)}.`;
  const said = verdict === "accept" ? text : `${text} The channel hears when it is done.`;
  const question = before.filter((block) => block.type === "section").slice(0, MOST_QUESTION);
  if (undecided.length === 0) return { text: said, blocks: [...question, ...lines([said])] };
  const left = `Still to be decided by others: ${named(undecided)}.`;
  const buttons = before.filter((block) => block.type === "actions");
  const context: KnownBlock = { type: "context", elements: [{ type: "mrkdwn", text: left }] };
  return { text: `${said} ${left}`, blocks: [...question, ...lines([said]), context, ...buttons] };
};

const overruledText = (rules: readonly string[], cloud: Decided["cloud"]): string =>
  cloud === "aws" ? `${rulesNamed(rules)} ${areOf(rules)} withheld` : `the deny goes above ${rulesNamed(rules)}`;

const areOf = (rules: readonly string[]): "is" | "are" => (rules.length === 1 ? "is" : "are");

const alreadyText = ({ protection, undercut }: Extract<Protecting, { kind: "already" }>): string =>
  !isKeptClosed(protection)
    ? `${subject(protection)}: closing; not every firewall holds it yet. ${code(`/jit why ${protection.machine.name}`)} shows which.`
    : `${subjectIs(protection)} ${undercut.length === 0 ? "kept closed already" : "closed on my part already"}.`;

const stillLettingIn = (first: string, undercut: readonly Undercut[], { id }: Protection): Drawn => {
  if (undercut.length === 0) return drawn(first);
  const one = undercut.length === 1;
  return drawn(
    first,
    [
      `${one ? "A rule that was there before goes" : "Rules that were there before go"} first and still ${one ? "lets" : "let"} people in:`,
      ...undercutLines(undercut),
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

const MOST_QUESTION = 40;
