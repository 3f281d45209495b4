/** Azure resource ids, which are compared without regard to case. */

import type { FirewallId } from "../../access/machine.ts";

/** Where an NSG is: what the API's paths are made of. */
export interface NsgPath {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/** The form in which resource ids are compared and kept. */
export const idKey = (id: string): string => id.trim().replace(/\/+$/u, "").toLowerCase();

/** `/subscriptions/<id>/…` → `<id>`; `undefined` when there is none. */
export const subscriptionOf = (id: string): string | undefined => /^\/subscriptions\/([^/]+)/iu.exec(id)?.[1];

const PREFIX = "azure-nsg:";
const NSG =
  /^\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)\/providers\/microsoft\.network\/networksecuritygroups\/([^/]+)$/u;

/** `azure-nsg:/subscriptions/…/networksecuritygroups/nsg-prod`, lower case. */
export const nsgFirewallId = (resourceId: string): FirewallId => `${PREFIX}${idKey(resourceId)}` as FirewallId;

/** The NSG that a firewall id names; `undefined` when it is another adapter's. */
export const parseNsgFirewallId = (id: FirewallId): NsgPath | undefined => {
  if (!id.startsWith(PREFIX)) return undefined;
  const [, subscription, resourceGroup, name] = NSG.exec(idKey(id.slice(PREFIX.length))) ?? [];
  return subscription === undefined || resourceGroup === undefined || name === undefined
    ? undefined
    : { subscription, resourceGroup, name };
};
