/** What stands where an address may, looked up: prefixes, service tags, groups, lists. */

import type { AddressFamily } from "../access/source.ts";
import type { AddressTable } from "../cloud/rules.ts";
import { type Address, type AddressRange, readRange } from "./address.ts";
import {
  type AddressSet,
  addressSet,
  complement,
  everything,
  includes,
  NOTHING,
  subtract,
  union,
} from "./address-set.ts";
import type { Fit } from "./port-range.ts";

/** What is surely in it, the texts whose addresses nobody knows, and what may be in it because of those. */
export interface Extent {
  readonly certain: AddressSet;
  readonly unknown: readonly string[];
  readonly possible: AddressSet;
}

export interface AddressBook {
  /** The addresses of a family that any of the texts stands for. The lists are remembered by identity. */
  readonly extentOf: (texts: readonly string[], family: AddressFamily, table: AddressTable) => Extent;
  readonly entryOf: (text: string, family: AddressFamily, table: AddressTable) => Extent;
}

/** All but the addresses that no stranger comes from: private, link-local, loopback, shared and multicast ones, and Azure's host. */
export const publicSpace = (family: AddressFamily): AddressSet => PUBLIC[family];

export const createAddressBook = (): AddressBook => {
  const ranges = new Map<string, AddressRange | undefined>();
  const entries = new WeakMap<AddressTable, Map<string, Extent>>();
  const extents = new WeakMap<AddressTable, Record<AddressFamily, WeakMap<readonly string[], Extent>>>();

  const rangeOf = (text: string): AddressRange | undefined => {
    if (!ranges.has(text)) ranges.set(text, readRange(text));
    return ranges.get(text);
  };

  const listed = (texts: readonly string[], family: AddressFamily): Extent => {
    const read = texts.map((text) => ({ text, range: rangeOf(text) }));
    const certain = addressSet(read.flatMap(({ range }) => (range?.family === family ? [range] : [])));
    const unknown = read.flatMap(({ text, range }) => (range === undefined ? [text] : []));
    return unknown.length === 0 ? surely(certain) : { certain, unknown, possible: everything(family) };
  };

  const virtualNetwork = (family: AddressFamily, { virtualNetwork: prefixes }: AddressTable): Extent => {
    if (prefixes === undefined) return { ...nobodyKnows("VirtualNetwork", family), certain: HOST[family] };
    const { certain, ...rest } = listed(prefixes, family);
    return { ...rest, certain: union(certain, HOST[family]) };
  };

  const lookUp = (text: string, family: AddressFamily, table: AddressTable): Extent => {
    const name = text.trim().toLowerCase();
    if (name === "*" || name === "any") return surely(everything(family));
    const range = rangeOf(text);
    if (range !== undefined) return surely(range.family === family ? [range] : NOTHING);

    // The classic deployment model wrote `VIRTUAL_NETWORK`; rules from then still do.
    const tag = name.replaceAll("_", "");
    if (tag === "azureloadbalancer") return surely(HOST[family]);
    if (tag === "virtualnetwork") return virtualNetwork(family, table);
    if (tag === "internet") {
      // Whatever else the network may hold: private addresses are never of the internet, nor is what it surely holds.
      const { certain, unknown } = virtualNetwork(family, table);
      const outside = subtract(PUBLIC[family], certain, family);
      return unknown.length === 0 ? surely(outside) : { certain: NOTHING, unknown, possible: outside };
    }
    const addresses = table.named.get(name);
    return addresses === undefined ? nobodyKnows(text, family) : listed(addresses, family);
  };

  const entryOf: AddressBook["entryOf"] = (text, family, table) => {
    const ofTable = remembered(entries, table, () => new Map<string, Extent>());
    const key = `${family} ${text}`;
    const found = ofTable.get(key) ?? lookUp(text, family, table);
    ofTable.set(key, found);
    return found;
  };

  return {
    entryOf,
    extentOf: (texts, family, table) => {
      const ofTable = remembered(extents, table, () => ({
        ipv4: new WeakMap<readonly string[], Extent>(),
        ipv6: new WeakMap<readonly string[], Extent>(),
      }))[family];
      return remembered(ofTable, texts, () => {
        if (texts.length === 0) return nobodyKnows("nothing", family);
        const each = texts.map((text) => entryOf(text, family, table));
        return {
          certain: union(...each.map(({ certain }) => certain)),
          unknown: each.flatMap(({ unknown }) => unknown),
          possible: union(...each.map(({ possible }) => possible)),
        };
      });
    },
  };
};

export const fitsAddress = ({ certain, possible }: Extent, address: Address): Fit =>
  includes(certain, address) ? "yes" : includes(possible, address) ? "maybe" : "no";

const surely = (certain: AddressSet): Extent => ({ certain, unknown: [], possible: NOTHING });

const nobodyKnows = (text: string, family: AddressFamily): Extent => ({
  certain: NOTHING,
  unknown: [text],
  possible: everything(family),
});

export const remembered = <K extends object, V>(known: WeakMap<K, V>, key: K, make: () => V): V => {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
};

const rangesOf = (...texts: readonly string[]): AddressSet =>
  addressSet(texts.flatMap((text) => readRange(text) ?? []));

/**
 * Where an Azure host answers its guests, and health probes come from; part of `VirtualNetwork` too.
 * https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const HOST: Readonly<Record<AddressFamily, AddressSet>> = { ipv4: rangesOf("168.63.129.16"), ipv6: NOTHING };

// https://www.iana.org/assignments/iana-ipv4-special-registry, less the prefixes for documentation: nobody comes from there, and
// everybody writes them into examples. Azure's own list of what `Internet` is leaves out the same:
// https://learn.microsoft.com/azure/network-watcher/diagnose-vm-network-traffic-filtering-problem-cli
const PUBLIC: Readonly<Record<AddressFamily, AddressSet>> = {
  ipv4: complement(
    rangesOf(
      "0.0.0.0/8",
      "10.0.0.0/8",
      "100.64.0.0/10",
      "127.0.0.0/8",
      "169.254.0.0/16",
      "168.63.129.16/32",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "224.0.0.0/3",
    ),
    "ipv4",
  ),
  // https://www.iana.org/assignments/ipv6-address-space: the only global unicast ones given out so far.
  ipv6: rangesOf("2000::/3"),
};
