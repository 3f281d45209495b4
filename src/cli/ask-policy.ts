/** Asks a policy about what somebody typed, with facts from anywhere. Stores nothing, opens nothing. */

import type { AuthorityName } from "../access/authority.ts";
import { lengthOf, parseEnd } from "../access/duration.ts";
import type { Machine } from "../access/machine.ts";
import { type PersonFacts, sameHuman } from "../access/person.ts";
import type { Service } from "../access/port.ts";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import type { EpochMs } from "../access/time.ts";
import { type Decision, decide } from "../policy/decide.ts";
import { approvalsOf } from "../policy/enough.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy, Rule } from "../policy/policy.ts";
import type { Question, Usage } from "../policy/question.ts";
import { resolveService, resolveSources } from "../policy/resolve.ts";
import { type Memberships, peopleOf, rolesOf } from "../policy/roles.ts";
import type { Ask } from "../slack/command.ts";
import { askAuthorities } from "../workflow/ask-authorities.ts";
import { membershipsFor, personOf, stepRoles } from "../workflow/standing.ts";
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
  /** Of each step of the rule. */
  readonly approvers: readonly StepApprovers[];
  readonly authorities: readonly AuthorityVerdict[];
}

/** Slack ids. */
export interface StepApprovers {
  /** Whose approval would count. */
  readonly people: readonly string[];
  /** To whom a cloud's own roles say no. */
  readonly refused: readonly string[];
  /** How many more have the role and weren't looked up. */
  readonly others: number;
}

/** `no` is `undefined` where it says yes. */
export interface AuthorityVerdict {
  readonly name: AuthorityName;
  readonly no: Refusal | undefined;
}

/** Throws a `Fault` where something can't be looked up. */
export const askPolicy = async (policy: Policy, facts: Facts, asking: Asking): Promise<Judged> => {
  const { ask, user, at, zone } = asking;
  const { directory } = facts;
  const person = await personOf(user, directory);
  if (isRefusal(person)) return denied([person]);

  const machine = facts.machines.find(ask.machine);
  const services = ask.services.map((word) => resolveService(word, policy));
  const end = parseEnd(ask.end, person.timezone ?? zone, at);
  const rule = isRefusal(machine) ? undefined : ruleFor(policy, machine);
  const { sources, refusals } = resolveSources(ask.from, rule, policy);
  const unclear = [machine, ...services, end, ...refusals].filter(isRefusal);
  if (isRefusal(machine) || isRefusal(end) || unclear.length > 0) return denied(unclear);

  const memberships = await membershipsFor(user, policy, directory);
  const approvers = await membersOf(rule, user, policy, memberships, facts);
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
      no: (
        await askAuthorities([name], "request", machine, person, { directory, authorities: facts.authorities(user) })
      )[0],
    })),
  );
  const decision = decide(question, policy);
  const noes = [...(decision.kind === "deny" ? decision.refusals : []), ...authorities.flatMap(({ no }) => no ?? [])];
  const asked: Asked = {
    machine,
    person,
    question,
    decision,
    approvers: await approversOf(question, machine, person, policy, facts),
    authorities,
  };
  return { outcome: noes.length === 0 ? decision.kind : "deny", refusals: noes, asked };
};

const denied = (refusals: readonly Refusal[]): Judged => ({ outcome: "deny", refusals });

/** Of each approving role the members but for the requester, as many as facts are to be asked about. */
const membersOf = async (
  rule: Rule | undefined,
  requester: string,
  policy: Policy,
  memberships: Memberships,
  { directory, lookedUp }: Facts,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const isMember = async (user: string): Promise<boolean> => (await directory.lookUp(user))?.standing === "member";
  const found = await Promise.all(
    (rule === undefined ? [] : stepRoles(rule)).map(async (role) => {
      const others = holdersOf([role], policy, memberships).filter((user) => user !== requester);
      const first = others.slice(0, Math.max(lookedUp, approvalsOf(rule)));
      const there = await Promise.all(first.map(isMember));
      return [role, new Set(first.filter((_, index) => there[index]))] as const;
    }),
  );
  return new Map(found);
};

const holdersOf = (roles: readonly string[], policy: Policy, memberships: Memberships): readonly string[] => {
  const { users, groups } = peopleOf(policy, roles, memberships);
  return [...new Set([...users, ...groups.flatMap((group) => [...(memberships.groups.get(group) ?? [])])])];
};

/** Nobody counts who is the requester under another account, or to whom an authority says no. */
const approversOf = async (
  { rule, approvers, requester, memberships }: Question,
  machine: Machine,
  person: PersonFacts,
  policy: Policy,
  facts: Facts,
): Promise<readonly StepApprovers[]> => {
  const { directory, lookedUp } = facts;
  const mine = { person: person.person, identities: await directory.identities(person) };
  const verdict = async (user: string): Promise<"counts" | "refused" | "same"> => {
    const found = await directory.lookUp(user);
    if (found === undefined) return "same";
    if (sameHuman(mine, { person: found.person, identities: await directory.identities(found) })) return "same";
    const authorities = facts.authorities(user);
    const noes = await askAuthorities(rule?.authorities ?? [], "approve", machine, found, { directory, authorities });
    return noes.length === 0 ? "counts" : "refused";
  };
  const steps = rule?.approve.kind === "by" ? rule.approve.steps : [];
  return Promise.all(
    steps.map(async ({ roles }) => {
      const members = [...new Set(roles.flatMap((role) => [...(approvers.get(role) ?? [])]))];
      const verdicts = await Promise.all(members.map(verdict));
      const all = holdersOf(roles, policy, memberships).filter((user) => user !== requester);
      return {
        people: members.filter((_, index) => verdicts[index] === "counts"),
        refused: members.filter((_, index) => verdicts[index] === "refused"),
        others: Math.max(0, all.length - lookedUp),
      };
    }),
  );
};
