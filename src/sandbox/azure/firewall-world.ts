/** Azure Firewalls in the sandbox's world, in ARM's own words: https://learn.microsoft.com/rest/api/firewall/azure-firewalls/create-or-update */

import type { ArmId, Tags } from "./world.ts";

export interface NatRule {
  readonly name: string;
  readonly description?: string;
  readonly protocols: readonly ("TCP" | "UDP")[];
  /** `*`, addresses, prefixes, `10.0.0.1-10.0.0.9`. */
  readonly sourceAddresses: readonly string[];
  readonly sourceIpGroups: readonly ArmId[];
  readonly destinationAddresses: readonly string[];
  readonly destinationPorts: readonly string[];
  readonly translatedAddress?: string;
  readonly translatedFqdn?: string;
  readonly translatedPort: string;
}

export interface NetworkRule {
  readonly name: string;
  readonly description?: string;
  readonly protocols: readonly ("TCP" | "UDP" | "ICMP" | "Any")[];
  readonly sourceAddresses: readonly string[];
  readonly sourceIpGroups: readonly ArmId[];
  /** Service tags too. */
  readonly destinationAddresses: readonly string[];
  readonly destinationIpGroups: readonly ArmId[];
  readonly destinationFqdns: readonly string[];
  readonly destinationPorts: readonly string[];
}

export interface ApplicationRule {
  readonly name: string;
  readonly description?: string;
  readonly protocols: readonly { readonly protocolType: "Http" | "Https" | "Mssql"; readonly port: number }[];
  readonly sourceAddresses: readonly string[];
  readonly sourceIpGroups: readonly ArmId[];
  readonly targetFqdns: readonly string[];
  readonly fqdnTags: readonly string[];
}

export interface RuleCollection<Action extends string, Rule> {
  readonly name: string;
  readonly properties: {
    readonly priority: number;
    readonly action: { readonly type: Action };
    readonly rules: readonly Rule[];
  };
}

export type NatCollection = RuleCollection<"Dnat", NatRule>;
export type NetworkCollection = RuleCollection<"Allow" | "Deny", NetworkRule>;
export type ApplicationCollection = RuleCollection<"Allow" | "Deny", ApplicationRule>;

export interface FirewallIpConfiguration {
  readonly name: string;
  readonly publicAddress?: ArmId;
  /** Only the first one has it. */
  readonly subnet?: ArmId;
}

/** What a user sets. */
export interface FirewallContent {
  readonly tags: Tags | undefined;
  readonly zones: readonly string[] | undefined;
  readonly sku: { readonly name: string; readonly tier: string };
  readonly threatIntelMode: string;
  readonly additionalProperties: Readonly<Record<string, string>>;
  readonly ipConfigurations: readonly FirewallIpConfiguration[];
  /** What the sandbox only keeps: `autoscaleConfiguration`, `virtualHub`, `managementIpConfiguration`. */
  readonly others: Readonly<Record<string, unknown>>;
  /** Its rules are in a policy, and it can have none of its own. */
  readonly firewallPolicy: ArmId | undefined;
  readonly natRuleCollections: readonly NatCollection[];
  readonly networkRuleCollections: readonly NetworkCollection[];
  readonly applicationRuleCollections: readonly ApplicationCollection[];
}

/** What the network obeys. */
export interface AzureFirewall extends FirewallContent {
  readonly id: ArmId;
  readonly location: string;
  /** Of its first IP configuration: where route tables send to. */
  readonly privateAddress: string;
}

type Lists<Rule, Optional extends keyof Rule> = Omit<Rule, Optional> & Partial<Pick<Rule, Optional>>;

/** Rules as one writes them: lists that stay empty are left out. */
export type WrittenNatRule = Lists<NatRule, "sourceAddresses" | "sourceIpGroups">;
export type WrittenNetworkRule = Lists<
  NetworkRule,
  "sourceAddresses" | "sourceIpGroups" | "destinationAddresses" | "destinationIpGroups" | "destinationFqdns"
>;
export type WrittenApplicationRule = Lists<
  ApplicationRule,
  "sourceAddresses" | "sourceIpGroups" | "targetFqdns" | "fqdnTags"
>;

export interface WrittenCollections {
  readonly natRuleCollections?: readonly RuleCollection<"Dnat", WrittenNatRule>[];
  readonly networkRuleCollections?: readonly RuleCollection<"Allow" | "Deny", WrittenNetworkRule>[];
  readonly applicationRuleCollections?: readonly RuleCollection<"Allow" | "Deny", WrittenApplicationRule>[];
}

/** A firewall as one writes it into a world. */
export interface WrittenFirewall extends WrittenCollections {
  readonly id: ArmId;
  readonly location: string;
  readonly tags?: Tags;
  readonly zones?: readonly string[];
  readonly privateAddress: string;
  readonly tier?: "Basic" | "Standard" | "Premium";
  readonly ipConfigurations: readonly FirewallIpConfiguration[];
  readonly firewallPolicy?: ArmId;
}
