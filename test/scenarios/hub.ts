/** More machines behind the sandbox's Azure Firewall. */

import type { AzureWorld } from "../../src/sandbox/azure/world.ts";
import { azureWorld } from "../../src/sandbox/world.ts";

export { ADDRESSES, CHANNELS } from "./stage.ts";

/** Of `fw-hub`: where people come to it. */
export const PUBLIC_ADDRESS = "20.50.1.10";

/** `prod-fw-1` and others like it: `{ names: ["prod-fw-1", "prod-fw-2"], … }`. */
export const azureWithMachinesBehind = (
  count: number,
): { readonly world: AzureWorld; readonly names: readonly string[] } => {
  const names = Array.from({ length: count }, (_, i) => `prod-fw-${i + 1}`);
  const isFirst = ({ id }: { readonly id: string }): boolean => /\/prod-fw-1(?:-nic)?$/u.test(id);
  const copies = <T extends { readonly id: string }>(
    all: readonly T[],
    change: (copy: T, i: number) => T,
  ): readonly T[] =>
    all.flatMap((each) =>
      isFirst(each) ? names.map((name, i) => change({ ...each, id: each.id.replace("prod-fw-1", name) }, i)) : [each],
    );
  return {
    names,
    world: {
      ...azureWorld,
      virtualMachines: copies(azureWorld.virtualMachines, (vm, i) => ({
        ...vm,
        networkInterfaces: vm.networkInterfaces.map((id) => id.replace("prod-fw-1", names[i] ?? "")),
      })),
      networkInterfaces: copies(azureWorld.networkInterfaces, (nic, i) => ({
        ...nic,
        ipConfigurations: nic.ipConfigurations.map((one) => ({ ...one, privateAddress: `10.0.4.${41 + i}` })),
      })),
    },
  };
};
