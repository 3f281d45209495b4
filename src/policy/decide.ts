/** May this person have this access? */

import { type Port, samePort } from "../access/port.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import { ANYWHERE, type Cidr, contains, isSingleAddress, showCidr } from "../access/source.ts";
import type { DurationMs } from "../access/time.ts";
import { matches } from "./match.ts";
import {
  type AllowedSource,
  type BreakGlass,
  type Denial,
  lineFor,
  type Pattern,
  type Policy,
  type PortRule,
  type Rule,
  showAllowed,
  sourcesFor,
} from "./policy.ts";
import type { Check, Question } from "./question.ts";
import { peopleOf, type StepAsked, stepsAsked } from "./roles.ts";
import { isAutomatic, USUALLY } from "./usual-way.ts";

export type Decision =
  | { readonly kind: "deny"; readonly refusals: readonly [Refusal, ...Refusal[]] }
  | { readonly kind: "allow"; readonly rule: Rule; readonly how: "no-approval-needed" | "automatic" }
  | {
      readonly kind: "break-glass";
      readonly rule: Rule;
      readonly breakGlass: BreakGlass;
      readonly skipped: readonly StepAsked[];
    }
  | {
      readonly kind: "needs-approval";
      readonly rule: Rule;
      readonly steps: readonly StepAsked[];
      readonly withinMs: DurationMs;
    };

/**
 * Break-glass is for the roles that the rule's `breakGlass` names; that they could ask the usual way isn't needed. It needs a justification always, and lasts no longer than
 * the smaller of its own maximum and the port's. It is a break-glass also where the usual way had been open.
 */
export const decide = (question: Question, policy: Policy): Decision => {
  const { rule, breakGlass, at } = question;
  const [denied, ...others] = denials(question, policy);
  // Whatever else is wrong with it: nothing that they could change about it would help.
  if (denied !== undefined) return { kind: "deny", refusals: [denied, ...others] };
  if (rule === undefined)
    return { kind: "deny", refusals: [refuse("machine-not-offered", { machine: question.machine.name })] };

  const checks = [...ALWAYS, ...(breakGlass ? [] : USUALLY)];
  const [first, ...rest] = checks.flatMap((check) => check(question, rule, policy));
  if (first !== undefined) return { kind: "deny", refusals: [first, ...rest] };
  const steps = stepsAsked(rule, policy, question.memberships);
  if (breakGlass) return brokenGlass(rule, steps, question);
  if (rule.approve.kind === "none") return { kind: "allow", rule, how: "no-approval-needed" };
  if (isAutomatic(rule, at)) return { kind: "allow", rule, how: "automatic" };
  return { kind: "needs-approval", rule, steps, withinMs: rule.approve.withinMs };
};

const denials = (question: Question, policy: Policy): readonly Refusal[] =>
  policy.denials
    .filter((denial) => isAboutAccess(denial, question) && isAboutPerson(denial, question))
    .map(({ name, because }) => refuse("denied-by-policy", { machine: question.machine.name, name, because }));

const isAboutAccess = ({ match, ports }: Denial, { machine, services }: Question): boolean =>
  matches(match, machine) &&
  (ports.length === 0 ||
    services.some((service) => service.ports.some((port) => ports.some((denied) => samePort(denied, port)))));

const isAboutPerson = ({ people }: Denial, { roles }: Question): boolean =>
  people.length === 0 || people.some((role) => roles.has(role));

/** A user group that isn't there may have been the one that they are in. */
const everyDenialCanBeTold: Check = (question, _, policy) => {
  const { machine, memberships } = question;
  return policy.denials.flatMap((denial) => {
    const { groups } = peopleOf(policy, denial.people, memberships);
    const missing = groups.filter((group) => memberships.missingGroups.has(group));
    return missing.length > 0 && isAboutAccess(denial, question) && !isAboutPerson(denial, question)
      ? [refuse("deny-rule-unclear", { machine: machine.name, name: denial.name, groups: missing })]
      : [];
  });
};

const brokenGlass = (rule: Rule, skipped: readonly StepAsked[], { machine }: Question): Decision =>
  rule.breakGlass === undefined
    ? { kind: "deny", refusals: [refuse("break-glass-not-offered", { machine: machine.name, roles: [] })] }
    : { kind: "break-glass", rule, breakGlass: rule.breakGlass, skipped };

const requesterIsEligible: Check = ({ roles, breakGlass, machine: { name: machine } }, rule) => {
  const may = breakGlass ? (rule.breakGlass?.by ?? []) : rule.request;
  if (may.some((role) => roles.has(role))) return [];
  return [refuse(breakGlass ? "break-glass-not-offered" : "not-eligible", { machine, roles: may })];
};

