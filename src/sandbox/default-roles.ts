/** The roles that the company's people have in Azure at first: enough for `vault-vm-1`. */

import { SANDBOX_ENTRA } from "./azure/roles/entra-people.ts";
import type { RoleWorld } from "./azure/roles/role-world.ts";
import { RESOURCE_GROUP } from "./azure-machines.ts";

export type RoleHolder = keyof typeof SANDBOX_ENTRA;

/** What asking and looking need: https://learn.microsoft.com/azure/defender-for-cloud/just-in-time-access-usage#prerequisites */
const REQUESTER = {
  name: "JIT requester",
  permissions: [
    {
      actions: [
        "Microsoft.Security/locations/jitNetworkAccessPolicies/initiate/action",
        "Microsoft.Security/locations/jitNetworkAccessPolicies/*/read",
        "Microsoft.Compute/virtualMachines/read",
        "Microsoft.Network/networkInterfaces/*/read",
        "Microsoft.Network/publicIPAddresses/read",
        "Microsoft.Security/locations/jitNetworkAccessPolicies/read",
        "Microsoft.Network/*/read",
      ],
    },
  ],
} as const;

export interface DefaultRoles {
  /** `undefined`: they have it already. */
  readonly give: (holder: RoleHolder) => string | undefined;
  /** `undefined`: they don't have it. */
  readonly take: (holder: RoleHolder) => string | undefined;
}

/** Gives all but `dev2` the role that they have by custom, and gives and takes it on demand; returns the role's name. */
export const giveDefaultRoles = (roles: RoleWorld): DefaultRoles => {
  roles.defineRole(REQUESTER.name, REQUESTER.permissions);
  const given = new Map<RoleHolder, string>();
  const give = (holder: RoleHolder): string | undefined => {
    if (given.has(holder)) return undefined;
    const role = ROLE_OF[holder];
    given.set(holder, roles.assignRole({ principal: SANDBOX_ENTRA[holder], role, scope: RESOURCE_GROUP }));
    return role;
  };
  for (const holder of ["dev", "lead", "security"] as const) give(holder);
  return {
    give,
    take: (holder) => {
      const name = given.get(holder);
      if (name === undefined) return undefined;
      roles.removeAssignment(name);
      given.delete(holder);
      return ROLE_OF[holder];
    },
  };
};

const ROLE_OF: Readonly<Record<RoleHolder, string>> = {
  dev: REQUESTER.name,
  dev2: REQUESTER.name,
  lead: "Reader",
  security: "Owner",
};
