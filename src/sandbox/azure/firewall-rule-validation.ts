/** What a classic rule of an Azure Firewall must be to be taken. */

import { isServiceTag, readAddressRange } from "./address-prefixes.ts";
import { type ArmAnswer, badRequest } from "./arm-errors.ts";
import type { ApplicationRule, NatRule, NetworkRule } from "./firewall-world.ts";

/** What rules lean on. */
export interface RuleSurroundings {
  /** The firewall's own public addresses. */
  readonly publicAddresses: readonly string[];
  readonly hasIpGroup: (id: string) => boolean;
}

// Of these codes only AzureFirewallRuleInvalidDnatPortOrRangeFormat was found in public; the others are built alike:
// https://github.com/hashicorp/terraform-provider-azurerm/pull/18353
const wrong = (code: string, rule: { readonly name: string }, what: string): ArmAnswer =>
  badRequest(`AzureFirewallRule${code}`, `AzureFirewallRule ${rule.name}: ${what}`);

/** https://learn.microsoft.com/azure/firewall/destination-nat-rules */
export const checkNatRule = (rule: NatRule, around: RuleSurroundings): ArmAnswer | undefined => {
  const { protocols, destinationAddresses, destinationPorts, translatedAddress, translatedFqdn, translatedPort } = rule;
  if (protocols.length === 0) return wrong("ParametersMissing", rule, "Protocols must be specified.");
  const protocol = protocols.find((one: string) => one !== "TCP" && one !== "UDP");
  if (protocol !== undefined)
    return wrong("InvalidDnatProtocol", rule, `Invalid DNat protocol ${protocol}. Allowed values: TCP, UDP.`);
  const [destination, ...more] = destinationAddresses;
  if (destination === undefined || more.length > 0 || !around.publicAddresses.includes(destination)) {
    return wrong(
      "InvalidDnatDestination",
      rule,
      `Invalid DNat destination address ${destinationAddresses.join(", ")}. It should be one public IP address of the firewall.`,
    );
  }
  const [port, ...ports] = destinationPorts;
  if (port === undefined || ports.length > 0 || !isPortRange(port) || port.startsWith("0")) {
    return wrong("InvalidDnatPortOrRangeFormat", rule, "Invalid DNat port value or range.");
  }
  if (!/^[1-9]\d{0,4}$/u.test(translatedPort) || !isPortRange(translatedPort)) {
    const message =
      "Invalid DNat port value or range. Multiple values, * and ranges are not supported for DNAT translated port.";
    return wrong("InvalidDnatPortOrRangeFormat", rule, message);
  }
  if ((translatedAddress === undefined) === (translatedFqdn === undefined)) {
    return wrong("InvalidDnatTranslation", rule, "Either TranslatedAddress or TranslatedFqdn must be specified.");
  }
  if (translatedAddress !== undefined && (translatedAddress.includes("/") || !isAddress(translatedAddress))) {
    return wrong("InvalidDnatTranslation", rule, `Invalid TranslatedAddress ${translatedAddress}.`);
  }
  return checkSources(rule, around);
};

export const checkNetworkRule = (rule: NetworkRule, around: RuleSurroundings): ArmAnswer | undefined => {
  if (rule.protocols.length === 0) return wrong("ParametersMissing", rule, "Protocols must be specified.");
  if (rule.destinationPorts.length === 0)
    return wrong("ParametersMissing", rule, "Destination ports must be specified.");
  const port = rule.destinationPorts.find((one) => one !== "*" && !isPortRange(one));
  if (port !== undefined) return wrong("InvalidPortOrRangeFormat", rule, `Invalid port value or range ${port}.`);
  const { destinationAddresses, destinationIpGroups, destinationFqdns } = rule;
  const given = [destinationAddresses, destinationIpGroups, destinationFqdns].filter((list) => list.length > 0);
  if (given.length === 0) {
    const message = "Destination addresses, destination IP groups or destination FQDNs must be specified.";
    return wrong("ParametersMissing", rule, message);
  }
  // Tags stand in the destination of network rules only: https://learn.microsoft.com/azure/firewall/service-tags
  const address = destinationAddresses.find((one) => !isAddress(one) && !isServiceTag(one));
  if (address !== undefined) return wrong("InvalidAddress", rule, `Invalid destination address ${address}.`);
  return checkIpGroups(rule, destinationIpGroups, around) ?? checkSources(rule, around);
};

export const checkApplicationRule = (rule: ApplicationRule, around: RuleSurroundings): ArmAnswer | undefined => {
  if (rule.targetFqdns.length === 0 && rule.fqdnTags.length === 0) {
    return wrong("ParametersMissing", rule, "Target FQDNs or FQDN tags must be specified.");
  }
  if (rule.targetFqdns.length > 0 && rule.protocols.length === 0) {
    return wrong("ParametersMissing", rule, "Protocols must be specified.");
  }
  return checkSources(rule, around);
};

interface Sourced {
  readonly name: string;
  readonly sourceAddresses: readonly string[];
  readonly sourceIpGroups: readonly string[];
}

const checkSources = (rule: Sourced, around: RuleSurroundings): ArmAnswer | undefined => {
  if (rule.sourceAddresses.length === 0 && rule.sourceIpGroups.length === 0) {
    return wrong("ParametersMissing", rule, "Source addresses or source IP groups must be specified.");
  }
  const address = rule.sourceAddresses.find((one) => !isAddress(one));
  if (address !== undefined) return wrong("InvalidAddress", rule, `Invalid source address ${address}.`);
  return checkIpGroups(rule, rule.sourceIpGroups, around);
};

const checkIpGroups = (
  rule: { readonly name: string },
  ids: readonly string[],
  { hasIpGroup }: RuleSurroundings,
): ArmAnswer | undefined => {
  const missing = ids.find((id) => !hasIpGroup(id));
  if (missing === undefined) return undefined;
  const message = `Resource ${missing} referenced by AzureFirewallRule ${rule.name} was not found.`;
  return badRequest("InvalidResourceReference", message);
};

/** `*`, an address, a prefix or a range of addresses. IPv4 alone: https://learn.microsoft.com/azure/firewall/firewall-known-issues */
const isAddress = (text: string): boolean => {
  if (text === "*") return true;
  const [first = "", last, ...more] = text.split("-");
  if (more.length > 0) return false;
  if (last === undefined) return isPrefix(first);
  const from = readAddressRange(first);
  const to = readAddressRange(last);
  return from?.family === "ipv4" && to?.family === "ipv4" && !text.includes("/") && from.first <= to.first;
};

/** Bits behind a prefix's length are nobody's concern here. */
const isPrefix = (text: string): boolean => {
  const [address = "", length, ...more] = text.split("/");
  if (more.length > 0 || (length !== undefined && !/^(?:[12]?\d|3[0-2])$/u.test(length))) return false;
  return readAddressRange(address)?.family === "ipv4";
};

const isPortRange = (text: string): boolean => {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/u.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  return match !== null && first <= last && last <= 65_535;
};
