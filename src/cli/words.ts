/** How the policy's parts are said on one line. */

import { showDuration } from "../access/duration.ts";
import {
  type BreakGlass,
  type PortRule,
  type Rule,
  type Step,
  showAllowed,
  sourcesFor,
  stepsOf,
} from "../policy/policy.ts";
import { listed } from "../slack/lists.ts";

/** `3 rules`, `1 role` */
export const counted = (amount: number, what: string): string => `${amount} ${what}${amount === 1 ? "" : "s"}`;

/** `a`, `a or b`, `a, b or c` */
export const either = (names: readonly string[]): string => listed(names, "or");

/** Of schedules. */
export const saysNobody = (schedules: readonly string[]): string =>
  `${listed(schedules)} ${schedules.length === 1 ? "doesn't" : "don't"} say who is on call`;

/** `ssh (3 hours)` */
const showLine = ({ name, maximumMs }: PortRule): string => `${name} (${showDuration(maximumMs)})`;

/** `1 of leads or security` */
export const showStep = ({ roles, needed }: Step): string => `${needed} of ${either(roles)}`;

/** `1 of leads, then 2 of security`; nothing when nobody has to. */
const showSteps = (rule: Rule): string => stepsOf(rule).map(showStep).join(", then ");

export const showBreakGlass = ({ by, maximumMs }: BreakGlass): string =>
  `${either(by)}, ${showDuration(maximumMs)} at most`;

/** `ssh (3 hours) and rdp (1 hour) for engineers, approved by 1 of leads` */
export const showRule = (rule: Rule): string => {
  const { approve, hours, authorities } = rule;
  return [
    `${listed(rule.ports.map(showLine))} for ${either(rule.request)}`,
    ...(hours.length === 0 ? [] : [`within ${either(hours.map(({ name }) => name))}`]),
    ...(authorities.length === 0 ? [] : [`if ${listed(authorities)} say${authorities.length === 1 ? "s" : ""} yes`]),
    approve.kind === "none" ? "opens at once" : `approved by ${showSteps(rule)}`,
  ].join(", ");
};

/** `office, vpn or one single address`; where a port has sources of its own, those too. */
export const showAllowedSources = (rule: Rule): string =>
  either([
    ...new Set(
      rule.ports
        .flatMap((line) => sourcesFor(rule, line))
        .map(showAllowed)
        .map((name) => (name === "single-address" ? "one single address" : name)),
    ),
  ]);
