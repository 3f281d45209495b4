/** What one person has open and has asked for. */

import { personKey, personOf, samePerson } from "../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { type Grant, isActive } from "../grants/grant.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { WorkflowDeps } from "./deps.ts";

export interface Mine {
  readonly pending: readonly AccessRequest[];
  readonly open: readonly Grant[];
}

/** Throws a `Fault` when something that has to be known can't be. */
export type ListMine = (user: string) => Promise<Mine | Refusal>;

export const createListMine =
  (deps: WorkflowDeps): ListMine =>
  async (user) => {
    const policy = deps.policy();
    if (policy === undefined) return refuse("policy-unreadable", {});
    const facts = await personOf(user, deps.directory);
    if (isRefusal(facts)) return facts;
    const { person } = facts;
    const now = deps.clock.now();
    const pending = await deps.ledger.pendingOf(personKey(person));
    const live = await deps.ledger.liveGrants();
    return {
      pending: pending.filter((request) => now < request.answerBy).toSorted((a, b) => a.answerBy - b.answerBy),
      open: live
        .filter((grant) => samePerson(grant.requester, person) && isActive(grant, now))
        .toSorted((a, b) => a.expiresAt - b.expiresAt),
    };
  };
