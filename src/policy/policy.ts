/** Who may have what, for how long and with whose consent: the policy file after reading, every name in it looked up. */

import type { AuthorityName } from "../access/authority.ts";
import type { CloudName, Machine } from "../access/machine.ts";
import type { Schedule } from "../access/person.ts";
import { type Port, type Service, samePort } from "../access/port.ts";
import type { Cidr } from "../access/source.ts";
import type { DurationMs, EpochMs } from "../access/time.ts";
import type { Hours } from "./hours.ts";

/** Everything in it was checked when the file was read: no role, network or service is named that doesn't exist. */
export interface Policy {
  /** By lower-case name. */
  readonly services: ReadonlyMap<string, Service>;
  /** By lower-case name. */
  readonly networks: ReadonlyMap<string, Network>;
  /** By name as written. */
  readonly roles: ReadonlyMap<string, Role>;
  /** The first that matches a machine decides, alone. */
  readonly rules: readonly Rule[];
  /** Looked at before any rule, and for break-glass too: whom one fits gets nothing. */
  readonly denials: readonly Denial[];
  readonly freezes: readonly Freeze[];
}

export interface Network {
  readonly name: string;
  readonly prefixes: readonly Cidr[];
}

/** People by Slack id: users (`U0DEV1`) and user groups (`S0ENG`); or by what they are at the moment. */
export interface Role {
  readonly name: string;
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** Whoever is on call now holds it. */
  readonly schedules: readonly Schedule[];
  /** The requester's manager holds it, for what that requester asks. */
  readonly manager: boolean;
  /** Names of roles that hold it while a schedule doesn't say who is on call. */
  readonly otherwise: readonly string[];
}

/** Says no to some people, machines and ports, whatever the rules say. */
export interface Denial {
  readonly name: string;
  /** Names of roles; none: everybody. */
  readonly people: readonly string[];
  readonly match: Match;
  /** None: all. */
  readonly ports: readonly Port[];
  /** Shown to whom it refuses; may be empty. */
  readonly because: string;
}

/** A time in which nothing opens, and which nothing that opens before reaches into. */
export interface Freeze {
  readonly name: string;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly match: Match;
  /** Names of roles that it isn't for. */
  readonly except: readonly string[];
}

export interface Rule {
  readonly name: string;
  readonly match: Match;
  /** No port is in two of them. */
  readonly ports: readonly PortRule[];
  readonly sources: readonly AllowedSource[];
  /** When the asker names none; `undefined`: they have to. */
  readonly defaultSource: readonly Cidr[] | undefined;
  /** Names of roles. */
  readonly request: readonly string[];
  readonly approve: Approve;
  /** Names of roles that may protect and unprotect its machines. */
  readonly configure: readonly string[];
  /** `auto`: its machines are to be protected without anybody asking. */
  readonly protect: "auto" | "by-hand";
  readonly drift: Drift;
  readonly justification: JustificationRule;
  readonly channel: string;
  /** Beside this policy they have to say yes, to requester, approver and who protects. */
  readonly authorities: readonly AuthorityName[];
  /** Access opens within one of them only; none: always. */
  readonly hours: readonly Hours[];
  readonly limits: Limits;
  readonly breakGlass: BreakGlass | undefined;
  readonly recheck: Recheck;
}

/** What happens to an open access that wouldn't be given any more: people are told, or it is closed as well. */
export type Recheck = "tell" | "close";

/** `undefined`: no limit. Of accesses those count that are open or opening under this rule. */
export interface Limits {
  readonly perPerson: number | undefined;
  readonly perMachine: number | undefined;
  /** How often one person may ask within an hour, whatever becomes of it. */
  readonly asksPerHour: number | undefined;
}

/** Opens at once, whatever hours, freezes, limits and approvals say; everybody who was skipped is told, and somebody has to review it afterwards. */
export interface BreakGlass {
  /** Names of roles. */
  readonly by: readonly string[];
  readonly maximumMs: DurationMs;
  /** Who hears of it beside those who were skipped: names of roles, and channels. */
  readonly tell: { readonly roles: readonly string[]; readonly channels: readonly string[] };
}

/** What happens to rules of others that let in what a protection keeps out: ours goes over them, or people are told and choose. */
export type Drift = "withhold" | "tell";

/** Patterns with `*` and `?`, any case; one of each list that isn't empty must fit, and every tag. All empty: every machine. */
export interface Match {
  readonly names: readonly string[];
  readonly clouds: readonly CloudName[];
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  readonly os: readonly Machine["os"][];
  /** Tag name (any case) → patterns of which its value must fit one. */
  readonly tags: ReadonlyMap<string, readonly string[]>;
}

export interface PortRule {
  /** As the file says it: `ssh`, `8080`, `53/udp`. */
  readonly name: string;
  readonly ports: readonly Port[];
  readonly maximumMs: DurationMs;
  /** Instead of the rule's. */
  readonly sources: readonly AllowedSource[] | undefined;
}

export type AllowedSource =
  | { readonly kind: "single-address" }
  | { readonly kind: "anywhere" }
  | { readonly kind: "network"; readonly network: Network }
  | { readonly kind: "prefix"; readonly prefix: Cidr };

export type Approve =
  | { readonly kind: "none" }
  | {
      readonly kind: "by";
      /** One after the other; nobody counts in two. */
      readonly steps: readonly Step[];
      readonly withinMs: DurationMs;
      /** Within one of these hours nobody has to approve. */
      readonly automatic: readonly Hours[];
    };

/** So many of the people with one of these roles. */
export interface Step {
  /** Names. */
  readonly roles: readonly string[];
  readonly needed: number;
}

export interface JustificationRule {
  readonly required: boolean;
  /** What a justification must match when one is given. */
  readonly pattern: Pattern | undefined;
}

/** A regular expression that answers in time whatever text it gets; one that takes too long says no. A plain `RegExp` has the same form. */
export interface Pattern {
  readonly source: string;
  readonly test: (text: string) => boolean;
}

/** Whether somebody with these roles may protect and unprotect its machines. */
export const mayConfigure = (rule: Rule, roles: ReadonlySet<string>): boolean =>
  rule.configure.some((role) => roles.has(role));

/** The steps of its approval; none: nobody has to. */
export const stepsOf = ({ approve }: Rule): readonly Step[] => (approve.kind === "none" ? [] : approve.steps);

/** The roles of all its steps, each once. */
export const approvingRoles = (rule: Rule): readonly string[] => [
  ...new Set(stepsOf(rule).flatMap(({ roles }) => roles)),
];

/** The line that offers a port, if any. */
export const lineFor = (rule: Rule, port: Port): PortRule | undefined =>
  rule.ports.find((line) => line.ports.some((offered) => samePort(offered, port)));

/** The sources that may reach a port of this line. */
export const sourcesFor = (rule: Rule, line: PortRule): readonly AllowedSource[] => line.sources ?? rule.sources;

/** `office`, `single-address`, `anywhere` or a prefix: as the policy file says it. */
export const showAllowed = (source: AllowedSource): string => {
  switch (source.kind) {
    case "single-address":
    case "anywhere":
      return source.kind;
    case "network":
      return source.network.name;
    case "prefix":
      return source.prefix;
  }
};
