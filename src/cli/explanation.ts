/** Why policy says what it says of an ask, in lines for a terminal. */

import { showDuration } from "../access/duration.ts";
import { scheduleKey } from "../access/person.ts";
import { portKey } from "../access/port.ts";
import type { Refusal, RefusalCode } from "../access/refusal.ts";
import { showCidr } from "../access/source.ts";
import type { Config } from "../config.ts";
import type { Question } from "../policy/decide.ts";
import { isWithin } from "../policy/hours.ts";
import { type Denial, lineFor, type Policy, type Rule, showAllowed, sourcesFor } from "../policy/policy.ts";
import { silentSchedules } from "../policy/roles.ts";
import { refusalText } from "../slack/refusal-text.ts";
import type { Asked, Judged } from "./ask-policy.ts";
import { showLocalTime } from "./local-time.ts";
import { plainText } from "./plain-text.ts";
import { heldThrough, whyNotMatched } from "./why-not.ts";
import { all, either, showStep } from "./words.ts";

export interface Explaining {
  readonly config: Config;
  readonly judged: Judged;
  readonly asked: Asked;
  /** What was taken for granted because nobody said it, a sentence each. */
  readonly assumed: readonly string[];
  /** How people are named: `U0DEV1 (@dev)`. */
  readonly nameOf: (user: string) => string;
}

export const explanation = (explaining: Explaining): readonly string[] => {
  const { config, judged, asked, assumed } = explaining;
  const { question, machine } = asked;
  const { rule } = question;
  const tags = Object.entries(machine.tags).map(([name, value]) => `${name}=${value}`);
  const place = [machine.cloud, machine.account, machine.region, machine.os, ...tags].filter((each) => each !== "");
  return [
    headline(explaining),
    ...assumed.map((each) => `  ${each}`),
    "",
    `Machine ${machine.name}: ${place.join(", ")}`,
    ...ruleLines(question, config.policy).map(indented),
    "",
    `Roles of ${explaining.nameOf(question.requester)}:`,
    ...roleLines(question, config.policy).map(indented),
    "",
    "Checks:",
    ...checkLines(explaining).map(indented),
    ...asked.authorities.map(({ name, no }) =>
      indented(no === undefined ? `yes  ${name}` : `no   ${name}: ${wordsOf(no, explaining)}`),
    ),
    "",
    decisionLine(judged),
    ...(rule === undefined ? [] : [...stepLines(explaining, rule), ...otherWays(question, rule)]).map(indented),
  ];
};

const indented = (line: string): string => `  ${line}`;

const headline = ({ config, asked: { question }, nameOf }: Explaining): string => {
  const { services, machine, durationMs, sources, at, breakGlass } = question;
  const what = services.map(({ name }) => name).join(", ");
  const from = sources.length === 0 ? "" : ` from ${sources.map(showCidr).join(", ")}`;
  const when = `${showLocalTime(at, config.timezone)} ${config.timezone}`;
  return `${nameOf(question.requester)} asks for ${breakGlass ? "break-glass " : ""}${what} to ${machine.name} for ${showDuration(durationMs)}${from}, ${when}`;
};

const ruleLines = ({ rule, machine }: Question, { rules }: Policy): readonly string[] => {
  const decides = rules.findIndex(({ name }) => name === rule?.name);
  const before = decides < 0 ? rules : rules.slice(0, decides);
  return [
    rule === undefined
      ? "No rule covers it, so nobody can ask for it."
      : `The rule ${rule.name} decides: the first that fits.`,
    ...before.map(
      ({ name, match }) => `${name} doesn't fit: ${whyNotMatched(match, machine) ?? "its machines are others"}`,
    ),
  ];
};

const roleLines = ({ requester, roles, memberships }: Question, policy: Policy): readonly string[] => {
  const held = [...policy.roles.keys()].filter((name) => roles.has(name));
  const others = [...policy.roles.keys()].filter((name) => !roles.has(name));
  return [
    ...held.map((name) => `${name}: ${all(heldThrough(policy, name, requester, memberships))}`),
    ...(others.length === 0 ? [] : [`not ${either(others)}`]),
  ];
};

