/** Who a person is right now, and which roles they hold. Asked anew at every decision; whoever can't be asked about gets nothing. */

import type { Directory, PersonFacts } from "../access/person.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import { type Clock, type DurationMs, type EpochMs, later, MINUTE } from "../access/time.ts";
import type { Policy, Rule } from "../policy/policy.ts";
import { type Memberships, NO_MEMBERSHIPS, peopleOf, rolesOf } from "../policy/roles.ts";

/** Someone of our own who may be given something: not a guest, an outsider, a bot, or deactivated. */
export interface Member {
  readonly facts: PersonFacts;
  readonly roles: ReadonlySet<string>;
  readonly memberships: Memberships;
}

/** Without a policy nobody holds a role. Throws a `Fault` when Slack can't be asked. */
export const memberOf = async (
  user: string,
  policy: Policy | undefined,
  directory: Directory,
): Promise<Member | Refusal> => {
  const facts = await directory.lookUp(user);
  if (facts === undefined) return refuse("person-unknown", {});
  if (facts.standing !== "member") return refuse("person-standing", { standing: facts.standing });
  if (policy === undefined) return { facts, roles: new Set(), memberships: NO_MEMBERSHIPS };
  const groups = await membersByGroup(policy, [...policy.roles.keys()], directory);
  const memberships: Memberships = { ...NO_MEMBERSHIPS, groups };
  return { facts, roles: rolesOf(policy, user, memberships), memberships };
};

/**
 * Who could answer under this rule, by role, but for the requester: members of ours, looked up one by one until there are as many as could be needed. So the sets may be
 * incomplete, but never too small to tell whether there are enough.
 */
export const approversFor = async (
  rule: Rule,
  { facts, memberships }: Member,
  policy: Policy,
  directory: Directory,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const found = new Map<string, ReadonlySet<string>>();
  if (rule.approve.kind === "none") return found;
  for (const { roles, needed } of rule.approve.steps) {
    for (const role of roles) {
      const { users, groups } = peopleOf(policy, [role], memberships);
      const all = new Set([...users, ...groups.flatMap((group) => [...(memberships.groups.get(group) ?? [])])]);
      const there = new Set(found.get(role));
      for (const user of all) {
        if (there.size >= needed) break;
        if (user === facts.person.user || there.has(user)) continue;
        if ((await directory.lookUp(user))?.standing === "member") there.add(user);
      }
      found.set(role, there);
    }
  }
  return found;
};

/**
 * Of people that policy names, those to name to others: whom Slack no longer counts among us is left out, as far as anybody reads such a list. For showing only: what
 * Slack said lately will do, and who can't be asked about stays.
 */
export const createShownPeople = ({ directory, clock }: { readonly directory: Directory; readonly clock: Clock }) => {
  const known = new Map<string, { readonly until: EpochMs; readonly isMember: Promise<boolean> }>();

  const isMember = (user: string): Promise<boolean> => {
    const now = clock.now();
    const before = known.get(user);
    if (before !== undefined && now < before.until) return before.isMember;
    const asked = directory.lookUp(user).then(
      (facts) => facts?.standing === "member",
      () => true,
    );
    known.set(user, { until: later(now, SHOWN_FOR), isMember: asked });
    return asked;
  };

  return async (users: readonly string[]): Promise<readonly string[]> => {
    const read = users.slice(0, READ_SO_FAR);
    const there = await Promise.all(read.map(isMember));
    return [...read.filter((_, i) => there[i] === true), ...users.slice(READ_SO_FAR)];
  };
};

const membersByGroup = async (
  policy: Policy,
  roles: readonly string[],
  directory: Directory,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const { groups } = peopleOf(policy, roles);
  return new Map(await Promise.all(groups.map(async (group) => [group, await directory.members(group)] as const)));
};

/** `users.info` allows a hundred calls a minute, and every one of them may be needed to decide something. */
const READ_SO_FAR = 15;
const SHOWN_FOR = (10 * MINUTE) as DurationMs;
