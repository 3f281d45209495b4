/** Decides by one network security group: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview */

import type { Address } from "./address.ts";
import { type AddressSpace, isIn } from "./service-tags.ts";

/** In ARM's own words. Whoever has both forms of a property means them together. */
export interface NsgRule {
  readonly name: string;
  readonly properties: {
    readonly priority: number;
    readonly direction: string;
    readonly access: string;
    readonly protocol: string;
    readonly sourceAddressPrefix?: string;
    readonly sourceAddressPrefixes?: readonly string[];
    readonly sourceApplicationSecurityGroups?: readonly { readonly id: string }[];
    readonly sourcePortRange?: string;
    readonly sourcePortRanges?: readonly string[];
    readonly destinationAddressPrefix?: string;
    readonly destinationAddressPrefixes?: readonly string[];
    readonly destinationApplicationSecurityGroups?: readonly { readonly id: string }[];
    readonly destinationPortRange?: string;
    readonly destinationPortRanges?: readonly string[];
  };
}

export interface Endpoint {
  readonly address: Address;
  readonly port: number;
  /** Lower-cased ids of the application security groups that this address belongs to. */
  readonly applicationGroups: ReadonlySet<string>;
}

/** An inbound TCP packet, its destination being the private address. */
export interface Packet {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly space: AddressSpace;
}

/** The inbound rule that decides, the three that every group ends with among them. */
export const decidingRule = (rules: readonly NsgRule[], packet: Packet): NsgRule => {
  const inbound = [...rules, ...DEFAULT_INBOUND]
    .filter(({ properties }) => isWord(properties.direction, "Inbound"))
    .toSorted((a, b) => a.properties.priority - b.properties.priority);
  return inbound.find((rule) => matches(rule, packet)) ?? DENY_ALL;
};

export const allows = ({ properties }: NsgRule): boolean => isWord(properties.access, "Allow");

const anyPort = { protocol: "*", sourcePortRange: "*", destinationPortRange: "*", direction: "Inbound" } as const;

const DENY_ALL: NsgRule = {
  name: "DenyAllInBound",
  properties: {
    ...anyPort,
    priority: 65_500,
    access: "Deny",
    sourceAddressPrefix: "*",
    destinationAddressPrefix: "*",
  },
};

const DEFAULT_INBOUND: readonly NsgRule[] = [
  {
    name: "AllowVnetInBound",
    properties: {
      ...anyPort,
      priority: 65_000,
      access: "Allow",
      sourceAddressPrefix: "VirtualNetwork",
      destinationAddressPrefix: "VirtualNetwork",
    },
  },
  {
    name: "AllowAzureLoadBalancerInBound",
    properties: {
      ...anyPort,
      priority: 65_001,
      access: "Allow",
      sourceAddressPrefix: "AzureLoadBalancer",
      destinationAddressPrefix: "*",
    },
  },
  DENY_ALL,
];

const matches = ({ properties: rule }: NsgRule, { source, destination, space }: Packet): boolean =>
  (rule.protocol === "*" || isWord(rule.protocol, "Tcp")) &&
  hasPort(listOf(rule.sourcePortRange, rule.sourcePortRanges), source.port) &&
  hasPort(listOf(rule.destinationPortRange, rule.destinationPortRanges), destination.port) &&
  isEnd(
    listOf(rule.sourceAddressPrefix, rule.sourceAddressPrefixes),
    rule.sourceApplicationSecurityGroups,
    source,
    space,
  ) &&
  isEnd(
    listOf(rule.destinationAddressPrefix, rule.destinationAddressPrefixes),
    rule.destinationApplicationSecurityGroups,
    destination,
    space,
  );

const listOf = (one: string | undefined, many: readonly string[] | undefined): readonly string[] => [
  ...(one === undefined || one === "" ? [] : [one]),
  ...(many ?? []),
];

const isEnd = (
  prefixes: readonly string[],
  groups: readonly { readonly id: string }[] | undefined,
  { address, applicationGroups }: Endpoint,
  space: AddressSpace,
): boolean =>
  prefixes.some((prefix) => isIn(prefix, address, space)) ||
  (groups ?? []).some(({ id }) => applicationGroups.has(id.toLowerCase()));

const hasPort = (ranges: readonly string[], port: number): boolean =>
  ranges.some((range) => {
    if (range === "*") return true;
    const [from, to = from] = range.split("-").map(Number);
    return from !== undefined && to !== undefined && from <= port && port <= to;
  });

/** ARM compares its words without regard to letter case. */
const isWord = (text: string, word: string): boolean => text.toLowerCase() === word.toLowerCase();
