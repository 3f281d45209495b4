/** How interfaces, public addresses and virtual networks look in answers: https://learn.microsoft.com/rest/api/virtualnetwork/ */

import { lastName, sameId, steadyGuid } from "./resource-identifiers.ts";
import type { AzureWorld, IpConfiguration, NetworkInterface, PublicAddress, Subnet, VirtualNetwork } from "./world.ts";

const familyOf = (address: string): string => (address.includes(":") ? "IPv6" : "IPv4");

/** These resources don't change, so their etags don't. */
const steadyEtag = (id: string): string => `W/"${steadyGuid(`etag ${id}`)}"`;

const head = (id: string, type: string, location: string, tags: Readonly<Record<string, string>> | undefined) => ({
  name: lastName(id),
  id,
  etag: steadyEtag(id),
  type: `Microsoft.Network/${type}`,
  location,
  ...(tags === undefined ? {} : { tags }),
});

const configurationId = (network: NetworkInterface, { name }: IpConfiguration): string =>
  `${network.id}/ipConfigurations/${name}`;

export const interfaceBody = (one: NetworkInterface, { virtualMachines }: AzureWorld): unknown => {
  const machine = virtualMachines.find(({ networkInterfaces }) => networkInterfaces.some((id) => sameId(id, one.id)));
  const primary = machine === undefined ? {} : { primary: sameId(machine.networkInterfaces[0], one.id) };
  return {
    ...head(one.id, "networkInterfaces", one.location, one.tags),
    properties: {
      provisioningState: "Succeeded",
      resourceGuid: steadyGuid(one.id),
      ipConfigurations: one.ipConfigurations.map((configuration, index) =>
        configurationBody(one, configuration, index),
      ),
      dnsSettings: { dnsServers: [], appliedDnsServers: [] },
      enableAcceleratedNetworking: false,
      enableIPForwarding: false,
      ...(one.networkSecurityGroup === undefined ? {} : { networkSecurityGroup: { id: one.networkSecurityGroup } }),
      ...primary,
      ...(machine === undefined ? {} : { virtualMachine: { id: machine.id } }),
      hostedWorkloads: [],
      tapConfigurations: [],
      nicType: "Standard",
    },
  };
};

const configurationBody = (network: NetworkInterface, configuration: IpConfiguration, index: number): unknown => {
  const { name, privateAddress, publicAddress, subnet, applicationSecurityGroups } = configuration;
  const id = configurationId(network, configuration);
  return {
    name,
    id,
    etag: steadyEtag(network.id),
    type: "Microsoft.Network/networkInterfaces/ipConfigurations",
    properties: {
      provisioningState: "Succeeded",
      privateIPAddress: privateAddress,
      privateIPAllocationMethod: "Dynamic",
      ...(publicAddress === undefined ? {} : { publicIPAddress: { id: publicAddress } }),
      subnet: { id: subnet },
      primary: index === 0,
      privateIPAddressVersion: familyOf(privateAddress),
      ...(applicationSecurityGroups === undefined
        ? {}
        : { applicationSecurityGroups: applicationSecurityGroups.map((group) => ({ id: group })) }),
    },
  };
};

export const publicAddressBody = (one: PublicAddress, { networkInterfaces }: AzureWorld): unknown => {
  const users = networkInterfaces.flatMap((network) =>
    network.ipConfigurations
      .filter(({ publicAddress }) => sameId(publicAddress, one.id))
      .map((configuration) => ({ id: configurationId(network, configuration) })),
  );
  return {
    ...head(one.id, "publicIPAddresses", one.location, one.tags),
    properties: {
      provisioningState: "Succeeded",
      resourceGuid: steadyGuid(one.id),
      ...(one.address === undefined ? {} : { ipAddress: one.address }),
      publicIPAddressVersion: familyOf(one.address ?? ""),
      publicIPAllocationMethod: one.address === undefined ? "Dynamic" : "Static",
      idleTimeoutInMinutes: 4,
      ipTags: [],
      ...(users[0] === undefined ? {} : { ipConfiguration: users[0] }),
    },
    sku: { name: one.address === undefined ? "Basic" : "Standard", tier: "Regional" },
  };
};

export const virtualNetworkBody = (one: VirtualNetwork, world: AzureWorld): unknown => ({
  ...head(one.id, "virtualNetworks", one.location, one.tags),
  properties: {
    provisioningState: "Succeeded",
    resourceGuid: steadyGuid(one.id),
    addressSpace: { addressPrefixes: one.prefixes },
    subnets: one.subnets.map((subnet) => subnetBody(one, subnet, world)),
    virtualNetworkPeerings: [],
    enableDdosProtection: false,
  },
});

export const subnetBody = (network: VirtualNetwork, subnet: Subnet, { networkInterfaces }: AzureWorld): unknown => {
  const id = `${network.id}/subnets/${subnet.name}`;
  const [only, ...more] = subnet.prefixes;
  const users = networkInterfaces.flatMap((one) =>
    one.ipConfigurations
      .filter((configuration) => sameId(configuration.subnet, id))
      .map((configuration) => ({ id: configurationId(one, configuration) })),
  );
  return {
    name: subnet.name,
    id,
    etag: steadyEtag(network.id),
    type: "Microsoft.Network/virtualNetworks/subnets",
    properties: {
      provisioningState: "Succeeded",
      ...(more.length === 0 ? { addressPrefix: only } : { addressPrefixes: subnet.prefixes }),
      ...(subnet.networkSecurityGroup === undefined
        ? {}
        : { networkSecurityGroup: { id: subnet.networkSecurityGroup } }),
      ...(users.length === 0 ? {} : { ipConfigurations: users }),
      delegations: [],
      privateEndpointNetworkPolicies: "Disabled",
      privateLinkServiceNetworkPolicies: "Enabled",
    },
  };
};
