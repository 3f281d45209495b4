/** Sets of addresses of one family as intervals, exact at any size. */

import type { AddressFamily, Cidr } from "../access/source.ts";
import {
  type Address,
  addressAfter,
  addressBefore,
  ascending,
  firstAddress,
  lastAddress,
  showAddress,
} from "./address.ts";

/** Both ends included. */
export interface Interval {
  readonly first: Address;
  readonly last: Address;
}

/** Ascending, and neither overlapping nor touching. */
export type AddressSet = readonly Interval[];

export const NOTHING: AddressSet = [];

export const everything = (family: AddressFamily): AddressSet => EVERYTHING[family];

export const addressSet = (intervals: readonly Interval[]): AddressSet => {
  const merged: Interval[] = [];
  for (const next of intervals.toSorted((a, b) => ascending(a.first, b.first))) {
    const { first, last } = next;
    const before = merged.at(-1);
    if (before === undefined || first > addressAfter(before.last)) merged.push({ first, last });
    else if (last > before.last) merged[merged.length - 1] = { first: before.first, last };
  }
  return merged;
};

export const union = (...sets: readonly AddressSet[]): AddressSet => addressSet(sets.flat());

export const intersect = (a: AddressSet, b: AddressSet): AddressSet => {
  const common: Interval[] = [];
  for (let i = 0, j = 0; ; ) {
    const one = a[i];
    const other = b[j];
    if (one === undefined || other === undefined) return common;
    const first = one.first > other.first ? one.first : other.first;
    const last = one.last < other.last ? one.last : other.last;
    if (first <= last) common.push({ first, last });
    if (one.last < other.last) i += 1;
    else j += 1;
  }
};

export const complement = (set: AddressSet, family: AddressFamily): AddressSet => {
  const gaps: Interval[] = [];
  let next = firstAddress(family);
  for (const { first, last } of set) {
    if (first > next) gaps.push({ first: next, last: addressBefore(first) });
    next = addressAfter(last);
  }
  if (next <= lastAddress(family)) gaps.push({ first: next, last: lastAddress(family) });
  return gaps;
};

export const subtract = (a: AddressSet, b: AddressSet, family: AddressFamily): AddressSet =>
  b.length === 0 ? a : intersect(a, complement(b, family));

export const includes = (set: AddressSet, address: Address): boolean =>
  set.some(({ first, last }) => first <= address && address <= last);

/** How many addresses; exact for IPv4. */
export const sizeOf = (set: AddressSet): number =>
  set.reduce((sum, { first, last }) => sum + Number(last) - Number(first) + 1, 0);

/** The fewest prefixes that are this set, ascending. */
export const cidrsOf = (set: AddressSet, family: AddressFamily): readonly Cidr[] =>
  set.flatMap(({ first, last }) => {
    const prefixes: Cidr[] = [];
    for (let start = BigInt(first); start <= last; ) {
      let length = family === "ipv4" ? 32 : 128;
      let size = 1n;
      while (length > 0 && start % (size * 2n) === 0n && start + size * 2n - 1n <= last) {
        size *= 2n;
        length -= 1;
      }
      prefixes.push(`${showAddress(start, family)}/${length}` as Cidr);
      start += size;
    }
    return prefixes;
  });

const EVERYTHING: Readonly<Record<AddressFamily, AddressSet>> = {
  ipv4: [{ first: firstAddress("ipv4"), last: lastAddress("ipv4") }],
  ipv6: [{ first: firstAddress("ipv6"), last: lastAddress("ipv6") }],
};
