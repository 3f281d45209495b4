/** What a rule of the policy says, in words: who approves, when it opens, how much at once, who else has a say, and break-glass. */

import { showDuration } from "../access/duration.ts";
import type { Hours } from "../policy/hours.ts";
import type { Approve, BreakGlass, Limits, Rule, Step } from "../policy/policy.ts";
import { listed, shortened } from "./lists.ts";
import { literal } from "./mrkdwn.ts";
import { PLACES } from "./refusals/authorities.ts";

/** `it opens at once.`; `one of *leads*, then 2 of *security* have to approve, but for *office*.` */
export const answersText = (approve: Approve): string => {
  if (approve.kind === "none") return "it opens at once.";
  const { steps, automatic } = approve;
  const [only] = steps;
  const have = steps.length === 1 && only?.needed === 1 ? "has" : "have";
  const but = automatic.length === 0 ? "" : `, but not during ${hoursNamed(automatic)}: then it opens at once`;
  return `${steps.map(stepText).join(", then ")} ${have} to approve${but}.`;
};

/** A line for each thing that isn't about one port; a rule that says nothing of it has none. */
export const ruleLines = ({ hours, limits, authorities, breakGlass, recheck }: Rule): readonly string[] => [
  ...(hours.length === 0 ? [] : [`It opens during ${hoursNamed(hours)} only.`]),
  ...limitsText(limits),
  ...(authorities.length === 0
    ? []
    : [
        `${listed(authorities.map((name) => PLACES[name]))} ${authorities.length === 1 ? "has" : "have"} to say yes as well: by the roles you have there.`,
      ]),
  ...(recheck === "close" ? ["What is open and wouldn't be given any more is closed."] : []),
  ...(breakGlass === undefined ? [] : [breakGlassText(breakGlass)]),
];

/** *office* (Mon-Fri 08:00-18:00, Europe/Berlin) */
const hoursNamed = (hours: readonly Hours[]): string =>
  listed(
    shortened(
      hours.map((each) => `*${literal(each.name)}* (${hoursText(each)})`),
      MOST_NAMED,
    ),
    "or",
  );

const hoursText = ({ days, from, until, zone }: Hours): string =>
  `${daysText(days)} ${timeText(from)}-${timeText(until)}, ${literal(zone)}`;

/** `Mon-Fri`, `Mon, Wed`, `every day` */
const daysText = (days: readonly number[]): string => {
  const sorted = [...new Set(days)].toSorted((a, b) => a - b);
  const [first = 1] = sorted;
  const last = sorted.at(-1) ?? first;
  if (sorted.length === 7) return "every day";
  if (sorted.length > 2 && last - first === sorted.length - 1) return `${dayName(first)}-${dayName(last)}`;
  return sorted.map(dayName).join(", ");
};

const dayName = (day: number): string => DAYS[day - 1] ?? String(day);

const timeText = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

const limitsText = ({ perPerson, perMachine, asksPerHour }: Limits): readonly string[] => {
  const open = [
    ...(perPerson === undefined ? [] : [`${perPerson} for one person`]),
    ...(perMachine === undefined ? [] : [`${perMachine} on one machine`]),
  ];
  return [
    ...(open.length === 0 ? [] : [`Open at once at most: ${listed(open)}.`]),
    ...(asksPerHour === undefined
      ? []
      : [`One person may ask ${asksPerHour === 1 ? "once" : `${asksPerHour} times`} an hour.`]),
  ];
};

const breakGlassText = ({ by, maximumMs }: BreakGlass): string =>
  `In an emergency ${rolesText(by)} can open it for ${showDuration(maximumMs)} at once with \`/jit break-glass\`, past approval, hours, freezes and limits. All who were skipped are told, and somebody has to review it.`;

const stepText = ({ roles, needed }: Step): string => `${needed === 1 ? "one" : needed} of ${rolesText(roles)}`;

const rolesText = (roles: readonly string[]): string =>
  listed(
    shortened(
      roles.map((role) => `*${literal(role)}*`),
      MOST_NAMED,
    ),
    "or",
  );

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MOST_NAMED = 12;
