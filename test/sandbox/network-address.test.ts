import { BlockList } from "node:net";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { contains, readAddress, readPrefix, showAddress, showPrefix } from "../../src/sandbox/network/address.ts";

test("a prefix holds what Node's own block list says it holds", () => {
  const families = fc.constantFrom(
    { address: fc.ipV4(), width: 32, family: "ipv4" } as const,
    { address: fc.ipV6().filter((text) => !text.includes(".")), width: 128, family: "ipv6" } as const,
  );
  const cases = families.chain(({ address, width, family }) =>
    fc.record({
      base: address,
      other: address,
      length: fc.integer({ min: 1, max: width }),
      isNear: fc.boolean(),
      family: fc.constant(family),
    }),
  );
  fc.assert(
    fc.property(cases, ({ base, other, length, isNear, family }) => {
      const list = new BlockList();
      list.addSubnet(base, length, family);
      const asked = isNear ? base : other;
      const prefix = readPrefix(`${base}/${String(length)}`);
      const address = readAddress(asked);
      return prefix !== undefined && address !== undefined && contains(prefix, address) === list.check(asked, family);
    }),
  );
});

test("what is shown can be read again as the same", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6().filter((text) => !text.includes(".")),
      ),
      (text) => {
        const address = readAddress(text);
        expect(address).toBeDefined();
        if (address !== undefined) expect(readAddress(showAddress(address))).toEqual(address);
      },
    ),
  );
});

test.each([
  ["203.0.113.7/24", "203.0.113.0/24"],
  ["203.0.113.7", "203.0.113.7/32"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["2001:DB8:1:0:0::7/48", "2001:db8:1::/48"],
  ["::/0", "::/0"],
  ["::1", "::1/128"],
])("%s is the prefix %s", (text, shown) => {
  const prefix = readPrefix(text);
  expect(prefix && showPrefix(prefix)).toBe(shown);
});

test.each([
  "",
  "10.0.0.0/33",
  "999.1.1.1",
  "10.0.0/8",
  "10.0.0.0/08",
  "2001:db8::/129",
  "fe80::1%eth0",
  "10.0.0.0/8/8",
  "::ffff:10.0.0.1",
])("%j is no prefix", (text) => {
  expect(readPrefix(text)).toBeUndefined();
});
