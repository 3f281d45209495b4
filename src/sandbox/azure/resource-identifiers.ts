/** ARM ids: building, comparing and taking them apart. */

import { createHash } from "node:crypto";
import type { ArmId } from "./world.ts";

/** Ids of one resource group: `azureIds("0000…", "prod").securityGroup("nsg-web")`. */
export const azureIds = (subscription: string, group: string) => {
  const base = `/subscriptions/${subscription}/resourceGroups/${group}`;
  const network = (type: string) => (name: string) => `${base}/providers/Microsoft.Network/${type}/${name}`;
  return {
    group: base,
    virtualMachine: (name: string): ArmId => `${base}/providers/Microsoft.Compute/virtualMachines/${name}`,
    networkInterface: network("networkInterfaces"),
    publicAddress: network("publicIPAddresses"),
    virtualNetwork: network("virtualNetworks"),
    subnet: (virtualNetwork: string, name: string): ArmId =>
      `${network("virtualNetworks")(virtualNetwork)}/subnets/${name}`,
    securityGroup: network("networkSecurityGroups"),
    applicationSecurityGroup: network("applicationSecurityGroups"),
    routeTable: network("routeTables"),
    ipGroup: network("ipGroups"),
    firewall: network("azureFirewalls"),
    firewallPolicy: network("firewallPolicies"),
  };
};

/** Ids are equal when this is: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
export const idKey = (id: ArmId): string => id.toLowerCase();

export const sameId = (a: ArmId | undefined, b: ArmId | undefined): boolean =>
  a !== undefined && b !== undefined && idKey(a) === idKey(b);

export const lastName = (id: ArmId): string => id.slice(id.lastIndexOf("/") + 1);

export const subscriptionOf = (id: ArmId): string => id.split("/")[2] ?? "";

export const groupNameOf = (id: ArmId): string => id.split("/")[4] ?? "";

/** The same text gives the same guid: for guids that shouldn't change while the sandbox runs. */
export const steadyGuid = (text: string): string => {
  const hex = createHash("sha256").update(text.toLowerCase()).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
};
