/** How each check of an ask ends, in lines for a terminal. */

import { showDuration } from "../access/duration.ts";
import { portKey } from "../access/port.ts";
import type { Refusal, RefusalCode } from "../access/refusal.ts";
import type { Config } from "../config.ts";
import { isWithin } from "../policy/hours.ts";
import { type Denial, lineFor, type Rule, showAllowed, sourcesFor } from "../policy/policy.ts";
import type { Question } from "../policy/question.ts";
import { isAutomatic } from "../policy/usual-way.ts";
import { listed } from "../slack/lists.ts";
import { refusalText } from "../slack/refusal-text.ts";
import type { Asked, PolicyAnswer } from "./ask-policy.ts";
import { terminalText } from "./terminal-text.ts";
import { whyNotMatched } from "./why-not.ts";
import { either } from "./words.ts";

export interface Explaining {
  readonly config: Config;
  readonly answer: PolicyAnswer;
  readonly asked: Asked;
  /** What was taken for granted because nobody said it, a sentence each. */
  readonly assumed: readonly string[];
  /** How people are named: `U0DEV1 (@dev)`. */
  readonly nameOf: (user: string) => string;
}

/** A line for each check that has something to say, deny rules first. */
export const checkLines = (explaining: Explaining): readonly string[] => {
  const { answer, asked, config } = explaining;
  const { question } = asked;
  const { rule } = question;
  const denied = answer.refusals.filter(({ code }) => code === "denied-by-policy");
  const unclear = answer.refusals.filter((refusal) => refusal.code === "deny-rule-unclear");
  const denials = config.policy.denials.map((denial) => {
    const no = unclear.find(({ facts }) => facts.name === denial.name);
    return no === undefined ? denialLine(denial, question, denied) : `no   ${wordsOf(no, explaining)}`;
  });
  if (rule === undefined || denied.length > 0)
    return [...denials, ...(denied.length > 0 ? ["the others aren't looked at then"] : ["no   no rule covers it"])];
  const lines = CHECKS.flatMap(({ name, codes, fine }) => {
    const noes = answer.refusals.filter(({ code }) => codes.includes(code));
    if (noes.length > 0) return noes.map((no) => `no   ${name}: ${wordsOf(no, explaining)}`);
    const words = fine(explaining, rule);
    return words === undefined ? [] : [`yes  ${name}: ${words}`];
  });
  return [...denials, ...lines];
};

export const wordsOf = (refusal: Refusal, { config, asked }: Explaining): string =>
  terminalText(refusalText(refusal, { now: asked.question.at, zone: config.timezone }));

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
      return `as ${listed(may.filter((role) => question.roles.has(role)))}`;
    },
  },
  {
    name: "port",
    codes: ["port-not-offered"],
    fine: ({ asked: { question } }) => `${listed(question.services.map(({ name }) => name))} is offered`,
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
    fine: ({ asked: { question } }, { justification: { required, pattern } }) => {
      const form = pattern === undefined ? "" : `, one that matches ${pattern.source}`;
      return required || question.breakGlass ? `one is needed${form}` : "none is needed";
    },
  },
  {
    name: "hours",
    codes: ["outside-hours"],
    fine: ({ asked: { question } }, { hours }) => {
      if (hours.length === 0) return undefined;
      if (question.breakGlass) return UNCOUNTED;
      return `within ${listed(hours.filter((each) => isWithin(each, question.at)).map(({ name }) => name))}`;
    },
  },
  {
    name: "freezes",
    codes: ["frozen"],
    fine: ({ config: { policy }, asked: { question } }) => {
      if (policy.freezes.length === 0) return undefined;
      return question.breakGlass ? UNCOUNTED : "none now, or not for them";
    },
  },
  {
    name: "limits",
    codes: ["too-many-at-once", "asked-too-often"],
    fine: ({ asked: { question } }, { limits: { perPerson, perMachine, asksPerHour } }) => {
      const limits = [
        ...(perPerson === undefined ? [] : [`${perPerson} at once for a person`]),
        ...(perMachine === undefined ? [] : [`${perMachine} at once on a machine`]),
        ...(asksPerHour === undefined ? [] : [`${asksPerHour} asks an hour`]),
      ];
      if (limits.length === 0) return undefined;
      return question.breakGlass ? UNCOUNTED : `${listed(limits)}; what is open now isn't counted here`;
    },
  },
  {
    name: "approvers",
    codes: ["no-approver"],
    fine: ({ asked: { question } }, rule) => {
      if (rule.approve.kind === "none") return "nobody has to approve";
      if (question.breakGlass) return UNCOUNTED;
      return isAutomatic(rule, question.at) ? "nobody has to approve at this hour" : "there are enough";
    },
  },
];

/** Of what break-glass goes past; nobody looked whether it would be fine. */
const UNCOUNTED = "don't count for break-glass";

const denialLine = (denial: Denial, question: Question, denied: readonly Refusal[]): string => {
  const { name, people, match, ports, because } = denial;
  if (denied.some(({ facts }) => "name" in facts && facts.name === name))
    return `no   the deny rule ${name} fits${because === "" ? "" : `: ${because}`}`;
  const isFor = people.length === 0 || people.some((role) => question.roles.has(role));
  const why =
    whyNotMatched(match, question.machine) ??
    (isFor ? `it's about ${listed(ports.map(portKey))}` : `it's for ${either(people)}`);
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
