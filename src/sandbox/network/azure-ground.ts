/** Decides by security groups, route tables and Azure Firewalls, reading nothing but what the cloud obeys. */

import { type Address, contains, readAddress, readPrefix, showAddress } from "./address.ts";
import { type FirewallReading, type Names, networkDecision, translate } from "./azure-firewall.ts";
import { nextHop, peeredPrefixes, type RoutedNetwork, type RouteTable } from "./azure-routes.ts";
import { closed, type Flow, type Ground, type Machine, type Verdict } from "./ground.ts";
import { allows, decidingRule, type NsgRule, type Packet } from "./nsg.ts";
import type { AddressSpace } from "./service-tags.ts";

/** What the network has to know of Azure. Ids are ARM ids, compared without regard to letter case. */
export interface AzureReading {
  readonly virtualMachines: readonly AzureMachine[];
  readonly networkInterfaces: readonly AzureInterface[];
  readonly publicAddresses: readonly { readonly id: string; readonly address?: string; readonly sku?: string }[];
  readonly virtualNetworks: readonly AzureNetwork[];
  readonly networkSecurityGroups: readonly AzureGroup[];
  readonly routeTables?: readonly RouteTable[];
  readonly ipGroups?: readonly { readonly id: string; readonly addresses: readonly string[] }[];
  readonly azureFirewalls?: readonly FirewallReading[];
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

interface AzureNetwork extends RoutedNetwork {
  readonly subnets: readonly AzureSubnet[];
}

interface AzureSubnet {
  readonly name: string;
  readonly prefixes?: readonly string[];
  readonly networkSecurityGroup?: string;
  readonly routeTable?: string;
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
  gateways: () => {
    const held = source.state();
    return (held.azureFirewalls ?? []).map((firewall) => gatewayOf(held, firewall));
  },
  admit: (flow) => {
    const held = source.state();
    const firewall = byId(held.azureFirewalls ?? [], flow.machineId);
    if (firewall !== undefined) return admitTranslated(source, held, firewall, flow);
    return refusedOnTheWay(source, held, flow) ?? admit(source, held, flow);
  },
  keep: (flow, last) => {
    const held = source.state();
    // A firewall doesn't look at sessions again when its rules change, as far as anybody says; they end with their machine.
    if (last.reaches !== undefined) {
      const reached = byId(held.virtualMachines, last.reaches.machine.id);
      return reached?.powerState === "running" ? last : closed("the machine isn't running");
    }
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

const gatewayOf = (held: AzureReading, { id, ipConfigurations }: FirewallReading): Machine => ({
  id,
  name: id.slice(id.lastIndexOf("/") + 1),
  platform: "linux",
  addresses: ipConfigurations.flatMap(({ publicAddress }) => byId(held.publicAddresses, publicAddress)?.address ?? []),
});

/** DNAT, then network rules on what was translated, which is allowed unless one denies it, then the machine's own groups. */
const admitTranslated = (source: AzureSource, held: AzureReading, firewall: FirewallReading, flow: Flow): Verdict => {
  const { name } = gatewayOf(held, firewall);
  if (firewall.firewallPolicy !== undefined) return closed(`${name} has its rules in a policy, which isn't here`);
  const from = readAddress(flow.from);
  const to = readAddress(flow.address);
  if (from === undefined || to === undefined || from.family !== to.family)
    return closed("not an address of that family");
  const names = namesIn(source, held);
  const translated = translate(firewall, { from, to, port: flow.port }, names);
  if (translated === undefined) return closed(`no DNAT rule of ${name}`);
  const decision = networkDecision(firewall, { from, to: translated.to, port: translated.port }, names);
  if (decision?.allows === false) return closed(`${name} ${decision.rule}`);

  const address = showAddress(translated.to);
  const behind = held.virtualMachines.map((machine) => machineOf(held, machine));
  const machine = behind.find(({ addresses }) => addresses.includes(address));
  const inside = sourceBehind(held, firewall, from);
  if (machine === undefined || inside === undefined) return closed(`nobody is at ${address}`);
  const last = { ...flow, machineId: machine.id, address, port: translated.port, from: inside };
  const verdict = admit(source, held, last);
  if (verdict.kind === "closed") return verdict;
  const because = `${name} ${translated.rule} and ${verdict.because}`;
  return { kind: "open", because, tracked: true, reaches: { machine, port: translated.port } };
};

/**
 * What is translated comes from one of the firewall's instances, whose addresses are in its subnet and aren't the one that routes name.
 * https://techcommunity.microsoft.com/blog/azurenetworksecurityblog/azure-firewall-nat-behaviors/3825834
 */
const sourceBehind = (
  held: AzureReading,
  { privateAddress, ipConfigurations }: FirewallReading,
  from: Address,
): string | undefined => {
  const address = readAddress(privateAddress);
  const configured = ipConfigurations.some(({ subnet }) => subnet !== undefined);
  if (address === undefined || !configured || held.virtualNetworks.length === 0) return undefined;
  return showAddress({ ...address, bits: address.bits + 1n + (from.bits % INSTANCES) });
};

const INSTANCES = 2n;

/** Why a packet to a private address doesn't even come to the machine's groups; one to a public address isn't routed by the user. */
const refusedOnTheWay = (source: AzureSource, held: AzureReading, flow: Flow): Verdict | undefined => {
  const place = placeOf(held, flow);
  const from = readAddress(flow.from);
  const to = readAddress(flow.address);
  if (typeof place === "string" || from === undefined || to === undefined || from.family !== to.family)
    return undefined;
  if (place.configuration.privateAddress !== flow.address || place.network === undefined) return undefined;
  const start = subnetOf(held, from);
  const hops = [
    nextHop(from, byId(held.routeTables ?? [], place.subnet?.routeTable), place.network, held.virtualNetworks),
    ...(start === undefined
      ? []
      : [nextHop(to, byId(held.routeTables ?? [], start.subnet.routeTable), start.network, held.virtualNetworks)]),
  ];
  for (const hop of hops) {
    if (hop.kind === "nowhere") return closed("a route leads nowhere");
    if (hop.kind === "direct") continue;
    const firewall = (held.azureFirewalls ?? []).find(({ privateAddress }) => privateAddress === hop.address);
    if (firewall === undefined) return closed(`a route leads to ${hop.address}, where nobody is`);
    const { name } = gatewayOf(held, firewall);
    if (firewall.firewallPolicy !== undefined) return closed(`${name} has its rules in a policy, which isn't here`);
    // Private destinations keep the packet's source: https://learn.microsoft.com/azure/firewall/snat-private-range
    const decision = networkDecision(firewall, { from, to, port: flow.port }, namesIn(source, held));
    if (decision?.allows !== true) return closed(`${name} ${decision?.rule ?? "has no rule that allows it"}`);
  }
  return undefined;
};

const subnetOf = (held: AzureReading, address: Address) =>
  held.virtualNetworks
    .flatMap((network) => network.subnets.map((subnet) => ({ network, subnet })))
    .find(({ subnet }) =>
      (subnet.prefixes ?? []).some((text) => {
        const prefix = readPrefix(text);
        return prefix !== undefined && contains(prefix, address);
      }),
    );

const namesIn = (source: AzureSource, held: AzureReading): Names => ({
  ipGroup: (id) => byId(held.ipGroups ?? [], id)?.addresses ?? [],
  serviceTag: (name) => (Object.hasOwn(source.serviceTags ?? {}, name) ? source.serviceTags?.[name] : undefined),
});

interface Place {
  readonly configuration: AzureIpConfiguration;
  readonly network: AzureNetwork | undefined;
  readonly subnet: AzureSubnet | undefined;
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
    subnet,
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
    // Standard public addresses are closed unless a group opens them, Basic ones open unless one closes them.
    // https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses
    const sku = byId(held.publicAddresses, configuration.publicAddress)?.sku;
    if (flow.address !== configuration.privateAddress && sku !== "Basic")
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
      virtualNetwork:
        network === undefined
          ? []
          : [
              ...network.prefixes,
              ...peeredPrefixes(network, held.virtualNetworks),
              ...(source.connectedTo?.(network.id) ?? []),
            ],
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
