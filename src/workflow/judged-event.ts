/** What was known when somebody asked, and what came of it, for the audit log: so that another policy can be asked the same. */

import type { AuthorityAnswer, AuthorityAnswers } from "../access/asked-facts.ts";
import type { AuthorityName } from "../access/authority.ts";
import type { RequestId } from "../access/identifier.ts";
import type { Person } from "../access/person.ts";
import type { Refusal } from "../access/refusal.ts";
import { type AuditEvent, auditEvent } from "../audit/event.ts";
import type { Decision } from "../policy/decide.ts";
import type { Policy } from "../policy/policy.ts";
import { askedFacts } from "../policy/replay.ts";
import type { Judged } from "./judge.ts";

export interface Judgement extends Judged {
  readonly requester: Person;
  readonly policy: Policy;
}

interface JudgedAsk extends Judgement {
  /** `undefined`: nothing was stored. */
  readonly requestId: RequestId | undefined;
  /** Of policy, of the authorities, or for what came after; any makes it a "deny". */
  readonly refusals: readonly Refusal[];
}

export const judgedEvent = (
  { requester, policy, decision, question, requestId, refusals }: JudgedAsk,
  about: string,
): AuditEvent =>
  auditEvent("request.judged", about, question.at, requester, {
    requester,
    requestId,
    asked: { ...askedFacts(question, policy), authorities: answersOf(question.rule?.authorities ?? [], refusals) },
    outcome: outcomeOf(decision, refusals),
    rule: question.rule?.name,
    codes: [...new Set(refusals.map(({ code }) => code))],
  });

const outcomeOf = ({ kind }: Decision, refusals: readonly Refusal[]): Decision["kind"] =>
  refusals.length > 0 ? "deny" : kind;

/** All are asked whatever policy says, and every "no" is among the refusals. */
const answersOf = (names: readonly AuthorityName[], refusals: readonly Refusal[]): AuthorityAnswers =>
  Object.fromEntries(names.map((name) => [name, answerOf(name, refusals)]));

const answerOf = (name: AuthorityName, refusals: readonly Refusal[]): AuthorityAnswer => {
  for (const { code, facts } of refusals)
    if ((code === "authority-no" || code === "authority-silent") && facts.authority === name) return code;
  return "yes";
};
