/** The small world with an Azure Firewall in a hub, and the adapter pointed at it. */

import type { FirewallId } from "../../../../src/access/machine.ts";
import type { Port } from "../../../../src/access/port.ts";
import { contains, parseCidr } from "../../../../src/access/source.ts";
import type { AzureDeps } from "../../../../src/cloud/azure/azure-cloud.ts";
import type { Firewall } from "../../../../src/cloud/firewall.ts";
import type {
  AzureFirewall,
  NatRule,
  NetworkRule,
  RuleCollection,
  WrittenCollections,
  WrittenFirewall,
} from "../../../../src/sandbox/azure/firewall-world.ts";
import type { AzureServerOptions } from "../../../../src/sandbox/azure/server.ts";
import type { AzureWorld } from "../../../../src/sandbox/azure/world.ts";
import { aWorld, firewallOf, networkId, type Setup, setup } from "../small-world.ts";

export const FW = networkId("azureFirewalls", "fw-Hub");
export const FW_ID = `azure-firewall:${FW.toLowerCase()}` as FirewallId;
export const FRONT = "20.50.0.10";
export const SECOND_FRONT = "20.50.0.11";

export type NetworkCollection = NonNullable<WrittenCollections["networkRuleCollections"]>[number];
type WrittenNetworkRule = NetworkCollection["properties"]["rules"][number];
type NatCollections = NonNullable<WrittenCollections["natRuleCollections"]>;

/** What a customer's firewall holds before we come. */
export const customerCollections: WrittenCollections = {
  natRuleCollections: [
    {
      name: "web-in",
      properties: {
        priority: 100,
        action: { type: "Dnat" },
        rules: [
          {
            name: "site",
            description: "public site",
            protocols: ["TCP"],
            sourceAddresses: ["*"],
            destinationAddresses: [FRONT],
            destinationPorts: ["443"],
            translatedAddress: "10.0.1.9",
            translatedPort: "8443",
          },
          {
            name: "odd",
            protocols: ["TCP"],
            sourceAddresses: ["198.51.100.0/24"],
            destinationAddresses: [FRONT],
            destinationPorts: ["50000-50001"],
            translatedAddress: "10.0.1.9",
            translatedPort: "22",
          },
        ],
      },
    },
  ],
  networkRuleCollections: [
    {
      name: "MDC-JIT-allow",
      properties: {
        priority: 101,
        action: { type: "Allow" },
        rules: [
          {
            name: "old",
            protocols: ["Any"],
            sourceAddresses: ["192.0.2.7"],
            destinationAddresses: ["10.0.9.0/24"],
            destinationPorts: ["*"],
          },
        ],
      },
    },
    {
      name: "out",
      properties: {
        priority: 300,
        action: { type: "Allow" },
        rules: [
          {
            name: "updates",
            protocols: ["TCP"],
            sourceAddresses: ["10.0.0.0/16"],
            destinationAddresses: ["AzureCloud"],
            destinationPorts: ["443", "22"],
          },
          {
            name: "names",
            protocols: ["UDP"],
            sourceAddresses: ["*"],
            destinationAddresses: ["168.63.129.16"],
            destinationPorts: ["53"],
          },
        ],
      },
    },
    {
      name: "last",
      properties: {
        priority: 65_000,
        action: { type: "Deny" },
        rules: [
          {
            name: "everything",
            protocols: ["Any"],
            sourceAddresses: ["*"],
            destinationAddresses: ["*"],
            destinationPorts: ["*"],
          },
        ],
      },
    },
  ],
  applicationRuleCollections: [
    {
      name: "sites",
      properties: {
        priority: 200,
        action: { type: "Allow" },
        rules: [
          {
            name: "docs",
            protocols: [{ protocolType: "Https", port: 443 }],
            sourceAddresses: ["*"],
            targetFqdns: ["learn.microsoft.com"],
          },
        ],
      },
    },
  ],
};

const publicAddress = (name: string): string => networkId("publicIPAddresses", name);

export const aFirewall = (changes: Partial<WrittenFirewall> = {}): WrittenFirewall => ({
  id: FW,
  location: "westeurope",
  tags: { owner: "network team" },
  privateAddress: "10.1.0.4",
  ipConfigurations: [
    {
      name: "first",
      publicAddress: publicAddress("fw-ip"),
      subnet: networkId("virtualNetworks", "hub/subnets/AzureFirewallSubnet"),
    },
    { name: "second", publicAddress: publicAddress("fw-ip2") },
  ],
  ...customerCollections,
  ...changes,
});

/** `vm-3`'s subnet is routed through the hub's firewall. */
export const aHubWorld = (
  firewall: WrittenFirewall | undefined = aFirewall(),
  base: AzureWorld = aWorld(),
): AzureWorld => ({
  ...base,
  publicAddresses: [
    ...base.publicAddresses,
    { id: publicAddress("fw-ip"), location: "westeurope", address: FRONT },
    { id: publicAddress("fw-ip2"), location: "westeurope", address: SECOND_FRONT },
  ],
  virtualNetworks: [
    ...base.virtualNetworks.map((network) => ({
      ...network,
      subnets: network.subnets.map((subnet) =>
        subnet.name === "web" ? { ...subnet, routeTable: networkId("routeTables", "through-hub") } : subnet,
      ),
      peerings: [{ name: "to-hub", remote: networkId("virtualNetworks", "hub") }],
    })),
    {
      id: networkId("virtualNetworks", "hub"),
      location: "westeurope",
      prefixes: ["10.1.0.0/16"],
      subnets: [{ name: "AzureFirewallSubnet", prefixes: ["10.1.0.0/26"] }],
      peerings: [{ name: "to-vnet", remote: networkId("virtualNetworks", "vnet") }],
    },
  ],
  routeTables: [
    {
      id: networkId("routeTables", "through-hub"),
      location: "westeurope",
      routes: [
        { name: "all", addressPrefix: "0.0.0.0/0", nextHopType: "VirtualAppliance", nextHopIpAddress: "10.1.0.4" },
      ],
    },
  ],
  azureFirewalls: firewall === undefined ? [] : [firewall],
});

