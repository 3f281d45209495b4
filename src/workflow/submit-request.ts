/** From what somebody typed to a stored request, or to every reason why not. */

import { lengthOf } from "../access/duration.ts";
import type { RequestId } from "../access/identifier.ts";
import { refOf } from "../access/machine.ts";
import type { Cidr } from "../access/source.ts";
import { type EpochMs, later } from "../access/time.ts";
import { createTurns } from "../access/turns.ts";
import { auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import type { Limit, Write } from "../grants/ledger.ts";
import type { AccessRequest, BreakGlassUse, RequestStep } from "../grants/request.ts";
import { untilWritten } from "../grants/until-written.ts";
import type { Decision } from "../policy/decide.ts";
import { type Policy, type Rule, stepsOf } from "../policy/policy.ts";
import { portsOf } from "../policy/resolve.ts";
import { type Memberships, peopleOf, type StepAsked } from "../policy/roles.ts";
import { answeringSoon } from "./ask-authorities.ts";
import type { WorkflowDeps } from "./deps.ts";
import { grantAccess } from "./grant-access.ts";
import { requestSteps } from "./judge.ts";
import { judgeAsk, type NotDenied, type Readable, readAsk } from "./judge-ask.ts";
import { type Judgement, judgedEvent } from "./judged-event.ts";
import { askLimits, grantLimits } from "./limits-of.ts";
import { shownSteps } from "./shown-people.ts";
import type { Member } from "./standing.ts";
import type { Ask, Refused, Understood } from "./understand-ask.ts";

export type { Ask, Refused } from "./understand-ask.ts";

/** Nothing else is in its way, and where they are has yet to be seen. Nothing is stored. */
export interface NeedsAddress {
  readonly kind: "needs-address";
  readonly ask: Ask;
}

/** `seen`: where our page just saw them, for an ask that means it. Throws a `Fault` when something that has to be known can't be; nothing is stored then. */
export type SubmitRequest = (
  ask: Ask,
  user: string,
  seen?: readonly Cidr[],
) => Promise<AccessRequest | Refused | NeedsAddress>;

export const createSubmitRequest = (world: WorkflowDeps): SubmitRequest => {
  const { shownPeople } = world;
  const oneByOne = createTurns();

  /** A clear "no" isn't withheld because it couldn't be recorded. */
  const no = async (judgement: Judgement, refusals: Refused["refusals"]): Promise<Refused> => {
    // Another policy, asked the same later, wouldn't know of a lockdown; that somebody tried is on record all the same.
    if (refusals[0].code === "locked-down") return { kind: "refused", refusals };
    const event = judgedEvent({ ...judgement, requestId: undefined, refusals }, world.newId());
    await world.auditLog.append(event).catch(() => undefined);
    return { kind: "refused", refusals };
  };

  const attempt = async (
    readable: Readable,
    deps: WorkflowDeps,
  ): Promise<AccessRequest | Refused | "needs-address" | "again"> => {
    const { member, policy, address } = readable;
    const at = deps.clock.now();
    const { access, judgement, outcome } = await judgeAsk(readable, at, deps);
    if (address === "unknown") {
      const refusals = "refusals" in outcome ? outcome.refusals : [];
      const [first, ...rest] = refusals.filter(({ code }) => code !== "source-missing");
      return first === undefined ? "needs-address" : no(judgement, [first, ...rest]);
    }
    if ("refusals" in outcome) return no(judgement, outcome.refusals);
    const { decision, targets } = outcome;

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
      ...(address === undefined ? {} : { address }),
      ...(breakGlass === undefined ? {} : { breakGlass: { ...breakGlass, skipped } }),
    };
    const write =
      decision.kind === "needs-approval" ? pendingWrite(request, policy, decision) : grantAccess(request, targets, at);
    const judged = judgedEvent({ ...judgement, requestId: request.id, refusals: [] }, request.id);
    const limits = limitsOf(decision, request, at);
    return (await deps.ledger.commit({ ...write, events: [judged, ...write.events], limits })) ? request : "again";
  };

  const submit: SubmitRequest = async (ask, user, seen) => {
    const deps = answeringSoon(world);
    const readable = await readAsk(ask, user, deps, seen);
    if ("refusals" in readable) return readable;
    // Somebody else reached a limit first, or has this id: asked again, it shows which.
    const outcome = await untilWritten("store a request", () => attempt(readable, deps));
    return outcome === "needs-address" ? { kind: outcome, ask } : outcome;
  };
  // The same command typed twice in one moment is still one question.
  return (ask, user, seen) => oneByOne(user, () => submit(ask, user, seen));
};

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

export const pendingWrite = (
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
    // Who doesn't read the channel is told at once.
    requestDue: askedAt,
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
