/** Where things stand in Azure: machines and firewalls with their addresses, and where a flow ends. */

import { type Address, contains, readPrefix } from "./address.ts";
import type { FirewallReading } from "./azure-firewall.ts";
import {
  type AzureGroup,
  type AzureIpConfiguration,
  type AzureMachine,
  type AzureNetwork,
  type AzureReading,
  type AzureSubnet,
  byId,
} from "./azure-reading.ts";
import type { Flow, Machine } from "./ground.ts";

export interface Place {
  readonly configuration: AzureIpConfiguration;
  readonly network: AzureNetwork | undefined;
  readonly subnet: AzureSubnet | undefined;
  /** The subnet's, then the interface's. */
  readonly groups: readonly AzureGroup[];
}

/** Where a flow ends, or why it ends nowhere. */
export const placeOf = (held: AzureReading, flow: Flow): Place | string => {
  const machine = byId(held.virtualMachines, flow.machineId);
  if (machine?.powerState !== "running") return "the machine isn't running";
  const found = configurationsOf(held, machine).find(({ configuration }) =>
    addressesOf(held, configuration).includes(flow.address),
  );
  if (found === undefined) return "no interface has that address";
  const [networkId = "", subnetName] = found.configuration.subnet.toLowerCase().split("/subnets/");
  const network = byId(held.virtualNetworks, networkId);
  const subnet = network?.subnets.find(({ name }) => name.toLowerCase() === subnetName);
  const groups = [subnet?.networkSecurityGroup, found.one?.networkSecurityGroup];
  return {
    configuration: found.configuration,
    network,
    subnet,
    groups: groups.flatMap((id) => byId(held.networkSecurityGroups, id) ?? []),
  };
};

export const machineOf = (held: AzureReading, machine: AzureMachine): Machine => ({
  id: machine.id,
  name: machine.id.slice(machine.id.lastIndexOf("/") + 1),
  platform: machine.os === "Windows" ? "windows" : "linux",
  addresses: configurationsOf(held, machine).flatMap(({ configuration }) => addressesOf(held, configuration)),
});

export const gatewayOf = (held: AzureReading, { id, ipConfigurations }: FirewallReading): Machine => ({
  id,
  name: id.slice(id.lastIndexOf("/") + 1),
  platform: "linux",
  addresses: ipConfigurations.flatMap(({ publicAddress }) => byId(held.publicAddresses, publicAddress)?.address ?? []),
});

export const subnetOf = (held: AzureReading, address: Address) =>
  held.virtualNetworks
    .flatMap((network) => network.subnets.map((subnet) => ({ network, subnet })))
    .find(({ subnet }) =>
      (subnet.prefixes ?? []).some((text) => {
        const prefix = readPrefix(text);
        return prefix !== undefined && contains(prefix, address);
      }),
    );

const configurationsOf = (held: AzureReading, machine: AzureMachine) =>
  machine.networkInterfaces.flatMap((id) => {
    const one = byId(held.networkInterfaces, id);
    return (one?.ipConfigurations ?? []).map((configuration) => ({ one, configuration }));
  });

const addressesOf = (held: AzureReading, configuration: AzureIpConfiguration): readonly string[] => [
  ...[byId(held.publicAddresses, configuration.publicAddress)?.address ?? []].flat(),
  configuration.privateAddress,
];
