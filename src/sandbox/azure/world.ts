/** What exists in the sandbox's Azure: the shape of the world it starts with, and of what its network looks at. */

import type { AzureFirewall, WrittenFirewall } from "./firewall-world.ts";

/** A full ARM id: `/subscriptions/…/resourceGroups/…/providers/Microsoft.Network/networkInterfaces/web-nic`. Letter case doesn't matter. */
export type ArmId = string;

export type Tags = Readonly<Record<string, string>>;

interface Resource {
  readonly id: ArmId;
  readonly location: string;
  readonly tags?: Tags;
}

export interface ResourceGroup {
  readonly id: ArmId;
  readonly location: string;
}

/** As in `PowerState/running`. */
export type PowerState = "running" | "deallocated" | "stopped" | "starting" | "stopping" | "deallocating";

export interface VirtualMachine extends Resource {
  readonly os: "Linux" | "Windows";
  readonly size?: string;
  readonly powerState: PowerState;
  /** The first is the primary one. */
  readonly networkInterfaces: readonly ArmId[];
}

export interface IpConfiguration {
  readonly name: string;
  readonly privateAddress: string;
  readonly subnet: ArmId;
  readonly publicAddress?: ArmId;
  readonly applicationSecurityGroups?: readonly ArmId[];
}

export interface NetworkInterface extends Resource {
  /** The first is the primary one. */
  readonly ipConfigurations: readonly IpConfiguration[];
  readonly networkSecurityGroup?: ArmId;
}

/** `address` is absent while a dynamic one is not allocated. */
export interface PublicAddress extends Resource {
  readonly address?: string;
  /** Standard unless said; without an address, Basic. A Basic one is open to everybody where no group closes it. */
  readonly sku?: "Basic" | "Standard";
}

export interface Subnet {
  readonly name: string;
  readonly prefixes: readonly string[];
  readonly networkSecurityGroup?: ArmId;
  readonly routeTable?: ArmId;
}

export interface VirtualNetwork extends Resource {
  readonly prefixes: readonly string[];
  readonly subnets: readonly Subnet[];
  /** The other side has its own, towards this one. */
  readonly peerings?: readonly Peering[];
}

export interface Peering {
  readonly name: string;
  readonly remote: ArmId;
  /** Default `Connected`. */
  readonly state?: "Connected" | "Initiated" | "Disconnected";
}

export interface RouteTable extends Resource {
  readonly routes: readonly Route[];
}

export interface Route {
  readonly name: string;
  readonly addressPrefix: string;
  readonly nextHopType: "VirtualAppliance" | "VnetLocal" | "VirtualNetworkGateway" | "Internet" | "None";
  /** With `VirtualAppliance` only. */
  readonly nextHopIpAddress?: string;
}

export type ApplicationSecurityGroup = Resource;

export interface IpGroup extends Resource {
  /** Addresses, prefixes, `10.0.0.1-10.0.0.9`. */
  readonly addresses: readonly string[];
}

/** The user's part of a rule in ARM's own words: https://learn.microsoft.com/rest/api/virtualnetwork/security-rules/create-or-update */
export interface SecurityRuleProperties {
  readonly description?: string;
  readonly protocol: "Tcp" | "Udp" | "Icmp" | "Esp" | "Ah" | "*";
  readonly sourcePortRange?: string;
  readonly destinationPortRange?: string;
  readonly sourceAddressPrefix?: string;
  readonly destinationAddressPrefix?: string;
  readonly access: "Allow" | "Deny";
  readonly priority: number;
  readonly direction: "Inbound" | "Outbound";
  readonly sourcePortRanges: readonly string[];
  readonly destinationPortRanges: readonly string[];
  readonly sourceAddressPrefixes: readonly string[];
  readonly destinationAddressPrefixes: readonly string[];
  readonly sourceApplicationSecurityGroups?: readonly { readonly id: ArmId }[];
  readonly destinationApplicationSecurityGroups?: readonly { readonly id: ArmId }[];
}

export interface SecurityRule {
  readonly name: string;
  readonly properties: SecurityRuleProperties;
}

type Plural = "sourcePortRanges" | "destinationPortRanges" | "sourceAddressPrefixes" | "destinationAddressPrefixes";

/** A rule as one writes it: lists that stay empty are left out. */
export interface WrittenRule {
  readonly name: string;
  readonly properties: Omit<SecurityRuleProperties, Plural> & Partial<Pick<SecurityRuleProperties, Plural>>;
}

interface SecurityGroupOf<Rule> extends Resource {
  readonly flushConnection?: boolean;
  readonly rules: readonly Rule[];
}

export type NetworkSecurityGroup = SecurityGroupOf<SecurityRule>;

interface WorldOf<Rule> {
  /** Subscription ids, without a path. */
  readonly subscriptions: readonly string[];
  readonly resourceGroups: readonly ResourceGroup[];
  readonly virtualMachines: readonly VirtualMachine[];
  readonly networkInterfaces: readonly NetworkInterface[];
  readonly publicAddresses: readonly PublicAddress[];
  readonly virtualNetworks: readonly VirtualNetwork[];
  readonly networkSecurityGroups: readonly SecurityGroupOf<Rule>[];
  readonly routeTables?: readonly RouteTable[];
  readonly applicationSecurityGroups?: readonly ApplicationSecurityGroup[];
  readonly ipGroups?: readonly IpGroup[];
}

/** What the sandbox starts with. */
export type AzureWorld = WorldOf<WrittenRule> & {
  readonly azureFirewalls?: readonly WrittenFirewall[];
};

/** What the network obeys now: a rule is here from the moment its operation ended well, not from the moment it was asked for. */
export type AzureState = WorldOf<SecurityRule> & { readonly azureFirewalls: readonly AzureFirewall[] };
