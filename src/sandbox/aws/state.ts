/** What EC2 holds. Entries are never changed in place: a change puts a new one, so what was read stays as it was. */

import { randomBytes } from "node:crypto";

import type { InstanceStateName, PeeringStatus } from "./world.ts";

export type Tags = Readonly<Record<string, string>>;

export interface Vpc {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly cidr: string;
  readonly ipv6Cidr: string | undefined;
  readonly isDefault: boolean;
  readonly tags: Tags;
}

export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly cidr: string;
  readonly ipv6Cidr: string | undefined;
  readonly tags: Tags;
}

export interface PrefixList {
  readonly id: string;
  /** `AWS` for one of Amazon's own, which every account sees. */
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly family: "IPv4" | "IPv6";
  readonly maxEntries: number;
  /** The entries of the current version. */
  readonly cidrs: readonly string[];
  /** The entries of each version, the first at 0. */
  readonly versions: readonly (readonly string[])[];
  /** By CIDR. */
  readonly descriptions: Readonly<Record<string, string>>;
  readonly tags: Tags;
}

export interface Peering {
  readonly id: string;
  readonly vpcIds: readonly [string, string];
  readonly status: PeeringStatus;
}

export interface Instance {
  readonly id: string;
  readonly vpcId: string;
  readonly platform: "linux" | "windows";
  readonly state: InstanceStateName;
  readonly launchedAt: number;
  /** In the order of their device index. */
  readonly interfaceIds: readonly string[];
  readonly tags: Tags;
}

export interface NetworkInterface {
  readonly id: string;
  readonly instanceId: string | undefined;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly privateIp: string;
  readonly secondaryPrivateIps: readonly string[];
  readonly publicIp: string | undefined;
  readonly ipv6: readonly string[];
  readonly groupIds: readonly string[];
  readonly description: string;
  readonly tags: Tags;
}

export interface SecurityGroup {
  readonly id: string;
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  readonly tags: Tags;
  readonly rules: readonly Rule[];
  /** Until then its id isn't known everywhere yet: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html */
  readonly knownFrom: number;
}

export interface Rule {
  readonly id: string;
  readonly isEgress: boolean;
  /** `tcp`, `udp`, `icmp`, `icmpv6`, another protocol's number, or `-1` for all. */
  readonly protocol: string;
  /** -1 for all. For ICMP the type and the code. */
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: Peer;
  readonly description: string | undefined;
  readonly tags: Tags;
}

/** Where packets come from (or go to, for egress). */
export type Peer =
  | { readonly kind: "ipv4" | "ipv6"; readonly cidr: string }
  | { readonly kind: "prefix-list"; readonly id: string }
  | { readonly kind: "group"; readonly id: string; readonly across?: Across };

/** How a group in another VPC is reached; kept by the rule, because it outlives that group and the peering. */
export interface Across {
  readonly peeringId: string;
  readonly vpcId: string;
}

export interface Ec2State {
  readonly vpcs: Map<string, Vpc>;
  readonly subnets: Map<string, Subnet>;
  readonly prefixLists: Map<string, PrefixList>;
  readonly peerings: Map<string, Peering>;
  readonly instances: Map<string, Instance>;
  readonly interfaces: Map<string, NetworkInterface>;
  readonly groups: Map<string, SecurityGroup>;
}

export type Ec2Reading = { readonly [Name in keyof Ec2State]: ReadonlyMap<string, MapValue<Ec2State[Name]>> };
type MapValue<M> = M extends Map<string, infer Value> ? Value : never;

export const copyOf = (state: Ec2State): Ec2State => ({
  vpcs: new Map(state.vpcs),
  subnets: new Map(state.subnets),
  prefixLists: new Map(state.prefixLists),
  peerings: new Map(state.peerings),
  instances: new Map(state.instances),
  interfaces: new Map(state.interfaces),
  groups: new Map(state.groups),
});

/** `sg-0` and sixteen more hexadecimal digits, as EC2's long ids are. */
export const newId = (kind: "sg" | "sgr" | "r"): string => `${kind}-0${randomBytes(8).toString("hex")}`;

export const peerText = (peer: Peer): string => ("cidr" in peer ? peer.cidr : peer.id);

/** What makes two rules the same to EC2: neither description nor tags are part of it. */
export const ruleIdentity = (rule: Pick<Rule, "isEgress" | "protocol" | "fromPort" | "toPort" | "peer">): string =>
  [rule.isEgress, rule.protocol, rule.fromPort, rule.toPort, peerText(rule.peer)].join("|");

export const setRules = (
  state: Ec2State,
  groupId: string,
  change: (rules: readonly Rule[]) => readonly Rule[],
): void => {
  const group = state.groups.get(groupId);
  if (group !== undefined) state.groups.set(groupId, { ...group, rules: change(group.rules) });
};

export const findRule = (state: Ec2Reading, ruleId: string): { group: SecurityGroup; rule: Rule } | undefined => {
  for (const group of state.groups.values()) {
    const rule = group.rules.find(({ id }) => id === ruleId);
    if (rule !== undefined) return { group, rule };
  }
  return undefined;
};