interface CheckWords {
  readonly name: string;
  readonly codes: readonly RefusalCode[];
  /** What is said where it's fine; `undefined`: it has nothing to say. */
  readonly fine: (explaining: Explaining, rule: Rule) => string | undefined;
}

const CHECKS: readonly CheckWords[] = [
  {
    name: "may ask",
    codes: ["not-eligible", "break-glass-not-offered"],
    fine: ({ asked: { question } }, rule) => {
      const may = question.breakGlass ? (rule.breakGlass?.by ?? []) : rule.request;
      return `as ${all(may.filter((role) => question.roles.has(role)))}`;
    },
  },
  {
    name: "port",
    codes: ["port-not-offered"],
    fine: ({ asked: { question } }) => `${all(question.services.map(({ name }) => name))} is offered`,
  },
  {
    name: "length",
    codes: ["duration-too-long", "duration-unreadable"],
    fine: ({ asked: { question } }, rule) => `${showDuration(longest(question, rule))} at most`,
  },
  {
    name: "source",
    codes: ["source-missing", "source-not-allowed"],
    fine: ({ asked: { question } }, rule) => `${either(allowedSources(question, rule))} may be let in`,
  },
  {
    name: "justification",
    codes: ["justification-missing", "justification-mismatch"],
    fine: ({ config, asked: { question } }) => {
      const { justification } = config.policy.rules.find(({ name }) => name === question.rule?.name) ?? {};
      const form = justification?.pattern === undefined ? "" : `, one that matches ${justification.pattern.source}`;
      return justification?.required === true || question.breakGlass ? `one is needed${form}` : "none is needed";
    },
  },
  {
    name: "hours",
    codes: ["outside-hours"],
    fine: ({ asked: { question } }, { hours }) => {
      if (hours.length === 0) return undefined;
      if (question.breakGlass) return "don't count for break-glass";
      return `within ${all(hours.filter((each) => isWithin(each, question.at)).map(({ name }) => name))}`;
    },
  },
  {
    name: "freezes",
    codes: ["frozen"],
    fine: ({ config: { policy } }) => (policy.freezes.length === 0 ? undefined : "none now, or not for them"),
  },
  {
    name: "limits",
    codes: ["too-many-at-once", "asked-too-often"],
    fine: (_, { limits: { perPerson, perMachine, asksPerHour } }) => {
      const limits = [
        ...(perPerson === undefined ? [] : [`${perPerson} at once for a person`]),
        ...(perMachine === undefined ? [] : [`${perMachine} at once on a machine`]),
        ...(asksPerHour === undefined ? [] : [`${asksPerHour} asks an hour`]),
      ];
      return limits.length === 0 ? undefined : `${all(limits)}; what is open now isn't counted here`;
    },
  },
  {
    name: "approvers",
    codes: ["no-approver"],
    fine: (_, { approve }) => (approve.kind === "none" ? "nobody has to approve" : "there are enough"),
  },
];

const checkLines = (explaining: Explaining): readonly string[] => {
  const { judged, asked, config } = explaining;
  const { question } = asked;
  const { rule } = question;
  const denied = judged.refusals.filter(({ code }) => code === "denied-by-policy");
  const denials = config.policy.denials.map((denial) => denialLine(denial, question, denied));
  if (rule === undefined || denied.length > 0)
    return [...denials, ...(denied.length > 0 ? ["the others aren't looked at then"] : ["no   no rule covers it"])];
  const lines = CHECKS.flatMap(({ name, codes, fine }) => {
    const noes = judged.refusals.filter(({ code }) => codes.includes(code));
    if (noes.length > 0) return noes.map((no) => `no   ${name}: ${wordsOf(no, explaining)}`);
    const words = fine(explaining, rule);
    return words === undefined ? [] : [`yes  ${name}: ${words}`];
  });
  return [...denials, ...lines];
};

