/** Who a person is right now, and which roles they hold. Asked anew at every decision; whoever can't be asked about gets nothing. */

import { type Directory, type PersonFacts, scheduleKey } from "../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { type Clock, type DurationMs, type EpochMs, later, MINUTE } from "../access/time.ts";
import type { RequestStep } from "../grants/request.ts";
import { approvalsOf } from "../policy/enough.ts";
import type { Policy, Rule } from "../policy/policy.ts";
import { type Memberships, NO_MEMBERSHIPS, peopleOf, rolesOf } from "../policy/roles.ts";

/** Someone of our own who may be given something: not a guest, an outsider, a bot, or deactivated. */
export interface Member {
  readonly facts: PersonFacts;
  readonly roles: ReadonlySet<string>;
  readonly memberships: Memberships;
}

/** Slack's facts of somebody who may be given something. Throws a `Fault` when Slack can't be asked. */
export const personOf = async (user: string, directory: Directory): Promise<PersonFacts | Refusal> => {
  const facts = await directory.lookUp(user);
  if (facts === undefined) return refuse("person-unknown", {});
  return facts.standing === "member" ? facts : refuse("person-standing", { standing: facts.standing });
};

/** What of somebody's roles is to be known. */
export interface About {
  /** Who is on call is looked up for these roles alone, because it takes its time: the person's roles are right as far as these go. Absent: all roles. */
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
  const all = [...policy.roles.values()];
  const named = roles.flatMap((name) => policy.roles.get(name) ?? []);
  const standIns = named.flatMap(({ otherwise }) => otherwise.flatMap((name) => policy.roles.get(name) ?? []));
  const schedules = new Map(
    [...named, ...standIns].flatMap((role) => role.schedules).map((schedule) => [scheduleKey(schedule), schedule]),
  );
  const [groups, onCall, manager] = await Promise.all([
    byKey(new Set(all.flatMap((role) => role.groups)), directory.members),
    byKey(schedules.keys(), async (key) => {
      const schedule = schedules.get(key);
      return (schedule === undefined ? undefined : await directory.onCall(schedule)) ?? new Set<string>();
    }),
    all.some((role) => role.manager) ? directory.manager(requester) : undefined,
  ]);
  return { groups, onCall, manager };
};

/** Every role that has to do with who may have what under this rule. */
export const rolesAbout = (policy: Policy, rule: Rule | undefined): readonly string[] => [
  ...(rule === undefined ? [] : [...rule.request, ...rule.configure, ...stepRoles(rule)]),
  ...(rule?.breakGlass === undefined ? [] : [...rule.breakGlass.by, ...rule.breakGlass.tell.roles]),
  ...policy.denials.flatMap(({ people }) => people),
  ...policy.freezes.flatMap(({ except }) => except),
];

export const stepRoles = ({ approve }: Rule): readonly string[] =>
  approve.kind === "none" ? [] : [...new Set(approve.steps.flatMap(({ roles }) => roles))];

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
  const enough = approvalsOf(rule);
  const found = new Map<string, ReadonlySet<string>>();
  for (const role of stepRoles(rule)) {
    const { users, groups } = peopleOf(policy, [role], memberships);
    const all = new Set([...users, ...groups.flatMap((group) => [...(memberships.groups.get(group) ?? [])])]);
    const there = new Set<string>();
    for (const user of all) {
      if (there.size >= enough) break;
      if (user === facts.person.user) continue;
      if ((await directory.lookUp(user))?.standing === "member") there.add(user);
    }
    found.set(role, there);
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

/** The same of all steps. */
export const shownSteps = (
  steps: readonly RequestStep[],
  shown: (users: readonly string[]) => Promise<readonly string[]>,
): Promise<readonly RequestStep[]> =>
  Promise.all(steps.map(async (step) => ({ ...step, users: await shown(step.users) })));

const byKey = async <T>(keys: Iterable<string>, lookUp: (key: string) => Promise<T>): Promise<ReadonlyMap<string, T>> =>
  new Map(await Promise.all([...keys].map(async (key) => [key, await lookUp(key)] as const)));

/** `users.info` allows a hundred calls a minute, and every one of them may be needed to decide something. */
const READ_SO_FAR = 15;
const SHOWN_FOR = (10 * MINUTE) as DurationMs;
