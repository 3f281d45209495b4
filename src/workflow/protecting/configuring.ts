/** Who may protect a machine, unprotect it, and decide about what undercuts its protection. */

import type { Machine } from "../../access/machine.ts";
import { isRefusal, type Refusal, refuse } from "../../access/refusal.ts";
import { ruleFor } from "../../policy/match.ts";
import { mayConfigure, type Policy, type Rule } from "../../policy/policy.ts";
import { type AuthorityDeps, answeringSoon, askAuthorities } from "../ask-authorities.ts";
import type { WorkflowDeps } from "../deps.ts";
import { type Member, memberOf, rolesAbout } from "../standing.ts";

export interface Configurer {
  readonly member: Member;
  readonly policy: Policy;
  readonly rule: Rule;
}

/** Asked anew at every command and click, of policy and of the rule's authorities. Throws a `Fault` when Slack can't be asked. */
export const configurerOf = async (
  user: string,
  machine: Machine,
  world: AuthorityDeps & Pick<WorkflowDeps, "policy" | "directory" | "clock">,
): Promise<Configurer | Refusal> => {
  const deps = answeringSoon(world);
  const policy = deps.policy();
  if (policy === undefined) return refuse("policy-unreadable", {});
  const rule = ruleFor(policy, machine);
  const member = await memberOf(user, policy, deps.directory, { roles: rolesAbout(policy, machine) });
  if (isRefusal(member)) return member;
  if (rule === undefined || !mayConfigure(rule, member.roles))
    return refuse("not-configurer", { machine: machine.name, roles: rule?.configure ?? [] });
  const [no] = await askAuthorities(rule.authorities, "configure", machine, member.facts, deps);
  return no ?? { member, policy, rule };
};
