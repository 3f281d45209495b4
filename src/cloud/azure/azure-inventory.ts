/** Which machines the configured subscriptions have, and which of their NSGs carry our mark. */

import type { NetworkInterface as AzureInterface, Subnet, VirtualNetwork } from "@azure/arm-network";
import type { FirewallId } from "../../access/machine.ts";
import type { Inventory } from "../inventory.ts";
import type { Arm, Outcome } from "./arm.ts";
import { azureFault } from "./azure-fault.ts";
import { type Listed, machinesOf, powerOf, type SubnetGuard } from "./azure-machine.ts";
import type { OwnerMark } from "./owner-mark.ts";
import { idKey, nsgFirewallId } from "./resource-id.ts";

export interface InventoryDeps {
  readonly arm: Arm;
  readonly subscriptions: readonly string[];
  readonly mark: OwnerMark;
}

/** A list has many pages, each with its own limit; this one is for all of them. */
const LIST_MS = 120_000;

export const createAzureInventory = ({ arm, subscriptions, mark }: InventoryDeps): Inventory => {
  const list = async <T>(what: string, pages: Pages<T>, signal: AbortSignal): Promise<readonly T[]> =>
    succeeded(await collect(arm, pages, signal), `cannot list ${what}`);

  const listOne = async (subscription: string, signal: AbortSignal): Promise<Listed> => {
    const { virtualMachines } = arm.compute(subscription);
    const { networkInterfaces, publicIPAddresses, virtualNetworks } = arm.network(subscription);
    const [machines, statuses, interfaces, publicAddresses, networks] = await Promise.all([
      list(`machines of \`${subscription}\``, (of) => virtualMachines.listAll(of), signal),
      // Not every role may read it, and nothing depends on it: unknown is an answer, too.
      collect(arm, (of) => virtualMachines.listAll({ ...of, statusOnly: "true" }), signal),
      list(`interfaces of \`${subscription}\``, (of) => networkInterfaces.listAll(of), signal),
      list(`public addresses of \`${subscription}\``, (of) => publicIPAddresses.listAll(of), signal),
      list(`virtual networks of \`${subscription}\``, (of) => virtualNetworks.listAll(of), signal),
    ]);
    return {
      machines,
      power: new Map((statuses.kind === "done" ? statuses.value : []).map((vm) => [idKey(vm.id ?? ""), powerOf(vm)])),
      interfaces: byId(interfaces),
      publicAddresses: byId(publicAddresses),
      subnets: new Map(networks.flatMap(subnetsOf).map((subnet) => [idKey(subnet.id ?? ""), guardOf(subnet)])),
    };
  };

  /** A subnet that no listed network has: of a subscription that isn't configured, or of a network that we may not list. */
  const lookUpSubnet = async (id: string, signal: AbortSignal): Promise<SubnetGuard> => {
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
    if (outcome.kind === "done") return guardOf(outcome.value);
    switch (outcome.problem.status) {
      case 403:
        return { kind: "unknown" };
      case 404:
        return { kind: "none" };
      default:
        throw azureFault(`cannot read subnet \`${name}\` of \`${network}\``, outcome.problem);
    }
  };

  return {
    machines: async (signal) => {
      const listed = await Promise.all(subscriptions.map(async (subscription) => listOne(subscription, signal)));
      const interfaces = merge(listed.map((one) => one.interfaces));
      const subnets = merge(listed.map((one) => one.subnets));
      const unlisted = new Set(
        [...interfaces.values()]
          .filter(isOfMachine)
          .flatMap(subnetIdsOf)
          .filter((id) => !subnets.has(id)),
      );
      const found = await Promise.all([...unlisted].map(async (id) => [id, await lookUpSubnet(id, signal)] as const));
      return machinesOf({
        machines: listed.flatMap((one) => one.machines),
        power: merge(listed.map((one) => one.power)),
        interfaces,
        publicAddresses: merge(listed.map((one) => one.publicAddresses)),
        subnets: new Map([...subnets, ...found]),
      });
    },
    marked: async (signal) => {
      const groups = await Promise.all(
        subscriptions.map(async (subscription) => {
          const { networkSecurityGroups } = arm.network(subscription);
          return list(
            `network security groups of \`${subscription}\``,
            (of) => networkSecurityGroups.listAll(of),
            signal,
          );
        }),
      );
      return groups.flat().flatMap(({ id, securityRules = [] }): FirewallId[] => {
        const isMarked = securityRules.some(({ name }) => name !== undefined && mark.parseName(name) !== undefined);
        return id !== undefined && isMarked ? [nsgFirewallId(id)] : [];
      });
    },
  };
};

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

const guardOf = ({ networkSecurityGroup }: Subnet): SubnetGuard =>
  networkSecurityGroup?.id === undefined ? { kind: "none" } : { kind: "nsg", id: networkSecurityGroup.id };

/** Interfaces of private endpoints and the like have none. */
const isOfMachine = ({ virtualMachine }: AzureInterface): boolean => virtualMachine?.id !== undefined;

const subnetIdsOf = ({ ipConfigurations = [] }: AzureInterface): readonly string[] =>
  ipConfigurations.flatMap(({ subnet }) => (subnet?.id === undefined ? [] : [idKey(subnet.id)]));

const byId = <T extends { readonly id?: string }>(resources: readonly T[]): ReadonlyMap<string, T> =>
  new Map(resources.map((resource) => [idKey(resource.id ?? ""), resource]));

const merge = <T>(maps: readonly ReadonlyMap<string, T>[]): ReadonlyMap<string, T> =>
  new Map(maps.flatMap((map) => [...map]));
