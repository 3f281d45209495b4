/** Somebody moved: the same access from where they are now, beside the one from where they were, which goes once the new one is seen to be open. */

import type { GrantId, RequestId } from "../../access/identifier.ts";
import { type Person, type PersonFacts, personOf, samePerson } from "../../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../../access/refusal.ts";
import type { Cidr } from "../../access/source.ts";
import { between, type EpochMs } from "../../access/time.ts";
import { createTurns } from "../../access/turns.ts";
import { type AuditEvent, auditEvent } from "../../audit/event.ts";
import { factsOf } from "../../grants/facts.ts";
import { endOf, type Grant, isActive, isUnderWay } from "../../grants/grant.ts";
import type { AccessRequest } from "../../grants/request.ts";
import { untilWritten } from "../../grants/until-written.ts";
import { ruleFor } from "../../policy/match.ts";
import type { Policy } from "../../policy/policy.ts";
import { answeringSoon } from "../ask-authorities.ts";
import type { WorkflowDeps } from "../deps.ts";
import { freshMachine, knownMachine } from "../fresh-machine.ts";
import { grantAccess } from "../grant-access.ts";
import { judge } from "../judge.ts";
import { judgedEvent } from "../judged-event.ts";
import { holding, membershipsFor, rolesAbout } from "../standing.ts";
import { notOffered, sameServices } from "../still-allowed.ts";
import { targetsOf } from "../targets.ts";
import { type Refused, refused } from "../understand-ask.ts";
import { usableOf } from "./usable.ts";

/** Throws a `Fault` when something that has to be known can't be; nothing is changed then. */
export type Move = (grant: GrantId, user: string, seen: readonly Cidr[]) => Promise<AccessRequest | Refused>;

/** What may be moved now: one's own, while it is open or opening, and not on its way elsewhere already. */
export const movable = async (
  id: string,
  person: Person,
  { ledger, clock }: Pick<WorkflowDeps, "ledger" | "clock">,
): Promise<Grant | Refusal> => {
  const grant = await ledger.grant(id as GrantId);
  if (grant === undefined) return refuse("grant-unknown", { text: id });
  if (!samePerson(grant.requester, person)) return refuse("not-yours", { what: "move" });
  const now = clock.now();
  if (!isActive(grant, now)) return refuse("access-over", { machine: grant.machine.name, at: endOf(grant) });
  const isMoving = (await ledger.liveGrants()).some((other) => other.supersedes === id && isUnderWay(other, now));
  return isMoving ? refuse("moving-already", { machine: grant.machine.name }) : grant;
};

/**
 * Policy and the authorities are asked again, now, about the new source. What was approved stays approved, because person, machine, ports and end are the same; and it isn't one access
 * more, so limits don't count it.
 */
export const createMove = (world: WorkflowDeps): Move => {
  const oneByOne = createTurns();

  const attempt = async (
    id: GrantId,
    facts: PersonFacts,
    seen: readonly Cidr[],
    policy: Policy,
    deps: WorkflowDeps,
  ): Promise<AccessRequest | Refused | "again"> => {
    const grant = await movable(id, facts.person, deps);
    if (isRefusal(grant)) return refused(grant);
    const request = await deps.ledger.request(grant.requestId);
    if (request === undefined) return refused(refuse("request-unknown", {}));
    const machine = await freshMachine(() => knownMachine(grant, deps), deps.machines);
    if (isRefusal(machine)) return refused(machine);
    const services = sameServices(grant, policy);
    if (services === undefined) return refused(notOffered(grant, machine, policy));
    const sources = usableOf(seen, machine, ruleFor(policy, machine), services);
    if (sources.every((source) => grant.sources.includes(source)))
      return refused(refuse("not-moved", { machine: machine.name }));

    const now = deps.clock.now();
    const roles = rolesAbout(policy, machine);
    const member = holding(facts, policy, await membershipsFor(facts.person.user, policy, deps.directory, roles));
    const access = {
      machine,
      services,
      sources,
      durationMs: between(now, grant.expiresAt),
      justification: grant.justification,
      breakGlass: request.breakGlass !== undefined,
      isAskedAlready: true,
      goesOn: grant.id,
    };
    const { decision, question } = await judge(access, member, policy, now, deps);
    // Who approved it may have left since.
    const refusals = decision.kind === "deny" ? decision.refusals.filter(({ code }) => code !== "no-approver") : [];
    const targets = targetsOf(machine, sources);
    const [first, ...rest] = [...refusals, ...(refusals.length === 0 && isRefusal(targets) ? [targets] : [])];
    const judgement = { requester: facts.person, policy, decision, question };
    if (first !== undefined || isRefusal(targets)) {
      const all = refused(first ?? refuse("machine-not-offered", { machine: machine.name }), ...rest);
      const event = judgedEvent({ ...judgement, requestId: undefined, refusals: all.refusals }, deps.newId());
      await deps.auditLog.append(event).catch(() => undefined);
      return all;
    }

    const moved = movedRequest(request, grant, sources, now, deps.newId() as RequestId);
    const judged = judgedEvent({ ...judgement, requestId: moved.id, refusals: [] }, moved.id);
    const write = grantAccess(moved, targets, now);
    const done = await deps.ledger.commit({
      ...write,
      grant: { ...write.grant, supersedes: grant.id },
      // Nobody approves or breaks a glass once more, and nobody is told so.
      events: [judged, goesOnEvent(moved, grant, now)],
    });
    return done ? moved : "again";
  };

  return (id, user, seen) =>
    oneByOne(user, async () => {
      const deps = answeringSoon(world);
      const policy = deps.policy();
      if (policy === undefined) return refused(refuse("policy-unreadable", {}));
      const facts = await personOf(user, deps.directory);
      if (isRefusal(facts)) return refused(facts);
      return untilWritten(`move \`${id}\``, () => attempt(id, facts, seen, policy, deps));
    });
};

const goesOnEvent = (moved: AccessRequest, { expiresAt }: Grant, now: EpochMs): AuditEvent => {
  const approvers = moved.state.kind === "approved" ? moved.state.approvals.map(({ by }) => by) : [];
  const facts = { ...factsOf(moved), rule: moved.rule, approvers, expiresAt };
  return auditEvent("request.approved", moved.id, now, moved.requester, facts);
};

/** As it was asked and answered, from elsewhere, up to the same end. */
const movedRequest = (
  request: AccessRequest,
  { id: moves, expiresAt }: Grant,
  sources: readonly Cidr[],
  now: EpochMs,
  id: RequestId,
): AccessRequest => {
  const { requester, requesterKnown, machine, services, ports, justification, channel, rule, steps, breakGlass } =
    request;
  const approvals = request.state.kind === "approved" ? request.state.approvals : [];
  return {
    requester,
    ...(requesterKnown === undefined ? {} : { requesterKnown }),
    machine,
    services,
    ports,
    justification,
    channel,
    rule,
    steps,
    ...(breakGlass === undefined ? {} : { breakGlass }),
    id,
    version: 1,
    sources,
    end: { kind: "until", at: expiresAt },
    askedAt: now,
    answerBy: now,
    address: "seen",
    moves,
    state: { kind: "approved", approvals, at: now },
  };
};
