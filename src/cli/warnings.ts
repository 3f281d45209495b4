/** What in a policy is allowed and yet hardly meant. */

import { type EpochMs, isoSeconds } from "../access/time.ts";
import type { Config } from "../config.ts";
import { fitsGlob } from "../policy/match.ts";
import { approvingRoles, type Match, type Policy, type Role, type Rule } from "../policy/policy.ts";

/** A sentence each, lower case, no full stop. */
export const warningsOf = ({ policy, security }: Config, now: EpochMs): readonly string[] => [
  ...rolesNobodyHolds(policy),
  ...rolesOfNoUse(policy, [...(security?.roles ?? []), ...(security?.audit ?? [])]),
  ...rulesNeverReached(policy.rules),
  ...policy.freezes
    .filter(({ untilAt }) => untilAt <= now)
    .map(({ name, untilAt }) => `the freeze \`${name}\` is over since ${isoSeconds(untilAt)}`),
];

const rolesNobodyHolds = ({ roles }: Policy): readonly string[] =>
  [...roles.values()].filter(isEmpty).map(({ name }) => `nobody holds the role \`${name}\``);

const isEmpty = ({ users, groups, schedules, manager }: Role): boolean =>
  users.length + groups.length + schedules.length === 0 && !manager;

const rolesOfNoUse = (policy: Policy, security: readonly string[]): readonly string[] => {
  const used = new Set([
    ...security,
    ...policy.rules.flatMap(rolesIn),
    ...policy.denials.flatMap(({ people }) => people),
    ...policy.freezes.flatMap(({ except }) => except),
    ...[...policy.roles.values()].flatMap(({ otherwise }) => otherwise),
  ]);
  return [...policy.roles.keys()]
    .filter((name) => !used.has(name))
    .map((name) => `the role \`${name}\` is used nowhere`);
};

const rolesIn = (rule: Rule): readonly string[] => [
  ...rule.request,
  ...rule.configure,
  ...approvingRoles(rule),
  ...(rule.breakGlass === undefined ? [] : [...rule.breakGlass.by, ...rule.breakGlass.tell.roles]),
];

/** Only where one earlier rule is enough to say so; several that cover one together aren't found. */
const rulesNeverReached = (rules: readonly Rule[]): readonly string[] =>
  rules.flatMap((rule, index) => {
    const earlier = rules.slice(0, index).find((other) => covers(other.match, rule.match));
    return earlier === undefined
      ? []
      : [`the rule \`${rule.name}\` is never reached: \`${earlier.name}\` before it fits every machine that it fits`];
  });

/** Whether every machine that `inner` fits is one that `outer` fits, as far as the patterns themselves tell. */
const covers = (outer: Match, inner: Match): boolean =>
  coversList(outer.names, inner.names) &&
  coversList(outer.accounts, inner.accounts) &&
  coversList(outer.regions, inner.regions) &&
  coversList(outer.clouds, inner.clouds.length === 0 ? ["azure", "aws"] : inner.clouds) &&
  coversList(outer.os, inner.os.length === 0 ? ["linux", "windows", "unknown"] : inner.os) &&
  [...outer.tags].every(([name, patterns]) =>
    [...inner.tags].some(([other, own]) => other.toLowerCase() === name.toLowerCase() && coversList(patterns, own)),
  );

const coversList = (outer: readonly string[], inner: readonly string[]): boolean =>
  outer.length === 0 || (inner.length > 0 && inner.every((one) => outer.some((other) => coversGlob(other, one))));

/** A `*` of the inner pattern stands for many characters, so only a `*` of the outer one takes it in, never a `?`. */
const coversGlob = (outer: string, inner: string): boolean =>
  outer.toLowerCase() === inner.toLowerCase() ||
  (!(outer.includes("?") && inner.includes("*")) && fitsGlob(outer, inner));
