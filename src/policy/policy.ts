/** Who may have what, for how long and with whose consent: the policy file after reading, every name in it looked up. */

import type { CloudName } from "../access/machine.ts";
import type { Port, Service } from "../access/port.ts";
import type { Cidr } from "../access/source.ts";
import type { DurationMs } from "../access/time.ts";

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
}

export interface Network {
  readonly name: string;
  readonly prefixes: readonly Cidr[];
}

/** People by Slack id: users (`U0DEV1`) and user groups (`S0ENG`). */
export interface Role {
  readonly name: string;
  readonly users: readonly string[];
  readonly groups: readonly string[];
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
}

/** What happens to rules of others that let in what a protection keeps out: ours goes over them, or people are told and choose. */
export type Drift = "withhold" | "tell";

/** Patterns with `*` and `?`, any case; one of each list that isn't empty must fit, and every tag. All empty: every machine. */
export interface Match {
  readonly names: readonly string[];
  readonly clouds: readonly CloudName[];
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
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
  | { readonly kind: "by"; readonly roles: readonly string[]; readonly needed: number; readonly withinMs: DurationMs };

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

/** Lists these roles' people, each once: who has to be told, and whose group members have to be looked up. */
export const peopleOf = (
  policy: Policy,
  roles: readonly string[],
): { readonly users: readonly string[]; readonly groups: readonly string[] } => {
  const found = roles.flatMap((name) => policy.roles.get(name) ?? []);
  return {
    users: [...new Set(found.flatMap((role) => role.users))],
    groups: [...new Set(found.flatMap((role) => role.groups))],
  };
};

/** The roles a user holds, given who is in which user group now. A group that isn't in `membersByGroup` has no members. */
export const rolesOf = (
  policy: Policy,
  user: string,
  membersByGroup: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> =>
  new Set(
    [...policy.roles.values()]
      .filter(
        ({ users, groups }) =>
          users.includes(user) || groups.some((group) => membersByGroup.get(group)?.has(user) ?? false),
      )
      .map(({ name }) => name),
  );

/** Whether somebody with these roles may answer requests under this rule. That nobody answers their own is for `grants/request` to see to. */
export const mayApprove = (rule: Rule, roles: ReadonlySet<string>): boolean =>
  rule.approve.kind === "by" && rule.approve.roles.some((role) => roles.has(role));

/** Whether somebody with these roles may protect and unprotect its machines. */
export const mayConfigure = (rule: Rule, roles: ReadonlySet<string>): boolean =>
  rule.configure.some((role) => roles.has(role));

/** The line that offers a port, if any. */
export const lineFor = (rule: Rule, { port, protocol }: Port): PortRule | undefined =>
  rule.ports.find((line) => line.ports.some((offered) => offered.port === port && offered.protocol === protocol));

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
