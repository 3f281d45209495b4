/** What a network security group's rules must keep to together: names, priorities, numbers. */

import { type ArmAnswer, badRequest } from "./arm-errors.ts";
import type { SecurityRule } from "./world.ts";

/** https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#networking-limits */
const RULES_LIMIT = 1_000;
const ENTRIES_LIMIT = 4_000;

const lists = [
  "sourceAddressPrefixes",
  "destinationAddressPrefixes",
  "sourcePortRanges",
  "destinationPortRanges",
] as const;

/** The first thing that is wrong, rules taken in their order: of two that collide, the later is the newcomer. */
export const checkRuleSet = (groupId: string, rules: readonly SecurityRule[]): ArmAnswer | undefined => {
  if (rules.length > RULES_LIMIT) {
    return badRequest(
      "SecurityRuleCountLimitReached",
      `A security group cannot have more than ${RULES_LIMIT} security rules.`,
    );
  }
  const names = new Set<string>();
  const places = new Map<string, string>();
  for (const { name, properties } of rules) {
    if (names.has(name.toLowerCase())) {
      return badRequest(
        "DuplicateResourceName",
        `Resource ${groupId} has two child resources with the same name (${name}).`,
      );
    }
    names.add(name.toLowerCase());
    const place = `${properties.direction} ${properties.priority}`;
    const other = places.get(place);
    if (other !== undefined) {
      return badRequest(
        "SecurityRuleConflict",
        `Security rule ${other} conflicts with rule ${name}. Rules cannot have the same Priority and Direction. To learn more, see aka.ms/nsgrules.`,
      );
    }
    places.set(place, name);
  }
  for (const list of lists) {
    const count = rules.reduce((sum, { properties }) => sum + properties[list].length, 0);
    if (count > ENTRIES_LIMIT) {
      const title = `${list[0]?.toUpperCase()}${list.slice(1)}`;
      return badRequest(
        "SecurityRuleAddressesOrPortsPerSecurityGroupLimitReached",
        `Network security group ${groupId} has ${count} ${title}. A security group cannot have more than ${ENTRIES_LIMIT} ${title} as per the limit MaxSecurityRuleAddressesOrPortsPerSecurityGroup.`,
      );
    }
  }
  return undefined;
};
