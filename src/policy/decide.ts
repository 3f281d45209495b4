/** May this person have this access? */

import type { Port, Service } from "../access/port.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import { ANYWHERE, type Cidr, contains, isSingleAddress, showCidr } from "../access/source.ts";
import type { DurationMs } from "../access/time.ts";
import {
  type AllowedSource,
  lineFor,
  type Pattern,
  type Policy,
  type PortRule,
  peopleOf,
  type Rule,
  showAllowed,
  sourcesFor,
} from "./policy.ts";

/** All that decides, and nothing that has to be looked up any more. */
export interface Question {
  /** Slack id of who asks, and the names of the roles they hold now. */
  readonly requester: string;
  readonly roles: ReadonlySet<string>;
  /** As people call it. */
  readonly machine: string;
  /** The rule that decides about the machine; `undefined`: none matches. */
  readonly rule: Rule | undefined;
  readonly services: readonly Service[];
  /** Empty: none was named and policy has no default. */
  readonly sources: readonly Cidr[];
  readonly durationMs: DurationMs;
  readonly justification: string;
  /** Slack ids of everyone who could answer now: the people of the approving roles that are still members here. */
  readonly approvers: ReadonlySet<string>;
}

export type Decision =
  | { readonly kind: "deny"; readonly refusals: readonly [Refusal, ...Refusal[]] }
  | { readonly kind: "allow"; readonly rule: Rule }
  | {
      readonly kind: "needs-approval";
      readonly rule: Rule;
      readonly approvers: { readonly users: readonly string[]; readonly groups: readonly string[] };
      readonly approvalsNeeded: number;
      readonly withinMs: DurationMs;
    };

export const decide = (question: Question, policy: Policy): Decision => {
  const { rule } = question;
  if (rule === undefined)
    return { kind: "deny", refusals: [refuse("machine-not-offered", { machine: question.machine })] };

  const [first, ...rest] = checks.flatMap((check) => check(question, rule));
  if (first !== undefined) return { kind: "deny", refusals: [first, ...rest] };
  if (rule.approve.kind === "none") return { kind: "allow", rule };
  const { roles, needed, withinMs } = rule.approve;
  return { kind: "needs-approval", rule, approvers: peopleOf(policy, roles), approvalsNeeded: needed, withinMs };
};

type Check = (question: Question, rule: Rule) => readonly Refusal[];

const requesterIsEligible: Check = ({ roles, machine }, rule) =>
  rule.request.some((role) => roles.has(role)) ? [] : [refuse("not-eligible", { machine, roles: rule.request })];

const everyPortIsOffered: Check = ({ services, machine }, rule) => {
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

const durationIsWithinTheMaximum: Check = (question, rule) => {
  if (!(question.durationMs > 0)) return [refuse("duration-unreadable", { text: "", problem: "zero" })];
  return linesAsked(question, rule)
    .filter((line) => question.durationMs > line.maximumMs)
    .map((line) =>
      refuse("duration-too-long", { port: line.name, machine: question.machine, maximumMs: line.maximumMs }),
    );
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

const justificationIsGiven: Check = ({ justification }, { justification: { required, pattern } }) => {
  const text = justification.trim();
  if (text === "") return required ? [refuse("justification-missing", { pattern: pattern?.source })] : [];
  return fits(pattern, text) ? [] : [refuse("justification-mismatch", { pattern: pattern?.source ?? "" })];
};

const somebodyElseCanAnswer: Check = ({ approvers, requester, machine }, { approve }) => {
  if (approve.kind === "none") return [];
  const others = approvers.size - (approvers.has(requester) ? 1 : 0);
  return others >= approve.needed
    ? []
    : [refuse("no-approver", { machine, roles: approve.roles, needed: approve.needed })];
};

/** Every check runs, so a person learns all that is wrong in one reply. Order is the order shown. */
const checks: readonly Check[] = [
  requesterIsEligible,
  everyPortIsOffered,
  durationIsWithinTheMaximum,
  everySourceIsAllowed,
  justificationIsGiven,
  somebodyElseCanAnswer,
];

const linesAsked = ({ services }: Question, rule: Rule): readonly PortRule[] => [
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
