/** Scopes of roles: what is assigned at one counts at everything below it. */

import { idKey } from "../resource-id.ts";

/**
 * Whether a role or deny assignment at `upper` reaches down to `scope`. Which subscription is in which management group isn't in a path: those of
 * management groups count, because Azure lists only those above what was asked for.
 * https://learn.microsoft.com/azure/role-based-access-control/scope-overview
 */
export const isAtOrAbove = (upper: string, scope: string): boolean => {
  if (!upper.trim().startsWith("/")) return false;
  const [above, here] = [idKey(upper), idKey(scope)];
  return above === "" || above === here || here.startsWith(`${above}/`) || MANAGEMENT_GROUP.test(above);
};

export const isSameScope = (one: string, other: string): boolean => idKey(one) === idKey(other);

const MANAGEMENT_GROUP = /^\/providers\/microsoft\.management\/managementgroups\/[^/]+$/u;
