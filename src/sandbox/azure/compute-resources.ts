/** How virtual machines look in answers: https://learn.microsoft.com/rest/api/compute/virtual-machines/get */

import { groupNameOf, lastName, steadyGuid } from "./resource-identifiers.ts";
import type { PowerState, VirtualMachine } from "./world.ts";

export interface MachineView {
  readonly withInstanceView: boolean;
  /** A listing of run time states: the model of the machine is left out. */
  readonly statusOnly: boolean;
}

export const machineBody = (machine: VirtualMachine, { withInstanceView, statusOnly }: MachineView): unknown => {
  const name = lastName(machine.id);
  const instanceView = withInstanceView || statusOnly ? { instanceView: instanceViewBody(machine) } : {};
  const vmId = steadyGuid(machine.id);
  return {
    name,
    id: machine.id,
    type: "Microsoft.Compute/virtualMachines",
    location: machine.location,
    ...(machine.tags === undefined ? {} : { tags: machine.tags }),
    properties: statusOnly
      ? { vmId, provisioningState: "Succeeded", ...instanceView }
      : {
          hardwareProfile: { vmSize: machine.size ?? "Standard_B2s" },
          provisioningState: "Succeeded",
          vmId,
          storageProfile: {
            osDisk: { osType: machine.os, name: `${name}_OsDisk`, createOption: "FromImage", caching: "ReadWrite" },
            dataDisks: [],
          },
          osProfile: { computerName: name, adminUsername: "azureuser", secrets: [], allowExtensionOperations: true },
          networkProfile: {
            networkInterfaces: machine.networkInterfaces.map((id, index) =>
              // A machine's only interface often comes without `primary`.
              machine.networkInterfaces.length === 1 ? { id } : { id, properties: { primary: index === 0 } },
            ),
          },
          ...instanceView,
        },
  };
};

/**
 * Listings over a subscription show resource group names in capitals, which is why ids must be compared without letter case:
 * https://github.com/Azure/azure-sdk-for-python/issues/574
 */
export const shoutGroup = (machine: VirtualMachine): VirtualMachine => {
  const parts = machine.id.split("/");
  parts[4] = groupNameOf(machine.id).toUpperCase();
  return { ...machine, id: parts.join("/") };
};

export const instanceViewBody = ({ id, os, powerState }: VirtualMachine): unknown => ({
  computerName: lastName(id),
  osName: os === "Linux" ? "ubuntu" : "Windows Server 2022 Datacenter",
  statuses: [
    { code: "ProvisioningState/succeeded", level: "Info", displayStatus: "Provisioning succeeded" },
    { code: `PowerState/${powerState}`, level: "Info", displayStatus: displayed[powerState] },
  ],
});

const displayed: Readonly<Record<PowerState, string>> = {
  running: "VM running",
  deallocated: "VM deallocated",
  stopped: "VM stopped",
  starting: "VM starting",
  stopping: "VM stopping",
  deallocating: "VM deallocating",
};
