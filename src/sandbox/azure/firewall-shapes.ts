/** How Azure Firewalls look in answers, and in an export. */

import type { Firewall } from "./azure-firewalls.ts";
import type { FirewallContent, FirewallIpConfiguration, RuleCollection } from "./firewall-world.ts";
import { lastName } from "./resource-identifiers.ts";
import type { ArmId } from "./world.ts";

const TYPE = "Microsoft.Network/azureFirewalls";

/** As in the recorded answers of azure-cli-extensions' `test_azure_firewall_rules`. */
export const firewallBody = (firewall: Firewall): unknown => {
  const { id, location, etag, state, goal } = firewall;
  const listed = (kind: string, collections: readonly RuleCollection<string, unknown>[]): unknown =>
    collections.map(({ name, properties }) => ({
      name,
      id: `${id}/${kind}/${name}`,
      etag,
      type: `${TYPE}/${kind}`,
      properties: { provisioningState: state, ...properties },
    }));
  return {
    name: lastName(id),
    id,
    etag,
    type: TYPE,
    location,
    ...(goal.tags === undefined ? {} : { tags: goal.tags }),
    ...(goal.zones === undefined ? {} : { zones: goal.zones }),
    properties: {
      provisioningState: state,
      sku: goal.sku,
      threatIntelMode: goal.threatIntelMode,
      additionalProperties: goal.additionalProperties,
      ...goal.others,
      ...(goal.firewallPolicy === undefined ? {} : { firewallPolicy: { id: goal.firewallPolicy } }),
      ipConfigurations: goal.ipConfigurations.map((one, index) => ipConfigurationBody(firewall, one, index)),
      networkRuleCollections: listed("networkRuleCollections", goal.networkRuleCollections),
      applicationRuleCollections: listed("applicationRuleCollections", goal.applicationRuleCollections),
      natRuleCollections: listed("natRuleCollections", goal.natRuleCollections),
    },
  };
};

/** What a public address refers back to. */
export const firewallIpConfigurationId = (firewallId: ArmId, { name }: FirewallIpConfiguration): ArmId =>
  `${firewallId}/azureFirewallIpConfigurations/${name}`;

/** The first one alone has the subnet and the private address. */
const ipConfigurationBody = (
  { id, etag, state, privateAddress }: Firewall,
  configuration: FirewallIpConfiguration,
  index: number,
): unknown => ({
  name: configuration.name,
  id: firewallIpConfigurationId(id, configuration),
  etag,
  type: `${TYPE}/azureFirewallIpConfigurations`,
  properties: {
    provisioningState: state,
    ...(index === 0 ? { privateIPAddress: privateAddress } : {}),
    privateIPAllocationMethod: "Dynamic",
    ...(configuration.publicAddress === undefined ? {} : { publicIPAddress: { id: configuration.publicAddress } }),
    ...(configuration.subnet === undefined ? {} : { subnet: { id: configuration.subnet } }),
  },
});

/** What a user set, for comparing before and after: collections and rules by name, nothing that changes by itself. */
export interface FirewallExport extends Omit<FirewallContent, "tags" | "zones"> {
  readonly id: ArmId;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly zones: readonly string[];
}

export const exportFirewall = ({ id, location, goal }: Firewall): FirewallExport =>
  structuredClone({
    ...goal,
    id,
    location,
    tags: goal.tags ?? {},
    zones: goal.zones ?? [],
    natRuleCollections: sorted(goal.natRuleCollections),
    networkRuleCollections: sorted(goal.networkRuleCollections),
    applicationRuleCollections: sorted(goal.applicationRuleCollections),
  });

const byName = <T extends { readonly name: string }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => (a.name < b.name ? -1 : 1));

const sorted = <Action extends string, Rule extends { readonly name: string }>(
  collections: readonly RuleCollection<Action, Rule>[],
): readonly RuleCollection<Action, Rule>[] =>
  byName(collections).map(({ name, properties }) => ({
    name,
    properties: { ...properties, rules: byName(properties.rules) },
  }));
