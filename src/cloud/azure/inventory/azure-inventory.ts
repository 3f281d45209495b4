/** Which machines the configured subscriptions have, and which of their NSGs and firewalls carry our mark. */

import type {
  AzureFirewall,
  NetworkInterface as AzureInterface,
  NetworkSecurityGroup,
  RouteTable,
  Subnet,
  VirtualNetwork,
} from "@azure/arm-network";
import type { Inventory } from "../../inventory.ts";
import type { Arm, Outcome } from "../arm.ts";
import { azureFault } from "../azure-fault.ts";
import type { FirewallMark } from "../classic-firewall/firewall-mark.ts";
import type { OwnerMark } from "../nsg/owner-mark.ts";
import { classicFirewallId, idKey, nsgFirewallId, pathOf } from "../resource-id.ts";
import { type Listed, machinesOf, powerOf } from "./azure-machine.ts";
import { type SubnetView, viewOf } from "./interface-firewalls.ts";

export interface InventoryDeps {
  readonly arm: Arm;
  readonly subscriptions: readonly string[];
  readonly mark: OwnerMark;
  readonly firewallMark: FirewallMark;
}

/** What one subscription lists. */
type Part = Omit<Listed, "around"> & {
  readonly networks: readonly VirtualNetwork[];
  /** `undefined` when it can't list them. */
  readonly firewalls: readonly AzureFirewall[] | undefined;
  readonly routeTables: readonly RouteTable[];
};

/** A list has many pages, each with its own limit; this one is for all of them. */
const LIST_MS = 120_000;

export const createAzureInventory = ({ arm, subscriptions, mark, firewallMark }: InventoryDeps): Inventory => {
  const list = async <T>(what: string, pages: Pages<T>, signal: AbortSignal): Promise<readonly T[]> =>
    succeeded(await collect(arm, pages, signal), `cannot list ${what}`);

  /** `undefined` when we aren't permitted, or this Azure hasn't such a thing. */
  const listIfPossible = async <T>(
    what: string,
    pages: Pages<T>,
    signal: AbortSignal,
  ): Promise<readonly T[] | undefined> => {
    const outcome = await collect(arm, pages, signal);
    const { status = 0 } = outcome.kind === "failed" ? outcome.problem : {};
    return CANNOT_LIST.has(status) ? undefined : succeeded(outcome, `cannot list ${what}`);
  };

  const listFirewalls = async (subscription: string, signal: AbortSignal) => {
    const { azureFirewalls } = arm.network(subscription);
    return listIfPossible(`firewalls of \`${subscription}\``, (of) => azureFirewalls.listAll(of), signal);
  };

  const listOne = async (subscription: string, signal: AbortSignal): Promise<Part> => {
    const { virtualMachines } = arm.compute(subscription);
    const { networkInterfaces, publicIPAddresses, virtualNetworks, routeTables } = arm.network(subscription);
    const [machines, statuses, interfaces, publicAddresses, networks, firewalls, tables] = await Promise.all([
      list(`machines of \`${subscription}\``, (of) => virtualMachines.listAll(of), signal),
      // Not every role may read it, and nothing depends on it: unknown is an answer, too.
      collect(arm, (of) => virtualMachines.listAll({ ...of, statusOnly: "true" }), signal),
      list(`interfaces of \`${subscription}\``, (of) => networkInterfaces.listAll(of), signal),
      list(`public addresses of \`${subscription}\``, (of) => publicIPAddresses.listAll(of), signal),
      list(`virtual networks of \`${subscription}\``, (of) => virtualNetworks.listAll(of), signal),
      listFirewalls(subscription, signal),
      listIfPossible(`route tables of \`${subscription}\``, (of) => routeTables.listAll(of), signal),
    ]);
    return {
      machines,
      power: new Map((statuses.kind === "done" ? statuses.value : []).map((vm) => [idKey(vm.id ?? ""), powerOf(vm)])),
      interfaces: byId(interfaces),
      publicAddresses: byId(publicAddresses),
      networks,
      firewalls,
      routeTables: tables ?? [],
    };
  };

  /** A subnet that no listed network has: of a subscription that isn't configured, or of a network that we may not list. */
  const lookUpSubnet = async (id: string, signal: AbortSignal): Promise<SubnetView> => {
    const [, subscription, group, network, name] = SUBNET.exec(id) ?? [];
    if (subscription === undefined || group === undefined || network === undefined || name === undefined) {
      return { kind: "unknown" };
    }
    const { subnets } = arm.network(subscription);
    const outcome = await arm.ask(
      async (abortSignal) => subnets.get(group, network, name, { abortSignal }),
      signal,
      arm.limits.callMs,
    );
    if (outcome.kind === "done") return viewOf(outcome.value);
    switch (outcome.problem.status) {
      case 403:
        return { kind: "unknown" };
      case 404:
        return { kind: "gone" };
      default:
        throw azureFault(`cannot read subnet \`${name}\` of \`${network}\``, outcome.problem);
    }
  };

  return {
    machines: async (signal) => {
      const listed = await Promise.all(subscriptions.map(async (subscription) => listOne(subscription, signal)));
      const interfaces = merge(listed.map((one) => one.interfaces));
      const networks = listed.flatMap((one) => one.networks);
      const firewalls = listed.flatMap((one) => one.firewalls ?? []);
      const subnets = new Map(
        networks.flatMap(subnetsOf).map((subnet) => [idKey(subnet.id ?? ""), viewOf(subnet)] as const),
      );
      const unlisted = new Set(
        [...[...interfaces.values()].filter(isOfMachine), ...firewalls]
          .flatMap(subnetIdsOf)
          .filter((id) => !subnets.has(id)),
      );
      const found = await Promise.all([...unlisted].map(async (id) => [id, await lookUpSubnet(id, signal)] as const));
      return machinesOf({
        machines: listed.flatMap((one) => one.machines),
        power: merge(listed.map((one) => one.power)),
        interfaces,
        publicAddresses: merge(listed.map((one) => one.publicAddresses)),
        around: {
          subnets: new Map([...subnets, ...found]),
          networks: byId(networks),
          routeTables: byId(listed.flatMap((one) => one.routeTables)),
          firewalls,
          allFirewalls: listed.every((one) => one.firewalls !== undefined),
        },
      });
    },
    isGone: async (id, signal) => {
      const path = pathOf(id);
      if (path === undefined) return false;
      const { virtualMachines } = arm.compute(path.subscription);
      const outcome = await arm.ask(
        async (abortSignal) => virtualMachines.get(path.resourceGroup, path.name, { abortSignal }),
        signal,
        arm.limits.callMs,
      );
      if (outcome.kind === "done") return false;
      if (outcome.problem.status === 404) return true;
      // Refused for lack of permission means only that it isn't ours to see any more.
      if (outcome.problem.status === 403) return false;
      throw azureFault(`cannot look for \`${path.name}\``, outcome.problem);
    },
    marked: async (signal) => {
      const found = await Promise.all(
        subscriptions.map(async (subscription) => {
          const { networkSecurityGroups } = arm.network(subscription);
          const what = `network security groups of \`${subscription}\``;
          const [groups, firewalls] = await Promise.all([
            list(what, (of) => networkSecurityGroups.listAll(of), signal),
            listFirewalls(subscription, signal),
          ]);
          return [
            ...groups.filter((group) => isMarkedGroup(group, mark)).map(({ id = "" }) => nsgFirewallId(id)),
            // Who may not list firewalls can't have changed one.
            ...(firewalls ?? [])
              .filter((firewall) => isMarkedFirewall(firewall, firewallMark))
              .map(({ id = "" }) => classicFirewallId(id)),
          ];
        }),
      );
      return found.flat();
    },
  };
};

