/** From what somebody typed to a stored request, or to every reason why not. */

import { lengthOf } from "../access/duration.ts";
import { Fault } from "../access/fault.ts";
import type { RequestId } from "../access/identifier.ts";
import { refOf } from "../access/machine.ts";
import { personKey, personOf, samePerson } from "../access/person.ts";
import { samePort } from "../access/port.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { type EpochMs, later } from "../access/time.ts";
import { createTurns } from "../access/turns.ts";
import { auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import { isActive } from "../grants/grant.ts";
import type { Limit, Write } from "../grants/ledger.ts";
import type { AccessRequest, BreakGlassUse, RequestStep } from "../grants/request.ts";
import type { Decision } from "../policy/decide.ts";
import { type Policy, type Rule, stepsOf } from "../policy/policy.ts";
import { portsOf } from "../policy/resolve.ts";
import { type Memberships, peopleOf, type StepAsked } from "../policy/roles.ts";
import { answeringSoon } from "./ask-authorities.ts";
import type { WorkflowDeps } from "./deps.ts";
import { freshMachine } from "./fresh-machine.ts";
import { grantAccess, WARN_BEFORE } from "./grant-access.ts";
import { judge, requestSteps } from "./judge.ts";
import { type Judgement, judgedEvent } from "./judged-event.ts";
import { askLimits, grantLimits } from "./limits-of.ts";
import { shownSteps } from "./shown-people.ts";
import { holding, type Member, membershipsFor, rolesAbout } from "./standing.ts";
import { targetsOf } from "./targets.ts";
import { type Ask, type Refused, refused, type Understood, understand } from "./understand-ask.ts";

export type { Ask, Refused } from "./understand-ask.ts";

/** Throws a `Fault` when something that has to be known can't be; nothing is stored then. */
export type SubmitRequest = (ask: Ask, user: string) => Promise<AccessRequest | Refused>;

export const createSubmitRequest = (world: WorkflowDeps): SubmitRequest => {
  const { shownPeople } = world;
  const oneByOne = createTurns();

  /** A clear "no" isn't withheld because it couldn't be recorded. */
  const no = async (judgement: Judgement, refusals: Refused["refusals"]): Promise<Refused> => {
    const event = judgedEvent({ ...judgement, requestId: undefined, refusals }, world.newId());
    await world.auditLog.append(event).catch(() => undefined);
    return { kind: "refused", refusals };
  };

  const attempt = async (
    asked: Understood,
    member: Member,
    policy: Policy,
    deps: WorkflowDeps,
  ): Promise<AccessRequest | Refused | "again"> => {
    const at = deps.clock.now();
    const access = { ...asked, durationMs: lengthOf(asked.end, at) };
    const { decision, question } = await judge(access, member, policy, at, deps);
    const judgement = { requester: member.facts.person, policy, decision, question };
    if (decision.kind === "deny") return no(judgement, decision.refusals);
    const targets = targetsOf(access.machine, access.sources);
    if (isRefusal(targets)) return no(judgement, [targets]);
    // Whoever breaks the glass may well have asked before, and waited in vain.
    const before = await (access.breakGlass ? alreadyOpen : alreadyAsked)(access, member, at, deps);
    if (before !== undefined) return no(judgement, [before]);

    // Who needs nobody else has nobody to be told apart from.
    const known = decision.kind === "allow" ? undefined : (await deps.directory.identities(member.facts)).known;
    const drawn = requestFor(access, member, policy, decision, at, deps.newId() as RequestId);
    const steps = await shownSteps(drawn.steps, shownPeople);
    const { breakGlass } = drawn;
    const skipped = await shownSteps(breakGlass?.skipped ?? [], shownPeople);
    const request = {
      ...drawn,
      steps,
      ...(known === undefined ? {} : { requesterKnown: known }),
      ...(breakGlass === undefined ? {} : { breakGlass: { ...breakGlass, skipped } }),
    };
    const write =
      decision.kind === "needs-approval" ? pendingWrite(request, policy, decision) : grantAccess(request, targets, at);
    const judged = judgedEvent({ ...judgement, requestId: request.id, refusals: [] }, request.id);
    const limits = limitsOf(decision, request, at);
    return (await deps.ledger.commit({ ...write, events: [judged, ...write.events], limits })) ? request : "again";
  };

  const submit: SubmitRequest = async (ask, user) => {
    const deps = answeringSoon(world);
    const policy = deps.policy();
    if (policy === undefined) return refused(refuse("policy-unreadable", {}));
    const facts = await personOf(user, deps.directory);
    if (isRefusal(facts)) return refused(facts);
    const machine = await freshMachine(() => deps.machines.find(ask.machine), deps.machines);
    const machines = { find: () => machine };
    const access = understand(ask, facts, policy, deps.clock.now(), { machines, zone: deps.zone() });
    if ("refusals" in access) return access;
    const roles = rolesAbout(policy, access.machine);
    const member = holding(facts, policy, await membershipsFor(user, policy, deps.directory, roles));
    // Somebody else reached a limit first, or has this id: asked again, it shows which.
    for (let attempts = 0; attempts < ATTEMPTS; attempts += 1) {
      const outcome = await attempt(access, member, policy, deps);
      if (outcome !== "again") return outcome;
    }
    throw new Fault("redis", `cannot store a request: others were first ${ATTEMPTS} times`, { retry: "later" });
  };
  // The same command typed twice in one moment is still one question.
  return (ask, user) => oneByOne(user, () => submit(ask, user));
};

const ATTEMPTS = 8;

/** People type commands again when nothing seems to happen; one open question is enough. */
const alreadyAsked = async (
  access: Understood,
  member: Member,
  now: EpochMs,
  deps: WorkflowDeps,
): Promise<Refusal | undefined> => {
  const same = (await deps.ledger.pendingOf(personKey(member.facts.person))).find(
    (request) => now < request.answerBy && isTheSame(access, request),
  );
  return same === undefined ? undefined : refuse("already-asked", { requestId: same.id });
};

/** Breaking the glass twice would alarm everybody twice, for nothing. Near its end it can be had anew. */
const alreadyOpen: typeof alreadyAsked = async (access, { facts }, now, { ledger }) => {
  const same = (await ledger.liveGrants()).find(
    (grant) =>
      samePerson(grant.requester, facts.person) &&
      isActive(grant, now) &&
      later(now, WARN_BEFORE) < grant.expiresAt &&
      isTheSame(access, grant),
  );
  return same === undefined
    ? undefined
    : refuse("already-open", { machine: access.machine.name, until: same.expiresAt });
};

const isTheSame = (
  { machine, services, sources }: Understood,
  other: Pick<AccessRequest, "machine" | "ports" | "sources">,
): boolean => {
  const ports = portsOf(services);
  return (
    other.machine.id === machine.id &&
    ports.length === other.ports.length &&
    ports.every((port) => other.ports.some((one) => samePort(port, one))) &&
    new Set(sources).symmetricDifference(new Set(other.sources)).size === 0
  );
};

type NotDenied = Exclude<Decision, { kind: "deny" }>;

const requestFor = (
  access: Understood,
  { facts, memberships }: Member,
  policy: Policy,
  decision: NotDenied,
  now: EpochMs,
  id: RequestId,
): AccessRequest => {
  const asked = {
    id,
    version: 1,
    requester: facts.person,
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
    const state = { kind: "approved", approvals: [], at: now } as const;
    const steps = decision.kind === "allow" && decision.how === "automatic" ? stepsUnasked(decision.rule) : [];
    const given = { ...asked, answerBy: now, steps, state };
    return decision.kind === "allow" ? given : { ...given, breakGlass: usedAs(decision, policy, memberships) };
  }
  const answerBy = later(now, decision.withinMs);
  return {
    ...asked,
    // Nothing is left to approve once its end has come.
    answerBy: access.end.kind === "until" && access.end.at < answerBy ? access.end.at : answerBy,
    steps: requestSteps(decision.steps, policy, memberships),
    state: { kind: "pending", approvals: [] },
  };
};

/** At this hour nobody is asked for them; that there are some tells it from an access that needs no approval at any time. */
const stepsUnasked = (rule: Rule): readonly RequestStep[] =>
  stepsOf(rule).map(({ needed }) => ({ needed, users: [], groups: [] }));

const usedAs = (
  { breakGlass: { tell }, skipped }: Extract<Decision, { kind: "break-glass" }>,
  policy: Policy,
  memberships: Memberships,
): BreakGlassUse => {
  const told = peopleOf(policy, tell.roles, memberships);
  return {
    skipped: requestSteps(skipped, policy, memberships),
    tell: [...new Set([...told.users, ...told.groups, ...tell.channels])],
  };
};

const pendingWrite = (
  request: AccessRequest,
  policy: Policy,
  { steps }: Extract<Decision, { kind: "needs-approval" }>,
): Write => {
  const { id, rule, askedAt, answerBy, requester, end } = request;
  const facts = { ...factsOf(request), rule, durationMs: lengthOf(end, askedAt), answerBy };
  const schedules = [...new Set(request.steps.flatMap(({ silent }) => silent ?? []))];
  // Of those who would stand in, the card names who is still here.
  const asked = new Set(request.steps.flatMap(({ users, groups }) => [...users, ...groups]));
  const instead = standIns(steps, policy).filter((who) => asked.has(who));
  const silence = { ...factsOf(request), schedules, instead };
  return {
    request,
    events: [
      ...(schedules.length === 0 ? [] : [auditEvent("schedule.silent", id, askedAt, "bot", silence)]),
      auditEvent("request.submitted", id, askedAt, requester, facts),
    ],
    requestDue: answerBy,
  };
};

/** Slack ids of those who are asked where a schedule doesn't say who is on call. */
const standIns = (steps: readonly StepAsked[], policy: Policy): readonly string[] => {
  const names = steps.flatMap(({ roles }) => roles.flatMap((name) => policy.roles.get(name)?.otherwise ?? []));
  const { users, groups } = peopleOf(policy, names);
  return [...new Set([...users, ...groups])];
};

const limitsOf = (decision: NotDenied, request: AccessRequest, at: EpochMs): readonly Limit[] => [
  ...(decision.kind === "break-glass" ? [] : askLimits(decision.rule, request, at)),
  ...(decision.kind === "allow" ? grantLimits(decision.rule, request, at) : []),
];
