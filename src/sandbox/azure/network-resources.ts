/** How interfaces, public addresses, virtual networks and what hangs on them look in answers: https://learn.microsoft.com/rest/api/virtualnetwork/ */

import { firewallIpConfigurationId } from "./firewall-shapes.ts";
import type { FirewallContent } from "./firewall-world.ts";
import { lastName, sameId, steadyGuid } from "./resource-identifiers.ts";
import type {
  ApplicationSecurityGroup,
  ArmId,
  AzureWorld,
  IpConfiguration,
  IpGroup,
  NetworkInterface,
  Peering,
  PublicAddress,
  RouteTable,
  Subnet,
  VirtualNetwork,
} from "./world.ts";

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

/** Azure Firewalls, as far as others refer to them. */
export type FirewallsShown = readonly {
  readonly id: ArmId;
  readonly goal: Pick<FirewallContent, "ipConfigurations" | "networkRuleCollections" | "natRuleCollections">;
}[];

export const publicAddressBody = (
  one: PublicAddress,
  { networkInterfaces }: AzureWorld,
  firewalls: FirewallsShown,
): unknown => {
  const interfaces = networkInterfaces.flatMap((network) =>
    network.ipConfigurations
      .filter(({ publicAddress }) => sameId(publicAddress, one.id))
      .map((configuration) => ({ id: configurationId(network, configuration) })),
  );
  const users = [
    ...interfaces,
    ...firewalls.flatMap(({ id, goal }) =>
      goal.ipConfigurations
        .filter(({ publicAddress }) => sameId(publicAddress, one.id))
        .map((configuration) => ({ id: firewallIpConfigurationId(id, configuration) })),
    ),
  ];
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
    sku: { name: one.sku ?? (one.address === undefined ? "Basic" : "Standard"), tier: "Regional" },
  };
};

export const virtualNetworkBody = (one: VirtualNetwork, world: AzureWorld): unknown => ({
  ...head(one.id, "virtualNetworks", one.location, one.tags),
  properties: {
    provisioningState: "Succeeded",
    resourceGuid: steadyGuid(one.id),
    addressSpace: { addressPrefixes: one.prefixes },
    subnets: one.subnets.map((subnet) => subnetBody(one, subnet, world)),
    virtualNetworkPeerings: (one.peerings ?? []).map((peering) => peeringBody(one, peering, world)),
    enableDdosProtection: false,
  },
});

const peeringBody = (network: VirtualNetwork, { name, remote, state }: Peering, { virtualNetworks }: AzureWorld) => {
  const prefixes = virtualNetworks.find(({ id }) => sameId(id, remote))?.prefixes ?? [];
  return {
    name,
    id: `${network.id}/virtualNetworkPeerings/${name}`,
    etag: steadyEtag(network.id),
    type: "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
    properties: {
      provisioningState: "Succeeded",
      peeringState: state ?? "Connected",
      peeringSyncLevel: "FullyInSync",
      remoteVirtualNetwork: { id: remote },
      allowVirtualNetworkAccess: true,
      allowForwardedTraffic: true,
      allowGatewayTransit: false,
      useRemoteGateways: false,
      remoteAddressSpace: { addressPrefixes: prefixes },
      remoteVirtualNetworkAddressSpace: { addressPrefixes: prefixes },
    },
  };
};

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
      ...(subnet.routeTable === undefined ? {} : { routeTable: { id: subnet.routeTable } }),
      ...(users.length === 0 ? {} : { ipConfigurations: users }),
      delegations: [],
      privateEndpointNetworkPolicies: "Disabled",
      privateLinkServiceNetworkPolicies: "Enabled",
    },
  };
};

export const routeTableBody = (one: RouteTable, { virtualNetworks }: AzureWorld): unknown => {
  const subnets = virtualNetworks.flatMap((network) =>
    network.subnets
      .filter(({ routeTable }) => sameId(routeTable, one.id))
      .map(({ name }) => ({ id: `${network.id}/subnets/${name}` })),
  );
  return {
    ...head(one.id, "routeTables", one.location, one.tags),
    properties: {
      provisioningState: "Succeeded",
      resourceGuid: steadyGuid(one.id),
      disableBgpRoutePropagation: false,
      routes: one.routes.map(({ name, ...properties }) => ({
        name,
        id: `${one.id}/routes/${name}`,
        etag: steadyEtag(one.id),
        type: "Microsoft.Network/routeTables/routes",
        properties: { provisioningState: "Succeeded", ...properties, hasBgpOverride: false },
      })),
      ...(subnets.length === 0 ? {} : { subnets }),
    },
  };
};

export const applicationSecurityGroupBody = (one: ApplicationSecurityGroup): unknown => ({
  ...head(one.id, "applicationSecurityGroups", one.location, one.tags),
  properties: { provisioningState: "Succeeded", resourceGuid: steadyGuid(one.id) },
});

export const ipGroupBody = (one: IpGroup, firewalls: FirewallsShown): unknown => ({
  ...head(one.id, "ipGroups", one.location, one.tags),
  properties: {
    provisioningState: "Succeeded",
    ipAddresses: one.addresses,
    firewalls: firewalls.filter(({ goal }) => uses(goal, one.id)).map(({ id }) => ({ id })),
    firewallPolicies: [],
  },
});

const uses = (
  { networkRuleCollections, natRuleCollections }: FirewallsShown[number]["goal"],
  ipGroup: ArmId,
): boolean =>
  [
    ...natRuleCollections.flatMap(({ properties }) => properties.rules.flatMap((rule) => rule.sourceIpGroups)),
    ...networkRuleCollections.flatMap(({ properties }) =>
      properties.rules.flatMap((rule) => [...rule.sourceIpGroups, ...rule.destinationIpGroups]),
    ),
  ].some((id) => sameId(id, ipGroup));
