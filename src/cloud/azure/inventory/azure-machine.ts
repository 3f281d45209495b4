/** Virtual machines as `Machine`s, joined from what Azure lists of machines, interfaces, public addresses and networks. */

import type { VirtualMachine } from "@azure/arm-compute";
import type { NetworkInterface as AzureInterface, PublicIPAddress } from "@azure/arm-network";
import type { Machine, MachineId, NetworkInterface } from "../../../access/machine.ts";
import { parseCidr, showCidr } from "../../../access/source.ts";
import { idKey, subscriptionOf } from "../resource-id.ts";
import { firewallsBeforeInterface, type Surroundings } from "./interface-firewalls.ts";

/** Keys are `idKey`s of resource ids. */
export interface Listed {
  readonly machines: readonly VirtualMachine[];
  readonly power: ReadonlyMap<string, Machine["power"]>;
  readonly interfaces: ReadonlyMap<string, AzureInterface>;
  readonly publicAddresses: ReadonlyMap<string, PublicIPAddress>;
  readonly around: Surroundings;
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
    ...firewallsBeforeInterface(nic, listed.around),
  };
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
