/** What a grant has to change: which firewalls stand before a machine, for which of its addresses. */

import type { Machine, NetworkInterface } from "../access/machine.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import { type AddressFamily, type Cidr, familyOf } from "../access/source.ts";
import type { Target } from "../grants/request.ts";

/**
 * Every firewall of every interface that has an address which the sources can reach. An IPv6 source reaches IPv6 addresses only; a machine without one
 * can't be opened for it, and a network's prefixes of the other family are simply of no use.
 *
 * A firewall that translates addresses does so for IPv4 alone. What it sends on comes from addresses of its own, and those are let in behind it.
 */
export const targetsOf = (machine: Machine, sources: readonly Cidr[]): readonly Target[] | Refusal => {
  const unread = machine.interfaces.find(({ policyFirewall }) => policyFirewall !== undefined)?.policyFirewall;
  if (unread !== undefined)
    return refuse("policy-firewall", { machine: machine.name, firewall: unread.name, policy: unread.policy });
  const families = new Set(sources.map(familyOf));
  const found = machine.interfaces.flatMap((each) => throughInterface(each, families));
  if (found.length === 0 && !machine.interfaces.some((each) => reachableAddresses(each, families).length > 0)) {
    return refuse("no-address-in-family", { machine: machine.name, family: families.has("ipv6") ? "IPv6" : "IPv4" });
  }
  if (found.length === 0) return refuse("no-firewall", { machine: machine.name, cloud: machine.cloud });
  return [...Map.groupBy(found, ({ firewall }) => firewall)].map(([firewall, same]) => {
    const senders = sorted(same.flatMap((target) => target.senders ?? []));
    const addresses = sorted(same.flatMap((target) => target.addresses));
    return { firewall, addresses, ...(senders.length === 0 ? {} : { senders }) };
  });
};

const throughInterface = (each: NetworkInterface, families: ReadonlySet<AddressFamily>): readonly Target[] => {
  const addresses = reachableAddresses(each, families);
  const four = addresses.filter((address) => familyOf(address as Cidr) === "ipv4");
  const translators = four.length === 0 ? [] : (each.translators ?? []);
  const senders = translators.flatMap(({ sendsFrom }) => sendsFrom).filter((prefix) => familyOf(prefix) === "ipv4");
  return each.firewalls.flatMap((firewall): readonly Target[] => {
    if (each.translators?.some((translator) => translator.firewall === firewall))
      return four.length === 0 ? [] : [{ firewall, addresses: four }];
    if (addresses.length === 0) return [];
    return [{ firewall, addresses, ...(senders.length === 0 ? {} : { senders }) }];
  });
};

const reachableAddresses = (
  { privateAddresses }: NetworkInterface,
  families: ReadonlySet<AddressFamily>,
): readonly string[] => privateAddresses.filter((address) => families.has(familyOf(address as Cidr)));

const sorted = <T extends string>(texts: readonly T[]): readonly T[] => [...new Set(texts)].toSorted();