const denialLine = (denial: Denial, question: Question, denied: readonly Refusal[]): string => {
  const { name, people, match, ports, because } = denial;
  if (denied.some(({ facts }) => "name" in facts && facts.name === name))
    return `no   the deny rule ${name} fits${because === "" ? "" : `: ${because}`}`;
  const isFor = people.length === 0 || people.some((role) => question.roles.has(role));
  const why =
    whyNotMatched(match, question.machine) ??
    (isFor ? `it's about ${all(ports.map(portKey))}` : `it's for ${either(people)}`);
  return `yes  the deny rule ${name} doesn't fit: ${why}`;
};

const longest = ({ services, breakGlass }: Question, rule: Rule) => {
  const maxima = services.flatMap(({ ports }) => ports.flatMap((port) => lineFor(rule, port)?.maximumMs ?? []));
  const most = breakGlass && rule.breakGlass !== undefined ? [rule.breakGlass.maximumMs] : [];
  return [...maxima, ...most].reduce((a, b) => (a <= b ? a : b));
};

const allowedSources = ({ services }: Question, rule: Rule): readonly string[] => {
  const lines = services.flatMap(({ ports }) => ports.flatMap((port) => lineFor(rule, port) ?? []));
  return [...new Set(lines.flatMap((line) => sourcesFor(rule, line)).map(showAllowed))];
};

const decisionLine = ({ outcome, refusals, asked }: Judged): string => {
  const decision = asked?.decision;
  switch (outcome) {
    case "deny":
      return `Decision: deny (${[...new Set(refusals.map(({ code }) => code))].join(", ")})`;
    case "allow":
      return `Decision: allow, opens at once${decision?.kind === "allow" && decision.how === "automatic" ? " because of the hour" : ""}`;
    case "break-glass":
      return "Decision: break-glass, opens at once; everybody who was skipped is told, and it has to be reviewed";
    case "needs-approval":
      return `Decision: needs-approval${decision?.kind === "needs-approval" ? ` within ${showDuration(decision.withinMs)}` : ""}`;
  }
};

const stepLines = ({ config, asked, nameOf }: Explaining, rule: Rule): readonly string[] => {
  const { question, approvers } = asked;
  if (rule.approve.kind === "none") return [];
  return rule.approve.steps.map((step, index) => {
    const people = (approvers[index] ?? []).map(nameOf);
    const silent = silentSchedules(config.policy, step.roles, question.memberships).map(scheduleKey);
    const instead = silent.length === 0 ? "" : ` (${all(silent)} doesn't say who is on call)`;
    return `${question.breakGlass ? "skips " : ""}step ${index + 1}, ${showStep(step)}: ${people.length === 0 ? "nobody could" : people.join(", ")}${instead}`;
  });
};

const otherWays = ({ roles }: Question, rule: Rule): readonly string[] => {
  const { breakGlass, configure, authorities } = rule;
  const holds = (names: readonly string[]): boolean => names.some((name) => roles.has(name));
  return [
    ...(authorities.length === 0
      ? []
      : [`${all(authorities)} ${authorities.length === 1 ? "is" : "are"} asked about whoever approves, too`]),
    ...(breakGlass === undefined
      ? []
      : [
          `break-glass is for ${either(breakGlass.by)}, ${showDuration(breakGlass.maximumMs)} at most: ${holds(breakGlass.by) ? "they may" : "not for them"}`,
        ]),
    ...(configure.length === 0
      ? []
      : [`protecting is for ${either(configure)}: ${holds(configure) ? "they may" : "not for them"}`]),
  ];
};

const wordsOf = (refusal: Refusal, { config, asked }: Explaining): string =>
  plainText(refusalText(refusal, { now: asked.question.at, zone: config.timezone }));
