/** What an ask comes to now: understood, judged, and whether the same is open or asked already. Nothing is stored. */

import { lengthOf } from "../access/duration.ts";
import { type PersonFacts, personKey, personOf, samePerson } from "../access/person.ts";
import { samePort } from "../access/port.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import type { Cidr } from "../access/source.ts";
import { type EpochMs, later } from "../access/time.ts";
import { isActive } from "../grants/grant.ts";
import type { AccessRequest, Target } from "../grants/request.ts";
import type { Decision } from "../policy/decide.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy, Rule } from "../policy/policy.ts";
import { meansMe, portsOf } from "../policy/resolve.ts";
import type { WorkflowDeps } from "./deps.ts";
import { freshMachine } from "./fresh-machine.ts";
import { WARN_BEFORE } from "./grant-access.ts";
import { judge } from "./judge.ts";
import type { Judgement } from "./judged-event.ts";
import { holding, type Member, membershipsFor, rolesAbout } from "./standing.ts";
import { targetsOf } from "./targets.ts";
import { type Ask, type Refused, refused, type Understood, understand } from "./understand-ask.ts";

/** An ask of a member of ours that can be read. */
export interface Readable {
  readonly asked: Understood;
  readonly member: Member;
  readonly policy: Policy;
  /** Of where the asker is, if that is what they mean by their source: seen just now, remembered, or not known yet. Absent: they mean another. */
  readonly address?: "seen" | "remembered" | "unknown";
}

export type NotDenied = Exclude<Decision, { kind: "deny" }>;

export interface JudgedAsk {
  readonly access: Understood;
  readonly judgement: Judgement;
  /** Why not; or what it needs, and what it would change. */
  readonly outcome: Refused | { readonly decision: NotDenied; readonly targets: readonly Target[] };
}

/** `seen`: where our page just saw them. Throws a `Fault` when something that has to be known can't be. */
export const readAsk = async (
  ask: Ask,
  user: string,
  deps: WorkflowDeps,
  seen?: readonly Cidr[],
): Promise<Readable | Refused> => {
  const policy = deps.policy();
  if (policy === undefined) return refused(refuse("policy-unreadable", {}));
  const facts = await personOf(user, deps.directory);
  if (isRefusal(facts)) return refused(facts);
  const machine = await freshMachine(() => deps.machines.find(ask.machine), deps.machines);
  const machines = { find: () => machine };
  const mine = await addressOf(ask, facts, isRefusal(machine) ? undefined : ruleFor(policy, machine), seen, deps);
  const asked = understand(ask, facts, policy, deps.clock.now(), { machines, zone: deps.zone(), mine: mine.addresses });
  if ("refusals" in asked) return asked;
  const roles = rolesAbout(policy, asked.machine);
  const member = holding(facts, policy, await membershipsFor(user, policy, deps.directory, roles));
  return { asked, policy, member, ...(mine.address === undefined ? {} : { address: mine.address }) };
};

const addressOf = async (
  { from }: Ask,
  { person }: PersonFacts,
  rule: Rule | undefined,
  seen: readonly Cidr[] | undefined,
  { rememberedAddresses }: WorkflowDeps,
): Promise<{ readonly addresses: readonly Cidr[]; readonly address?: NonNullable<Readable["address"]> }> => {
  if (!meansMe(from, rule) || rememberedAddresses === undefined) return { addresses: [] };
  if (seen !== undefined) return { addresses: seen, address: "seen" };
  // Who says `me` means where they are now, which is to be looked at; what is remembered is for who says nothing.
  if (from.length > 0) return { addresses: [], address: "unknown" };
  const addresses = await rememberedAddresses(person);
  return { addresses, address: addresses.length === 0 ? "unknown" : "remembered" };
};

/** As of `at`. Throws a `Fault` when Slack or memory can't be asked. */
export const judgeAsk = async (
  { asked, member, policy }: Readable,
  at: EpochMs,
  deps: WorkflowDeps,
): Promise<JudgedAsk> => {
  const access = { ...asked, durationMs: lengthOf(asked.end, at) };
  const { decision, question } = await judge(access, member, policy, at, deps);
  const judgement = { requester: member.facts.person, policy, decision, question };
  const no = (...[first, ...rest]: Refused["refusals"]): JudgedAsk => ({
    access,
    judgement,
    outcome: refused(first, ...rest),
  });
  if (decision.kind === "deny") return no(...decision.refusals);
  const targets = targetsOf(access.machine, access.sources);
  if (isRefusal(targets)) return no(targets);
  // Whoever breaks the glass may well have asked before, and waited in vain.
  const before = await (access.breakGlass ? alreadyOpen : alreadyAsked)(access, member, at, deps);
  return before === undefined ? { access, judgement, outcome: { decision, targets } } : no(before);
};

/** People type commands again when nothing seems to happen; one open question is enough. */
const alreadyAsked = async (
  access: Understood,
  member: Member,
  now: EpochMs,
  deps: WorkflowDeps,
): Promise<Refusal | undefined> => {
  const same = (await deps.ledger.pendingOf(personKey(member.facts.person))).find(
    // To make an open one longer is another question.
    (request) => now < request.answerBy && request.extends === undefined && isTheSame(access, request),
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
