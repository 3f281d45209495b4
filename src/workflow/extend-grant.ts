/** Makes an open access longer, where policy would give the whole of it: at once, or by a request of its own where somebody has to approve. */

import { parseEnd, type TypedEnd } from "../access/duration.ts";
import type { RequestId } from "../access/identifier.ts";
import { type Machine, refOf } from "../access/machine.ts";
import { type PersonFacts, personKey, personOf, samePerson } from "../access/person.ts";
import type { Service } from "../access/port.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { between, type DurationMs, type EpochMs, earliest, later, MINUTE, SECOND } from "../access/time.ts";
import { createTurns } from "../access/turns.ts";
import { endOf, type Grant, isActive } from "../grants/grant.ts";
import type { AccessRequest } from "../grants/request.ts";
import { untilWritten } from "../grants/until-written.ts";
import type { Policy } from "../policy/policy.ts";
import { portsOf } from "../policy/resolve.ts";
import { answeringSoon } from "./ask-authorities.ts";
import type { WorkflowDeps } from "./deps.ts";
import { type Extendable, extendable, extensionWrite } from "./extension.ts";
import { freshMachine, knownMachine } from "./fresh-machine.ts";
import { judge, requestSteps } from "./judge.ts";
import type { NotDenied } from "./judge-ask.ts";
import { type Judgement, judgedEvent } from "./judged-event.ts";
import { askLimits } from "./limits-of.ts";
import { accessMeant } from "./own-access.ts";
import { shownSteps } from "./shown-people.ts";
import { holding, type Member, membershipsFor, rolesAbout } from "./standing.ts";
import { notOffered, sameServices } from "./still-allowed.ts";
import { pendingWrite } from "./submit-request.ts";
import { type Refused, refused } from "./understand-ask.ts";

export type Extended =
  /** `before`: when it would have ended. */
  | { readonly kind: "extended"; readonly grant: Grant; readonly before: EpochMs }
  | { readonly kind: "asked"; readonly request: AccessRequest };

/**
 * `end` is added where it is a length (`1h`), and counts as it stands where it is an instant (`until 18:00`); without one it is the length that was first given, or as much of
 * that as the maximum leaves. Throws a `Fault` when something that has to be known can't be; nothing is changed then.
 */
export type ExtendGrant = (id: string, user: string, end?: string) => Promise<Extended | Refused>;

/**
 * Only for who has it. What is open already counts toward the maximum; everything else is judged as a new ask would be, for the time from now on. A break-glass access stays one: it
 * takes who may break the glass, and no approval.
 */
export const createExtendGrant = (world: WorkflowDeps): ExtendGrant => {
  const oneByOne = createTurns();

  const attempt = async (
    id: string,
    facts: PersonFacts,
    typed: string | undefined,
    policy: Policy,
    deps: WorkflowDeps,
  ): Promise<Extended | Refused | "again"> => {
    const now = deps.clock.now();
    const grant = await accessMeant(id, facts.person, now, deps.ledger);
    if (isRefusal(grant)) return refused(grant);
    if (!samePerson(grant.requester, facts.person)) return refused(refuse("not-yours", { what: "extension" }));
    const open = await extendable(grant, now, deps.ledger);
    if (isRefusal(open)) return refused(open);
    const latest = grant.extensions?.at(-1);
    // A button that was pressed twice.
    if (typed === undefined && latest !== undefined && between(latest.at, now) < PRESSED_AGAIN)
      return { kind: "extended", grant, before: latest.from };

    const machine = await freshMachine(() => knownMachine(grant, deps), deps.machines);
    if (isRefusal(machine)) return refused(machine);
    const services = sameServices(grant, policy);
    if (services === undefined) return refused(notOffered(grant, machine, policy));
    const wanted =
      typed === undefined ? later(grant.expiresAt, open.firstMs) : wantedEnd(typed, facts, open, now, deps);
    if (isRefusal(wanted)) return refused(wanted);
    const member = holding(
      facts,
      policy,
      await membershipsFor(facts.person.user, policy, deps.directory, rolesAbout(policy, machine)),
    );

    const asking: Asking = { open, machine, services, member, policy };
    const judged = await judgeUntil(wanted, asking, now, deps);
    const left = typed === undefined && "refusals" in judged.outcome ? leftToAdd(judged.outcome.refusals) : undefined;
    const end = left === undefined ? wanted : later(grant.expiresAt, left);
    const { judgement, outcome: decision } = left === undefined ? judged : await judgeUntil(end, asking, now, deps);
    if ("refusals" in decision) return no(judgement, decision);
    return decision.kind === "needs-approval"
      ? askFor(end, decision, asking, judgement, now, deps)
      : extendNow(end, open, judgement, deps);
  };

  /** A clear "no" isn't withheld because it couldn't be recorded. */
  const no = async (judgement: Judgement, outcome: Refused): Promise<Refused> => {
    const { refusals } = outcome;
    if (refusals[0].code === "locked-down") return outcome;
    const event = judgedEvent({ ...judgement, requestId: undefined, refusals }, world.newId());
    await world.auditLog.append(event).catch(() => undefined);
    return outcome;
  };

  return (id, user, typed) =>
    oneByOne(user, async () => {
      const deps = answeringSoon(world);
      const policy = deps.policy();
      if (policy === undefined) return refused(refuse("policy-unreadable", {}));
      const facts = await personOf(user, deps.directory);
      if (isRefusal(facts)) return refused(facts);
      return untilWritten(`extend \`${id}\``, () => attempt(id, facts, typed, policy, deps));
    });
};

