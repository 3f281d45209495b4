/** What stands around one private address of a machine, as far as it can be told before the names in the rules are looked up. */

import type {
  AzureFirewall as AnsweredFirewall,
  NetworkInterfaceIPConfiguration as Configuration,
  NetworkInterface,
  RouteTable,
  Subnet,
  VirtualNetwork,
} from "@azure/arm-network";
import type { Machine } from "../../../access/machine.ts";
import { parseCidr, showCidr } from "../../../access/source.ts";
import type { AzureFirewall, AzureTarget, Nsg } from "../../rules.ts";
import type { Arm } from "../arm.ts";
import {
  firewallsBefore,
  hasPublicAddress,
  type Networks,
  networkOfSubnet,
  networksOf,
} from "../inventory/behind-firewall.ts";
import { idKey, subscriptionOf } from "../resource-id.ts";
import { cannotRead, once, pathOf, type Reading, readingOf } from "../rules/azure-shelf.ts";
import { readFirewall } from "../rules/firewall-rules.ts";
import { nameOf, readNsgRules, unreadableNsg } from "../rules/nsg-rules.ts";
import { publicWaysTo } from "../rules/public-ways.ts";
import type { Shelves } from "../rules/resource-kinds.ts";

export interface Spot {
  readonly target: Omit<AzureTarget, "table">;
  /** Whose service tags are asked for. */
  readonly subscription: string;
  readonly location: string;
  /** Ids in lower case; the same for spots that see the same. */
  readonly surroundings: string;
  readonly network: Reading<VirtualNetwork>;
  /** `undefined` when the subnet has none. */
  readonly routeTable: Reading<RouteTable> | undefined;
}

export interface SpotsDeps {
  readonly arm: Arm;
  readonly signal: AbortSignal;
  readonly shelves: Shelves;
  /** Subscriptions. */
  readonly firewallsIn: ReadonlySet<string>;
}

/** The spots of a machine; `undefined` when it is gone. NSGs and firewalls are the same objects wherever they stand. */
export type SpotsOf = (machine: Machine) => Promise<readonly Spot[] | undefined>;