const isMarkedGroup = ({ id, securityRules = [] }: NetworkSecurityGroup, mark: OwnerMark): boolean =>
  id !== undefined && securityRules.some(({ name }) => name !== undefined && mark.isOurs(name));

const isMarkedFirewall = (firewall: AzureFirewall, { whichOf }: FirewallMark): boolean =>
  firewall.id !== undefined &&
  [...(firewall.natRuleCollections ?? []), ...(firewall.networkRuleCollections ?? [])].some(
    ({ name }) => name !== undefined && whichOf(name) !== undefined,
  );

/** Not permitted, or of a kind that this server doesn't know. */
const CANNOT_LIST: ReadonlySet<number> = new Set([400, 403, 404]);

const SUBNET =
  /^\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)\/providers\/microsoft\.network\/virtualnetworks\/([^/]+)\/subnets\/([^/]+)$/u;

type Pages<T> = (options: { abortSignal: AbortSignal }) => AsyncIterable<T>;

const collect = async <T>(arm: Arm, pages: Pages<T>, signal: AbortSignal): Promise<Outcome<readonly T[]>> =>
  arm.ask(async (abortSignal) => Array.fromAsync(pages({ abortSignal })), signal, LIST_MS);

const succeeded = <T>(outcome: Outcome<T>, what: string): T => {
  if (outcome.kind === "failed") throw azureFault(what, outcome.problem);
  return outcome.value;
};

const subnetsOf = (network: VirtualNetwork): readonly Subnet[] => network.subnets ?? [];

/** Interfaces of private endpoints and the like have none. */
const isOfMachine = ({ virtualMachine }: AzureInterface): boolean => virtualMachine?.id !== undefined;

const subnetIdsOf = ({
  ipConfigurations = [],
}: Pick<AzureInterface | AzureFirewall, "ipConfigurations">): readonly string[] =>
  ipConfigurations.flatMap(({ subnet }) => (subnet?.id === undefined ? [] : [idKey(subnet.id)]));

const byId = <T extends { readonly id?: string }>(resources: readonly T[]): ReadonlyMap<string, T> =>
  new Map(resources.map((resource) => [idKey(resource.id ?? ""), resource]));

const merge = <T>(maps: readonly ReadonlyMap<string, T>[]): ReadonlyMap<string, T> =>
  new Map(maps.flatMap((map) => [...map]));
