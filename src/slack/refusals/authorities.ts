/** Words for what the clouds' own roles don't give. */

import type { Activity, AuthorityName, AuthorityNo } from "../../access/authority.ts";
import type { RefusalFacts } from "../../access/refusal.ts";
import { listed, shortened } from "../lists.ts";
import { code, literal } from "../mrkdwn.ts";
import type { Situation, Words } from "./words.ts";

export const authorityWords: Words<"authority-no" | "authority-silent"> = {
  "authority-no": (facts, situation) => noText(facts, facts.because, situation),

  "authority-silent": ({ authority, problem, reference }) => {
    const where = PLACES[authority];
    const what = {
      slow: `${where} didn't answer in time`,
      throttled: `${where} asks me to wait`,
      failed: `I can't check your roles in ${where} right now`,
    }[problem];
    return `${what}, so I can't say yes yet. Try again in a minute. (ref ${literal(reference)})`;
  },
};

const noText = (
  { authority, machine, activity }: RefusalFacts["authority-no"],
  because: AuthorityNo,
  { offersLinking = false }: Situation,
): string => {
  const where = PLACES[authority];
  const doing = `${DOING[activity]} ${literal(machine)}`;
  const whoCan = `Whoever looks after roles in ${where} can`;
  switch (because.kind) {
    case "not-linked":
      return `I don't know who you are in ${where}, so you may not ${doing}. ${offersLinking ? "`/jit link` shows how to tell me." : "Whoever runs me can write it down."}`;
    case "no-say":
      return `The policy wants ${where} to say yes as well before you may ${doing}, and it has no say there. Whoever looks after the policy can change that.`;
    case "not-given":
      return `You may not ${doing}: no role in ${where} gives you ${actionsText(because.actions)} there. ${whoCan} give you one that does.`;
    case "denied":
      return `You may not ${doing}: ${DENIES[authority]} *${literal(because.by)}* in ${where} takes ${actionsText(because.actions)} from you. ${whoCan} change that.`;
    case "undecidable":
      return `I can't tell whether ${where} lets you ${doing}, so you may not: ${literal(because.what)}. ${whoCan} give you a role without that.`;
  }
};

/** A few, in code. */
const actionsText = (actions: readonly string[]): string => {
  const shown = shortened(actions.map(code), MOST_ACTIONS);
  return shown.length === 0 ? "what it takes" : listed(shown);
};

/** For the middle of a sentence: Azure, AWS. */
export const PLACES: Readonly<Record<AuthorityName, string>> = { "azure-roles": "Azure", "aws-iam": "AWS" };

const DENIES: Readonly<Record<AuthorityName, string>> = {
  "azure-roles": "the deny assignment",
  "aws-iam": "what denies it,",
};

const DOING: Readonly<Record<Activity, string>> = {
  request: "ask for",
  approve: "answer for",
  configure: "protect or unprotect",
  read: "look at",
};

const MOST_ACTIONS = 3;
