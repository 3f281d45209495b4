/** An NSG's custom inbound rules, read from what Azure answers. */

import type { NetworkSecurityGroup, SecurityRule } from "@azure/arm-network";
import { Fault } from "../../../access/fault.ts";
import type { Nsg, NsgRule, RuleProtocol } from "../../rules.ts";
import { idKey, nameOf } from "../resource-id.ts";

/** Throws a `Fault` when the answer tells nothing of what is in it: no rules at all would read as "closed". */
export const readNsgRules = (nsg: NetworkSecurityGroup): Nsg => {
  const id = nsg.id ?? "";
  const { securityRules, defaultSecurityRules, provisioningState, resourceGuid } = nsg;
  if ([securityRules, defaultSecurityRules, provisioningState, resourceGuid].every((value) => value === undefined)) {
    throw new Fault("azure", `cannot read network security group \`${nameOf(id)}\`: the answer is empty`, {
      retry: "later",
    });
  }
  const rules = (securityRules ?? []).filter(({ direction }) => direction?.toLowerCase() !== "outbound").map(readRule);
  return { id: idKey(id), name: nsg.name ?? nameOf(id), rules };
};

/** What stands for an NSG that there may be and nobody may read: it may do anything. */
export const unreadableNsg = (id: string, name: string): Nsg => ({
  id: idKey(id),
  name,
  rules: [
    {
      name: "(not readable)",
      priority: 0,
      access: "allow",
      protocol: "any",
      sources: ["(not readable)"],
      sourcePorts: ["*"],
      destinations: ["*"],
      destinationPorts: ["*"],
    },
    {
      name: "(not readable)",
      priority: 1,
      access: "deny",
      protocol: "any",
      sources: ["(not readable)"],
      sourcePorts: ["*"],
      destinations: ["*"],
      destinationPorts: ["*"],
    },
  ],
});

const readRule = (rule: SecurityRule): NsgRule => ({
  name: rule.name ?? nameOf(rule.id ?? ""),
  priority: rule.priority ?? 0,
  access: rule.access?.toLowerCase() === "deny" ? "deny" : "allow",
  protocol: readProtocol(rule.protocol),
  sources: together(rule.sourceAddressPrefix, rule.sourceAddressPrefixes, rule.sourceApplicationSecurityGroups),
  sourcePorts: together(rule.sourcePortRange, rule.sourcePortRanges),
  destinations: together(
    rule.destinationAddressPrefix,
    rule.destinationAddressPrefixes,
    rule.destinationApplicationSecurityGroups,
  ),
  destinationPorts: together(rule.destinationPortRange, rule.destinationPortRanges),
});

/** Whoever has both forms of a property means them together. */
const together = (
  one: string | undefined,
  many: readonly string[] | undefined,
  groups?: readonly { readonly id?: string }[],
): readonly string[] => [
  ...(one === undefined || one === null || one === "" ? [] : [one]),
  ...(many ?? []),
  ...(groups ?? []).flatMap(({ id }) => (id === undefined ? [] : [idKey(id)])),
];

/** https://learn.microsoft.com/rest/api/virtualnetwork/security-rules/get#securityruleprotocol */
export const readProtocol = (text: string | undefined): RuleProtocol => {
  switch (text?.toLowerCase()) {
    case "tcp":
      return "tcp";
    case "udp":
      return "udp";
    case "icmp":
    case "icmpv6":
    case "esp":
    case "ah":
      return "other";
    default:
      return "any";
  }
};
