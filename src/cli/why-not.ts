/** Why a rule says nothing about a machine, and through what somebody holds a role. */

import { scheduleKey } from "../access/person.ts";
import { fitsGlob, type MachineFacts } from "../policy/match.ts";
import type { Match, Policy, Role } from "../policy/policy.ts";
import { type Memberships, silentSchedules } from "../policy/roles.ts";
import { listed } from "../slack/lists.ts";
import { either, saysNobody } from "./words.ts";

/** `its name isn't dev-*`; `undefined` where it fits. All that doesn't fit is named. */
export const whyNotMatched = (match: Match, machine: MachineFacts): string | undefined => {
  const misses = [
    ...missed("its name", machine.name, match.names),
    ...missed("its cloud", machine.cloud, match.clouds),
    ...missed("its account", machine.account, match.accounts),
    ...missed("its region", machine.region, match.regions),
    ...missed("its system", machine.os, match.os),
    ...[...match.tags].flatMap(([name, patterns]) => missedTag(name, patterns, machine)),
  ];
  return misses.length === 0 ? undefined : listed(misses);
};

/** How somebody holds a role, a few words for each way; none: they don't. */
export const heldThrough = (
  policy: Policy,
  name: string,
  user: string,
  memberships: Memberships,
): readonly string[] => {
  const role = policy.roles.get(name);
  if (role === undefined) return [];
  const silent = silentSchedules(policy, [name], memberships).map(scheduleKey);
  const standsIn = silent.length === 0 ? [] : role.otherwise.flatMap((other) => policy.roles.get(other) ?? []);
  return [
    ...ownWays(role, user, memberships),
    ...standsIn
      .filter((other) => ownWays(other, user, memberships).length > 0)
      .map((other) => `${saysNobody(silent)}, so ${other.name} stand in`),
  ];
};

const ownWays = (role: Role, user: string, { groups, onCall, manager }: Memberships): readonly string[] => [
  ...(role.users.includes(user) ? ["named in the policy"] : []),
  ...role.groups.filter((group) => groups.get(group)?.has(user)).map((group) => `user group ${group}`),
  ...role.schedules
    .map(scheduleKey)
    .filter((key) => onCall.get(key)?.has(user))
    .map((key) => `on call in ${key}`),
  ...(role.manager && manager === user ? ["manager of who asks"] : []),
];

const missed = (what: string, value: string, patterns: readonly string[]): readonly string[] =>
  patterns.length === 0 || patterns.some((pattern) => fitsGlob(pattern, value))
    ? []
    : [`${what} is ${value === "" ? "unknown" : value}, not ${either(patterns)}`];

const missedTag = (name: string, patterns: readonly string[], { tags }: MachineFacts): readonly string[] => {
  const values = Object.entries(tags).filter(([tag]) => tag.toLowerCase() === name.toLowerCase());
  if (values.some(([, value]) => patterns.some((pattern) => fitsGlob(pattern, value)))) return [];
  return values.length === 0
    ? [`it has no tag ${name}`]
    : values.map(([tag, value]) => `its tag ${tag} is ${value}, not ${either(patterns)}`);
};
