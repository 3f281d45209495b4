/** Who holds which role right now. */

import { type Schedule, scheduleKey } from "../access/person.ts";
import { type Policy, type Role, type Rule, type Step, stepsOf } from "./policy.ts";

/** Who is where, as far as the policy's roles speak of it: looked up for one decision. */
export interface Memberships {
  /** User group → its members; one that isn't in it has none. */
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>;
  /** User groups that are disabled or unknown: nobody holds a role by them, and nobody can tell whom they were to keep away. */
  readonly missingGroups: ReadonlySet<string>;
  /** `scheduleKey` → who is on call; one that isn't in it doesn't say. */
  readonly onCall: ReadonlyMap<string, ReadonlySet<string>>;
  /** Of whoever asks. */
  readonly manager: string | undefined;
}

export const NO_MEMBERSHIPS: Memberships = {
  groups: new Map(),
  missingGroups: new Set(),
  onCall: new Map(),
  manager: undefined,
};

export interface People {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** The people of these roles, each once, with who is on call and the manager among the users. */
export const peopleOf = (policy: Policy, roles: readonly string[], memberships = NO_MEMBERSHIPS): People => {
  const found = roles.flatMap((name) => standIns(policy, name, memberships));
  const now = found.flatMap((role) => momentary(role, memberships));
  return {
    users: [...new Set([...found.flatMap((role) => role.users), ...now])],
    groups: [...new Set(found.flatMap((role) => role.groups))],
  };
};

/** A step of the approval, with its people by Slack id. */
export interface StepAsked extends Step {
  readonly approvers: People;
}

/** The steps of a rule as they are asked now. */
export const stepsAsked = (rule: Rule, policy: Policy, memberships: Memberships): readonly StepAsked[] =>
  stepsOf(rule).map((step) => ({ ...step, approvers: peopleOf(policy, step.roles, memberships) }));

/** The roles a user holds. */
export const rolesOf = (policy: Policy, user: string, memberships: Memberships): ReadonlySet<string> =>
  new Set(
    [...policy.roles.keys()].filter((name) => {
      const { users, groups } = peopleOf(policy, [name], memberships);
      return users.includes(user) || groups.some((group) => memberships.groups.get(group)?.has(user) ?? false);
    }),
  );

/** Schedules of these roles that don't say who is on call, so that others answer instead. */
export const silentSchedules = (
  policy: Policy,
  roles: readonly string[],
  { onCall }: Memberships,
): readonly Schedule[] =>
  roles
    .flatMap((name) => policy.roles.get(name)?.schedules ?? [])
    .filter((schedule) => (onCall.get(scheduleKey(schedule))?.size ?? 0) === 0);

/** Whether somebody with these roles may give an approval of this step. That nobody answers their own is for `grants/request` to see to. */
export const mayApprove = (step: Step, roles: ReadonlySet<string>): boolean =>
  step.roles.some((role) => roles.has(role));

/** The role, and those that stand in for a schedule of it that is silent. */
const standIns = (policy: Policy, name: string, memberships: Memberships): readonly Role[] => {
  const role = policy.roles.get(name);
  if (role === undefined) return [];
  if (silentSchedules(policy, [name], memberships).length === 0) return [role];
  return [role, ...role.otherwise.flatMap((other) => policy.roles.get(other) ?? [])];
};

const momentary = (role: Role, { onCall, manager }: Memberships): readonly string[] => [
  ...role.schedules.flatMap((schedule) => [...(onCall.get(scheduleKey(schedule)) ?? [])]),
  ...(role.manager && manager !== undefined ? [manager] : []),
];
