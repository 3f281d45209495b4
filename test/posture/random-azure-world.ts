/** Random rules before a few machines of the sandbox's Azure. */

import type { AzureWorld, SecurityRuleProperties, WrittenRule } from "../../src/sandbox/azure/world.ts";
import type { Dice } from "./dice.ts";

export const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
export const TOKEN = "sandbox-token";

export const AZURE_CLIENTS = [
  "203.0.113.7",
  "203.0.113.8",
  "198.51.100.7",
  // Of West Europe's cloud, and of its storage.
  "13.69.1.1",
  "52.239.140.9",
  "10.1.0.4",
  "10.1.0.5",
  "10.1.0.9",
  // Peered, and of nobody.
  "10.0.0.7",
  "10.77.0.1",
  "192.168.1.1",
  "2a02:8100::7",
  "2603:1020:200::9",
  "fd00:db8::9",
];

const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg`;
const network = (type: string, name: string): string => `${GROUP}/providers/Microsoft.Network/${type}/${name}`;
const WEST = { location: "westeurope" } as const;
const ASGS = ["admins", "web"].map((name) => network("applicationSecurityGroups", name));
const SUBNET = network("virtualNetworks", "vnet/subnets/Web");
const BARE = network("virtualNetworks", "vnet/subnets/Bare");

/** In one rule prefixes don't overlap and are of one family, as Azure wants it. */
const SOURCES = {
  v4: ["203.0.113.0/29", "203.0.113.8", "198.51.100.0/25", "10.0.0.0/15", "10.77.0.0/16", "13.0.0.0/8"],
  v4Alone: ["203.0.113.0/24", "10.0.0.0/8", "10.1.0.4/31"],
  v6: ["2a02:8100::/32", "2603::/16", "fd00:db8::/32"],
  tags: ["*", "Internet", "VirtualNetwork", "AzureLoadBalancer", "AzureCloud", "AzureCloud.WestEurope", "Storage"],
};

type Ends = Pick<
  SecurityRuleProperties,
  | "sourceAddressPrefix"
  | "sourceApplicationSecurityGroups"
  | "destinationAddressPrefix"
  | "destinationApplicationSecurityGroups"
> &
  Partial<Pick<SecurityRuleProperties, "sourceAddressPrefixes" | "destinationAddressPrefixes">>;

export const randomAzureWorld = (dice: Dice): AzureWorld => {
  const sources = (): Ends => {
    switch (dice.roll(4)) {
      case 0:
        return { sourceAddressPrefix: dice.pick(SOURCES.tags) };
      case 1:
        return { sourceApplicationSecurityGroups: [{ id: dice.pick(ASGS) }] };
      case 2:
        return { sourceAddressPrefixes: dice.some(dice.chance(0.7) ? SOURCES.v4 : SOURCES.v6, 3) };
      default:
        return { sourceAddressPrefix: dice.pick([...SOURCES.v4Alone, ...SOURCES.v6]) };
    }
  };
  const destinations = (ends: Ends): Ends => {
    const isSix = [ends.sourceAddressPrefix ?? "", ...(ends.sourceAddressPrefixes ?? [])].some((text) =>
      text.includes(":"),
    );
    switch (isSix ? 5 : dice.roll(6)) {
      case 0:
        return { destinationApplicationSecurityGroups: [{ id: dice.pick(ASGS) }] };
      case 1:
        return { destinationAddressPrefixes: dice.some(["10.1.0.4", "10.1.0.5", "10.1.0.8/30"], 2) };
      case 2:
        return { destinationAddressPrefix: "VirtualNetwork" };
      default:
        return { destinationAddressPrefix: "*" };
    }
  };
  const rules = (count: number): readonly WrittenRule[] =>
    Array.from({ length: count }, (_, i): WrittenRule => {
      const from = sources();
      return {
        name: `rule-${i}`,
        properties: {
          priority: 100 + i * 10 + dice.roll(10),
          direction: dice.chance(0.9) ? "Inbound" : "Outbound",
          access: dice.chance(0.6) ? "Allow" : "Deny",
          protocol: dice.pick(["Tcp", "Tcp", "Tcp", "*", "Udp", "Icmp"]),
          sourcePortRange: "*",
          ...(dice.chance(0.5)
            ? { destinationPortRange: dice.pick(["22", "443", "*", "20-25", "400-4000"]) }
            : { destinationPortRanges: dice.some(["22", "443", "3389", "1-100", "3000-4000"], 3) }),
          ...from,
          ...destinations(from),
        },
      };
    });
  const nsg = (name: string) => network("networkSecurityGroups", name);
  const nic = (name: string, configurations: readonly object[], group?: string) => ({
    ...WEST,
    id: network("networkInterfaces", name),
    ...(group === undefined ? {} : { networkSecurityGroup: group }),
    ipConfigurations: configurations.map((each, i) => ({
      name: `ip-${i}`,
      subnet: SUBNET,
      privateAddress: "",
      ...(dice.chance(0.5) ? { applicationSecurityGroups: dice.some(ASGS, 2) } : {}),
      ...each,
    })),
  });
  const vm = (name: string, interfaces: readonly string[]) => ({
    ...WEST,
    id: `${GROUP}/providers/Microsoft.Compute/virtualMachines/${name}`,
    os: "Linux" as const,
    powerState: "running" as const,
    networkInterfaces: interfaces.map((each) => network("networkInterfaces", each)),
  });
  return {
    subscriptions: [SUBSCRIPTION],
    resourceGroups: [{ ...WEST, id: GROUP }],
    virtualMachines: [vm("both", ["both-nic"]), vm("one", ["one-nic"]), vm("bare", ["bare-nic"])],
    networkInterfaces: [
      nic(
        "both-nic",
        [
          { privateAddress: "10.1.0.4", publicAddress: network("publicIPAddresses", "both-ip") },
          { privateAddress: "fd00:db8::4", publicAddress: network("publicIPAddresses", "both-ip6") },
        ],
        nsg("nsg-nic"),
      ),
      nic("one-nic", [{ privateAddress: "10.1.0.5" }, { privateAddress: "10.1.0.9" }]),
      nic("bare-nic", [
        {
          privateAddress: "10.1.1.4",
          subnet: BARE,
          publicAddress: network("publicIPAddresses", "bare-ip"),
        },
      ]),
    ],
    publicAddresses: [
      { ...WEST, id: network("publicIPAddresses", "both-ip"), address: "52.178.10.4" },
      { ...WEST, id: network("publicIPAddresses", "both-ip6"), address: "2603:1020:200::4" },
      { ...WEST, id: network("publicIPAddresses", "bare-ip"), address: "52.178.10.5" },
    ],
    virtualNetworks: [
      {
        ...WEST,
        id: network("virtualNetworks", "vnet"),
        prefixes: ["10.1.0.0/16", "fd00:db8::/48"],
        subnets: [
          { name: "Web", prefixes: ["10.1.0.0/24", "fd00:db8::/64"], networkSecurityGroup: nsg("nsg-subnet") },
          { name: "Bare", prefixes: ["10.1.1.0/24"] },
        ],
      },
    ],
    applicationSecurityGroups: ASGS.map((id) => ({ ...WEST, id })),
    networkSecurityGroups: [
      { ...WEST, id: nsg("nsg-subnet"), rules: rules(3 + dice.roll(6)) },
      { ...WEST, id: nsg("nsg-nic"), rules: rules(1 + dice.roll(5)) },
    ],
  };
};