export const createSpots = ({ arm, signal, shelves, firewallsIn }: SpotsDeps): SpotsOf => {
  const nsgs = new Map<string, Promise<Nsg>>();
  const subnets = new Map<string, Promise<Reading<Subnet>>>();
  const firewalls = new Map<string, Promise<AzureFirewall>>();

  const nsgOf = async (id: string): Promise<Nsg> =>
    once(nsgs, idKey(id), async () => {
      const reading = await shelves.groups.read(id);
      if (reading.kind !== "found") throw cannotRead(`network security group \`${nameOf(id)}\``, reading);
      return readNsgRules(reading.value);
    });

  const networkOf = async (subnet: string): Promise<Reading<VirtualNetwork>> =>
    shelves.networks.read(networkOfSubnet(subnet) ?? "");

  /** Its network tells it; where that may not be read, the subnet alone perhaps may. */
  const subnetOf = async (id: string): Promise<Reading<Subnet>> =>
    once(subnets, idKey(id), async () => {
      const network = await networkOf(id);
      const told = network.kind === "found" ? (network.value.subnets ?? []) : [];
      const found = told.find((subnet) => idKey(subnet.id ?? "") === idKey(id));
      return found === undefined ? fetchSubnet(id) : { kind: "found", value: found };
    });

  const fetchSubnet = async (id: string): Promise<Reading<Subnet>> => {
    const path = pathOf(networkOfSubnet(id) ?? "");
    if (path === undefined) return { kind: "gone" };
    const { subscription, resourceGroup, name } = path;
    const outcome = await arm.ask(
      async (abortSignal) => arm.network(subscription).subnets.get(resourceGroup, name, nameOf(id), { abortSignal }),
      signal,
      arm.limits.callMs,
    );
    return readingOf(outcome, `subnet \`${nameOf(id)}\` of \`${name}\``);
  };

  const firewallOf = async (answered: AnsweredFirewall): Promise<AzureFirewall> =>
    once(firewalls, idKey(answered.id ?? ""), async () => {
      const configurations = answered.ipConfigurations ?? [];
      const ofHub = answered.hubIPAddresses?.publicIPs?.addresses ?? [];
      const [addresses, prefixes] = await Promise.all([
        Promise.all(configurations.map(async ({ publicIPAddress }) => addressOf(publicIPAddress?.id))),
        Promise.all(configurations.map(async ({ subnet }) => prefixesOf(subnet?.id))),
      ]);
      return readFirewall(answered, {
        publicAddresses: [...addresses.flat(), ...ofHub.flatMap(({ address }) => address ?? [])],
        subnetPrefixes: prefixes.flat(),
      });
    });

  const addressOf = async (id: string | undefined): Promise<readonly string[]> => {
    const reading = id === undefined ? undefined : await shelves.publicAddresses.read(id);
    return reading?.kind === "found" && reading.value.ipAddress !== undefined ? [reading.value.ipAddress] : [];
  };

  const prefixesOf = async (subnet: string | undefined): Promise<readonly string[]> => {
    const reading = subnet === undefined ? undefined : await subnetOf(subnet);
    if (reading?.kind !== "found") return [];
    const { addressPrefix, addressPrefixes } = reading.value;
    return [...(addressPrefix ? [addressPrefix] : []), ...(addressPrefixes ?? [])];
  };

  let listing: Promise<readonly AnsweredFirewall[]> | undefined;
  const allFirewalls = async (): Promise<readonly AnsweredFirewall[]> => {
    listing ??= Promise.all([...firewallsIn].map(async (each) => shelves.firewalls.all(each))).then((all) =>
      all.flat(),
    );
    return listing;
  };

  /** A network tells its peerings; where it may not be read, those of the firewalls tell of it. */
  const networksAround = async (subnet: string): Promise<Networks> => {
    const own = await networkOf(subnet);
    const others = own.kind === "found" ? [] : new Set((await allFirewalls()).flatMap(networksOf));
    const readings = [own, ...(await Promise.all([...others].map(async (id) => shelves.networks.read(id))))];
    return new Map(
      readings.flatMap((each) => (each.kind === "found" ? [[idKey(each.value.id ?? ""), each.value]] : [])),
    );
  };

  const routeTableOf = async (subnet: Reading<Subnet>): Promise<Reading<RouteTable> | undefined> => {
    if (subnet.kind !== "found") return { kind: "forbidden" };
    const id = subnet.value.routeTable?.id;
    return id === undefined ? undefined : shelves.routeTables.read(id);
  };

  const subnetGroupOf = async (id: string, subnet: Reading<Subnet>): Promise<Nsg | undefined> => {
    if (subnet.kind !== "found") {
      return once(nsgs, idKey(id), async () => unreadableNsg(id, `(of subnet ${nameOf(id)})`));
    }
    const group = subnet.value.networkSecurityGroup?.id;
    return group === undefined ? undefined : nsgOf(group);
  };

  const spotOf = async (machine: Machine, nic: NetworkInterface, configuration: Configuration): Promise<Spot[]> => {
    const address = parseCidr(configuration.privateIPAddress ?? "");
    const subnetId = configuration.subnet?.id;
    // A dynamic address isn't there before its machine has run.
    if (address === undefined || subnetId === undefined) return [];
    const privateAddress = showCidr(address);
    const subnet = await subnetOf(subnetId);
    if (subnet.kind === "gone") throw cannotRead(`subnet \`${nameOf(subnetId)}\``, subnet);

    const [routeTable, network] = await Promise.all([routeTableOf(subnet), networkOf(subnetId)]);
    const before = firewallsBefore(
      {
        privateAddress,
        network: networkOfSubnet(subnetId),
        routes: routeTable?.kind === "found" ? (routeTable.value.routes ?? []) : [],
        hasPublicAddress: hasPublicAddress(nic),
      },
      await allFirewalls(),
      await networksAround(subnetId),
    );
    const [subnetGroup, interfaceGroup, publicWays, behind] = await Promise.all([
      subnetGroupOf(subnetId, subnet),
      nic.networkSecurityGroup?.id === undefined ? undefined : nsgOf(nic.networkSecurityGroup.id),
      publicWaysTo(configuration, shelves),
      Promise.all(before.map(firewallOf)),
    ]);
    const applicationGroups = membershipsOf(configuration);
    const around = subnet.kind === "found" ? (subnet.value.routeTable?.id ?? "") : subnetId;
    return [
      {
        target: {
          cloud: "azure",
          privateAddress,
          publicWays,
          applicationGroups,
          subnetGroup,
          interfaceGroup,
          firewalls: behind,
        },
        subscription: subscriptionOf(machine.id) ?? machine.account,
        location: nic.location ?? machine.region,
        surroundings: `${networkOfSubnet(subnetId) ?? ""} ${idKey(around)}`,
        network,
        routeTable,
      },
    ];
  };

  return async (machine) => {
    const reading = await shelves.machines.read(machine.id);
    if (reading.kind === "gone") return undefined;
    const ids =
      reading.kind === "found"
        ? (reading.value.networkProfile?.networkInterfaces ?? []).flatMap(({ id }) => id ?? [])
        : machine.interfaces.map(({ id }) => id);
    const spots = await Promise.all(
      ids.map(async (id) => {
        const nic = await shelves.interfaces.read(id);
        if (nic.kind === "forbidden") throw cannotRead(`network interface \`${nameOf(id)}\``, nic);
        if (nic.kind === "gone") return [];
        return Promise.all((nic.value.ipConfigurations ?? []).map(async (each) => spotOf(machine, nic.value, each)));
      }),
    );
    return spots.flat(2);
  };
};

/** The application security groups of an address, lower case. */
export const membershipsOf = ({ applicationSecurityGroups }: Configuration): readonly string[] =>
  (applicationSecurityGroups ?? []).flatMap(({ id }) => (id === undefined ? [] : [idKey(id)]));
