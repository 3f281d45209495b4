/** `/jit machines`: what somebody may ask for, and how. */

import type { Machine } from "../access/machine.ts";
import { samePort } from "../access/port.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { fitsGlob, matches } from "../policy/match.ts";
import type { Denial, Policy, PortRule, Rule } from "../policy/policy.ts";
import type { WorkflowDeps } from "./deps.ts";
import { createMachineIndex, type IndexedMachine } from "./machine-index.ts";
import { memberOf } from "./standing.ts";

export interface OfferedMachine {
  readonly machine: Machine;
  readonly rule: Rule;
  /** At least one. */
  readonly lines: readonly PortRule[];
}

export interface MachineList {
  /** The first of them by name. */
  readonly machines: readonly OfferedMachine[];
  /** How many there are in all. */
  readonly count: number;
}

/** `text`: a part of a name, or a pattern with `*`; empty: all. Throws a `Fault` when something that has to be known can't be. */
export type ListMachines = (text: string, user: string) => Promise<MachineList | Refusal>;

/** What roles and the policy's denials say; hours, limits and authorities are asked when something is asked for. */
export const createListMachines = (deps: WorkflowDeps): ListMachines => {
  const index = createMachineIndex(deps.machines);
  return async (text, user) => {
    const policy = deps.policy();
    if (policy === undefined) return refuse("policy-unreadable", {});
    const member = await memberOf(user, policy, deps.directory);
    if (isRefusal(member)) return member;
    const offered = (await index.of(policy)).filter(isFor(text, member.roles)).flatMap(({ machine, rule }) => {
      const lines = linesFor(machine, rule, member.roles, policy);
      return lines.length === 0 ? [] : [{ machine, rule, lines }];
    });
    return { machines: offered.slice(0, AT_ONCE), count: offered.length };
  };
};

const isFor = (text: string, roles: ReadonlySet<string>): ((each: IndexedMachine) => boolean) => {
  const wanted = text.trim().toLowerCase();
  return ({ name, text: all, rule }) =>
    rule.request.some((role) => roles.has(role)) && (all.includes(wanted) || fitsGlob(wanted, name));
};

const linesFor = (
  machine: Machine,
  rule: Rule,
  roles: ReadonlySet<string>,
  { denials }: Policy,
): readonly PortRule[] => {
  const about = denials.filter(
    ({ match, people }) => matches(match, machine) && (people.length === 0 || people.some((role) => roles.has(role))),
  );
  return rule.ports.filter((line) => !about.some((denial) => isDenied(line, denial)));
};

const isDenied = (line: PortRule, { ports }: Denial): boolean =>
  ports.length === 0 || line.ports.every((port) => ports.some((denied) => samePort(port, denied)));

const AT_ONCE = 20;
