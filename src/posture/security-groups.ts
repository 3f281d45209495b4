/** What the security groups of one interface let in together: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html */

import { type Port, portKey } from "../access/port.ts";
import type { AddressFamily } from "../access/source.ts";
import type { AddressTable, GroupRule, SecurityGroup } from "../cloud/rules.ts";
import { type AddressBook, remembered } from "./address-book.ts";
import type { GroupDecider } from "./decider.ts";
import { type Candidate, decideAny, type Outcome, together } from "./outcome.ts";
import { type Partition, whole } from "./partition.ts";
import type { Fit } from "./port-range.ts";

export interface GroupReading {
  /** By source. Groups are remembered by identity. */
  readonly evaluate: (
    groups: readonly SecurityGroup[],
    port: Port,
    family: AddressFamily,
    table: AddressTable,
  ) => Partition<Outcome>;
}

export const createGroupReading = (book: AddressBook): GroupReading => {
  const answers = new WeakMap<SecurityGroup, WeakMap<AddressTable, Map<string, Partition<Outcome>>>>();

  /** One group alone: a machine's groups meet in many combinations. */
  const evaluateOne = (group: SecurityGroup, port: Port, family: AddressFamily, table: AddressTable) => {
    const tables = remembered(answers, group, () => new WeakMap<AddressTable, Map<string, Partition<Outcome>>>());
    const known = remembered(tables, table, () => new Map<string, Partition<Outcome>>());
    const key = `${portKey(port)} ${family}`;
    const found = known.get(key) ?? decideAny(family, candidates(group, port, family, table), NOBODY);
    known.set(key, found);
    return found;
  };

  const candidates = (group: SecurityGroup, port: Port, family: AddressFamily, table: AddressTable) =>
    group.rules.flatMap((rule): Candidate[] => {
      const fit = fitOf(rule, port);
      if (fit === "no") return [];
      const sources = book.extentOf([rule.source], family, table);
      return [{ verdict: "allow", decider: deciderOf(group, rule), fit, sources }];
    });

  return {
    evaluate: (groups, port, family, table) => {
      const nobody: Outcome = {
        verdict: "deny",
        deciders: [{ kind: "no-group-rule", groups: groups.map(({ id }) => id) }],
      };
      return groups
        .map((group) => evaluateOne(group, port, family, table))
        .reduce((before, group) => together(before, group), whole(family, nobody));
    },
  };
};

/** Gives way to what is said of all groups. */
const NOBODY: Outcome = { verdict: "deny", deciders: [] };

/** Whether a rule is for this port. One for TCP or UDP without ports can't be read. */
export const fitOf = ({ protocol, fromPort, toPort }: GroupRule, port: Port): Fit => {
  const name = protocol.toLowerCase();
  if (name === "-1" || name === "all") return "yes";
  if (name !== port.protocol && name !== PROTOCOL_NUMBERS[port.protocol]) return "no";
  if (fromPort === undefined || toPort === undefined) return "maybe";
  // -1 stands for all: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html
  if (fromPort === -1 || toPort === -1) return "yes";
  return fromPort <= port.port && port.port <= toPort ? "yes" : "no";
};

/** https://www.iana.org/assignments/protocol-numbers */
const PROTOCOL_NUMBERS = { tcp: "6", udp: "17" } as const;

const deciderOf = (group: SecurityGroup, rule: GroupRule): GroupDecider => ({
  kind: "group-rule",
  group: group.id,
  groupName: group.name,
  rule: rule.id,
  sources: [rule.source],
  ports: [portsOf(rule)],
});

const portsOf = ({ protocol, fromPort, toPort }: GroupRule): string => {
  if (fromPort === undefined || toPort === undefined || fromPort === -1 || protocol === "-1") return "*";
  return fromPort === toPort ? String(fromPort) : `${fromPort}-${toPort}`;
};
