/** Which requests of others somebody may answer now. */

import { personOf, samePerson } from "../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import type { AccessRequest } from "../grants/request.ts";
import { ruleFor } from "../policy/match.ts";
import { approvingRoles, type Policy } from "../policy/policy.ts";
import type { WorkflowDeps } from "./deps.ts";
import { rememberedDirectory } from "./remembered-directory.ts";
import { reviewingOf, whyNotNow } from "./reviewing.ts";
import { memberOf } from "./standing.ts";

export interface ToAnswer {
  readonly request: AccessRequest;
  /** `false`: they approved it before, or everything is locked down; they may still say no. */
  readonly mayApprove: boolean;
}

export interface AwaitingAnswer {
  /** The first to lapse first. */
  readonly requests: readonly ToAnswer[];
  /** Further ones that have to do with their roles, and at which nobody looked. */
  readonly more: number;
}

export const NOTHING_AWAITED: AwaitingAnswer = { requests: [], more: 0 };

/**
 * Judged as at the click, but for what only matters to an approval and takes long: whether the clouds were read lately, and what authorities say. Whom these let down may still
 * deny. Throws a `Fault` when something that has to be known can't be.
 */
export const createAwaitingAnswer =
  (deps: WorkflowDeps) =>
  async (user: string): Promise<AwaitingAnswer | Refusal> => {
    const policy = deps.policy();
    if (policy === undefined) return refuse("policy-unreadable", {});
    const directory = rememberedDirectory(deps.directory);
    const facts = await personOf(user, directory);
    if (isRefusal(facts)) return facts;
    const now = deps.clock.now();
    const pending = (await deps.ledger.allPending()).filter(
      ({ requester, answerBy }) => now < answerBy && !samePerson(requester, facts.person),
    );
    if (pending.length === 0) return NOTHING_AWAITED;
    const member = await memberOf(user, policy, directory);
    if (isRefusal(member)) return member;
    const theirs = pending
      .filter((request) => mayConcern(request, member.roles, policy, deps))
      .toSorted((a, b) => a.answerBy - b.answerBy);
    const isLocked = (await deps.ledger.lockdown()) !== undefined;
    const looked = theirs.slice(0, MOST_LOOKED_AT);
    const byId = new Map(looked.map((request) => [request.id, request]));
    const world = { ...deps, directory, ledger: { request: async (id: AccessRequest["id"]) => byId.get(id) } };
    const answerable = await Promise.all(
      looked.map(async ({ id }): Promise<ToAnswer | undefined> => {
        const reviewing = await reviewingOf(id, user, "deny", world);
        if (isRefusal(reviewing)) return undefined;
        const mayApprove = !isLocked && whyNotNow(reviewing, reviewing.given, "approve") === undefined;
        return { request: reviewing.request, mayApprove };
      }),
    );
    return { requests: answerable.filter((each) => each !== undefined), more: theirs.length - looked.length };
  };

/** Whether they hold a role that answers it; whose manager somebody is depends on who asks, so that is looked at more closely. */
const mayConcern = (
  { machine: { id } }: AccessRequest,
  roles: ReadonlySet<string>,
  policy: Policy,
  { machines }: Pick<WorkflowDeps, "machines">,
): boolean => {
  const machine = machines.byId(id);
  const rule = machine === undefined ? undefined : ruleFor(policy, machine);
  const answering = rule === undefined ? [] : approvingRoles(rule);
  return answering.some((role) => roles.has(role) || isManagers(role, policy));
};

/** Also where it stands in for a schedule that doesn't answer. */
const isManagers = (name: string, policy: Policy): boolean => {
  const role = policy.roles.get(name);
  return (
    role !== undefined && [role, ...role.otherwise.map((other) => policy.roles.get(other))].some((r) => r?.manager)
  );
};

/** Each may need people looked up whom nothing else asks about; Slack allows some hundred such questions a minute. */
const MOST_LOOKED_AT = 20;
