/** Changes of the sandbox's Azure while it runs. */

import { lastName, sameId } from "./resource-identifiers.ts";
import type { AzureWorld } from "./world.ts";

/** By name or id. What was deleted with it: https://learn.microsoft.com/azure/virtual-machines/delete */
export const withoutMachine = (world: AzureWorld, said: string): AzureWorld => {
  const machine = world.virtualMachines.find(({ id }) => sameId(id, said) || sameId(lastName(id), said));
  if (machine === undefined) throw new Error(`no virtual machine \`${said}\` in the sandbox`);
  const isOwn = (id: string): boolean => machine.networkInterfaces.some((each) => sameId(each, id));
  const addresses = world.networkInterfaces
    .filter(({ id }) => isOwn(id))
    .flatMap(({ ipConfigurations }) => ipConfigurations.flatMap(({ publicAddress }) => publicAddress ?? []));
  return {
    ...world,
    virtualMachines: world.virtualMachines.filter((one) => one !== machine),
    networkInterfaces: world.networkInterfaces.filter(({ id }) => !isOwn(id)),
    publicAddresses: world.publicAddresses.filter(({ id }) => !addresses.some((each) => sameId(each, id))),
  };
};
