/** How the policy's parts are said on one line. */

import { showDuration } from "../access/duration.ts";
import {
  type Approve,
  type BreakGlass,
  type PortRule,
  type Rule,
  type Step,
  showAllowed,
  sourcesFor,
} from "../policy/policy.ts";

/** `3 rules`, `1 role` */
export const counted = (amount: number, what: string): string => `${amount} ${what}${amount === 1 ? "" : "s"}`;

/** `a`, `a or b`, `a, b or c` */
export const either = (names: readonly string[]): string => joined(names, "or");

/** `a`, `a and b`, `a, b and c` */
export const all = (names: readonly string[]): string => joined(names, "and");

/** `ssh (3 hours)` */
export const showLine = ({ name, maximumMs }: PortRule): string => `${name} (${showDuration(maximumMs)})`;

/** `1 of leads or security` */
export const showStep = ({ roles, needed }: Step): string => `${needed} of ${either(roles)}`;

/** `1 of leads, then 2 of security`; nothing when nobody has to. */
export const showSteps = (approve: Approve): string =>
  approve.kind === "none" ? "" : approve.steps.map(showStep).join(", then ");

export const showBreakGlass = ({ by, maximumMs }: BreakGlass): string =>
  `${either(by)}, ${showDuration(maximumMs)} at most`;

/** `ssh (3 hours) and rdp (1 hour) for engineers, approved by 1 of leads` */
export const showRule = (rule: Rule): string => {
  const { approve, hours, authorities } = rule;
  return [
    `${all(rule.ports.map(showLine))} for ${either(rule.request)}`,
    ...(hours.length === 0 ? [] : [`within ${either(hours.map(({ name }) => name))}`]),
    ...(authorities.length === 0 ? [] : [`if ${all(authorities)} say${authorities.length === 1 ? "s" : ""} yes`]),
    approve.kind === "none" ? "opens at once" : `approved by ${showSteps(approve)}`,
  ].join(", ");
};

const joined = (names: readonly string[], last: string): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1)}`;

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
