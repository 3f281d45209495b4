/** The small Azure of these tests with an Azure Firewall in it. */

import type { WrittenFirewall, WrittenNatRule, WrittenNetworkRule } from "../../../src/sandbox/azure/firewall-world.ts";
import type { AzureServerOptions } from "../../../src/sandbox/azure/server.ts";
import type { AzureWorld } from "../../../src/sandbox/azure/world.ts";
import { ids, setup, world } from "../azure-setup.ts";

export const FIREWALL = ids.firewall("fw-hub");
export const MANAGED = ids.firewall("fw-managed");
export const PUBLIC = "20.50.1.10";
export const SECOND = "20.50.1.11";

export const natRule = (name: string, more: Partial<WrittenNatRule> = {}): WrittenNatRule => ({
  name,
  protocols: ["TCP"],
  sourceAddresses: ["203.0.113.0/24"],
  destinationAddresses: [PUBLIC],
  destinationPorts: ["50022"],
  translatedAddress: "10.0.1.4",
  translatedPort: "22",
  ...more,
});

export const networkRule = (name: string, more: Partial<WrittenNetworkRule> = {}): WrittenNetworkRule => ({
  name,
  protocols: ["TCP"],
  sourceAddresses: ["*"],
  destinationAddresses: ["10.0.1.4"],
  destinationPorts: ["22"],
  ...more,
});

export const nat = (name: string, priority: number, ...rules: readonly WrittenNatRule[]) => ({
  name,
  properties: { priority, action: { type: "Dnat" as const }, rules },
});

export const network = (
  name: string,
  priority: number,
  type: "Allow" | "Deny",
  ...rules: readonly WrittenNetworkRule[]
) => ({ name, properties: { priority, action: { type }, rules } });

const SUBNET = ids.subnet("vnet-hub", "AzureFirewallSubnet");

export const hubFirewall: WrittenFirewall = {
  id: FIREWALL,
  location: "westeurope",
  tags: { owner: "network" },
  privateAddress: "10.10.1.4",
  ipConfigurations: [
    { name: "first", publicAddress: ids.publicAddress("fw-ip-1"), subnet: SUBNET },
    { name: "second", publicAddress: ids.publicAddress("fw-ip-2") },
  ],
  natRuleCollections: [nat("web", 200, natRule("https", { destinationPorts: ["443"], translatedPort: "443" }))],
  applicationRuleCollections: [
    {
      name: "updates",
      properties: {
        priority: 200,
        action: { type: "Allow" },
        rules: [
          {
            name: "ubuntu",
            protocols: [{ protocolType: "Https", port: 443 }],
            sourceAddresses: ["10.0.0.0/16"],
            targetFqdns: ["*.ubuntu.com"],
          },
        ],
      },
    },
  ],
};

export const hubWorld: AzureWorld = {
  ...world,
  publicAddresses: [
    ...world.publicAddresses,
    { id: ids.publicAddress("fw-ip-1"), location: "westeurope", address: PUBLIC },
    { id: ids.publicAddress("fw-ip-2"), location: "westeurope", address: SECOND },
    { id: ids.publicAddress("managed-ip"), location: "westeurope", address: "20.50.2.10" },
    { id: ids.publicAddress("bare-ip"), location: "westeurope", address: "20.50.3.10", sku: "Basic" },
  ],
  virtualNetworks: [
    ...world.virtualNetworks.map((one) => ({
      ...one,
      peerings: [{ name: "to-hub", remote: ids.virtualNetwork("vnet-hub") }],
      subnets: one.subnets.map((subnet) =>
        subnet.name === "web" ? { ...subnet, routeTable: ids.routeTable("rt-web") } : subnet,
      ),
    })),
    {
      id: ids.virtualNetwork("vnet-hub"),
      location: "westeurope",
      prefixes: ["10.10.0.0/16"],
      subnets: [{ name: "AzureFirewallSubnet", prefixes: ["10.10.1.0/26"] }],
      peerings: [{ name: "to-vnet", remote: ids.virtualNetwork("vnet") }],
    },
  ],
  routeTables: [
    {
      id: ids.routeTable("rt-web"),
      location: "westeurope",
      routes: [
        {
          name: "default",
          addressPrefix: "0.0.0.0/0",
          nextHopType: "VirtualAppliance",
          nextHopIpAddress: "10.10.1.4",
        },
      ],
    },
  ],
  applicationSecurityGroups: [{ id: ids.applicationSecurityGroup("asg-web"), location: "westeurope" }],
  ipGroups: [{ id: ids.ipGroup("offices"), location: "westeurope", addresses: ["198.51.100.0/24"] }],
  azureFirewalls: [
    hubFirewall,
    {
      id: MANAGED,
      location: "westeurope",
      privateAddress: "10.11.1.4",
      ipConfigurations: [
        {
          name: "first",
          publicAddress: ids.publicAddress("managed-ip"),
          subnet: ids.subnet("vnet-hub-2", "AzureFirewallSubnet"),
        },
      ],
      firewallPolicy: ids.firewallPolicy("policy"),
    },
  ],
};

/** Operations run until the test ends them. */
export const held = async (options: Partial<AzureServerOptions> = {}) => {
  const all = await setup({ world: hubWorld, ...options });
  all.azure.operations.nextEnds("never", /./u, 100);
  return all;
};

export const hub = (options: Partial<AzureServerOptions> = {}) => setup({ world: hubWorld, ...options });
