/** What people need in Azure, unless the configuration names something else. Loads no SDK: the configuration is read before any cloud is opened. */

import type { ActionsOf } from "../../../access/authority.ts";

const JIT = "Microsoft.Security/locations/jitNetworkAccessPolicies";
const READ = [`${JIT}/read`, "Microsoft.Compute/virtualMachines/read", "Microsoft.Network/*/read"] as const;

/** Stars are any text. What the reference asks for: https://learn.microsoft.com/azure/defender-for-cloud/just-in-time-access-usage#prerequisites. It knows no approving. */
export const DEFAULT_ACTIONS: ActionsOf = {
  request: [
    `${JIT}/initiate/action`,
    `${JIT}/*/read`,
    "Microsoft.Compute/virtualMachines/read",
    "Microsoft.Network/networkInterfaces/*/read",
    "Microsoft.Network/publicIPAddresses/read",
  ],
  approve: READ,
  configure: [`${JIT}/write`, "Microsoft.Compute/virtualMachines/write"],
  read: READ,
};
