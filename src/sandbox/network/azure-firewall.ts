/** Decides by an Azure Firewall's classic rules: https://learn.microsoft.com/azure/firewall/rule-processing */

import { type Address, contains, readAddress, readPrefix } from "./address.ts";

/** In ARM's own words. */
export interface FirewallReading {
  readonly id: string;
  readonly privateAddress: string;
  readonly ipConfigurations: readonly { readonly publicAddress?: string; readonly subnet?: string }[];
  readonly firewallPolicy?: string | undefined;
  readonly natRuleCollections: readonly Collection<NatRule>[];
  readonly networkRuleCollections: readonly Collection<NetworkRule>[];
}

interface Collection<Rule> {
  readonly name: string;
  readonly properties: {
    readonly priority: number;
    readonly action: { readonly type: string };
    readonly rules: readonly Rule[];
  };
}

interface Sourced {
  readonly name: string;
  readonly protocols: readonly string[];
  readonly sourceAddresses: readonly string[];
  readonly sourceIpGroups: readonly string[];
  readonly destinationAddresses: readonly string[];
  readonly destinationPorts: readonly string[];
}

interface NatRule extends Sourced {
  readonly translatedAddress?: string;
  readonly translatedPort: string;
}

interface NetworkRule extends Sourced {
  readonly destinationIpGroups: readonly string[];
}

/** What names in rules stand for. */
export interface Names {
  readonly ipGroup: (id: string) => readonly string[];
  /** By lower-case name; `undefined`: not a tag. */
  readonly serviceTag: (name: string) => readonly string[] | undefined;
}

export interface TcpPacket {
  readonly from: Address;
  readonly to: Address;
  readonly port: number;
}

/** Where the first DNAT rule that matches sends the packet, if one does. */
export const translate = (
  { natRuleCollections }: FirewallReading,
  packet: TcpPacket,
  names: Names,
): { readonly to: Address; readonly port: number; readonly rule: string } | undefined => {
  for (const { collection, rule } of inOrder(natRuleCollections)) {
    if (!matches(rule, rule.destinationAddresses, packet, names)) continue;
    const to = readAddress(rule.translatedAddress ?? "");
    return to === undefined
      ? undefined
      : { to, port: Number(rule.translatedPort), rule: `${collection.name}/${rule.name}` };
  }
  return undefined;
};

/** The first network rule that matches, and what it says. */
export const networkDecision = (
  { networkRuleCollections }: FirewallReading,
  packet: TcpPacket,
  names: Names,
): { readonly allows: boolean; readonly rule: string } | undefined => {
  for (const { collection, rule } of inOrder(networkRuleCollections)) {
    const destinations = [...rule.destinationAddresses, ...rule.destinationIpGroups.flatMap(names.ipGroup)];
    if (!matches(rule, destinations, packet, names)) continue;
    return { allows: collection.properties.action.type === "Allow", rule: `${collection.name}/${rule.name}` };
  }
  return undefined;
};

const inOrder = <Rule>(collections: readonly Collection<Rule>[]) =>
  collections
    .toSorted((a, b) => a.properties.priority - b.properties.priority)
    .flatMap((collection) => collection.properties.rules.map((rule) => ({ collection, rule })));

const matches = (
  { protocols, sourceAddresses, sourceIpGroups, destinationPorts }: Sourced,
  destinations: readonly string[],
  { from, to, port }: TcpPacket,
  names: Names,
): boolean =>
  protocols.some((protocol) => protocol === "TCP" || protocol === "Any") &&
  [...sourceAddresses, ...sourceIpGroups.flatMap(names.ipGroup)].some((text) => holds(text, from)) &&
  destinations.some((text) => (names.serviceTag(text.toLowerCase()) ?? [text]).some((one) => holds(one, to))) &&
  destinationPorts.some((text) => holdsPort(text, port));

/** `*`, an address, a prefix, `10.0.0.1-10.0.0.9`. */
const holds = (text: string, address: Address): boolean => {
  if (text === "*") return true;
  const [first = "", last] = text.split("-");
  if (last === undefined) {
    const prefix = readPrefix(first);
    return prefix !== undefined && contains(prefix, address);
  }
  const [low, high] = [readAddress(first), readAddress(last)];
  if (low?.family !== address.family || high?.family !== address.family) return false;
  return low.bits <= address.bits && address.bits <= high.bits;
};

const holdsPort = (text: string, port: number): boolean => {
  if (text === "*") return true;
  const [from = Number.NaN, to = from] = text.split("-").map(Number);
  return from <= port && port <= to;
};
