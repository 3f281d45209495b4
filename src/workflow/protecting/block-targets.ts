/** Where a machine is protected, and which of its ports when nobody named any. */

import type { FirewallId, Machine } from "../../access/machine.ts";
import { type Port, portKey, type Service } from "../../access/port.ts";
import { type Refusal, refuse } from "../../access/refusal.ts";
import type { BlockTarget } from "../../grants/protection.ts";
import type { Policy } from "../../policy/policy.ts";

/** Each firewall where something can be blocked, with all addresses of the machine behind it; nothing is overruled yet. */
export const blockTargetsOf = (machine: Machine): readonly BlockTarget[] | Refusal => {
  const unread = machine.interfaces.find(({ policyFirewall }) => policyFirewall !== undefined)?.policyFirewall;
  if (unread !== undefined)
    return refuse("policy-firewall", { machine: machine.name, firewall: unread.name, policy: unread.policy });
  if (machine.interfaces.some(({ isUnsure }) => isUnsure === true))
    return refuse("firewall-unseen", { machine: machine.name });
  const addresses = new Map<FirewallId, readonly string[]>();
  for (const { privateAddresses, firewalls, blockedAt = firewalls } of machine.interfaces) {
    for (const firewall of blockedAt)
      addresses.set(firewall, [...(addresses.get(firewall) ?? []), ...privateAddresses]);
  }
  if (addresses.size === 0) return refuse("no-firewall", { machine: machine.name, cloud: machine.cloud });
  return [...addresses].map(([firewall, all]) => ({
    firewall,
    addresses: [...new Set(all)].toSorted(),
    overrules: [],
    known: [],
  }));
};

/**
 * The management ports of its operating system, called as the policy calls them. All of them where it isn't known which system it is: the reference's
 * defaults. https://learn.microsoft.com/azure/defender-for-cloud/just-in-time-access-usage
 */
export const usualServices = ({ os }: Pick<Machine, "os">, policy: Policy): readonly Service[] => {
  const ports = USUAL[os].map((port): Port => ({ port, protocol: "tcp" }));
  const wanted = new Set(ports.map(portKey));
  const named = [...policy.services.values()].filter((service) =>
    service.ports.every((port) => wanted.has(portKey(port))),
  );
  const covered = new Set(named.flatMap((service) => service.ports.map(portKey)));
  const rest = ports.filter((port) => !covered.has(portKey(port)));
  return [...named, ...rest.map((port) => ({ name: portKey(port), ports: [port] }))];
};

export const USUAL: Readonly<Record<Machine["os"], readonly number[]>> = {
  linux: [22],
  windows: [3389],
  unknown: [22, 3389, 5985, 5986],
};