interface Asking {
  readonly open: Extendable;
  readonly machine: Machine;
  readonly services: readonly Service[];
  readonly member: Member;
  readonly policy: Policy;
}

const wantedEnd = (
  typed: string,
  { timezone }: PersonFacts,
  { grant }: Extendable,
  now: EpochMs,
  deps: WorkflowDeps,
): EpochMs | Refusal => {
  const end = parseEnd(typed, timezone ?? deps.zone(), now);
  if (isRefusal(end)) return end;
  const at = end.kind === "for" ? later(grant.expiresAt, end.durationMs) : end.at;
  return at > grant.expiresAt ? at : refuse("not-longer", { machine: grant.machine.name, until: grant.expiresAt });
};

/** What policy and the authorities say of the whole of it, if it ended then. */
const judgeUntil = async (
  end: EpochMs,
  { open, machine, services, member, policy }: Asking,
  now: EpochMs,
  deps: WorkflowDeps,
): Promise<{ readonly judgement: Judgement; readonly outcome: Refused | NotDenied }> => {
  const { grant, request, openForMs } = open;
  const { sources, justification } = grant;
  const breakGlass = request.breakGlass !== undefined;
  const durationMs = between(now, end);
  const access = { machine, services, sources, durationMs, openForMs, justification, breakGlass, goesOn: grant.id };
  const { decision, question } = await judge(access, member, policy, now, deps);
  const judgement = { requester: member.facts.person, policy, decision, question };
  if (decision.kind !== "deny") return { judgement, outcome: decision };
  const asLong = openForMs + between(now, grant.expiresAt);
  const inAll = (refusal: Refusal): Refusal => {
    if (refusal.code !== "duration-too-long") return refusal;
    const leftMs = Math.max(0, refusal.facts.maximumMs - asLong) as DurationMs;
    return refuse("extension-too-long", { ...refusal.facts, grantId: grant.id, leftMs });
  };
  const [first, ...rest] = decision.refusals;
  return { judgement, outcome: refused(inAll(first), ...rest.map(inAll)) };
};

/** Where nothing but the maximum speaks against it and leaves some time, so much in whole minutes. */
const leftToAdd = (refusals: readonly Refusal[]): DurationMs | undefined => {
  const left = refusals.map((refusal) => (refusal.code === "extension-too-long" ? refusal.facts.leftMs : 0));
  const least = Math.floor(Math.min(...left) / MINUTE) * MINUTE;
  return refusals.length > 0 && least > 0 ? (least as DurationMs) : undefined;
};

const extendNow = async (
  end: EpochMs,
  open: Extendable,
  judgement: Judgement,
  { ledger, newId, clock }: WorkflowDeps,
): Promise<Extended | Refused | "again"> => {
  // Judging may take seconds, in which its time can end.
  const now = clock.now();
  const { machine } = open.grant;
  if (!isActive(open.grant, now))
    return refused(refuse("access-over", { machine: machine.name, at: endOf(open.grant) }));
  const write = extensionWrite(open, end, now);
  const judged = judgedEvent({ ...judgement, requestId: open.grant.requestId, refusals: [] }, newId());
  const done = await ledger.commit({ ...write, events: [judged, ...write.events] });
  return done ? { kind: "extended", grant: write.grant, before: open.grant.expiresAt } : "again";
};

/** One such question at a time is enough. It lapses with the access, because one that is over can't be made longer. */
const askFor = async (
  at: EpochMs,
  decision: Extract<NotDenied, { kind: "needs-approval" }>,
  { open: { grant }, machine, services, member, policy }: Asking,
  judgement: Judgement,
  now: EpochMs,
  deps: WorkflowDeps,
): Promise<Extended | Refused | "again"> => {
  const pending = await deps.ledger.pendingOf(personKey(grant.requester));
  const same = pending.find((request) => request.extends === grant.id && now < request.answerBy);
  if (same !== undefined) return refused(refuse("already-asked", { requestId: same.id }));
  const { requester, sources, justification } = grant;
  const end: TypedEnd = { kind: "until", at };
  const drawn: AccessRequest = {
    id: deps.newId() as RequestId,
    version: 1,
    requester,
    machine: refOf(machine),
    services: grant.services,
    ports: portsOf(services),
    sources,
    end,
    justification,
    rule: decision.rule.name,
    channel: decision.rule.channel,
    askedAt: now,
    answerBy: earliest(later(now, decision.withinMs), grant.expiresAt) ?? grant.expiresAt,
    steps: requestSteps(decision.steps, policy, member.memberships),
    extends: grant.id,
    requesterKnown: (await deps.directory.identities(member.facts)).known,
    state: { kind: "pending", approvals: [] },
  };
  const request = { ...drawn, steps: await shownSteps(drawn.steps, deps.shownPeople) };
  const write = pendingWrite(request, policy, decision);
  const judged = judgedEvent({ ...judgement, requestId: request.id, refusals: [] }, request.id);
  const limits = askLimits(decision.rule, request, now);
  const done = await deps.ledger.commit({ ...write, events: [judged, ...write.events], limits });
  return done ? { kind: "asked", request } : "again";
};

const PRESSED_AGAIN = 10 * SECOND;
