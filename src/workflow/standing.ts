/** Who a person is right now, and which roles they hold. Asked anew at every decision; whoever can't be asked about gets nothing. */

import type { Directory, PersonFacts } from "../access/person.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import { type Policy, peopleOf, type Rule, rolesOf } from "../policy/policy.ts";

/** Someone of our own who may be given something: not a guest, an outsider, a bot, or deactivated. */
export interface Member {
  readonly facts: PersonFacts;
  readonly roles: ReadonlySet<string>;
}

/** Throws a `Fault` when Slack can't be asked. */
export const memberOf = async (user: string, policy: Policy, directory: Directory): Promise<Member | Refusal> => {
  const facts = await directory.lookUp(user);
  if (facts === undefined) return refuse("person-unknown", {});
  if (facts.standing !== "member") return refuse("person-standing", { standing: facts.standing });
  return { facts, roles: rolesOf(policy, user, await membersByGroup(policy, [...policy.roles.keys()], directory)) };
};

/**
 * Who could answer under this rule, but for `requester`: members of ours, looked up one by one until there are as many as it needs. So the set may be
 * incomplete, but never too small to tell whether there are enough.
 */
export const approversFor = async (
  rule: Rule,
  requester: string,
  policy: Policy,
  directory: Directory,
): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  if (rule.approve.kind === "none") return found;
  const { users, groups } = peopleOf(policy, rule.approve.roles);
  const members = await Promise.all(groups.map((group) => directory.members(group)));
  for (const user of new Set([...users, ...members.flatMap((each) => [...each])])) {
    if (found.size >= rule.approve.needed) break;
    if (user === requester) continue;
    if ((await directory.lookUp(user))?.standing === "member") found.add(user);
  }
  return found;
};

const membersByGroup = async (
  policy: Policy,
  roles: readonly string[],
  directory: Directory,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const { groups } = peopleOf(policy, roles);
  return new Map(await Promise.all(groups.map(async (group) => [group, await directory.members(group)] as const)));
};
