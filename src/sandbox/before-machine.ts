/** Which groups and firewalls stand before a machine, as its cloud holds them. */

import type { GroupExport } from "./aws/export.ts";
import type { Ec2Server } from "./aws/server.ts";
import type { AzureFirewall } from "./azure/firewall-world.ts";
import type { AzureState, NetworkInterface, NetworkSecurityGroup, Subnet } from "./azure/world.ts";

/** The groups of its subnets and of its interfaces, each once, their rules by priority. */
export const azureBefore = (
  name: string,
  state: AzureState,
): { readonly groups: readonly NetworkSecurityGroup[]; readonly firewalls: readonly AzureFirewall[] } => {
  const machine = state.virtualMachines.find(({ id }) => lastOf(id) === name);
  const interfaces = state.networkInterfaces.filter(({ id }) =>
    machine?.networkInterfaces.some((each) => same(each, id)),
  );
  const subnets = state.virtualNetworks.flatMap((network) =>
    network.subnets.filter((subnet) =>
      interfaces.some(({ ipConfigurations }) =>
        ipConfigurations.some((each) => same(each.subnet, `${network.id}/subnets/${subnet.name}`)),
      ),
    ),
  );
  const ids = new Set([...subnets, ...interfaces].flatMap(({ networkSecurityGroup }) => networkSecurityGroup ?? []));
  const groups = [...ids].map((id) => ({
    id,
    location: "",
    ...state.networkSecurityGroups.find((group) => same(group.id, id)),
    rules: (state.networkSecurityGroups.find((group) => same(group.id, id))?.rules ?? []).toSorted(
      (a, b) => a.properties.priority - b.properties.priority,
    ),
  }));
  return { groups, firewalls: firewallsBefore(interfaces, subnets, state) };
};

/** The groups on each of its interfaces. By its name or its id. */
export const awsBefore = (
  name: string,
  ec2: Pick<Ec2Server, "state" | "export">,
): readonly { readonly interfaceId: string; readonly groups: readonly GroupExport[] }[] => {
  const { instances, interfaces } = ec2.state();
  const machine = [...instances.values()].find(({ id, tags }) => id === name || tags["Name"] === name);
  const own =
    machine === undefined ? [] : [...interfaces.values()].filter(({ instanceId }) => instanceId === machine.id);
  return own.map(({ id }) => ({ interfaceId: id, groups: ec2.export(id).attached }));
};

/** `nsg-prod` of its whole id. */
export const lastOf = (id: string): string => id.split("/").at(-1) ?? id;

/** Those that the subnets' routes lead to, and those that translate to the machine. */
const firewallsBefore = (
  interfaces: readonly NetworkInterface[],
  subnets: readonly Subnet[],
  { routeTables = [], azureFirewalls }: AzureState,
): readonly AzureFirewall[] => {
  const hops = routeTables
    .filter(({ id }) => subnets.some(({ routeTable }) => routeTable !== undefined && same(routeTable, id)))
    .flatMap(({ routes }) => routes.map(({ nextHopIpAddress }) => nextHopIpAddress));
  const addresses = interfaces.flatMap(({ ipConfigurations }) => ipConfigurations.map((each) => each.privateAddress));
  return azureFirewalls.filter(
    ({ privateAddress, natRuleCollections }) =>
      hops.includes(privateAddress) ||
      natRuleCollections.some(({ properties }) =>
        properties.rules.some(({ translatedAddress = "" }) => addresses.includes(translatedAddress)),
      ),
  );
};

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
