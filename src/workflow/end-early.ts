/** Ending something before its time: a question by who asked it, an access by whoever looks after it. */

import type { GrantId, RequestId } from "../access/identifier.ts";
import { type Person, type PersonFacts, personOf, samePerson } from "../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { auditEvent } from "../audit/event.ts";
import { changeGrant } from "../grants/change.ts";
import { factsOf } from "../grants/facts.ts";
import { endOf, firewallsOf, type Grant, isActive } from "../grants/grant.ts";
import { type AccessRequest, withdraw } from "../grants/request.ts";
import { ruleFor } from "../policy/match.ts";
import { approvingRoles } from "../policy/policy.ts";
import type { WorkflowDeps } from "./deps.ts";
import { holding, membershipsFor } from "./standing.ts";

/** What came to its end: a request that was still waiting, or a grant. */
export type EndedEarly =
  | { readonly kind: "withdrawn"; readonly request: AccessRequest }
  | { readonly kind: "closing"; readonly grant: Grant };

/**
 * Withdraws the request, or closes the grant, of this id; with `only: "withdraw"` never the latter, because whoever takes back a question didn't mean to end
 * what came of it. Throws a `Fault` when something that has to be known can't be.
 */
export type EndEarly = (id: string, user: string, only?: "withdraw") => Promise<EndedEarly | Refusal>;

/**
 * A request may be withdrawn by its requester. A grant may be closed by the same, by those who could approve it, and by security. Where the policy can't
 * be read nobody holds a role, so only their own is left to everyone: giving back needs no permission, and
 * waits for nobody's roles.
 */
export const createEndEarly =
  (deps: WorkflowDeps): EndEarly =>
  async (id, user, only) => {
    const facts = await personOf(user, deps.directory);
    if (isRefusal(facts)) return facts;
    const grant = only === "withdraw" ? undefined : await deps.ledger.grant(id as GrantId);
    return grant === undefined ? withdrawRequest(id, facts.person, deps) : closeGrant(grant, facts, deps);
  };

const withdrawRequest = async (id: string, by: Person, deps: WorkflowDeps): Promise<EndedEarly | Refusal> => {
  for (;;) {
    const request = await deps.ledger.request(id as RequestId);
    if (request === undefined) return refuse("grant-unknown", { text: id });
    const at = deps.clock.now();
    const withdrawn = withdraw(request, by, at);
    if (isRefusal(withdrawn)) return withdrawn;
    const done = await deps.ledger.commit({
      request: withdrawn,
      events: [auditEvent("request.withdrawn", id, at, by, factsOf(withdrawn))],
    });
    if (done) return { kind: "withdrawn", request: withdrawn };
  }
};

const closeGrant = async (grant: Grant, facts: PersonFacts, deps: WorkflowDeps): Promise<EndedEarly | Refusal> => {
  const { person } = facts;
  if (!samePerson(person, grant.requester) && !(await looksAfter(grant, facts, deps)))
    return refuse("not-yours", { what: "access" });
  const written = await changeGrant(deps.ledger, grant.id, (current) => {
    const at = deps.clock.now();
    if (!isActive(current, at)) return undefined;
    return {
      grant: { ...current, revoked: { kind: "closed", at, by: person } },
      events: [auditEvent("grant.revoked", grant.id, at, person, { ...factsOf(current), grantId: grant.id })],
      firewallsDue: firewallsOf(current).map((firewall) => ({ firewall, at })),
      requestDue: at,
    };
  });
  if (written !== undefined) return { kind: "closing", grant: written };
  return refuse("access-over", { machine: grant.machine.name, at: endOf(grant) });
};

const looksAfter = async (grant: Grant, facts: PersonFacts, deps: WorkflowDeps): Promise<boolean> => {
  const policy = deps.policy();
  if (policy === undefined) return false;
  const machine = deps.machines.byId(grant.machine.id);
  const rule = machine === undefined ? undefined : ruleFor(policy, machine);
  const may = [...deps.securityRoles(), ...(rule === undefined ? [] : approvingRoles(rule))];
  const { roles } = holding(facts, policy, await membershipsFor(grant.requester.user, policy, deps.directory, may));
  return may.some((role) => roles.has(role));
};