const everyPortIsOffered: Check = ({ services, machine: { name: machine } }, rule) => {
  const offered = rule.ports.map((line) => line.name);
  const missing = services.flatMap((service) => {
    const without = service.ports.filter((port) => lineFor(rule, port) === undefined);
    // Of `winrm` only one port may be offered: then it is the other that is refused.
    return without.length === service.ports.length ? [service.name] : without.map(showPort);
  });
  // Asking for nothing must not pass as asking only for what is offered.
  const names = services.length === 0 ? [""] : [...new Set(missing)];
  return names.map((port) => refuse("port-not-offered", { machine, port, offered }));
};

/** As the question's own check has it, for an ask that can't be judged as a whole. */
export const durationRefusals = (
  question: Pick<Question, "services" | "durationMs" | "openForMs" | "breakGlass"> & {
    readonly machine: Pick<Question["machine"], "name">;
  },
  rule: Rule,
): readonly Refusal[] => {
  const { durationMs, openForMs = 0, breakGlass, machine } = question;
  if (!(durationMs > 0)) return [refuse("duration-unreadable", { text: "", problem: "zero" })];
  const most = (breakGlass ? rule.breakGlass?.maximumMs : undefined) ?? Number.POSITIVE_INFINITY;
  return linesAsked(question, rule)
    .map((line) => ({ port: line.name, maximumMs: Math.min(line.maximumMs, most) as DurationMs }))
    .filter(({ maximumMs }) => openForMs + durationMs > maximumMs)
    .map((line) => refuse("duration-too-long", { ...line, machine: machine.name }));
};

const everySourceIsAllowed: Check = (question, rule) => {
  const lists = linesAsked(question, rule).map((line) => sourcesFor(rule, line));
  // A port that isn't offered is refused elsewhere; what is said of sources then is what the rule says.
  const [allowed = rule.sources, ...others] = lists;
  if (question.sources.length === 0) return [refuse("source-missing", { allowed: namesOf(allowed, others) })];
  return question.sources
    .filter((source) => ![allowed, ...others].every((list) => allowsAll(list, [source])))
    .map((source) =>
      refuse("source-not-allowed", { source: showCidr(source), rule: rule.name, allowed: namesOf(allowed, others) }),
    );
};

const justificationIsGiven: Check = ({ justification, breakGlass }, { justification: { required, pattern } }) => {
  const text = justification.trim();
  if (text === "") return required || breakGlass ? [refuse("justification-missing", { pattern: pattern?.source })] : [];
  return fits(pattern, text) ? [] : [refuse("justification-mismatch", { pattern: pattern?.source ?? "" })];
};

/** Every check runs, so a person learns all that is wrong in one reply. Order is the order shown. */
const ALWAYS: readonly Check[] = [
  everyDenialCanBeTold,
  requesterIsEligible,
  everyPortIsOffered,
  durationRefusals,
  everySourceIsAllowed,
  justificationIsGiven,
];

const linesAsked = ({ services }: Pick<Question, "services">, rule: Rule): readonly PortRule[] => [
  ...new Set(services.flatMap((service) => service.ports).flatMap((port) => lineFor(rule, port) ?? [])),
];

/** Whether each of some prefixes lies inside a source of a list. */
export const allowsAll = (allowed: readonly AllowedSource[], asked: readonly Cidr[]): boolean =>
  asked.every((source) => allowed.some((entry) => lets(entry, source)));

/** Whether an allowed source lets a prefix in. `0.0.0.0/0` and `::/0` pass by `anywhere` only, whatever a network may hold. */
const lets = (allowed: AllowedSource, asked: Cidr): boolean => {
  switch (allowed.kind) {
    case "anywhere":
      return true;
    case "single-address":
      return isSingleAddress(asked);
    case "network":
      return !ANYWHERE.includes(asked) && allowed.network.prefixes.some((prefix) => contains(prefix, asked));
    case "prefix":
      return !ANYWHERE.includes(asked) && contains(allowed.prefix, asked);
  }
};

/** What all of the asked ports have in common; when that is nothing, what the first allows. */
const namesOf = (first: readonly AllowedSource[], others: readonly (readonly AllowedSource[])[]): readonly string[] => {
  const names = first.map(showAllowed);
  const shared = names.filter((name) => others.every((list) => list.some((entry) => showAllowed(entry) === name)));
  return shared.length === 0 ? names : shared;
};

const fits = (pattern: Pattern | undefined, text: string): boolean => pattern === undefined || pattern.test(text);

const showPort = ({ port, protocol }: Port): string => (protocol === "tcp" ? String(port) : `${port}/${protocol}`);
