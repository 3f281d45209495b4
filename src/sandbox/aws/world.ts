/** What one says of a world with EC2 in it: accounts, networks, groups and instances. */

import type { Tags } from "./state.ts";

export interface Ec2World {
  readonly accounts: readonly AccountSpec[];
  /** Without it: those that the VPCs are in. */
  readonly regions?: readonly string[];
  readonly vpcs: readonly VpcSpec[];
  readonly subnets: readonly SubnetSpec[];
  readonly prefixLists?: readonly PrefixListSpec[];
  readonly peerings?: readonly PeeringSpec[];
  /** Each VPC has its `default` group beside these, unless one of these is named so. */
  readonly groups: readonly GroupSpec[];
  readonly instances: readonly InstanceSpec[];
}

export interface AccountSpec {
  /** Twelve digits. */
  readonly id: string;
  readonly keys: readonly AccessKeySpec[];
}

export interface AccessKeySpec {
  readonly id: string;
  /** When it is known, a request's signature must be made with it. */
  readonly secret?: string;
  /** Actions that IAM doesn't allow this key: `RevokeSecurityGroupIngress`, `Create*`. */
  readonly denied?: readonly string[];
}

export interface VpcSpec {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly cidr: string;
  readonly ipv6Cidr?: string;
  readonly isDefault?: boolean;
  readonly tags?: Tags;
}

export interface SubnetSpec {
  readonly id: string;
  readonly vpc: string;
  readonly cidr: string;
  readonly ipv6Cidr?: string;
  readonly tags?: Tags;
}

/** Rules that name it count `maxEntries` times against the quota; of one of Amazon's own that is its weight, and isn't shown. */
export interface PrefixListSpec {
  readonly id: string;
  /** `AWS` for one of Amazon's own, which every account sees. */
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly maxEntries: number;
  readonly cidrs: readonly string[];
  /** Without it: that of the first entry, IPv4 when there is none. */
  readonly family?: "IPv4" | "IPv6";
  /** By CIDR. */
  readonly descriptions?: Readonly<Record<string, string>>;
  readonly tags?: Tags;
}

/** Lets the groups of two VPCs of one region name each other's in their rules, also across accounts. */
export interface PeeringSpec {
  readonly id: string;
  readonly vpcs: readonly [string, string];
  /** `active` without it. */
  readonly status?: PeeringStatus;
}

/** https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html */
export type PeeringStatus =
  | "initiating-request"
  | "pending-acceptance"
  | "provisioning"
  | "active"
  | "rejected"
  | "expired"
  | "failed"
  | "deleting"
  | "deleted";

export interface GroupSpec {
  readonly id: string;
  readonly vpc: string;
  readonly name: string;
  readonly description?: string;
  readonly tags?: Tags;
  readonly ingress?: readonly RuleSpec[];
  /** Without it: everything to anywhere over IPv4, as a new group has it. */
  readonly egress?: readonly RuleSpec[];
}

/**
 *     { protocol: "tcp", ports: 22, peer: "203.0.113.0/24" }
 *     { protocol: "tcp", ports: [20, 25], peer: "sg-0aaa" }
 *     { protocol: "-1", peer: "::/0" }
 */
export interface RuleSpec {
  readonly protocol: string;
  readonly ports?: number | readonly [from: number, to: number];
  /** A prefix of either family, `pl-…` or `sg-…`, the latter also of a peered VPC. */
  readonly peer: string;
  readonly description?: string;
  readonly tags?: Tags;
}

export interface InstanceSpec {
  readonly id: string;
  /** The tag `Name`. */
  readonly name?: string;
  readonly platform?: "linux" | "windows";
  readonly state?: InstanceStateName;
  readonly tags?: Tags;
  /** The first is the primary one. */
  readonly interfaces: readonly InterfaceSpec[];
}

export interface InterfaceSpec {
  readonly id: string;
  readonly subnet: string;
  readonly privateIp: string;
  readonly publicIp?: string;
  readonly secondaryPrivateIps?: readonly string[];
  readonly ipv6?: readonly string[];
  readonly groups: readonly string[];
  readonly tags?: Tags;
}

export type InstanceStateName = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";
