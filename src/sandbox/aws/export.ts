/** What stands before one network interface or a whole account, in a form that is equal when nothing of meaning has changed. */

import type { Ec2Reading, Peer, Rule, SecurityGroup, Tags } from "./state.ts";
import { peerText, ruleIdentity } from "./state.ts";

export interface InterfaceExport {
  /** The groups on the interface, by id. */
  readonly attached: readonly GroupExport[];
  /** Every group in the VPC, attached or not: a group that is left over shows here. */
  readonly groupsInVpc: readonly { readonly id: string; readonly name: string }[];
}

export interface AccountExport {
  /** Every group in every region, by id. */
  readonly groups: readonly GroupExport[];
  /** The groups on each interface, by the interface's id; in order of their ids. */
  readonly attached: Readonly<Record<string, readonly string[]>>;
}

export interface GroupExport {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: Tags;
  readonly ingress: readonly RuleExport[];
  readonly egress: readonly RuleExport[];
}

/** Without its id: a rule that was revoked and put back as it was has a new one. */
export interface RuleExport {
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: string;
  readonly description: string | undefined;
  readonly tags: Tags;
}

export const exportInterface = (state: Ec2Reading, interfaceId: string): InterfaceExport => {
  const one = state.interfaces.get(interfaceId);
  if (one === undefined) throw new Error(`there is no interface \`${interfaceId}\``);
  return {
    attached: byId(one.groupIds.flatMap((id) => state.groups.get(id) ?? [])).map(groupExport),
    groupsInVpc: byId([...state.groups.values()].filter(({ vpcId }) => vpcId === one.vpcId)).map(({ id, name }) => ({
      id,
      name,
    })),
  };
};

export const exportAccount = (state: Ec2Reading, account: string): AccountExport => {
  const isOf = ({ vpcId }: { readonly vpcId: string }): boolean => state.vpcs.get(vpcId)?.account === account;
  return {
    groups: byId([...state.groups.values()].filter(isOf)).map(groupExport),
    attached: Object.fromEntries(
      byId([...state.interfaces.values()].filter(isOf)).map(({ id, groupIds }) => [id, groupIds.toSorted(compare)]),
    ),
  };
};

const groupExport = ({ id, name, description, tags, rules }: SecurityGroup): GroupExport => ({
  id,
  name,
  description,
  tags: sortedTags(tags),
  ingress: rulesExport(rules.filter(({ isEgress }) => !isEgress)),
  egress: rulesExport(rules.filter(({ isEgress }) => isEgress)),
});

const rulesExport = (rules: readonly Rule[]): readonly RuleExport[] =>
  rules
    .toSorted((a, b) => compare(ruleIdentity(a), ruleIdentity(b)))
    .map(({ protocol, fromPort, toPort, peer, description, tags }) => ({
      protocol,
      fromPort,
      toPort,
      peer: peerText(peer satisfies Peer),
      description,
      tags: sortedTags(tags),
    }));

const sortedTags = (tags: Tags): Tags => Object.fromEntries(Object.entries(tags).toSorted(([a], [b]) => compare(a, b)));

const byId = <T extends { readonly id: string }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => compare(a.id, b.id));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
