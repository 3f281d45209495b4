/** What break-glass goes past: hours, freezes, limits and approvals. */

import { refuse } from "../access/refusal.ts";
import { between, type EpochMs, HOUR, later } from "../access/time.ts";
import { approvalsOf, canFillAll } from "./enough.ts";
import { isWithin, nextStart, overlaps } from "./hours.ts";
import { matches } from "./match.ts";
import { approvingRoles, type Rule } from "./policy.ts";
import type { Check } from "./question.ts";

/** Whether nobody has to approve what opens at this instant. */
export const isAutomatic = ({ approve }: Rule, at: EpochMs): boolean =>
  approve.kind === "by" && approve.automatic.some((hours) => isWithin(hours, at));

const itIsWithinHours: Check = ({ at, machine }, { hours }) => {
  if (hours.length === 0 || hours.some((each) => isWithin(each, at))) return [];
  const names = hours.map(({ name }) => name);
  return [refuse("outside-hours", { machine: machine.name, hours: names, nextAt: nextStart(hours, at) })];
};

const nothingIsFrozen: Check = ({ at, durationMs, machine, roles }, _, { freezes }) =>
  freezes
    .filter(
      (freeze) =>
        overlaps(freeze, at, durationMs) &&
        matches(freeze.match, machine) &&
        !freeze.except.some((role) => roles.has(role)),
    )
    .map(({ name, fromAt, untilAt }) => refuse("frozen", { name, fromAt, untilAt }));

const notTooManyAtOnce: Check = ({ usage, machine: { name: machine } }, { limits: { perPerson, perMachine } }) => [
  ...(perPerson !== undefined && usage.ofPerson >= perPerson
    ? [refuse("too-many-at-once", { machine, of: "person", most: perPerson })]
    : []),
  ...(perMachine !== undefined && usage.onMachine >= perMachine
    ? [refuse("too-many-at-once", { machine, of: "machine", most: perMachine })]
    : []),
];

const notAskedTooOften: Check = ({ at, usage }, { limits: { asksPerHour: most } }) => {
  const counting = usage.asksAt.filter((each) => between(each, at) < HOUR).toSorted((a, b) => a - b);
  if (most === undefined || counting.length < most) return [];
  // So many have to grow old that fewer than the most are left.
  return [refuse("asked-too-often", { most, nextAt: later(counting[counting.length - most] ?? at, HOUR) })];
};

const othersCanAnswer: Check = ({ at, approvers, requester, machine: { name: machine } }, rule) => {
  if (rule.approve.kind === "none" || isAutomatic(rule, at)) return [];
  const { steps } = rule.approve;
  const peopleOfStep = steps.map(({ roles }) => {
    const people = new Set(roles.flatMap((role) => [...(approvers.get(role) ?? [])]));
    people.delete(requester);
    return people;
  });
  const lacking = steps.filter(({ needed }, step) => (peopleOfStep[step]?.size ?? 0) < needed);
  if (lacking.length > 0) return lacking.map(({ roles, needed }) => refuse("no-approver", { machine, roles, needed }));
  if (canFillAll(steps, peopleOfStep)) return [];
  // Each has enough, but nobody counts in two.
  return [refuse("no-approver", { machine, roles: approvingRoles(rule), needed: approvalsOf(rule) })];
};

/** Order is the order shown. */
export const USUALLY: readonly Check[] = [
  itIsWithinHours,
  nothingIsFrozen,
  notTooManyAtOnce,
  notAskedTooOften,
  othersCanAnswer,
];
