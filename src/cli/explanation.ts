/** Why policy says what it says of an ask, in lines for a terminal. */

import { showDuration } from "../access/duration.ts";
import { scheduleKey } from "../access/person.ts";
import { showCidr } from "../access/source.ts";
import { type Policy, type Rule, stepsOf } from "../policy/policy.ts";
import type { Question } from "../policy/question.ts";
import { silentSchedules } from "../policy/roles.ts";
import { listed } from "../slack/lists.ts";
import type { PolicyAnswer } from "./ask-policy.ts";
import { checkLines, type Explaining, wordsOf } from "./explained-checks.ts";
import { showLocalTime } from "./local-time.ts";
import { heldThrough, whyNotMatched } from "./why-not.ts";
import { either, saysNobody, showStep } from "./words.ts";

export const explanation = (explaining: Explaining): readonly string[] => {
  const { config, answer, asked, assumed } = explaining;
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
    decisionLine(answer),
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
    ...held.map((name) => `${name}: ${listed(heldThrough(policy, name, requester, memberships))}`),
    ...(others.length === 0 ? [] : [`not ${either(others)}`]),
  ];
};

const decisionLine = ({ outcome, refusals, asked }: PolicyAnswer): string => {
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
  return stepsOf(rule).map((step, index) => {
    const { people, refused, others } = approvers[index] ?? { people: [], refused: [], others: 0 };
    const silent = silentSchedules(config.policy, step.roles, question.memberships).map(scheduleKey);
    const whose = people.length === 0 ? ["nobody could"] : people.map(nameOf);
    const notes = [
      ...(refused.length === 0
        ? []
        : [`not ${either(refused.map(nameOf))}, to whom ${listed(rule.authorities)} said no`]),
      ...(silent.length === 0 ? [] : [saysNobody(silent)]),
    ];
    return [
      `${question.breakGlass ? "skips " : ""}step ${index + 1}, ${showStep(step)}: `,
      [...whose, ...(others > 0 ? [`${others} more that weren't looked up`] : [])].join(", "),
      ...(notes.length === 0 ? [] : [` (${notes.join("; ")})`]),
    ].join("");
  });
};

const otherWays = ({ roles }: Question, rule: Rule): readonly string[] => {
  const { breakGlass, configure } = rule;
  const holds = (names: readonly string[]): boolean => names.some((name) => roles.has(name));
  return [
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
