/** Virtual machines as `Machine`s, joined from what Azure lists of machines, interfaces, public addresses and networks. */

import type { VirtualMachine } from "@azure/arm-compute";
import type { NetworkInterface as AzureInterface, PublicIPAddress } from "@azure/arm-network";
import type { FirewallId, Machine, MachineId, NetworkInterface } from "../../access/machine.ts";
import { parseCidr, showCidr } from "../../access/source.ts";
import { idKey, nsgFirewallId, subscriptionOf } from "./resource-id.ts";

/** What guards a subnet: `none` is known not to be there, `unknown` may be. */
export type SubnetGuard =
  | { readonly kind: "nsg"; readonly id: string }
  | { readonly kind: "none" }
  | { readonly kind: "unknown" };

/** Keys are `idKey`s of resource ids. */
export interface Listed {
  readonly machines: readonly VirtualMachine[];
  readonly power: ReadonlyMap<string, Machine["power"]>;
  readonly interfaces: ReadonlyMap<string, AzureInterface>;
  readonly publicAddresses: ReadonlyMap<string, PublicIPAddress>;
  readonly subnets: ReadonlyMap<string, SubnetGuard>;
}

export const machinesOf = (listed: Listed): readonly Machine[] =>
  listed.machines.flatMap((vm): Machine[] => {
    if (vm.id === undefined || vm.name === undefined) return [];
    const id = idKey(vm.id);
    return [
      {
        cloud: "azure",
        id: id as MachineId,
        name: vm.name,
        account: subscriptionOf(id) ?? "",
        region: vm.location ?? "",
        tags: vm.tags ?? {},
        os: osOf(vm),
        power: listed.power.get(id) ?? "unknown",
        interfaces: interfacesOf(vm, listed),
      },
    ];
  });

/** `PowerState/running` among the statuses; starting and stopping count as where they lead. */
export const powerOf = (vm: VirtualMachine): Machine["power"] => {
  const code = vm.instanceView?.statuses?.find((status) => /^PowerState\//iu.test(status.code ?? ""))?.code;
  switch (code?.slice("PowerState/".length).toLowerCase()) {
    case "running":
    case "starting":
      return "running";
    case "stopped":
    case "stopping":
    case "deallocated":
    case "deallocating":
      return "stopped";
    default:
      return "unknown";
  }
};

const osOf = (vm: VirtualMachine): Machine["os"] => {
  switch (vm.storageProfile?.osDisk?.osType?.toLowerCase()) {
    case "linux":
      return "linux";
    case "windows":
      return "windows";
    default:
      return "unknown";
  }
};

/** The primary one first, because that is the one people mean. One that isn't listed has been deleted since, or isn't ours to see. */
const interfacesOf = (vm: VirtualMachine, listed: Listed): readonly NetworkInterface[] =>
  (vm.networkProfile?.networkInterfaces ?? [])
    .toSorted((a, b) => Number(b.primary ?? false) - Number(a.primary ?? false))
    .flatMap(({ id }) => {
      const found = id === undefined ? undefined : listed.interfaces.get(idKey(id));
      return id === undefined || found === undefined ? [] : [interfaceOf(idKey(id), found, listed)];
    });

const interfaceOf = (id: string, nic: AzureInterface, listed: Listed): NetworkInterface => {
  const configurations = nic.ipConfigurations ?? [];
  return {
    id,
    privateAddresses: canonical(configurations.map((each) => each.privateIPAddress)),
    publicAddresses: canonical(
      configurations.map(({ publicIPAddress }) => {
        const known =
          publicIPAddress?.id === undefined ? undefined : listed.publicAddresses.get(idKey(publicIPAddress.id));
        return known?.ipAddress ?? publicIPAddress?.ipAddress;
      }),
    ),
    firewalls: firewallsOf(
      nic.networkSecurityGroup?.id,
      configurations.flatMap(({ subnet }) => (subnet?.id === undefined ? [] : [idKey(subnet.id)])),
      listed,
    ),
  };
};

/**
 * The subnet's NSG and the interface's own. None at all when a subnet may have one that we can't see: opening only the other would be
 * called "open" and let nobody in.
 */
const firewallsOf = (own: string | undefined, subnets: readonly string[], listed: Listed): readonly FirewallId[] => {
  const guards = subnets.map((subnet): SubnetGuard => listed.subnets.get(subnet) ?? { kind: "unknown" });
  if (guards.some(({ kind }) => kind === "unknown")) return [];
  const ids = [
    ...guards.flatMap((guard) => (guard.kind === "nsg" ? [guard.id] : [])),
    ...(own === undefined ? [] : [own]),
  ];
  return [...new Set(ids.map(nsgFirewallId))];
};

/** As `IngressRule` compares them: without repetition, IPv6 in its short form. */
const canonical = (addresses: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(
    addresses.flatMap((address) => {
      const parsed = address === undefined ? undefined : parseCidr(address);
      return parsed === undefined ? [] : [showCidr(parsed)];
    }),
  ),
];
