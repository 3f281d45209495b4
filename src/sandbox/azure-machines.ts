/** The company's machines in Azure: some as they should be, some behind firewalls, some too open. */

import type { WrittenCollections } from "./azure/firewall-world.ts";
import type { AzureWorld, NetworkSecurityGroup, VirtualMachine, WrittenRule } from "./azure/world.ts";

export const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
export const RESOURCE_GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-acme`;
const NETWORK = `${RESOURCE_GROUP}/providers/Microsoft.Network`;
const location = "westeurope";

export const nsgId = (name: string): string => `${NETWORK}/networkSecurityGroups/${name}`;
export const firewallId = (name: keyof typeof HUBS): string => `${NETWORK}/azureFirewalls/${name}`;

interface AzureMachine {
  readonly name: string;
  readonly subnet: keyof typeof SUBNETS;
  readonly last: number;
  readonly nsg?: string;
  readonly os?: VirtualMachine["os"];
  readonly stopped?: boolean;
  readonly v6?: boolean;
  /** No public address, a Basic one, or, when absent, a Standard one. */
  readonly public?: "none" | "Basic";
  /** Its tag, when it isn't the subnet's name. */
  readonly env?: string;
  readonly applicationGroups?: readonly string[];
}

const azureMachines: readonly AzureMachine[] = [
  { name: "prod-vm-1", subnet: "prod", last: 11 },
  { name: "prod-vm-2", subnet: "prod", last: 12 },
  { name: "prod-vm-3", subnet: "prod", last: 13, nsg: "nsg-prod-vm-3", v6: true },
  { name: "prod-win-1", subnet: "prod", last: 14, os: "Windows" },
  { name: "staging-vm-1", subnet: "staging", last: 21 },
  { name: "dev-vm-1", subnet: "dev", last: 31 },
  { name: "dev-vm-2", subnet: "dev", last: 32, stopped: true },
  // Whose access Azure's own roles have a say in.
  { name: "vault-vm-1", subnet: "staging", last: 22, env: "vault" },
  // Behind an Azure Firewall with classic rules, and behind one with a policy.
  { name: "prod-fw-1", subnet: "behind", last: 41, env: "prod", public: "none" },
  { name: "prod-policy-1", subnet: "policy", last: 51, env: "prod", public: "none" },
  // Two that should not be as they are.
  { name: "dev-open-1", subnet: "open", last: 61, env: "dev", applicationGroups: ["asg-web"] },
  { name: "dev-bare-1", subnet: "bare", last: 71, env: "dev", public: "Basic" },
];

const SUBNETS = {
  prod: "10.0.1",
  staging: "10.0.2",
  dev: "10.0.3",
  behind: "10.0.4",
  policy: "10.0.5",
  open: "10.0.6",
  bare: "10.0.7",
} as const;

/** What else a subnet has; its group is called after it, unless it has none. */
const ROUTE_TABLES: Readonly<Record<string, string>> = { behind: "rt-behind", policy: "rt-policy" };

const HUBS = {
  "fw-hub": { network: "vnet-hub", prefix: "10.10", addresses: ["20.50.1.10", "20.50.1.11"], routes: "rt-behind" },
  "fw-managed": { network: "vnet-hub-2", prefix: "10.11", addresses: ["20.50.2.10"], routes: "rt-policy" },
} as const;

const hubs = Object.entries(HUBS);

const rule = (name: string, priority: number, access: "Allow" | "Deny", port: string, source: string): WrittenRule => ({
  name,
  properties: {
    priority,
    access,
    direction: "Inbound",
    protocol: port === "*" ? "*" : "Tcp",
    sourcePortRange: "*",
    destinationPortRange: port,
    sourceAddressPrefix: source,
    destinationAddressPrefix: "*",
  },
});

const nsg = (
  name: string,
  rules: readonly WrittenRule[],
): Omit<NetworkSecurityGroup, "rules"> & { readonly rules: readonly WrittenRule[] } => ({
  id: nsgId(name),
  location,
  rules,
});

const publicId = (name: string): string => `${NETWORK}/publicIPAddresses/${name}`;
const vnetId = (name: string): string => `${NETWORK}/virtualNetworks/${name}`;
const routesId = (name: string): string => `${NETWORK}/routeTables/${name}`;
const asgId = (name: string): string => `${NETWORK}/applicationSecurityGroups/${name}`;

const { destinationAddressPrefix: _anywhere, ...https } = rule("", 310, "Allow", "443", "Internet").properties;
const httpsToWeb: WrittenRule = {
  name: "AllowHttpsToWeb",
  properties: { ...https, destinationApplicationSecurityGroups: [{ id: asgId("asg-web") }] },
};

/** What the network team had in it before anybody else came. */
const hubRules: WrittenCollections = {
  natRuleCollections: [
    {
      name: "web",
      properties: {
        priority: 200,
        action: { type: "Dnat" },
        rules: [
          {
            name: "prod-fw-1-https",
            protocols: ["TCP"],
            sourceAddresses: ["*"],
            destinationAddresses: ["20.50.1.10"],
            destinationPorts: ["443"],
            translatedAddress: "10.0.4.41",
            translatedPort: "443",
          },
        ],
      },
    },
  ],
  networkRuleCollections: [
    {
      name: "storage",
      properties: {
        priority: 500,
        action: { type: "Allow" },
        rules: [
          {
            name: "backup",
            protocols: ["TCP"],
            sourceAddresses: ["10.0.4.0/24"],
            destinationAddresses: ["Storage.WestEurope"],
            destinationPorts: ["443"],
          },
        ],
      },
    },
  ],
  applicationRuleCollections: [
    {
      name: "updates",
      properties: {
        priority: 500,
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

export const azureWorld: AzureWorld = {
  subscriptions: [SUBSCRIPTION],
  resourceGroups: [{ id: RESOURCE_GROUP, location }],
  virtualMachines: azureMachines.map(({ name, subnet, env = subnet, os = "Linux", stopped = false }) => ({
    id: `${RESOURCE_GROUP}/providers/Microsoft.Compute/virtualMachines/${name}`,
    location,
    os,
    tags: { env },
    powerState: stopped ? "deallocated" : "running",
    networkInterfaces: [`${NETWORK}/networkInterfaces/${name}-nic`],
  })),
  networkInterfaces: azureMachines.map(
    ({ name, subnet, last, nsg: own, v6 = false, public: open, applicationGroups }) => ({
      id: `${NETWORK}/networkInterfaces/${name}-nic`,
      location,
      ipConfigurations: [
        {
          name: "ipv4",
          privateAddress: `${SUBNETS[subnet]}.${last}`,
          subnet: `${NETWORK}/virtualNetworks/vnet-acme/subnets/${subnet}`,
          ...(open === "none" ? {} : { publicAddress: publicId(`${name}-ip`) }),
          ...(applicationGroups === undefined ? {} : { applicationSecurityGroups: applicationGroups.map(asgId) }),
        },
        ...(v6
          ? [
              {
                name: "ipv6",
                privateAddress: `fd00:acce:1::${last}`,
                subnet: `${NETWORK}/virtualNetworks/vnet-acme/subnets/${subnet}`,
              },
            ]
          : []),
      ],
      ...(own === undefined ? {} : { networkSecurityGroup: nsgId(own) }),
    }),
  ),
  publicAddresses: [
    ...azureMachines
      .filter((one) => one.public !== "none")
      .map(({ name, last, public: sku }) => ({
        id: publicId(`${name}-ip`),
        location,
        address: `52.178.10.${last}`,
        ...(sku === "Basic" ? { sku } : {}),
      })),
    ...hubs.flatMap(([name, { addresses }]) =>
      addresses.map((address, i) => ({ id: publicId(`${name}-ip-${i + 1}`), location, address })),
    ),
  ],
  virtualNetworks: [
    {
      id: vnetId("vnet-acme"),
      location,
      prefixes: ["10.0.0.0/16", "fd00:acce::/48"],
      subnets: Object.entries(SUBNETS).map(([name, prefix], i) => ({
        name,
        prefixes: [`${prefix}.0/24`, `fd00:acce:${i + 1}::/64`],
        ...(name === "bare" ? {} : { networkSecurityGroup: nsgId(`nsg-${name}`) }),
        ...(ROUTE_TABLES[name] === undefined ? {} : { routeTable: routesId(ROUTE_TABLES[name]) }),
      })),
      peerings: hubs.map(([, { network }]) => ({ name: `to-${network}`, remote: vnetId(network) })),
    },
    ...hubs.map(([, { network, prefix }]) => ({
      id: vnetId(network),
      location,
      prefixes: [`${prefix}.0.0/16`],
      subnets: [{ name: "AzureFirewallSubnet", prefixes: [`${prefix}.1.0/26`] }],
      peerings: [{ name: "to-vnet-acme", remote: vnetId("vnet-acme") }],
    })),
  ],
  routeTables: hubs.map(([, { routes, prefix }]) => ({
    id: routesId(routes),
    location,
    routes: [
      {
        name: "everything",
        addressPrefix: "0.0.0.0/0",
        nextHopType: "VirtualAppliance",
        nextHopIpAddress: `${prefix}.1.4`,
      },
    ],
  })),
  applicationSecurityGroups: [{ id: asgId("asg-web"), location }],
  ipGroups: [{ id: `${NETWORK}/ipGroups/partners`, location, addresses: ["192.0.2.128/26"] }],
  azureFirewalls: hubs.map(([name, { network, prefix, addresses }]) => ({
    id: `${NETWORK}/azureFirewalls/${name}`,
    location,
    privateAddress: `${prefix}.1.4`,
    ipConfigurations: addresses.map((_, i) => ({
      name: `config-${i + 1}`,
      publicAddress: publicId(`${name}-ip-${i + 1}`),
      ...(i === 0 ? { subnet: `${vnetId(network)}/subnets/AzureFirewallSubnet` } : {}),
    })),
    ...(name === "fw-managed" ? { firewallPolicy: `${NETWORK}/firewallPolicies/policy-acme` } : hubRules),
  })),
  networkSecurityGroups: [
    nsg("nsg-prod", [
      rule("AllowHttps", 300, "Allow", "443", "Internet"),
      rule("DenyManagement", 1000, "Deny", "22", "*"),
    ]),
    nsg("nsg-prod-vm-3", [
      rule("AllowHttps", 200, "Allow", "443", "Internet"),
      rule("DenyRest", 4096, "Deny", "*", "*"),
    ]),
    nsg("nsg-staging", [rule("AllowHttps", 300, "Allow", "443", "Internet")]),
    nsg("nsg-dev", []),
    nsg("nsg-behind", [rule("DenyManagement", 1000, "Deny", "22", "*")]),
    nsg("nsg-policy", [rule("DenyManagement", 1000, "Deny", "22", "*")]),
    nsg("nsg-open", [rule("AllowSSH", 300, "Allow", "22", "Internet"), httpsToWeb]),
  ],
};
