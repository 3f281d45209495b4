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

/** What is surely in it, and the texts whose addresses nobody knows: all others may be in it because of those. */
export interface Extent {
  readonly certain: AddressSet;
  readonly unknown: readonly string[];
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
    return {
      certain: addressSet(read.flatMap(({ range }) => (range?.family === family ? [range] : []))),
      unknown: read.flatMap(({ text, range }) => (range === undefined ? [text] : [])),
    };
  };

  const lookUp = (text: string, family: AddressFamily, table: AddressTable): Extent => {
    const name = text.trim().toLowerCase();
    if (name === "*" || name === "any") return { certain: everything(family), unknown: [] };
    const range = rangeOf(text);
    if (range !== undefined) return { certain: range.family === family ? [range] : NOTHING, unknown: [] };

    // The classic deployment model wrote `VIRTUAL_NETWORK`; rules from then still do.
    const tag = name.replaceAll("_", "");
    if (tag === "azureloadbalancer") return { certain: HOST[family], unknown: [] };
    if (tag === "virtualnetwork" || tag === "internet") {
      if (table.virtualNetwork === undefined) return { certain: NOTHING, unknown: [text] };
      const { certain, unknown } = listed(table.virtualNetwork, family);
      const network = union(certain, HOST[family]);
      if (tag === "virtualnetwork") return { certain: network, unknown };
      return unknown.length > 0
        ? { certain: NOTHING, unknown }
        : { certain: subtract(PUBLIC[family], network, family), unknown };
    }
    const known = table.named.get(name);
    return known === undefined ? { certain: NOTHING, unknown: [text] } : listed(known, family);
  };

  const entryOf: AddressBook["entryOf"] = (text, family, table) => {
    const known = remembered(entries, table, () => new Map<string, Extent>());
    const key = `${family} ${text}`;
    const found = known.get(key) ?? lookUp(text, family, table);
    known.set(key, found);
    return found;
  };

  return {
    entryOf,
    extentOf: (texts, family, table) => {
      const known = remembered(extents, table, () => ({
        ipv4: new WeakMap<readonly string[], Extent>(),
        ipv6: new WeakMap<readonly string[], Extent>(),
      }))[family];
      return remembered(known, texts, () => {
        const each = texts.map((text) => entryOf(text, family, table));
        return {
          certain: union(...each.map(({ certain }) => certain)),
          unknown: texts.length === 0 ? ["nothing"] : each.flatMap(({ unknown }) => unknown),
        };
      });
    },
  };
};

export const fitsAddress = ({ certain, unknown }: Extent, address: Address): Fit =>
  includes(certain, address) ? "yes" : unknown.length > 0 ? "maybe" : "no";

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
