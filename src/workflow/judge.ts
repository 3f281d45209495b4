/** Asks policy about an access, with everything it wants to know looked up now: at asking, and again at every approval. */

import type { Machine } from "../access/machine.ts";
import type { Directory } from "../access/person.ts";
import type { Service } from "../access/port.ts";
import type { Cidr } from "../access/source.ts";
import type { DurationMs } from "../access/time.ts";
import { type Decision, decide } from "../policy/decide.ts";
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
): Promise<Decision> => {
  const { user } = requester.facts.person;
  const rule = ruleFor(policy, access.machine);
  const approvers = rule === undefined ? new Set<string>() : await approversFor(rule, user, policy, directory);
  return decide(
    { ...access, machine: access.machine.name, requester: user, roles: requester.roles, rule, approvers },
    policy,
  );
};
