/** What one person has open and has asked for. */

import { type Person, personKey, personOf, samePerson } from "../access/person.ts";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import { endOf, type Grant } from "../grants/grant.ts";
import type { Lockdown } from "../grants/lockdown.ts";
import type { AccessRequest } from "../grants/request.ts";
import { type AwaitingAnswer, createAwaitingAnswer, NOTHING_AWAITED } from "./awaiting-answer.ts";
import type { WorkflowDeps } from "./deps.ts";

export interface Mine {
  /** Nobody answered yet; the first to lapse first. */
  readonly pending: readonly AccessRequest[];
  /** Open, opening or closing; the first to end first. */
  readonly open: readonly Grant[];
}

export interface Listed extends Mine {
  /** What others ask and this person may answer now. */
  readonly awaiting: AwaitingAnswer;
  /** While it stands nothing of this can be approved. */
  readonly lockdown: Lockdown | undefined;
}

/** Throws a `Fault` when something that has to be known can't be. */
export type ListMine = (user: string) => Promise<Listed | Refusal>;

/** One's own is shown also while nobody can read the policy: it can be given back then. */
export const createListMine = (deps: WorkflowDeps): ListMine => {
  const awaitingAnswer = createAwaitingAnswer(deps);
  return async (user) => {
    const facts = await personOf(user, deps.directory);
    if (isRefusal(facts)) return facts;
    const [mine, lockdown, awaiting] = await Promise.all([
      mineOf(facts.person, deps),
      deps.ledger.lockdown(),
      awaitingAnswer(user),
    ]);
    if (isRefusal(awaiting) && mine.open.length + mine.pending.length === 0) return awaiting;
    return { ...mine, lockdown, awaiting: isRefusal(awaiting) ? NOTHING_AWAITED : awaiting };
  };
};

export const mineOf = async (
  person: Person,
  { ledger, clock }: Pick<WorkflowDeps, "ledger" | "clock">,
): Promise<Mine> => {
  const [pending, live] = await Promise.all([ledger.pendingOf(personKey(person)), ledger.liveGrants()]);
  const now = clock.now();
  return {
    pending: pending.filter((request) => now < request.answerBy).toSorted((a, b) => a.answerBy - b.answerBy),
    open: live
      .filter((grant) => samePerson(grant.requester, person) && grant.startsAt <= now)
      .toSorted((a, b) => endOf(a) - endOf(b)),
  };
};
