/** What was opened past approvals is looked at afterwards, by somebody who could have approved it. */

import type { RequestId } from "../access/identifier.ts";
import { type PersonFacts, sameHuman } from "../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import { type AccessRequest, review } from "../grants/request.ts";
import { ruleFor } from "../policy/match.ts";
import { approvingRoles, type Policy, type Rule } from "../policy/policy.ts";
import type { WorkflowDeps } from "./deps.ts";
import { createRecordRefusal } from "./record-refusal.ts";
import { linkedRequester } from "./reviewing.ts";
import { memberOf } from "./standing.ts";

/** Returns the request as reviewed, or why this person's look doesn't count. Throws a `Fault` when something that has to be known can't be. */
export type ReviewBreakGlass = (id: RequestId, user: string) => Promise<AccessRequest | Refusal>;

/** Reviewers are those with a role in any step of the approval, and security; never who used it, by whatever account. Of many one counts. */
export const createReviewBreakGlass = (deps: WorkflowDeps): ReviewBreakGlass => {
  const { ledger, clock, directory } = deps;
  const record = createRecordRefusal(deps);

  const attempt = async (id: RequestId, user: string): Promise<AccessRequest | Refusal | "again"> => {
    const policy = deps.policy();
    if (policy === undefined) return refuse("policy-unreadable", {});
    const request = await ledger.request(id);
    const roles = [...reviewerRoles(request, policy, deps), ...deps.securityRoles()];
    const about = { roles, requester: request?.requester.user ?? user };
    const member = await memberOf(user, policy, directory, about);
    if (isRefusal(member)) return member;
    if (request === undefined) return refuse("request-unknown", {});
    const at = clock.now();
    const reviewed = review(request, member.facts.person, at);
    if (isRefusal(reviewed)) return reviewed;
    const unsure = await whyNotAnother(member.facts, request, deps);
    if (unsure !== undefined) return unsure;
    if (!roles.some((role) => member.roles.has(role))) return refuse("not-approver", { roles: [...new Set(roles)] });
    const event = auditEvent("break-glass.reviewed", id, at, member.facts.person, factsOf(reviewed));
    return (await ledger.commit({ request: reviewed, events: [event] })) ? reviewed : "again";
  };

  return async (id, user) => {
    for (;;) {
      const outcome = await attempt(id, user);
      if (outcome === "again") continue;
      if (isRefusal(outcome)) await record.ofReview(user, id, "reviewed", outcome).catch(() => undefined);
      return outcome;
    }
  };
};

/** Why it isn't certain that this is somebody else than who used it. */
const whyNotAnother = async (
  facts: PersonFacts,
  request: AccessRequest,
  { directory }: WorkflowDeps,
): Promise<Refusal | undefined> => {
  const asker = await directory.lookUp(request.requester.user);
  if (asker === undefined && request.requesterKnown === undefined)
    return refuse("not-any-more", { code: "person-unknown" });
  const [identities, requester] = await Promise.all([
    directory.identities(facts),
    linkedRequester(request, asker, directory),
  ]);
  return sameHuman({ person: facts.person, identities }, requester) ? refuse("own-break-glass", {}) : undefined;
};

/** By today's rule for the machine; where there is none any more, by the one of then. Where nobody has to approve, those who are told are to look. */
const reviewerRoles = (
  request: AccessRequest | undefined,
  policy: Policy,
  { machines }: WorkflowDeps,
): readonly string[] => {
  const machine = request === undefined ? undefined : machines.byId(request.machine.id);
  const rule: Rule | undefined =
    (machine === undefined ? undefined : ruleFor(policy, machine)) ??
    policy.rules.find(({ name }) => name === request?.rule);
  if (rule === undefined) return [];
  const steps = approvingRoles(rule);
  return steps.length > 0 ? steps : (rule.breakGlass?.tell.roles ?? []);
};
