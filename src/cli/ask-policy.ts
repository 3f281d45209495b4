/** Asks a policy about what somebody typed, with facts from anywhere. Stores nothing, opens nothing. */

import type { AuthorityName } from "../access/authority.ts";
import { lengthOf, parseEnd } from "../access/duration.ts";
import type { Machine } from "../access/machine.ts";
import { type PersonFacts, type Schedule, sameHuman, scheduleKey } from "../access/person.ts";
import type { Service } from "../access/port.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import type { EpochMs } from "../access/time.ts";
import type { AuthorityAnswer } from "../policy/authority.ts";
import { type Decision, decide, type Question, type Usage } from "../policy/decide.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy, Rule } from "../policy/policy.ts";
import { resolveService, resolveSources } from "../policy/resolve.ts";
import { type Memberships, peopleOf, rolesOf } from "../policy/roles.ts";
import type { Ask } from "../slack/command.ts";
import type { Facts } from "./facts.ts";

export interface Asking {
  readonly ask: Ask;
  readonly breakGlass: boolean;
  readonly user: string;
  readonly at: EpochMs;
  /** Of people whose own isn't known. */
  readonly zone: string;
  readonly usage: Usage;
}

export type Outcome = Decision["kind"];

export interface Judged {
  readonly outcome: Outcome;
  /** Of policy and of authorities; empty unless `outcome` is `deny`. */
  readonly refusals: readonly Refusal[];
  /** Absent: it never came to a question. */
  readonly asked?: Asked;
}

export interface Asked {
  readonly machine: Machine;
  readonly person: PersonFacts;
  readonly question: Question;
  readonly decision: Decision;
  /** Of each step of the rule, whose approval would count. */
  readonly approvers: readonly (readonly string[])[];
  readonly authorities: readonly AuthorityVerdict[];
}

/** `answer` is `undefined` where it isn't connected. */
export interface AuthorityVerdict {
  readonly name: AuthorityName;
  readonly answer: AuthorityAnswer | undefined;
}

/** Throws a `Fault` where something can't be looked up. */
export const askPolicy = async (policy: Policy, facts: Facts, asking: Asking): Promise<Judged> => {
  const { ask, user, at, zone } = asking;
  const person = await facts.directory.lookUp(user);
  if (person === undefined) return denied([refuse("person-unknown", {})]);
  if (person.standing !== "member") return denied([refuse("person-standing", { standing: person.standing })]);

  const machine = facts.machines.find(ask.machine);
  const services = ask.services.map((word) => resolveService(word, policy));
  const end = parseEnd(ask.end, person.timezone ?? zone, at);
  const rule = isRefusal(machine) ? undefined : ruleFor(policy, machine);
  const { sources, refusals } = resolveSources(ask.from, rule, policy);
  const unclear = [machine, ...services, end, ...refusals].filter(isRefusal);
  if (isRefusal(machine) || isRefusal(end) || unclear.length > 0) return denied(unclear);

  const memberships = await membershipsFor(user, policy, facts);
  const approvers = await approversOf(rule, person, policy, memberships, facts);
  const question: Question = {
    at,
    requester: user,
    roles: rolesOf(policy, user, memberships),
    machine,
    rule,
    services: services.filter((service): service is Service => !isRefusal(service)),
    sources,
    durationMs: lengthOf(end, at),
    justification: ask.because,
    breakGlass: asking.breakGlass,
    usage: asking.usage,
    memberships,
    approvers,
  };
  const authorities = await Promise.all(
    (rule?.authorities ?? []).map(async (name) => ({
      name,
      answer: await facts.askAuthority(name, user, "request", machine),
    })),
  );
  return judged(machine, person, question, authorities, policy);
};

/** The same, with a question that was changed since. */
export const judged = (
  machine: Machine,
  person: PersonFacts,
  question: Question,
  authorities: readonly AuthorityVerdict[],
  policy: Policy,
): Judged => {
  const { rule } = question;
  const decision = decide(question, policy);
  const refusals = [
    ...(decision.kind === "deny" ? decision.refusals : []),
    ...authorities.flatMap((verdict) => noOf(verdict, machine)),
  ];
  const steps = rule?.approve.kind === "by" ? rule.approve.steps : [];
  const approvers = steps.map(({ roles }) => [
    ...new Set(roles.flatMap((role) => [...(question.approvers.get(role) ?? [])])),
  ]);
  const asked: Asked = { machine, person, question, decision, approvers, authorities };
  return { outcome: refusals.length === 0 ? decision.kind : "deny", refusals, asked };
};

const denied = (refusals: readonly Refusal[]): Judged => ({ outcome: "deny", refusals });

const noOf = ({ name, answer }: AuthorityVerdict, machine: Machine): readonly Refusal[] => {
  if (answer?.kind === "yes") return [];
  const because = answer?.because ?? ({ kind: "no-say" } as const);
  const facts = { authority: name, machine: machine.name, cloud: machine.cloud, activity: "request", because } as const;
  return [refuse("authority-no", facts)];
};

/** Of all roles of the policy, because what isn't needed to decide may be needed to explain. */
export const membershipsFor = async (user: string, policy: Policy, { directory }: Facts): Promise<Memberships> => {
  const roles = [...policy.roles.values()];
  const groups = [...new Set(roles.flatMap((role) => role.groups))];
  const schedules = new Map(roles.flatMap((role) => role.schedules).map((each) => [scheduleKey(each), each]));
  const onCall = async ([key, schedule]: readonly [string, Schedule]) =>
    [key, (await directory.onCall(schedule)) ?? new Set<string>()] as const;
  const [members, duties, manager] = await Promise.all([
    Promise.all(groups.map(async (group) => [group, await directory.members(group)] as const)),
    Promise.all([...schedules].map(onCall)),
    roles.some((role) => role.manager) ? directory.manager(user) : undefined,
  ]);
  return { groups: new Map(members), onCall: new Map(duties.filter(([, people]) => people.size > 0)), manager };
};

/** Of each approving role, every member who isn't the requester, nor another account of theirs. */
const approversOf = async (
  rule: Rule | undefined,
  requester: PersonFacts,
  policy: Policy,
  memberships: Memberships,
  { directory }: Facts,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const mine = { person: requester.person, identities: await directory.identities(requester) };
  const mayCount = async (user: string): Promise<boolean> => {
    const found = await directory.lookUp(user);
    if (found?.standing !== "member") return false;
    return !sameHuman(mine, { person: found.person, identities: await directory.identities(found) });
  };
  const steps = rule?.approve.kind === "by" ? rule.approve.steps : [];
  const approving = [...new Set(steps.flatMap(({ roles }) => roles))];
  const found = await Promise.all(
    approving.map(async (role) => {
      const { users, groups } = peopleOf(policy, [role], memberships);
      const everybody = [
        ...new Set([...users, ...groups.flatMap((group) => [...(memberships.groups.get(group) ?? [])])]),
      ];
      const there = await Promise.all(everybody.map(mayCount));
      return [role, new Set(everybody.filter((_, index) => there[index]))] as const;
    }),
  );
  return new Map(found);
};
