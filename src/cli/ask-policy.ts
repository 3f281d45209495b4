/** Asks a policy about what somebody typed, with facts from anywhere. Stores nothing, opens nothing. */

import type { AuthorityName } from "../access/authority.ts";
import type { Machine } from "../access/machine.ts";
import { type PersonFacts, personOf, sameHuman } from "../access/person.ts";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import type { EpochMs } from "../access/time.ts";
import { type Decision, decide } from "../policy/decide.ts";
import { type Policy, stepsOf } from "../policy/policy.ts";
import type { Question, Usage } from "../policy/question.ts";
import type { Ask } from "../slack/command.ts";
import { type AuthorityDeps, askAuthorities, LONGEST_WAIT } from "../workflow/ask-authorities.ts";
import { judgeByPolicy } from "../workflow/judge.ts";
import { holdersOf, holding, membershipsFor } from "../workflow/standing.ts";
import { understand } from "../workflow/understand-ask.ts";
import type { Facts } from "./facts.ts";

export interface Asking {
  readonly ask: Ask;
  readonly user: string;
  readonly at: EpochMs;
  /** Of people whose own isn't known. */
  readonly zone: string;
  readonly usage: Usage;
  /** No justification was typed, and one that will do is taken for granted. */
  readonly anyJustification?: boolean;
}

export type DecisionKind = Decision["kind"];

export interface PolicyAnswer {
  readonly outcome: DecisionKind;
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
export const askPolicy = async (policy: Policy, facts: Facts, asking: Asking): Promise<PolicyAnswer> => {
  const { ask, user, at, zone, usage, anyJustification = false } = asking;
  const { directory, machines } = facts;
  const person = await personOf(user, directory);
  if (isRefusal(person)) return denied([person]);
  const access = understand(ask, person, policy, at, { machines, zone });
  if ("refusals" in access) return denied(access.refusals);

  const member = holding(person, policy, await membershipsFor(user, policy, directory));
  const lookUps = { directory, usage: () => usage, approversAtLeast: facts.lookedUp };
  const { question, decision: exactly } = await judgeByPolicy(access, member, policy, at, lookUps);
  const decision = anyJustification ? decide(withJustification(question), policy) : exactly;
  const { machine } = access;
  const authorities = await Promise.all(
    (question.rule?.authorities ?? []).map(async (name) => ({
      name,
      no: (await askAuthorities([name], "request", machine, person, askingFor(user, facts)))[0],
    })),
  );
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

const denied = (refusals: readonly Refusal[]): PolicyAnswer => ({ outcome: "deny", refusals });

/** One that will do, whatever the rule wants of it. */
const withJustification = (question: Question): Question => ({
  ...question,
  justification: "…",
  rule:
    question.rule === undefined
      ? undefined
      : { ...question.rule, justification: { required: true, pattern: undefined } },
});

const askingFor = (user: string, { directory, authorities }: Facts): AuthorityDeps => ({
  directory,
  authorities: authorities(user),
  authorityTimeoutMs: () => LONGEST_WAIT,
  authorityFailed: () => undefined,
});

/** Nobody counts who is the requester under another account, or to whom an authority says no. */
const approversOf = async (
  { rule, approvers, requester, memberships }: Question,
  machine: Machine,
  person: PersonFacts,
  policy: Policy,
  facts: Facts,
): Promise<readonly StepApprovers[]> => {
  const { directory } = facts;
  const mine = { person: person.person, identities: await directory.identities(person) };
  const verdict = async (user: string): Promise<"counts" | "refused" | "same"> => {
    const found = await directory.lookUp(user);
    if (found === undefined) return "same";
    if (sameHuman(mine, { person: found.person, identities: await directory.identities(found) })) return "same";
    const noes = await askAuthorities(rule?.authorities ?? [], "approve", machine, found, askingFor(user, facts));
    return noes.length === 0 ? "counts" : "refused";
  };
  /** Whoever comes after the last that was needed wasn't looked up. */
  const notLookedUp = (role: string): readonly string[] => {
    const holders = holdersOf([role], policy, memberships).filter((user) => user !== requester);
    const found = approvers.get(role) ?? new Set();
    return found.size < facts.lookedUp ? [] : holders.slice(holders.findLastIndex((user) => found.has(user)) + 1);
  };
  return Promise.all(
    (rule === undefined ? [] : stepsOf(rule)).map(async ({ roles }) => {
      const members = [...new Set(roles.flatMap((role) => [...(approvers.get(role) ?? [])]))];
      const verdicts = await Promise.all(members.map(verdict));
      const others = new Set(roles.flatMap(notLookedUp)).difference(new Set(members));
      return {
        people: members.filter((_, index) => verdicts[index] === "counts"),
        refused: members.filter((_, index) => verdicts[index] === "refused"),
        others: others.size,
      };
    }),
  );
};
