/** Past asks, asked again of two policies. */

import type { AuthorityName } from "../access/authority.ts";
import type { RefusalCode } from "../access/refusal.ts";
import type { Decision } from "../policy/decide.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy } from "../policy/policy.ts";
import { replay } from "../policy/replay.ts";
import type { StepAsked } from "../policy/roles.ts";
import type { DecisionKind } from "./ask-policy.ts";
import type { JudgedEvent } from "./judged-log.ts";

export interface Ending {
  readonly outcome: DecisionKind;
  /** Each once, in order of the alphabet; empty unless it is a `deny`. */
  readonly codes: readonly RefusalCode[];
  /** Of `needs-approval`. */
  readonly steps: readonly StepAsked[];
  /** What nobody looked up then. */
  readonly unknown: readonly string[];
  /** Who has a say and whose answer isn't on record; it counts as a yes. None where it ends as a `deny` anyway. */
  readonly unasked: readonly AuthorityName[];
}

export interface Compared {
  readonly event: JudgedEvent;
  readonly before: Ending;
  readonly after: Ending;
  /** `authorities`: it ends the same if those say yes whom only one of the two asks; `approvers`: other people could approve. */
  readonly difference: "none" | "approvers" | "authorities" | "ending";
}

/** `anew` are authorities that would be asked for other actions than then. */
export const compare = (
  event: JudgedEvent,
  old: Policy,
  next: Policy,
  anew: readonly AuthorityName[] = [],
): Compared => {
  const before = endingOf(event, old, []);
  const after = endingOf(event, next, anew);
  return { event, before, after, difference: differenceOf(before, after) };
};

const differenceOf = (before: Ending, after: Ending): Compared["difference"] => {
  const same = (words: (ending: Ending) => readonly unknown[]): boolean => words(before).join() === words(after).join();
  const endsSame = same(({ outcome, codes }) => [outcome, ...codes]) && same(({ steps }) => steps.map(neededOf));
  if (!endsSame) return "ending";
  if (!same(({ unasked }) => unasked)) return "authorities";
  return same(({ steps }) => steps.map(peopleOfStep)) ? "none" : "approvers";
};

/** What the clouds' roles said then counts again: they can't be asked about the past. */
const endingOf = (
  { asked, requester, at, codes: codesThen }: JudgedEvent,
  policy: Policy,
  anew: readonly AuthorityName[],
): Ending => {
  const { decision, unknown } = replay(asked, requester.user, at, policy);
  const named = ruleFor(policy, asked.machine)?.authorities ?? [];
  const answers = named.map((name) => ({ name, answer: anew.includes(name) ? undefined : asked.authorities?.[name] }));
  const codes = [
    ...(decision.kind === "deny" ? decision.refusals.map(({ code }) => code) : LATER.filter(isIn(codesThen))),
    ...answers.flatMap(({ answer }) => (answer === undefined || answer === "yes" ? [] : answer)),
  ];
  return {
    outcome: codes.length > 0 ? "deny" : decision.kind,
    codes: [...new Set(codes)].toSorted(),
    steps: codes.length === 0 ? askedOf(decision) : [],
    unknown,
    unasked:
      codes.length > 0 ? [] : answers.flatMap(({ name, answer }) => (answer === undefined ? name : [])).toSorted(),
  };
};

/** What is looked at only after policy said yes, and hangs on no policy. */
const LATER: readonly RefusalCode[] = [
  "already-asked",
  "already-open",
  "no-firewall",
  "policy-firewall",
  "no-address-in-family",
  "firewall-unseen",
];

const isIn =
  (codes: readonly RefusalCode[]) =>
  (code: RefusalCode): boolean =>
    codes.includes(code);

const askedOf = (decision: Decision): readonly StepAsked[] =>
  decision.kind === "needs-approval" ? decision.steps : [];

const neededOf = ({ needed }: StepAsked): number => needed;

const peopleOfStep = ({ approvers: { users, groups } }: StepAsked): string =>
  [...users, ...groups].toSorted().join("+");
