/** Asks policy about an access, with everything it wants to know looked up now: at asking, and again at every approval. */

import type { Machine } from "../access/machine.ts";
import type { Directory } from "../access/person.ts";
import type { Service } from "../access/port.ts";
import type { Cidr } from "../access/source.ts";
import type { DurationMs, EpochMs } from "../access/time.ts";
import type { RequestStep } from "../grants/request.ts";
import { type Decision, decide, type StepAsked } from "../policy/decide.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy } from "../policy/policy.ts";
import { approversFor, type Member } from "./standing.ts";

export interface Access {
  readonly machine: Machine;
  readonly services: readonly Service[];
  readonly sources: readonly Cidr[];
  readonly durationMs: DurationMs;
  readonly justification: string;
}

/** Throws a `Fault` when Slack can't be asked. */
export const judge = async (
  access: Access,
  requester: Member,
  policy: Policy,
  directory: Directory,
  at: EpochMs,
): Promise<Decision> => {
  const { user } = requester.facts.person;
  const rule = ruleFor(policy, access.machine);
  const { memberships, roles } = requester;
  const approvers =
    rule === undefined
      ? new Map<string, ReadonlySet<string>>()
      : await approversFor(rule, requester, policy, directory);
  const usage = { ofPerson: 0, onMachine: 0, asksAt: [] };
  return decide(
    { ...access, at, requester: user, roles, memberships, breakGlass: false, usage, rule, approvers },
    policy,
  );
};

/** A decision's steps as a request keeps them. */
export const requestSteps = (steps: readonly StepAsked[]): readonly RequestStep[] =>
  steps.map(({ needed, approvers }) => ({ needed, ...approvers }));
