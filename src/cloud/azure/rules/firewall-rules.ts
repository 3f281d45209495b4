/** An Azure Firewall's rules, read from what Azure answers. */

import type { AzureFirewall as Answered, AzureFirewallNatRule, AzureFirewallNetworkRule } from "@azure/arm-network";
import type { AzureFirewall, NatRule, NetworkRule } from "../../rules.ts";
import { idKey, nameOf } from "../resource-id.ts";
import { readProtocol } from "./nsg-rules.ts";

/** What the firewall itself names only by id. */
export interface FirewallPlace {
  readonly publicAddresses: readonly string[];
  /** Empty when it couldn't be read. */
  readonly subnetPrefixes: readonly string[];
}

const policyOf = ({ firewallPolicy }: Answered): string | undefined => firewallPolicy?.id;

export const readFirewall = (firewall: Answered, { publicAddresses, subnetPrefixes }: FirewallPlace): AzureFirewall => {
  const id = idKey(firewall.id ?? "");
  const name = firewall.name ?? nameOf(firewall.id ?? "");
  const policy = policyOf(firewall);
  if (policy !== undefined) return { kind: "policy", id, name, policy: nameOf(policy) };
  return {
    kind: "classic",
    id,
    name,
    publicAddresses,
    subnetPrefixes,
    natCollections: (firewall.natRuleCollections ?? []).map((collection) => ({
      name: collection.name ?? "",
      priority: collection.priority ?? 0,
      rules: (collection.rules ?? []).map(readNatRule),
    })),
    networkCollections: (firewall.networkRuleCollections ?? []).map((collection) => ({
      name: collection.name ?? "",
      priority: collection.priority ?? 0,
      access: isDeny(collection.action) ? "deny" : "allow",
      rules: (collection.rules ?? []).map(readNetworkRule),
    })),
    applicationPorts: [
      ...new Set(
        (firewall.applicationRuleCollections ?? [])
          .filter(({ action }) => !isDeny(action))
          .flatMap(({ rules }) => rules ?? [])
          .flatMap(({ protocols }) => protocols ?? [])
          .flatMap(({ port }) => port ?? []),
      ),
    ].toSorted((a, b) => a - b),
  };
};

const readNatRule = (rule: AzureFirewallNatRule): NatRule => ({
  name: rule.name ?? "",
  protocols: (rule.protocols ?? []).map(readProtocol),
  sources: [...(rule.sourceAddresses ?? []), ...(rule.sourceIpGroups ?? []).map(idKey)],
  destinations: rule.destinationAddresses ?? [],
  destinationPorts: rule.destinationPorts ?? [],
  translatedAddress: rule.translatedAddress || undefined,
  translatedPort: rule.translatedPort ?? "",
});

const readNetworkRule = (rule: AzureFirewallNetworkRule): NetworkRule => ({
  name: rule.name ?? "",
  protocols: (rule.protocols ?? []).map(readProtocol),
  sources: [...(rule.sourceAddresses ?? []), ...(rule.sourceIpGroups ?? []).map(idKey)],
  destinations: [
    ...(rule.destinationAddresses ?? []),
    ...(rule.destinationFqdns ?? []),
    ...(rule.destinationIpGroups ?? []).map(idKey),
  ],
  destinationPorts: rule.destinationPorts ?? [],
});

const isDeny = (action: { readonly type?: string } | undefined): boolean => action?.type?.toLowerCase() === "deny";
