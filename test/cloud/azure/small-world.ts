/** A sandbox's Azure with one guarded machine, and the adapter pointed at it. */

import { onTestFinished } from "vitest";
import type { GrantId } from "../../../src/access/identifier.ts";
import type { FirewallId } from "../../../src/access/machine.ts";
import { type Cidr, parseCidr } from "../../../src/access/source.ts";
import { type EpochMs, systemClock } from "../../../src/access/time.ts";
import { fixedToken } from "../../../src/cloud/azure/arm-endpoint.ts";
import { type AzureDeps, createAzureCloud } from "../../../src/cloud/azure/azure-cloud.ts";
import {
  type Changes,
  type Cloud,
  type Firewall,
  type Guard,
  type IngressRule,
  NO_CHANGES,
  type Observed,
} from "../../../src/cloud/firewall.ts";
import { type AzureServer, type AzureServerOptions, createAzureServer } from "../../../src/sandbox/azure/server.ts";
import type { AzureWorld, WrittenRule } from "../../../src/sandbox/azure/world.ts";
import { createFaults, type Faults } from "../../../src/sandbox/faults.ts";
import { DEFAULT_RANGES } from "./default-ranges.ts";

export const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
export const TOKEN = "sandbox-token";
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-Prod`;
export const networkId = (type: string, name: string): string => `${GROUP}/providers/Microsoft.Network/${type}/${name}`;
export const computeId = (name: string): string => `${GROUP}/providers/Microsoft.Compute/virtualMachines/${name}`;
export const NSG = networkId("networkSecurityGroups", "nsg-Prod-web");
export const SUBNET_NSG = networkId("networkSecurityGroups", "nsg-subnet");
export const NSG_ID = `azure-nsg:${NSG.toLowerCase()}` as FirewallId;

/** What a customer's group holds before we come, with everything that is easily lost on the way. */
export const customerRules: readonly WrittenRule[] = [
  {
    name: "AllowWeb",
    properties: {
      description: "public site",
      protocol: "Tcp",
      access: "Allow",
      direction: "Inbound",
      priority: 100,
      sourcePortRange: "*",
      sourceAddressPrefix: "Internet",
      destinationAddressPrefix: "*",
      destinationPortRanges: ["80", "443", "8000-8100"],
    },
  },
  {
    name: "partners",
    properties: {
      protocol: "*",
      access: "Allow",
      direction: "Inbound",
      priority: 102,
      sourcePortRanges: ["1000-2000", "3000"],
      sourceAddressPrefixes: ["198.51.100.0/24", "192.0.2.7"],
      destinationAddressPrefixes: ["10.0.1.0/25", "10.0.1.128/25"],
      destinationPortRange: "*",
    },
  },
  {
    name: "MicrosoftDefenderForCloud-JITRule_-2031_0123456789abcdef0123456789abcdef",
    properties: {
      protocol: "*",
      access: "Deny",
      direction: "Inbound",
      priority: 4096,
      sourcePortRange: "*",
      sourceAddressPrefix: "*",
      destinationAddressPrefix: "10.0.1.4",
      destinationPortRanges: ["22", "3389"],
    },
  },
];

export const aWorld = (rules: readonly WrittenRule[] = customerRules): AzureWorld => ({
  subscriptions: [SUBSCRIPTION],
  resourceGroups: [{ id: GROUP, location: "westeurope" }],
  virtualMachines: [
    {
      id: computeId("Prod-VM-3"),
      location: "westeurope",
      tags: { env: "prod" },
      os: "Linux",
      powerState: "running",
      networkInterfaces: [networkId("networkInterfaces", "vm3-nic")],
    },
    {
      id: computeId("prod-vm-4"),
      location: "westeurope",
      os: "Windows",
      powerState: "deallocated",
      networkInterfaces: [networkId("networkInterfaces", "vm4-nic"), networkId("networkInterfaces", "vm4-nic2")],
    },
  ],
  networkInterfaces: [
    {
      id: networkId("networkInterfaces", "vm3-nic"),
      location: "westeurope",
      networkSecurityGroup: NSG,
      ipConfigurations: [
        {
          name: "v4",
          privateAddress: "10.0.1.4",
          subnet: networkId("virtualNetworks", "vnet/subnets/web"),
          publicAddress: networkId("publicIPAddresses", "vm3-ip"),
        },
        {
          name: "v6",
          privateAddress: "fd00:db8::4",
          subnet: networkId("virtualNetworks", "vnet/subnets/web"),
          publicAddress: networkId("publicIPAddresses", "vm3-ip6"),
        },
      ],
    },
    {
      id: networkId("networkInterfaces", "vm4-nic"),
      location: "westeurope",
      ipConfigurations: [
        { name: "one", privateAddress: "10.0.1.5", subnet: networkId("virtualNetworks", "vnet/subnets/web") },
      ],
    },
    {
      id: networkId("networkInterfaces", "vm4-nic2"),
      location: "westeurope",
      networkSecurityGroup: SUBNET_NSG,
      ipConfigurations: [
        { name: "one", privateAddress: "10.0.1.6", subnet: networkId("virtualNetworks", "vnet/subnets/web") },
      ],
    },
  ],
  publicAddresses: [
    { id: networkId("publicIPAddresses", "vm3-ip"), location: "westeurope", address: "52.178.10.4" },
    { id: networkId("publicIPAddresses", "vm3-ip6"), location: "westeurope", address: "2603:1020::4" },
    { id: networkId("publicIPAddresses", "unallocated"), location: "westeurope" },
  ],
  virtualNetworks: [
    {
      id: networkId("virtualNetworks", "vnet"),
      location: "westeurope",
      prefixes: ["10.0.0.0/16", "fd00:db8::/48"],
      subnets: [
        { name: "web", prefixes: ["10.0.1.0/24", "fd00:db8::/64"], networkSecurityGroup: SUBNET_NSG },
        { name: "open", prefixes: ["10.0.2.0/24"] },
      ],
    },
  ],
  networkSecurityGroups: [
    { id: NSG, location: "westeurope", tags: { owner: "web team" }, flushConnection: true, rules },
    { id: SUBNET_NSG, location: "westeurope", rules: [] },
  ],
});

export interface Setup {
  readonly azure: AzureServer;
  readonly faults: Faults;
  readonly cloud: Cloud;
  readonly nsg: Firewall;
  /** The same cloud, through another adapter: another installation, band or limit. */
  readonly another: (deps: Partial<AzureDeps>) => Cloud;
}

export const setup = async (
  options: Partial<AzureServerOptions> = {},
  deps: Partial<AzureDeps> = {},
): Promise<Setup> => {
  const faults = createFaults();
  const azure = await createAzureServer({
    clock: systemClock,
    faults,
    token: TOKEN,
    world: aWorld(),
    operationMs: 5,
    throttling: "off",
    ...options,
  });
  onTestFinished(async () => {
    faults.clear();
    await azure.stop();
  });
  const another = (more: Partial<AzureDeps>): Cloud =>
    createAzureCloud({
      ...DEFAULT_RANGES,
      installation: "acme",
      subscriptions: [SUBSCRIPTION],
      credential: fixedToken(TOKEN),
      endpoint: azure.url,
      clock: systemClock,
      ...deps,
      ...more,
      limits: { pollMs: 10, ...deps.limits, ...more.limits },
    });
  const cloud = another({});
  return { azure, faults, cloud, nsg: firewallOf(cloud), another };
};

export const firewallOf = (cloud: Cloud, id: FirewallId = NSG_ID): Firewall => {
  const firewall = cloud.firewall(id);
  if (firewall === undefined) throw new Error(`no firewall ${id}`);
  return firewall;
};

export const never: AbortSignal = new AbortController().signal;
export const free: Guard = async () => {};

export const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return parsed;
};

export const END = Date.parse("2026-11-23T16:02:00Z") as EpochMs;

/** `grantNumber(7)` is a valid id and differs from `grantNumber(8)`. */
export const grantNumber = (n: number): GrantId =>
  `bbbbb${"bcdfghjkmn".charAt(Math.floor(n / 100))}${"bcdfghjkmn".charAt(Math.floor(n / 10) % 10)}${"bcdfghjkmn".charAt(n % 10)}` as GrantId;

export const aRule = (grant: GrantId = "k7f3q2xd" as GrantId, rule: Partial<IngressRule> = {}): IngressRule => ({
  addresses: ["10.0.1.4"],
  protocol: "tcp",
  ports: [22],
  sources: [cidr("203.0.113.7")],
  holders: [{ grant, expiresAt: END, note: "U0DEV1: INC-1042 disk full" }],
  ...rule,
});

export const nothing: Changes = NO_CHANGES;

/** As the reconcile loop's plan, slow and obvious: by grant, protocol and the hole itself. */
export const planFor = (desired: readonly IngressRule[], observed: Observed): Changes => {
  const wanted = new Map(desired.map((rule) => [grantAndHole(rule), rule]));
  const remove: Changes["remove"][number][] = [];
  const restamp: Changes["restamp"][number][] = [];
  for (const one of observed.rules) {
    const [holder] = one.holders;
    const id = one.rule === undefined ? "" : JSON.stringify([holder?.grant, sortedEntries(one.rule)]);
    const rule = wanted.get(id);
    wanted.delete(id);
    if (rule === undefined) remove.push(one);
    else if (rule.holders[0]?.expiresAt !== holder?.expiresAt) restamp.push({ observed: one, rule });
  }
  return { ...NO_CHANGES, remove, restamp, add: [...wanted.values()] };
};

const grantAndHole = ({ holders, ...hole }: IngressRule): string =>
  JSON.stringify([holders[0]?.grant, sortedEntries(hole)]);

const sortedEntries = (hole: object): unknown => Object.entries(hole).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** One pass: look, plan, apply. */
export const reconcile = async (
  firewall: Firewall,
  desired: readonly IngressRule[],
  guard: Guard = free,
): Promise<void> => {
  await firewall.apply(planFor(desired, await firewall.observe(never)), guard, never);
};
