/** Ports of an Azure Firewall's public addresses: which are free to lead to a machine, and whether there is room for more. */

import type { Protocol } from "../../../access/port.ts";
import { type ClassicCollection, type ClassicRule, textsAt } from "./classic-document.ts";
import { fitsPublicPort } from "./classic-extent.ts";

/** Both ends included: `{ from: 50000, to: 59999 }`. */
export interface MappedPorts {
  readonly from: number;
  readonly to: number;
}

/** Throws when the range is empty or outside what ports can be. */
export const checkMappedPorts = ({ from, to }: MappedPorts): MappedPorts => {
  if (![from, to].every((port) => Number.isInteger(port) && port >= 1 && port <= 65_535) || from > to) {
    throw new Error(`mapped ports ${from}-${to} must lie within 1-65535`);
  }
  return { from, to };
};

/**
 * Public addresses and DNAT rules of one firewall together; a rule counts once for each address and port that it answers at.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-firewall-limits
 */
export const MOST_PUBLIC_AND_TRANSLATED = 250;

/** How many of them these NAT rules take. */
export const translatedCount = (rules: readonly ClassicRule[]): number =>
  rules.reduce((sum, { raw }) => {
    const times = (key: string): number => Math.max(1, textsAt(raw, key).length);
    return sum + times("destinationAddresses") * times("destinationPorts") * times("protocols");
  }, 0);

export interface FrontPort {
  readonly address: string;
  readonly port: number;
}

export interface PortFinder {
  /** Takes the one it had, if nobody else has it. All that can be kept is kept before anything new is taken. */
  readonly keep: (protocol: Protocol, before: FrontPort) => FrontPort | undefined;
  /** Takes the first free one on the first address that has one. */
  readonly take: (protocol: Protocol) => FrontPort | undefined;
}

/** `others`: every NAT rule that is to stay, whosever it is. */
export const createPortFinder = (
  addresses: readonly string[],
  others: readonly ClassicCollection[],
  range: MappedPorts,
): PortFinder => {
  const rules = others.flatMap((collection) => collection.rules);
  const given = new Set<string>();
  const keyOf = ({ address, port }: FrontPort, protocol: Protocol): string => `${address} ${port} ${protocol}`;
  const isFree = (at: FrontPort, protocol: Protocol): boolean =>
    !given.has(keyOf(at, protocol)) &&
    rules.every((rule) => fitsPublicPort(rule, { address: at.address, port: { port: at.port, protocol } }) === "no");
  const give = (at: FrontPort | undefined, protocol: Protocol): FrontPort | undefined => {
    if (at !== undefined) given.add(keyOf(at, protocol));
    return at;
  };

  return {
    keep: (protocol, before) =>
      give(addresses.includes(before.address) && isFree(before, protocol) ? before : undefined, protocol),
    take: (protocol) =>
      give(
        firstOf(addresses, range, (at) => isFree(at, protocol)),
        protocol,
      ),
  };
};

const firstOf = (
  addresses: readonly string[],
  { from, to }: MappedPorts,
  isFree: (at: FrontPort) => boolean,
): FrontPort | undefined => {
  for (const address of addresses) {
    for (let port = from; port <= to; port += 1) {
      if (isFree({ address, port })) return { address, port };
    }
  }
  return undefined;
};
