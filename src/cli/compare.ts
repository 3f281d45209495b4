/** Past asks, asked again of two policies. */

import type { AuthorityName } from "../access/authority.ts";
import type { RefusalCode } from "../access/refusal.ts";
import type { Decision } from "../policy/decide.ts";
import type { Policy, Rule } from "../policy/policy.ts";
import { questionOf, replay } from "../policy/replay.ts";
import type { StepAsked } from "../policy/roles.ts";
import type { DecisionKind } from "./ask-policy.ts";
import type { JudgedEvent } from "./judged-log.ts";

export interface Ending {
  readonly outcome: DecisionKind;
  /** Each once, in order of the alphabet; empty unless it is a `deny`. */
  readonly codes: readonly RefusalCode[];
  /** Of `needs-approval`. */
  readonly steps: readonly StepAsked[];
  /** What nobody looked up then, or can't be asked again. */
  readonly unknown: readonly string[];
}

export interface Compared {
  readonly event: JudgedEvent;
  readonly before: Ending;
  readonly after: Ending;
  /** `approvers`: it ends the same, and other people could approve. */
  readonly difference: "none" | "approvers" | "ending";
}

export const compare = (event: JudgedEvent, old: Policy, next: Policy): Compared => {
  // The clouds' roles can't be asked again: what they said then counts for rules that ask the same of them.
  const asked = ruleOf(event, old)?.authorities ?? [];
  const before = endingOf(event, old, asked);
  const after = endingOf(event, next, asked);
  const isSame =
    before.outcome === after.outcome &&
    before.codes.join() === after.codes.join() &&
    before.steps.map(({ needed }) => needed).join() === after.steps.map(({ needed }) => needed).join();
  const samePeople = before.steps.map(peopleOfStep).join(";") === after.steps.map(peopleOfStep).join(";");
  return { event, before, after, difference: !isSame ? "ending" : samePeople ? "none" : "approvers" };
};

const ruleOf = ({ asked, requester, at }: JudgedEvent, policy: Policy): Rule | undefined =>
  questionOf(asked, requester.user, at, policy).question.rule;

const endingOf = (event: JudgedEvent, policy: Policy, askedThen: readonly AuthorityName[]): Ending => {
  const { decision, unknown } = replay(event.asked, event.requester.user, event.at, policy);
  const named = ruleOf(event, policy)?.authorities ?? [];
  const noes = event.codes.filter((code) => code === "authority-no" || code === "authority-silent");
  const isTold = named.length === askedThen.length && named.every((name) => askedThen.includes(name));
  const isYes = noes.length === 0 && named.every((name) => askedThen.includes(name));
  const codes = [
    ...(decision.kind === "deny" ? decision.refusals.map(({ code }) => code) : LATER.filter(isIn(event.codes))),
    ...(isTold && named.length > 0 ? noes : []),
  ];
  return {
    outcome: codes.length > 0 ? "deny" : decision.kind,
    codes: [...new Set(codes)].toSorted(),
    steps: codes.length === 0 ? askedOf(decision) : [],
    unknown: isTold || isYes ? unknown : [...unknown, ...named.map((name) => `what ${name} says`)],
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

const peopleOfStep = ({ approvers: { users, groups } }: StepAsked): string => [...users, ...groups].toSorted().join();
