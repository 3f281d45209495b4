/** What a grant has to change: which firewalls stand before a machine, for which of its addresses. */

import type { FirewallId, Machine } from "../access/machine.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import { type Cidr, familyOf } from "../access/source.ts";
import type { Target } from "../grants/request.ts";

/**
 * Every firewall of every interface that has an address which the sources can reach. An IPv6 source reaches IPv6 addresses only; a machine without one
 * can't be opened for it, and a network's prefixes of the other family are simply of no use.
 */
export const targetsOf = (machine: Machine, sources: readonly Cidr[]): readonly Target[] | Refusal => {
  const families = new Set(sources.map(familyOf));
  const addressesByFirewall = new Map<FirewallId, Set<string>>();
  let reachable = false;
  for (const each of machine.interfaces) {
    const addresses = each.privateAddresses.filter((address) => families.has(familyOf(address as Cidr)));
    if (addresses.length > 0) reachable = true;
    for (const firewall of addresses.length > 0 ? each.firewalls : []) {
      addressesByFirewall.set(firewall, (addressesByFirewall.get(firewall) ?? new Set()).union(new Set(addresses)));
    }
  }
  if (!reachable) {
    return refuse("no-address-in-family", { machine: machine.name, family: families.has("ipv6") ? "IPv6" : "IPv4" });
  }
  if (addressesByFirewall.size === 0) return refuse("no-firewall", { machine: machine.name, cloud: machine.cloud });
  return [...addressesByFirewall].map(([firewall, addresses]) => ({ firewall, addresses: [...addresses].toSorted() }));
};
