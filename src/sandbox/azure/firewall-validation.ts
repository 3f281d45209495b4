/** Reads an Azure Firewall as somebody sends it, or says why Azure would not take it. */

import { type ArmAnswer, badRequest } from "./arm-errors.ts";
import {
  checkApplicationRule,
  checkNatRule,
  checkNetworkRule,
  type RuleSurroundings,
} from "./firewall-rule-validation.ts";
import type { FirewallContent, FirewallIpConfiguration, RuleCollection } from "./firewall-world.ts";
import { lastName, sameId } from "./resource-identifiers.ts";
import { checkName, type Read } from "./security-rule-validation.ts";
import { type SentIpConfiguration, sentFirewall } from "./sent-firewall.ts";
import type { AzureWorld } from "./world.ts";

export interface ReadFirewall {
  /** As it was sent; `undefined` when it wasn't. */
  readonly location: string | undefined;
  readonly content: FirewallContent;
}

/** A DNAT rule costs as much as a public address: https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-firewall-limits */
const DNAT_LIMIT = 250;

export const readFirewall = (body: unknown, world: AzureWorld): Read<ReadFirewall> => {
  const parsed = sentFirewall.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = `${issue?.path.join(".")}: ${issue?.message}`;
    return { kind: "refused", answer: badRequest("InvalidRequestFormat", `Cannot parse the request. ${where}`) };
  }
  const { location, tags, zones, properties } = parsed.data;
  const { managementIpConfiguration, autoscaleConfiguration, virtualHub } = properties;
  const others = Object.entries({ managementIpConfiguration, autoscaleConfiguration, virtualHub });
  const content: FirewallContent = {
    tags: tags ?? undefined,
    zones: zones ?? undefined,
    sku: properties.sku ?? { name: "AZFW_VNet", tier: "Standard" },
    threatIntelMode: properties.threatIntelMode ?? "Alert",
    additionalProperties: properties.additionalProperties ?? {},
    ipConfigurations: (properties.ipConfigurations ?? []).map(ipConfigurationOf),
    others: Object.fromEntries(others.filter(([, value]) => value !== undefined && value !== null)),
    firewallPolicy: properties.firewallPolicy?.id,
    natRuleCollections: properties.natRuleCollections ?? [],
    networkRuleCollections: properties.networkRuleCollections ?? [],
    applicationRuleCollections: properties.applicationRuleCollections ?? [],
  };
  const problem = checkFirewall(content, world);
  if (problem !== undefined) return { kind: "refused", answer: problem };
  return { kind: "read", value: { location, content } };
};

/** The addresses that it has towards the internet. */
export const publicAddressesOf = (
  { ipConfigurations }: Pick<FirewallContent, "ipConfigurations">,
  { publicAddresses }: Pick<AzureWorld, "publicAddresses">,
): readonly string[] =>
  ipConfigurations.flatMap(
    ({ publicAddress }) => publicAddresses.find(({ id }) => sameId(id, publicAddress))?.address ?? [],
  );

const ipConfigurationOf = ({ name, properties }: SentIpConfiguration): FirewallIpConfiguration => ({
  name,
  ...(properties?.publicIPAddress ? { publicAddress: properties.publicIPAddress.id } : {}),
  ...(properties?.subnet ? { subnet: properties.subnet.id } : {}),
});

const checkFirewall = (content: FirewallContent, world: AzureWorld): ArmAnswer | undefined => {
  const { natRuleCollections, networkRuleCollections, applicationRuleCollections, firewallPolicy } = content;
  const all = [natRuleCollections, networkRuleCollections, applicationRuleCollections];
  if (firewallPolicy !== undefined && all.some((list) => list.length > 0)) {
    return badRequest(
      "AzureFirewallPolicyAndRuleCollectionsConflict",
      "Static Firewall rules cannot be used when a Firewall Policy is associated with the firewall.",
    );
  }
  const around: RuleSurroundings = {
    publicAddresses: publicAddressesOf(content, world),
    hasIpGroup: (id) => (world.ipGroups ?? []).some((group) => sameId(group.id, id)),
  };
  return (
    checkIpConfigurations(content, world) ??
    checkCollections(natRuleCollections, (rule) => checkNatRule(rule, around)) ??
    checkCollections(networkRuleCollections, (rule) => checkNetworkRule(rule, around)) ??
    checkCollections(applicationRuleCollections, (rule) => checkApplicationRule(rule, around)) ??
    checkDnatCount(content)
  );
};

const checkIpConfigurations = ({ ipConfigurations }: FirewallContent, world: AzureWorld): ArmAnswer | undefined => {
  for (const [index, { name, publicAddress, subnet }] of ipConfigurations.entries()) {
    if (index === 0 && lastName(subnet ?? "").toLowerCase() !== "azurefirewallsubnet") {
      return badRequest("AzureFirewallSubnetNameInvalid", `${name} must be in a subnet called AzureFirewallSubnet.`);
    }
    if (publicAddress === undefined || !world.publicAddresses.some(({ id }) => sameId(id, publicAddress))) {
      const message = `Resource ${publicAddress ?? ""} referenced by resource ${name} was not found.`;
      return badRequest("InvalidResourceReference", message);
    }
  }
  return undefined;
};

const checkCollections = <Rule extends { readonly name: string }>(
  collections: readonly RuleCollection<string, Rule>[],
  checkRule: (rule: Rule) => ArmAnswer | undefined,
): ArmAnswer | undefined => {
  const names = new Set<string>();
  const priorities = new Map<number, string>();
  for (const { name, properties } of collections) {
    const { priority, rules } = properties;
    const wrongName = [name, ...rules.map((rule) => rule.name)].flatMap((one) => checkName(one) ?? [])[0];
    if (wrongName !== undefined) return wrongName;
    if (priority < 100 || priority > 65_000) {
      const message = `AzureFirewallRuleCollection ${name} has invalid priority ${priority}. Allowed range 100-65000.`;
      return badRequest("AzureFirewallRuleCollectionInvalidPriority", message);
    }
    const other = priorities.get(priority);
    if (other !== undefined) {
      const message = `AzureFirewallRuleCollection ${name} has the same priority ${priority} as ${other}.`;
      return badRequest("AzureFirewallRuleCollectionPriorityConflict", message);
    }
    const twice = repeated([...names, name]) ?? repeated(rules.map((rule) => rule.name));
    if (twice !== undefined) {
      const message = `AzureFirewallRuleCollection ${name}: the name ${twice} is used more than once.`;
      return badRequest("AzureFirewallRuleDuplicateName", message);
    }
    if (rules.length === 0) {
      const message = `AzureFirewallRuleCollection ${name} must have at least one rule.`;
      return badRequest("AzureFirewallRuleCollectionEmpty", message);
    }
    names.add(name);
    priorities.set(priority, name);
    const problem = rules.flatMap((rule) => checkRule(rule) ?? [])[0];
    if (problem !== undefined) return problem;
  }
  return undefined;
};

const repeated = (names: readonly string[]): string | undefined =>
  names.find((name, index) => names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) < index);

const checkDnatCount = ({ natRuleCollections, ipConfigurations }: FirewallContent): ArmAnswer | undefined => {
  const rules = natRuleCollections.reduce((sum, { properties }) => sum + properties.rules.length, 0);
  const count = rules + ipConfigurations.length;
  if (count <= DNAT_LIMIT) return undefined;
  return badRequest(
    "AzureFirewallDnatRulesLimitReached",
    `The firewall has ${rules} DNAT rules and ${ipConfigurations.length} public IP addresses. Together they cannot be more than ${DNAT_LIMIT}.`,
  );
};
