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
import { idKey, nameOf, pathOf, subscriptionOf } from "../resource-id.ts";
import { readFirewall } from "./firewall-rules.ts";
import { readNsgRules, unreadableNsg } from "./nsg-rules.ts";
import { publicWaysTo } from "./public-ways.ts";
import { cannotRead, once, type Reading, readingOf } from "./resource-cache.ts";
import type { ResourceCaches } from "./resource-kinds.ts";

export interface TargetSeen {
  readonly target: Omit<AzureTarget, "table">;
  /** Whose service tags are asked for. */
  readonly subscription: string;
  readonly location: string;
  /** Ids in lower case; the same for targets that see the same. */
  readonly surroundings: string;
  readonly network: Reading<VirtualNetwork>;
  /** `undefined` when the subnet has none. */
  readonly routeTable: Reading<RouteTable> | undefined;
}

export interface TargetReaderDeps {
  readonly arm: Arm;
  readonly signal: AbortSignal;
  readonly caches: ResourceCaches;
  /** Subscriptions. */
  readonly firewallsIn: ReadonlySet<string>;
}

/** The targets of a machine; `undefined` when it is gone. NSGs and firewalls are the same objects wherever they stand. */
export type ReadTargets = (machine: Machine) => Promise<readonly TargetSeen[] | undefined>;

export const createTargetReader = ({ arm, signal, caches, firewallsIn }: TargetReaderDeps): ReadTargets => {
  const nsgs = new Map<string, Promise<Nsg>>();
  const subnets = new Map<string, Promise<Reading<Subnet>>>();
  const firewalls = new Map<string, Promise<AzureFirewall>>();

  const nsgOf = async (id: string): Promise<Nsg> =>
    once(nsgs, idKey(id), async () => {
      const reading = await caches.groups.read(id);
      if (reading.kind !== "found") throw cannotRead(`network security group \`${nameOf(id)}\``, reading);
      return readNsgRules(reading.value);
    });

  const networkOf = async (subnet: string): Promise<Reading<VirtualNetwork>> =>
    caches.networks.read(networkOfSubnet(subnet) ?? "");

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
    const reading = id === undefined ? undefined : await caches.publicAddresses.read(id);
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
    listing ??= Promise.all([...firewallsIn].map(async (each) => caches.firewalls.all(each))).then((all) => all.flat());
    return listing;
  };

  /** A network tells its peerings; where it may not be read, those of the firewalls tell of it. */
  const networksAround = async (subnet: string): Promise<Networks> => {
    const own = await networkOf(subnet);
    const others = own.kind === "found" ? [] : new Set((await allFirewalls()).flatMap(networksOf));
    const readings = [own, ...(await Promise.all([...others].map(async (id) => caches.networks.read(id))))];
    return new Map(
      readings.flatMap((each) => (each.kind === "found" ? [[idKey(each.value.id ?? ""), each.value]] : [])),
    );
  };

  const routeTableOf = async (subnet: Reading<Subnet>): Promise<Reading<RouteTable> | undefined> => {
    if (subnet.kind !== "found") return { kind: "forbidden" };
    const id = subnet.value.routeTable?.id;
    return id === undefined ? undefined : caches.routeTables.read(id);
  };

  const subnetGroupOf = async (id: string, subnet: Reading<Subnet>): Promise<Nsg | undefined> => {
    if (subnet.kind !== "found") {
      return once(nsgs, idKey(id), async () => unreadableNsg(id, `(of subnet ${nameOf(id)})`));
    }
    const group = subnet.value.networkSecurityGroup?.id;
    return group === undefined ? undefined : nsgOf(group);
  };

  const targetsAt = async (
    machine: Machine,
    nic: NetworkInterface,
    configuration: Configuration,
  ): Promise<TargetSeen[]> => {
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
      publicWaysTo(configuration, caches),
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
    const reading = await caches.machines.read(machine.id);
    if (reading.kind === "gone") return undefined;
    const ids =
      reading.kind === "found"
        ? (reading.value.networkProfile?.networkInterfaces ?? []).flatMap(({ id }) => id ?? [])
        : machine.interfaces.map(({ id }) => id);
    const targets = await Promise.all(
      ids.map(async (id) => {
        const nic = await caches.interfaces.read(id);
        if (nic.kind === "forbidden") throw cannotRead(`network interface \`${nameOf(id)}\``, nic);
        if (nic.kind === "gone") return [];
        return Promise.all((nic.value.ipConfigurations ?? []).map(async (each) => targetsAt(machine, nic.value, each)));
      }),
    );
    return targets.flat(2);
  };
};

/** The application security groups of an address, lower case. */
export const membershipsOf = ({ applicationSecurityGroups }: Configuration): readonly string[] =>
  (applicationSecurityGroups ?? []).flatMap(({ id }) => (id === undefined ? [] : [idKey(id)]));
