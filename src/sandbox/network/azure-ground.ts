/** Decides by the network security groups of the subnet and of the interface, reading nothing but what the cloud obeys. */

import { type Address, readAddress } from "./address.ts";
import { closed, type Flow, type Ground, type Machine, type Verdict } from "./ground.ts";
import { allows, decidingRule, type NsgRule, type Packet } from "./nsg.ts";
import type { AddressSpace } from "./service-tags.ts";

/** What the network has to know of Azure. Ids are ARM ids, compared without regard to letter case. */
export interface AzureReading {
  readonly virtualMachines: readonly AzureMachine[];
  readonly networkInterfaces: readonly AzureInterface[];
  readonly publicAddresses: readonly { readonly id: string; readonly address?: string }[];
  readonly virtualNetworks: readonly AzureNetwork[];
  readonly networkSecurityGroups: readonly AzureGroup[];
}

interface AzureMachine {
  readonly id: string;
  readonly os: "Linux" | "Windows";
  readonly powerState: string;
  readonly networkInterfaces: readonly string[];
}

interface AzureInterface {
  readonly id: string;
  readonly ipConfigurations: readonly AzureIpConfiguration[];
  readonly networkSecurityGroup?: string;
}

interface AzureIpConfiguration {
  readonly privateAddress: string;
  readonly subnet: string;
  readonly publicAddress?: string;
  readonly applicationSecurityGroups?: readonly string[];
}

interface AzureNetwork {
  readonly id: string;
  readonly prefixes: readonly string[];
  readonly subnets: readonly { readonly name: string; readonly networkSecurityGroup?: string }[];
}

interface AzureGroup {
  readonly id: string;
  readonly flushConnection?: boolean;
  readonly rules: readonly NsgRule[];
}

export interface AzureSource {
  readonly state: () => AzureReading;
  readonly onChange: Ground["onChange"];
  /** What is peered with or connected to a virtual network, beside its own prefixes. */
  readonly connectedTo?: (virtualNetworkId: string) => readonly string[];
  /** Service tags beside `VirtualNetwork`, `Internet` and `AzureLoadBalancer`, by lower-case name. */
  readonly serviceTags?: AddressSpace["tags"];
}

export const createAzureGround = (source: AzureSource): Ground => ({
  machines: () => {
    const held = source.state();
    return held.virtualMachines.map((machine) => machineOf(held, machine));
  },
  admit: (flow) => admit(source, source.state(), flow),
  keep: (flow, last) => {
    const held = source.state();
    const place = placeOf(held, flow);
    if (typeof place === "string") return closed(place);
    // Rules are for new connections; only `flushConnection` has them looked at again for those that are there.
    // https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview
    return place.groups.some(({ flushConnection }) => flushConnection === true) ? admit(source, held, flow) : last;
  },
  onChange: source.onChange,
});

const machineOf = (held: AzureReading, machine: AzureMachine): Machine => ({
  id: machine.id,
  name: machine.id.slice(machine.id.lastIndexOf("/") + 1),
  platform: machine.os === "Windows" ? "windows" : "linux",
  addresses: configurationsOf(held, machine).flatMap(({ configuration }) => addressesOf(held, configuration)),
});

const configurationsOf = (held: AzureReading, machine: AzureMachine) =>
  machine.networkInterfaces.flatMap((id) => {
    const one = byId(held.networkInterfaces, id);
    return (one?.ipConfigurations ?? []).map((configuration) => ({ one, configuration }));
  });

const addressesOf = (held: AzureReading, configuration: AzureIpConfiguration): readonly string[] => [
  ...[byId(held.publicAddresses, configuration.publicAddress)?.address ?? []].flat(),
  configuration.privateAddress,
];

interface Place {
  readonly configuration: AzureIpConfiguration;
  readonly network: AzureNetwork | undefined;
  /** The subnet's, then the interface's. */
  readonly groups: readonly AzureGroup[];
}

/** Where a flow ends, or why it ends nowhere. */
const placeOf = (held: AzureReading, flow: Flow): Place | string => {
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
    groups: groups.flatMap((id) => byId(held.networkSecurityGroups, id) ?? []),
  };
};

const admit = (source: AzureSource, held: AzureReading, flow: Flow): Verdict => {
  const place = placeOf(held, flow);
  if (typeof place === "string") return closed(place);
  const { configuration, groups } = place;
  const from = readAddress(flow.from);
  // Rules are evaluated after the public address was translated: the destination is the private one.
  const to = readAddress(configuration.privateAddress);
  if (from === undefined || to === undefined) return closed("not an address");
  if (from.family !== to.family) return closed("the source has no address of that family");

  if (groups.length === 0) {
    // Standard public addresses, the only ones left, are closed unless a group opens them.
    // https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses
    if (flow.address !== configuration.privateAddress)
      return closed("a public address without a network security group");
    return { kind: "open", because: "no network security group", tracked: true };
  }
  const packet = packetOf(source, held, place, flow, from, to);
  const deciding = groups.map((group) => decidingRule(group.rules, packet));
  const denying = deciding.find((rule) => !allows(rule));
  if (denying !== undefined) return closed(denying.name);
  return { kind: "open", because: deciding.map(({ name }) => name).join(" and "), tracked: true };
};

const packetOf = (
  source: AzureSource,
  held: AzureReading,
  place: Place,
  flow: Flow,
  from: Address,
  to: Address,
): Packet => {
  const { network, configuration } = place;
  return {
    source: { address: from, port: flow.fromPort, applicationGroups: applicationGroupsAt(held, flow.from) },
    destination: {
      address: to,
      port: flow.port,
      applicationGroups: lowered(configuration.applicationSecurityGroups),
    },
    space: {
      virtualNetwork: network === undefined ? [] : [...network.prefixes, ...(source.connectedTo?.(network.id) ?? [])],
      tags: source.serviceTags ?? {},
    },
  };
};

const applicationGroupsAt = (held: AzureReading, address: string): ReadonlySet<string> =>
  lowered(
    held.networkInterfaces
      .flatMap(({ ipConfigurations }) => ipConfigurations)
      .filter(({ privateAddress }) => privateAddress === address)
      .flatMap(({ applicationSecurityGroups }) => applicationSecurityGroups ?? []),
  );

const lowered = (ids: readonly string[] | undefined): ReadonlySet<string> =>
  new Set((ids ?? []).map((id) => id.toLowerCase()));

const byId = <T extends { readonly id: string }>(items: readonly T[], id: string | undefined): T | undefined =>
  id === undefined ? undefined : items.find((item) => item.id.toLowerCase() === id.toLowerCase());
