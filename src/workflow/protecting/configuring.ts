/** Who may protect a machine, unprotect it, and decide about what undercuts its protection. */

import type { Machine } from "../../access/machine.ts";
import { isRefusal, type Refusal, refuse } from "../../access/refusal.ts";
import { ruleFor } from "../../policy/match.ts";
import { mayConfigure, type Policy, type Rule } from "../../policy/policy.ts";
import type { WorkflowDeps } from "../deps.ts";
import { type Member, memberOf } from "../standing.ts";

export interface Configurer {
  readonly member: Member;
  readonly policy: Policy;
  readonly rule: Rule;
}

/** Asked anew at every command and click. Throws a `Fault` when Slack can't be asked. */
export const configurerOf = async (
  user: string,
  machine: Machine,
  deps: Pick<WorkflowDeps, "policy" | "directory">,
): Promise<Configurer | Refusal> => {
  const policy = deps.policy();
  if (policy === undefined) return refuse("policy-unreadable", {});
  const member = await memberOf(user, policy, deps.directory);
  if (isRefusal(member)) return member;
  const rule = ruleFor(policy, machine);
  return rule !== undefined && mayConfigure(rule, member.roles)
    ? { member, policy, rule }
    : refuse("not-configurer", { machine: machine.name, roles: rule?.configure ?? [] });
};
