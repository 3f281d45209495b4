/** Azure resource ids, which are compared without regard to case. */

import type { FirewallId } from "../../access/machine.ts";

/** Where a resource is: what the API's paths are made of. */
export interface ResourcePath {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/** The form in which resource ids are compared and kept. */
export const idKey = (id: string): string => id.trim().replace(/\/+$/u, "").toLowerCase();

/** `/subscriptions/<id>/…` → `<id>`; `undefined` when there is none. */
export const subscriptionOf = (id: string): string | undefined => /^\/subscriptions\/([^/]+)/iu.exec(id)?.[1];

/** The last part of an id, which people know it by: `pol-hub`. */
export const nameOf = (id: string): string => id.slice(id.replace(/\/+$/u, "").lastIndexOf("/") + 1);

/** The path of a resource that isn't part of another one. */
export const pathOf = (id: string): ResourcePath | undefined => {
  const [, subscription, resourceGroup, name] = RESOURCE.exec(id.trim()) ?? [];
  return subscription === undefined || resourceGroup === undefined || name === undefined
    ? undefined
    : { subscription, resourceGroup, name };
};

/** The path of a resource in Microsoft.Network; `undefined` when the id is of another type. `type` is in lower case. */
export const networkPathOf = (id: string, type: string): ResourcePath | undefined => {
  const [, subscription, resourceGroup, itsType, name] = NETWORK_RESOURCE.exec(idKey(id)) ?? [];
  return subscription === undefined || resourceGroup === undefined || name === undefined || itsType !== type
    ? undefined
    : { subscription, resourceGroup, name };
};

/** `azure-nsg:/subscriptions/…/networksecuritygroups/nsg-prod`, lower case. */
export const nsgFirewallId = (resourceId: string): FirewallId => `${NSG_PREFIX}${idKey(resourceId)}` as FirewallId;

/** The NSG that a firewall id names; `undefined` when it is another adapter's. */
export const parseNsgFirewallId = (id: FirewallId): ResourcePath | undefined =>
  id.startsWith(NSG_PREFIX) ? networkPathOf(id.slice(NSG_PREFIX.length), "networksecuritygroups") : undefined;

/** `azure-firewall:/subscriptions/…/azurefirewalls/fw-hub`, lower case. */
export const classicFirewallId = (resourceId: string): FirewallId =>
  `${FIREWALL_PREFIX}${idKey(resourceId)}` as FirewallId;

/** The Azure Firewall that a firewall id names; `undefined` when it is another adapter's. */
export const parseClassicFirewallId = (id: FirewallId): ResourcePath | undefined =>
  id.startsWith(FIREWALL_PREFIX) ? networkPathOf(id.slice(FIREWALL_PREFIX.length), "azurefirewalls") : undefined;

const NSG_PREFIX = "azure-nsg:";
const FIREWALL_PREFIX = "azure-firewall:";
const RESOURCE = /^\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)\/providers\/[^/]+\/[^/]+\/([^/]+)\/?$/iu;
const NETWORK_RESOURCE =
  /^\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)\/providers\/microsoft\.network\/([^/]+)\/([^/]+)$/u;
