/** Asks policy and every authority about an access, with everything they want to know looked up now: at asking, and again at every approval. */

import type { GrantId } from "../access/identifier.ts";
import type { Machine } from "../access/machine.ts";
import { type Directory, type Person, personKey, samePerson, scheduleKey } from "../access/person.ts";
import type { Service } from "../access/port.ts";
import type { Cidr } from "../access/source.ts";
import { type DurationMs, type EpochMs, HOUR, later } from "../access/time.ts";
import { isUnderWay } from "../grants/grant.ts";
import type { Ledger } from "../grants/ledger.ts";
import { lockedDown } from "../grants/lockdown.ts";
import type { RequestStep } from "../grants/request.ts";
import { type Decision, decide } from "../policy/decide.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy, Rule } from "../policy/policy.ts";
import { NO_USAGE, type Question, type Usage } from "../policy/question.ts";
import { type Memberships, type StepAsked, silentSchedules } from "../policy/roles.ts";
import { askAuthorities } from "./ask-authorities.ts";
import type { WorkflowDeps } from "./deps.ts";
import { approversFor, type Member } from "./standing.ts";

export interface Access {
  readonly machine: Machine;
  readonly services: readonly Service[];
  readonly sources: readonly Cidr[];
  readonly durationMs: DurationMs;
  readonly justification: string;
  readonly breakGlass: boolean;
  /** It was asked before and is judged again, so it doesn't count as another ask. */
  readonly isAskedAlready?: boolean;
  /** It is this access that is to go on, longer or from elsewhere, so it isn't one more. */
  readonly goesOn?: GrantId;
  /** For so long it is open already, which counts toward the maximum. */
  readonly openForMs?: DurationMs;
}

export interface Judged {
  readonly decision: Decision;
  /** What policy was asked, for the log. */
  readonly question: Question;
}

export type JudgeDeps = Pick<
  WorkflowDeps,
  "directory" | "ledger" | "authorities" | "authorityTimeoutMs" | "authorityFailed"
>;

/** All reasons of policy and of the authorities together. Throws a `Fault` when Slack or memory can't be asked. */
export const judge = async (
  access: Access,
  requester: Member,
  policy: Policy,
  at: EpochMs,
  deps: JudgeDeps,
): Promise<Judged> => {
  const rule = ruleFor(policy, access.machine);
  const [lockdown, judged, refusals] = await Promise.all([
    deps.ledger.lockdown(),
    judgeByPolicy(access, requester, policy, at, { directory: deps.directory, usage: usageIn(deps.ledger) }),
    askAuthorities(rule?.authorities ?? [], "request", access.machine, requester.facts, deps),
  ]);
  // Nothing that could be changed about it would help, so nothing else is said.
  if (lockdown !== undefined) return { ...judged, decision: { kind: "deny", refusals: [lockedDown(lockdown)] } };
  const ours = judged.decision.kind === "deny" ? judged.decision.refusals : [];
  const [first, ...rest] = [...ours, ...refusals];
  return first === undefined ? judged : { ...judged, decision: { kind: "deny", refusals: [first, ...rest] } };
};

/** What policy alone is decided by, beside who asks. */
export interface PolicyLookUps {
  readonly directory: Pick<Directory, "lookUp">;
  readonly usage: (rule: Rule, access: Access, person: Person, at: EpochMs) => Usage | Promise<Usage>;
  /** So many approvers of each role are wanted, also where fewer are enough to decide. */
  readonly approversAtLeast?: number;
}

/** What policy alone says. */
export const judgeByPolicy = async (
  access: Access,
  requester: Member,
  policy: Policy,
  at: EpochMs,
  { directory, usage: usageOf, approversAtLeast }: PolicyLookUps,
): Promise<Judged> => {
  const { facts, memberships, roles } = requester;
  const rule = ruleFor(policy, access.machine);
  const [approvers, usage] =
    rule === undefined
      ? [new Map<string, ReadonlySet<string>>(), NO_USAGE]
      : await Promise.all([
          approversFor(rule, requester, policy, directory, approversAtLeast),
          usageOf(rule, access, facts.person, at),
        ]);
  const { machine, services, sources, durationMs, openForMs, justification, breakGlass } = access;
  const question: Question = {
    at,
    requester: facts.person.user,
    roles,
    machine,
    rule,
    services,
    sources,
    durationMs,
    ...(openForMs === undefined ? {} : { openForMs }),
    justification,
    breakGlass,
    usage,
    memberships,
    approvers,
  };
  return { question, decision: decide(question, policy) };
};

/** A decision's steps as a request keeps them. */
export const requestSteps = (
  steps: readonly StepAsked[],
  policy: Policy,
  memberships: Memberships,
): readonly RequestStep[] =>
  steps.map(({ needed, roles, approvers }) => {
    const silent = [...new Set(silentSchedules(policy, roles, memberships).map(scheduleKey))];
    return { needed, ...approvers, ...(silent.length === 0 ? {} : { silent }) };
  });

/** As it is stored. */
export const usageIn =
  (ledger: Pick<Ledger, "liveGrants" | "asksOf">): PolicyLookUps["usage"] =>
  async ({ name }, { machine, isAskedAlready = false, goesOn }, person, at) => {
    const [live, asksAt] = await Promise.all([
      ledger.liveGrants(),
      isAskedAlready ? [] : ledger.asksOf(personKey(person), later(at, -HOUR as DurationMs)),
    ]);
    const counted = live.filter((grant) => grant.rule === name && grant.id !== goesOn && isUnderWay(grant, at));
    return {
      ofPerson: counted.filter(({ requester }) => samePerson(requester, person)).length,
      onMachine: counted.filter((grant) => grant.machine.id === machine.id).length,
      asksAt,
    };
  };
