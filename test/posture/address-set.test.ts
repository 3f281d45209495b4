import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCidr } from "../../src/access/source.ts";
import { type Address, readRange } from "../../src/posture/address.ts";
import {
  type AddressSet,
  addressSet,
  cidrsOf,
  complement,
  everything,
  includes,
  intersect,
  sizeOf,
  subtract,
  union,
} from "../../src/posture/address-set.ts";

describe("reading", () => {
  test.each([
    ["10.0.0.4", "10.0.0.4/32"],
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["255.255.255.255/32", "255.255.255.255/32"],
    [" 10.0.0.4 ", "10.0.0.4/32"],
    ["2001:DB8::/32", "2001:db8::/32"],
    ["::", "::/128"],
    ["::/0", "::/0"],
    ["2001:db8::ffff/126", "2001:db8::fffc/126"],
    // A firewall sees the IPv4 address.
    ["::ffff:10.0.0.4", "10.0.0.4/32"],
    ["::ffff:a00:4", "10.0.0.4/32"],
  ])("%s is %s", (text, prefix) => {
    const range = readRange(text);
    expect(range && cidrsOf([range], range.family)).toEqual([prefix]);
  });

  test.each([
    "",
    "*",
    "Internet",
    "AzureCloud.westeurope",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.0/33",
    "010.0.0.1",
    "::/129",
    "1::2::3",
    "fe80::1%eth0",
    "10.0.0.9-10.0.0.4",
    "10.0.0.0/24-10.0.1.0",
    "10.0.0.1-::1",
    "1-2-3",
  ])("%j is no address", (text) => expect(readRange(text)).toBeUndefined());

  test("a range has both its ends", () => {
    const range = readRange("10.0.0.4-10.0.0.9");
    expect(range && cidrsOf([range], "ipv4")).toEqual(["10.0.0.4/30", "10.0.0.8/31"]);
  });

  test("reads what the rest of the program reads, and the same", () => {
    const part = fc.oneof(fc.nat({ max: 300 }).map(String), fc.constantFrom("0", "00", "01", "", "a"));
    const four = fc
      .tuple(fc.array(part, { minLength: 3, maxLength: 5 }), fc.option(fc.nat({ max: 40 })))
      .map(([parts, bits]) => parts.join(".") + (bits === null ? "" : `/${bits}`));
    const six = fc
      .tuple(
        fc.array(
          fc.oneof(
            fc.nat({ max: 70_000 }).map((n) => n.toString(16)),
            fc.constantFrom("", "0", "ffff"),
          ),
          { minLength: 2, maxLength: 9 },
        ),
        fc.option(fc.nat({ max: 140 })),
      )
      .map(([parts, bits]) => parts.join(":") + (bits === null ? "" : `/${bits}`));
    fc.assert(
      fc.property(fc.oneof(four, six, fc.ipV6(), fc.ipV4()), (text) => {
        const range = readRange(text);
        const prefix = parseCidr(text);
        expect(range && cidrsOf([range], range.family)).toEqual(prefix && [prefix]);
      }),
      { numRuns: 3_000 },
    );
  });
});

/** A world of 64 addresses at either end of a family, small enough to look at each. */
const worlds = [
  { family: "ipv4", from: 0 },
  { family: "ipv4", from: 2 ** 32 - 64 },
  { family: "ipv6", from: 0n },
  { family: "ipv6", from: (1n << 128n) - 64n },
] as const;
const members = fc.uniqueArray(fc.nat({ max: 63 }), { maxLength: 40 });
const at = (from: Address, n: number): Address => (typeof from === "bigint" ? from + BigInt(n) : from + n);
const inWorld = (from: Address, numbers: readonly number[]): AddressSet =>
  addressSet(numbers.map((n) => ({ first: at(from, n), last: at(from, n) })));

test.each(worlds)("sets in $family from $from do what sets of numbers do", ({ family, from }) => {
  fc.assert(
    fc.property(members, members, (a, b) => {
      const [one, other] = [inWorld(from, a), inWorld(from, b)];
      const numbers = Array.from({ length: 64 }, (_, n) => n);
      const held = (set: AddressSet) => numbers.filter((n) => includes(set, at(from, n)));
      expect(held(union(one, other))).toEqual(numbers.filter((n) => a.includes(n) || b.includes(n)));
      expect(held(intersect(one, other))).toEqual(numbers.filter((n) => a.includes(n) && b.includes(n)));
      expect(held(subtract(one, other, family))).toEqual(numbers.filter((n) => a.includes(n) && !b.includes(n)));
      if (family === "ipv4") expect(sizeOf(one)).toBe(a.length);
      expect(complement(complement(one, family), family)).toEqual(one);
      expect(sizeOf(one) + sizeOf(complement(one, family))).toBe(sizeOf(everything(family)));
      const printed = cidrsOf(one, family);
      expect(addressSet(printed.flatMap((prefix) => readRange(prefix) ?? []))).toEqual(one);
    }),
    { numRuns: 500 },
  );
});

test("the fewest prefixes", () => {
  expect(cidrsOf(everything("ipv4"), "ipv4")).toEqual(["0.0.0.0/0"]);
  expect(cidrsOf(everything("ipv6"), "ipv6")).toEqual(["::/0"]);
  expect(cidrsOf([{ first: 1, last: 6 }], "ipv4")).toEqual(["0.0.0.1/32", "0.0.0.2/31", "0.0.0.4/31", "0.0.0.6/32"]);
  expect(cidrsOf([], "ipv4")).toEqual([]);
});
