/** Which roles a person holds right now, and who else does. Asked anew at every decision; whoever can't be asked about gets nothing. */

import { type Directory, type PersonFacts, personOf, scheduleKey } from "../access/person.ts";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import { approvalsOf } from "../policy/enough.ts";
import { type MachineFacts, matches, ruleFor } from "../policy/match.ts";
import { approvingRoles, type Policy, type Rule } from "../policy/policy.ts";
import { type Memberships, NO_MEMBERSHIPS, peopleOf, rolesOf } from "../policy/roles.ts";

/** Someone of our own who may be given something: not a guest, an outsider, a bot, or deactivated. */
export interface Member {
  readonly facts: PersonFacts;
  readonly roles: ReadonlySet<string>;
  readonly memberships: Memberships;
}

/** What of somebody's roles is to be known. */
export interface About {
  /**
   * Who is in a group and who is on call is looked up for these roles alone, because Slack allows few calls and schedules take their time: the person's roles are right as far as
   * these go. Absent: all roles.
   */
  readonly roles?: readonly string[];
  /** Slack id of who asks, because it is their manager who counts. Absent: the person. */
  readonly requester?: string;
}

/** Without a policy nobody holds a role. Throws a `Fault` when Slack can't be asked. */
export const memberOf = async (
  user: string,
  policy: Policy | undefined,
  directory: Directory,
  about: About = {},
): Promise<Member | Refusal> => {
  const facts = await personOf(user, directory);
  if (isRefusal(facts)) return facts;
  if (policy === undefined) return { facts, roles: new Set(), memberships: NO_MEMBERSHIPS };
  return holding(facts, policy, await membershipsFor(about.requester ?? user, policy, directory, about.roles));
};

/** The same for somebody whose facts are known, with memberships that were looked up for the same requester. */
export const holding = (facts: PersonFacts, policy: Policy, memberships: Memberships): Member => ({
  facts,
  roles: rolesOf(policy, facts.person.user, memberships),
  memberships,
});

/** Whom the roles stand for now, side by side. Throws a `Fault` when Slack can't be asked. */
export const membershipsFor = async (
  requester: string,
  policy: Policy,
  directory: Directory,
  roles: readonly string[] = [...policy.roles.keys()],
): Promise<Memberships> => {
  const named = roles.flatMap((name) => policy.roles.get(name) ?? []);
  const standIns = named.flatMap(({ otherwise }) => otherwise.flatMap((name) => policy.roles.get(name) ?? []));
  const asked = [...named, ...standIns];
  const schedules = new Map(
    asked.flatMap((role) => role.schedules).map((schedule) => [scheduleKey(schedule), schedule]),
  );
  const [groups, onCall, manager] = await Promise.all([
    byKey(new Set(asked.flatMap((role) => role.groups)), directory.members),
    byKey(schedules.keys(), async (key) => {
      const schedule = schedules.get(key);
      return (schedule === undefined ? undefined : await directory.onCall(schedule)) ?? new Set<string>();
    }),
    [...policy.roles.values()].some((role) => role.manager) ? directory.manager(requester) : undefined,
  ]);
  const there = [...groups].flatMap(([group, members]) => (members === undefined ? [] : [[group, members] as const]));
  return {
    groups: new Map(there),
    missingGroups: new Set(groups.keys()).difference(new Map(there)),
    onCall,
    manager,
  };
};

/** Every role that has to do with who may have what on this machine. */
export const rolesAbout = (policy: Policy, machine: MachineFacts): readonly string[] => {
  const rule = ruleFor(policy, machine);
  return [
    ...(rule === undefined ? [] : [...rule.request, ...rule.configure, ...approvingRoles(rule)]),
    ...(rule?.breakGlass === undefined ? [] : [...rule.breakGlass.by, ...rule.breakGlass.tell.roles]),
    ...policy.denials.filter(({ match }) => matches(match, machine)).flatMap(({ people }) => people),
    ...policy.freezes.filter(({ match }) => matches(match, machine)).flatMap(({ except }) => except),
  ];
};

/**
 * Who could answer under this rule, by role, but for the requester: members of ours, looked up until there are as many as could be needed, or `atLeast`. So the sets may be
 * incomplete, but never too small to tell whether there are enough.
 */
export const approversFor = async (
  rule: Rule,
  { facts, memberships }: Member,
  policy: Policy,
  directory: Pick<Directory, "lookUp">,
  atLeast = 0,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const enough = Math.max(approvalsOf(rule), atLeast);
  const isMember = async (user: string): Promise<boolean> => (await directory.lookUp(user))?.standing === "member";
  const found = new Map<string, ReadonlySet<string>>();
  for (const role of approvingRoles(rule)) {
    const there = new Set<string>();
    let left = holdersOf([role], policy, memberships).filter((user) => user !== facts.person.user);
    while (there.size < enough && left.length > 0) {
      const next = left.slice(0, enough - there.size);
      left = left.slice(next.length);
      const members = await Promise.all(next.map(isMember));
      for (const [index, user] of next.entries()) if (members[index] === true) there.add(user);
    }
    found.set(role, there);
  }
  return found;
};

/** Slack ids of everybody who holds one of these roles, each once, whoever they are by now. */
export const holdersOf = (roles: readonly string[], policy: Policy, memberships: Memberships): readonly string[] => {
  const { users, groups } = peopleOf(policy, roles, memberships);
  return [...new Set([...users, ...groups.flatMap((group) => [...(memberships.groups.get(group) ?? [])])])];
};

const byKey = async <T>(keys: Iterable<string>, lookUp: (key: string) => Promise<T>): Promise<ReadonlyMap<string, T>> =>
  new Map(await Promise.all([...keys].map(async (key) => [key, await lookUp(key)] as const)));
