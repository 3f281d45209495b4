/** From what somebody typed to a stored request, or to every reason why not. */

import { lengthOf, parseEnd } from "../access/duration.ts";
import type { RequestId } from "../access/identifier.ts";
import { refOf } from "../access/machine.ts";
import { personKey } from "../access/person.ts";
import { type Service, samePort } from "../access/port.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { type EpochMs, later } from "../access/time.ts";
import { createTurns } from "../access/turns.ts";
import { auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import type { Write } from "../grants/ledger.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { Decision } from "../policy/decide.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy } from "../policy/policy.ts";
import { portsOf, resolveService, resolveSources } from "../policy/resolve.ts";
import type { WorkflowDeps } from "./deps.ts";
import { grantAccess } from "./grant-access.ts";
import { type Access, judge, requestSteps } from "./judge.ts";
import { createShownPeople, type Member, memberOf } from "./standing.ts";
import { targetsOf } from "./targets.ts";

/** The words of `/jit ssh prod-vm-3 2h from vpn because INC-1`, taken apart and not yet understood. */
export interface Ask {
  readonly services: readonly string[];
  readonly machine: string;
  /** `2h` or `until 18:00`. */
  readonly end: string;
  readonly from: readonly string[];
  readonly because: string;
}

/** All reasons, in the order to show them. */
export type Refused = { readonly kind: "refused"; readonly refusals: readonly [Refusal, ...Refusal[]] };

/** Throws a `Fault` when something that has to be known can't be; nothing is stored then. */
export type SubmitRequest = (ask: Ask, user: string) => Promise<AccessRequest | Refused>;

export const createSubmitRequest = (deps: WorkflowDeps): SubmitRequest => {
  const shownPeople = createShownPeople(deps);
  const oneByOne = createTurns();
  const submit: SubmitRequest = async (ask, user) => {
    const policy = deps.policy();
    if (policy === undefined) return refused(refuse("policy-unreadable", {}));
    const member = await memberOf(user, policy, deps.directory);
    if (isRefusal(member)) return refused(member);

    const now = deps.clock.now();
    const access = understand(ask, member, policy, now, deps);
    if ("refusals" in access) return access;
    const decision = await judge(access, member, policy, deps.directory, now);
    if (decision.kind === "deny") return { kind: "refused", refusals: decision.refusals };

    const targets = targetsOf(access.machine, access.sources);
    if (isRefusal(targets)) return refused(targets);
    const again = await alreadyAsked(access, member, now, deps);
    if (again !== undefined) return refused(again);

    const asked = requestFor(access, member, decision, now, deps.newId() as RequestId);
    const steps = await Promise.all(
      asked.steps.map(async (step) => ({ ...step, users: await shownPeople(step.users) })),
    );
    const request = { ...asked, steps };
    const write = decision.kind !== "needs-approval" ? grantAccess(request, targets, now) : pendingWrite(request);
    if (!(await deps.ledger.commit(write))) throw new Error(`request id \`${request.id}\` was taken already`);
    return request;
  };
  // The same command typed twice in one moment is still one question.
  return (ask, user) => oneByOne(user, () => submit(ask, user));
};

const refused = (first: Refusal, ...rest: readonly Refusal[]): Refused => ({
  kind: "refused",
  refusals: [first, ...rest],
});

type Understood = Access & { readonly end: AccessRequest["end"] };

const understand = (
  ask: Ask,
  member: Member,
  policy: Policy,
  now: EpochMs,
  deps: WorkflowDeps,
): Understood | Refused => {
  const machine = deps.machines.find(ask.machine);
  const services = ask.services.map((word) => resolveService(word, policy));
  const end = parseEnd(ask.end, member.facts.timezone ?? deps.zone(), now);
  const rule = isRefusal(machine) ? undefined : ruleFor(policy, machine);
  const { sources, refusals } = resolveSources(ask.from, rule, policy);

  const [first, ...rest] = [machine, ...services, end, ...refusals].filter(isRefusal);
  if (first !== undefined) return refused(first, ...rest);
  if (isRefusal(machine) || isRefusal(end)) throw new Error("a refusal was overlooked");
  return {
    machine,
    end,
    sources,
    justification: ask.because,
    durationMs: lengthOf(end, now),
    services: services.filter((service): service is Service => !isRefusal(service)),
  };
};

/** People type commands again when nothing seems to happen; one open question is enough. */
const alreadyAsked = async (
  access: Understood,
  member: Member,
  now: EpochMs,
  deps: WorkflowDeps,
): Promise<Refusal | undefined> => {
  const ports = portsOf(access.services);
  const same = (await deps.ledger.pendingOf(personKey(member.facts.person))).find(
    (request) =>
      request.machine.id === access.machine.id &&
      now < request.answerBy &&
      ports.length === request.ports.length &&
      ports.every((port) => request.ports.some((other) => samePort(port, other))) &&
      new Set(access.sources).symmetricDifference(new Set(request.sources)).size === 0,
  );
  return same === undefined ? undefined : refuse("already-asked", { requestId: same.id });
};

const requestFor = (
  access: Understood,
  member: Member,
  decision: Exclude<Decision, { kind: "deny" }>,
  now: EpochMs,
  id: RequestId,
): AccessRequest => {
  const asked = {
    id,
    version: 1,
    requester: member.facts.person,
    machine: refOf(access.machine),
    services: access.services.map((service) => service.name),
    ports: portsOf(access.services),
    sources: access.sources,
    end: access.end,
    justification: access.justification,
    rule: decision.rule.name,
    channel: decision.rule.channel,
    askedAt: now,
  };
  if (decision.kind !== "needs-approval") {
    return {
      ...asked,
      answerBy: now,
      steps: [],
      state: { kind: "approved", approvals: [], at: now },
    };
  }
  const answerBy = later(now, decision.withinMs);
  return {
    ...asked,
    // Nothing is left to approve once its end has come.
    answerBy: access.end.kind === "until" && access.end.at < answerBy ? access.end.at : answerBy,
    steps: requestSteps(decision.steps),
    state: { kind: "pending", approvals: [] },
  };
};

const pendingWrite = (request: AccessRequest): Write => {
  const { id, rule, askedAt, answerBy, requester, end } = request;
  const facts = { ...factsOf(request), rule, durationMs: lengthOf(end, askedAt), answerBy };
  return {
    request,
    events: [auditEvent("request.submitted", id, askedAt, requester, facts)],
    requestDue: answerBy,
  };
};