export interface HubSetup extends Setup {
  readonly firewall: Firewall;
  /** What a colleague does to the network collections in the portal. */
  readonly edit: (edit: (network: readonly NetworkCollection[]) => readonly NetworkCollection[]) => void;
  readonly editNat: (edit: (nat: NatCollections) => NatCollections) => void;
}

/** `firewallPollMs` is short, because the sandbox is. */
export const setupHub = async (
  options: Partial<AzureServerOptions> = {},
  deps: Partial<AzureDeps> = {},
): Promise<HubSetup> => {
  const world = await setup(
    { world: aHubWorld(), ...options },
    { ...deps, limits: { firewallPollMs: 10, ...deps.limits } },
  );
  return {
    ...world,
    firewall: firewallOf(world.cloud, FW_ID),
    edit: (edit) =>
      world.azure.editFirewallAsSomeoneElse(FW, (there) => ({
        ...there,
        networkRuleCollections: edit(there.networkRuleCollections),
      })),
    editNat: (edit) =>
      world.azure.editFirewallAsSomeoneElse(FW, (there) => ({
        ...there,
        natRuleCollections: edit(there.natRuleCollections),
      })),
  };
};

export const aNetworkCollection = (
  name: string,
  priority: number,
  type: "Allow" | "Deny",
  rule: Partial<WrittenNetworkRule> = {},
): NetworkCollection => ({
  name,
  properties: {
    priority,
    action: { type },
    rules: [
      {
        name: "rule",
        protocols: ["TCP"],
        sourceAddresses: ["*"],
        destinationAddresses: ["10.0.1.4"],
        destinationPorts: ["22"],
        ...rule,
      },
    ],
  },
});

/** What the sandbox's network obeys now. */
export const obeyed = ({ azure }: Pick<Setup, "azure">): AzureFirewall => {
  const [firewall] = azure.state().azureFirewalls;
  if (firewall === undefined) throw new Error("no firewall");
  return firewall;
};

/** Slow and obvious: whether a packet from there that is routed to the machine comes through. */
export const routes = (
  { networkRuleCollections }: AzureFirewall,
  source: string,
  address: string,
  port: Port,
): boolean => decide(networkRuleCollections, source, address, port) === "Allow";

/** The same of one that is sent to a port of a public address: whom it reaches, if anybody. */
export const translates = (firewall: AzureFirewall, source: string, front: string, port: Port): string | undefined => {
  const rule = inOrder(firewall.natRuleCollections)
    .flatMap(({ properties }) => properties.rules)
    .find(
      (each) =>
        each.protocols.some((one) => one.toLowerCase() === port.protocol) &&
        isNamed(each.sourceAddresses, source) &&
        isNamed(each.destinationAddresses, front) &&
        isPort(each, port.port),
    );
  if (rule?.translatedAddress === undefined) return undefined;
  const to = { port: Number(rule.translatedPort), protocol: port.protocol };
  // https://learn.microsoft.com/azure/firewall/tutorial-firewall-dnat
  if (decide(firewall.networkRuleCollections, source, rule.translatedAddress, to) === "Deny") return undefined;
  return `${rule.translatedAddress}:${to.port}`;
};

const decide = (
  collections: readonly RuleCollection<"Allow" | "Deny", NetworkRule>[],
  source: string,
  address: string,
  port: Port,
): "Allow" | "Deny" | undefined =>
  inOrder(collections).find(({ properties }) =>
    properties.rules.some(
      (rule) =>
        rule.protocols.some((one) => one === "Any" || one.toLowerCase() === port.protocol) &&
        isNamed(rule.sourceAddresses, source) &&
        isNamed(rule.destinationAddresses, address) &&
        isPort(rule, port.port),
    ),
  )?.properties.action.type;

const inOrder = <A extends string, R>(collections: readonly RuleCollection<A, R>[]): readonly RuleCollection<A, R>[] =>
  collections.toSorted((a, b) => a.properties.priority - b.properties.priority);

const isNamed = (texts: readonly string[], address: string): boolean =>
  texts.some((text) => {
    if (text === "*") return true;
    const [first = "", last] = text.split("-");
    if (last !== undefined && numberOf(last) > 0)
      return numberOf(first) <= numberOf(address) && numberOf(address) <= numberOf(last);
    const [outer, inner] = [parseCidr(text), parseCidr(address)];
    return outer !== undefined && inner !== undefined && contains(outer, inner);
  });

const numberOf = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

const isPort = ({ destinationPorts }: Pick<NatRule, "destinationPorts">, port: number): boolean =>
  destinationPorts.some((text) => {
    const [from, to = from] = text.split("-").map(Number);
    return text === "*" || (Number(from) <= port && port <= Number(to));
  });
