/** The kinds of resources that stand before machines, and how each is asked for. */

import type { VirtualMachine } from "@azure/arm-compute";
import type {
  AzureFirewall,
  IpGroup,
  LoadBalancer,
  NetworkInterface,
  NetworkSecurityGroup,
  PublicIPAddress,
  RouteTable,
  VirtualNetwork,
} from "@azure/arm-network";
import { createResourceCache, type Kind, type Occasion, type ResourceCache } from "./resource-cache.ts";

export interface ResourceCaches {
  readonly machines: ResourceCache<VirtualMachine>;
  readonly interfaces: ResourceCache<NetworkInterface>;
  readonly groups: ResourceCache<NetworkSecurityGroup>;
  readonly networks: ResourceCache<VirtualNetwork>;
  readonly routeTables: ResourceCache<RouteTable>;
  readonly publicAddresses: ResourceCache<PublicIPAddress>;
  readonly firewalls: ResourceCache<AzureFirewall>;
  readonly ipGroups: ResourceCache<IpGroup>;
  readonly loadBalancers: ResourceCache<LoadBalancer>;
}

export const createResourceCaches = (occasion: Occasion): ResourceCaches => ({
  machines: createResourceCache(MACHINES, occasion),
  interfaces: createResourceCache(INTERFACES, occasion),
  groups: createResourceCache(GROUPS, occasion),
  networks: createResourceCache(NETWORKS, occasion),
  routeTables: createResourceCache(ROUTE_TABLES, occasion),
  publicAddresses: createResourceCache(PUBLIC_ADDRESSES, occasion),
  firewalls: createResourceCache(FIREWALLS, occasion),
  ipGroups: createResourceCache(IP_GROUPS, occasion),
  loadBalancers: createResourceCache(LOAD_BALANCERS, occasion),
});

const MACHINES: Kind<VirtualMachine> = {
  what: "machine",
  list: (arm, subscription, options) => arm.compute(subscription).virtualMachines.listAll(options),
  get: async (arm, { subscription, resourceGroup, name }, options) =>
    arm.compute(subscription).virtualMachines.get(resourceGroup, name, options),
};

const INTERFACES: Kind<NetworkInterface> = {
  what: "network interface",
  list: (arm, subscription, options) => arm.network(subscription).networkInterfaces.listAll(options),
  get: async (arm, { subscription, resourceGroup, name }, options) =>
    arm.network(subscription).networkInterfaces.get(resourceGroup, name, options),
};

const GROUPS: Kind<NetworkSecurityGroup> = {
  what: "network security group",
  list: (arm, subscription, options) => arm.network(subscription).networkSecurityGroups.listAll(options),
  get: async (arm, { subscription, resourceGroup, name }, options) =>
    arm.network(subscription).networkSecurityGroups.get(resourceGroup, name, options),
};

const NETWORKS: Kind<VirtualNetwork> = {
  what: "virtual network",
  list: (arm, subscription, options) => arm.network(subscription).virtualNetworks.listAll(options),
  get: async (arm, { subscription, resourceGroup, name }, options) =>
    arm.network(subscription).virtualNetworks.get(resourceGroup, name, options),
};

const ROUTE_TABLES: Kind<RouteTable> = {
  what: "route table",
  list: (arm, subscription, options) => arm.network(subscription).routeTables.listAll(options),
  get: async (arm, { subscription, resourceGroup, name }, options) =>
    arm.network(subscription).routeTables.get(resourceGroup, name, options),
};

const PUBLIC_ADDRESSES: Kind<PublicIPAddress> = {
  what: "public address",
  list: (arm, subscription, options) => arm.network(subscription).publicIPAddresses.listAll(options),
  get: async (arm, { subscription, resourceGroup, name }, options) =>
    arm.network(subscription).publicIPAddresses.get(resourceGroup, name, options),
};

const FIREWALLS: Kind<AzureFirewall> = {
  what: "Azure Firewall",
  mayBeUnknown: true,
  list: (arm, subscription, options) => arm.network(subscription).azureFirewalls.listAll(options),
  get: async (arm, { subscription, resourceGroup, name }, options) =>
    arm.network(subscription).azureFirewalls.get(resourceGroup, name, options),
};

const IP_GROUPS: Kind<IpGroup> = {
  what: "IP group",
  list: (arm, subscription, options) => arm.network(subscription).ipGroups.list(options),
  get: async (arm, { subscription, resourceGroup, name }, options) =>
    arm.network(subscription).ipGroups.get(resourceGroup, name, options),
};

const LOAD_BALANCERS: Kind<LoadBalancer> = {
  what: "load balancer",
  list: (arm, subscription, options) => arm.network(subscription).loadBalancers.listAll(options),
  get: async (arm, { subscription, resourceGroup, name }, options) =>
    arm.network(subscription).loadBalancers.get(resourceGroup, name, options),
};
