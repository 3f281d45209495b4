/** All that stands before a machine, as its cloud states it: what the adapters fill in, and posture computes from. */

import type { Machine, MachineId } from "../access/machine.ts";

/**
 * The names that may stand where an address may, and their addresses or prefixes. Keys are in lower case.
 *
 * Azure: service tags (`azurecloud.westeurope`), ids of application security groups (private addresses of their members) and of IP groups.
 * AWS: ids of prefix lists (their entries) and of security groups (private addresses of the interfaces that have them).
 * A name that isn't here has an unknown extent, and so has all that depends on it.
 */
export interface AddressTable {
  readonly named: ReadonlyMap<string, readonly string[]>;
  /**
   * Azure's `VirtualNetwork` as the machine sees it: the network's own prefixes, those of what is peered or connected to it, and of its
   * user-defined routes. `undefined` when it couldn't be read. The host's address is part of it without being told.
   * https://learn.microsoft.com/azure/virtual-network/service-tags-overview#available-service-tags
   */
  readonly virtualNetwork: readonly string[] | undefined;
}

/** `other` is one that has no ports: ICMP, ESP, AH. */
export type RuleProtocol = "tcp" | "udp" | "any" | "other";

/**
 * One custom inbound rule of an NSG. Lists hold what the singular and the plural property say together, as written.
 *
 * What can't be read, and a list that is empty though Azure requires one, has an unknown extent.
 */
export interface NsgRule {
  readonly name: string;
  readonly priority: number;
  readonly access: "allow" | "deny";
  readonly protocol: RuleProtocol;
  /** `203.0.113.0/24`, `*`, `Internet`, or the id of an application security group. */
  readonly sources: readonly string[];
  /** `*`, `1024-65535`. */
  readonly sourcePorts: readonly string[];
  readonly destinations: readonly string[];
  readonly destinationPorts: readonly string[];
}

export interface Nsg {
  /** Resource id, lower case. */
  readonly id: string;
  readonly name: string;
  /** In any order. The three default rules are added by whoever evaluates. */
  readonly rules: readonly NsgRule[];
}

/** A network address translation rule: who comes to one of the firewall's public addresses is sent on. */
export interface NatRule {
  readonly name: string;
  readonly protocols: readonly RuleProtocol[];
  /** Prefixes, ranges (`10.0.0.1-10.0.0.9`), `*`, ids of IP groups. */
  readonly sources: readonly string[];
  readonly destinations: readonly string[];
  readonly destinationPorts: readonly string[];
  /** `undefined` when it is given as a name to be looked up. */
  readonly translatedAddress: string | undefined;
  readonly translatedPort: string;
}

export interface NetworkRule {
  readonly name: string;
  readonly protocols: readonly RuleProtocol[];
  readonly sources: readonly string[];
  /** Prefixes, ranges, `*`, service tags, ids of IP groups; a host name is written as it is, and its extent is unknown. */
  readonly destinations: readonly string[];
  readonly destinationPorts: readonly string[];
}

export interface NatCollection {
  readonly name: string;
  readonly priority: number;
  readonly rules: readonly NatRule[];
}

export interface NetworkCollection {
  readonly name: string;
  readonly priority: number;
  readonly access: "allow" | "deny";
  readonly rules: readonly NetworkRule[];
}

/** An Azure Firewall whose rules are in itself. */
export interface ClassicFirewall {
  readonly kind: "classic";
  readonly id: string;
  readonly name: string;
  readonly publicAddresses: readonly string[];
  /** The prefixes of `AzureFirewallSubnet`: the sources that a machine sees of what was translated. */
  readonly subnetPrefixes: readonly string[];
  readonly natCollections: readonly NatCollection[];
  readonly networkCollections: readonly NetworkCollection[];
  /** Ports named by application rules, which decide by host name: what they let through to these is unknown. */
  readonly applicationPorts: readonly number[];
}

/** An Azure Firewall whose rules are in a firewall policy, which nobody here reads. */
export interface PolicyFirewall {
  readonly kind: "policy";
  readonly id: string;
  readonly name: string;
  readonly policy: string;
}

export type AzureFirewall = ClassicFirewall | PolicyFirewall;

/** How strangers get to a machine without passing a firewall. */
export interface PublicWay {
  readonly kind: "address" | "load-balancer";
  readonly address: string;
  /** Azure's Standard ones stay closed without an NSG; AWS has no such thing, and there it is `basic`. */
  readonly sku: "basic" | "standard" | "unknown";
  /** Those of the machine's own ports that it leads to; absent: all. */
  readonly ports?: readonly WayPorts[];
}

/** Both ends included. */
export interface WayPorts {
  readonly protocol: RuleProtocol;
  readonly from: number;
  readonly to: number;
}

/** One private address of a machine and everything that a packet to it must pass. */
export interface AzureTarget {
  readonly cloud: "azure";
  readonly privateAddress: string;
  readonly publicWays: readonly PublicWay[];
  /** Ids in lower case. */
  readonly applicationGroups: readonly string[];
  readonly subnetGroup: Nsg | undefined;
  readonly interfaceGroup: Nsg | undefined;
  /** Those whose translations or routes lead here. */
  readonly firewalls: readonly AzureFirewall[];
  readonly table: AddressTable;
}

/** One ingress rule of a security group. */
export interface GroupRule {
  /** `sgr-…` */
  readonly id: string;
  /** `tcp`, `udp`, `-1` for all, or a number of IANA's list. */
  readonly protocol: string;
  /** For `-1` they mean nothing. */
  readonly fromPort: number | undefined;
  readonly toPort: number | undefined;
  /** A CIDR, `pl-…` or `sg-…`. */
  readonly source: string;
}

export interface SecurityGroup {
  /** `sg-…` */
  readonly id: string;
  readonly name: string;
  readonly rules: readonly GroupRule[];
}

export interface AwsTarget {
  readonly cloud: "aws";
  readonly privateAddress: string;
  readonly publicWays: readonly PublicWay[];
  readonly groups: readonly SecurityGroup[];
  readonly table: AddressTable;
}

export type Target = AzureTarget | AwsTarget;

/** Everything that stands before one machine: one target for each of its private addresses. */
export type RulesBefore =
  | {
      readonly cloud: "azure";
      /** Of Azure's classic deployment model. */
      readonly classicMachine: boolean;
      readonly targets: readonly AzureTarget[];
    }
  | { readonly cloud: "aws"; readonly targets: readonly AwsTarget[] };

/**
 * Reads the rules before these machines from one cloud, freshly, with few calls however many machines there are. Machines that share an NSG, a
 * group, a firewall or a table share the object, because whoever computes from them keeps what is known of each object.
 *
 * What can't be read for lack of permission has an unknown extent (a name left out of a table); NSGs, groups and firewalls that can't be read are a
 * `Fault`. A machine that is gone has no entry.
 */
export type ReadRules = (
  machines: readonly Machine[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<MachineId, RulesBefore>>;
