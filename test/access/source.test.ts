import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Cidr, contains, familyOf, isSingleAddress, parseCidr, showCidr } from "../../src/access/source.ts";

const c = (text: string): Cidr => text as Cidr;

describe("a source", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7/32"],
    [" 203.0.113.7 ", "203.0.113.7/32"],
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["203.0.113.7/32", "203.0.113.7/32"],
    ["2001:DB8:0:0::7", "2001:db8::7/128"],
    ["2001:db8:1:2:3::/48", "2001:db8:1::/48"],
    ["::/0", "::/0"],
    ["::ffff:203.0.113.7", "203.0.113.7/32"],
    ["::ffff:203.0.113.7/120", "203.0.113.0/24"],
    ["::ffff:cb00:7107", "203.0.113.7/32"],
  ])("%j is read as %s", (text, prefix) => {
    expect(parseCidr(text)).toBe(prefix);
  });

  test.each([
    "999.1.1.1",
    "10.0.0.0/33",
    "2001:db8::/129",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "10.0.0.0/8.0",
    "10.1",
    "0x0a000001",
    "010.0.0.1",
    "fe80::1%eth0",
    "::ffff:203.0.113.7/95",
    "",
    "/8",
    "office",
    "10.0.0.1,10.0.0.2",
    "10.0.0.1-10.0.0.9",
    "2001:db8",
    "1.2.3.4.5",
  ])("%j is none", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  const octet = fc.integer({ min: 0, max: 255 });
  const ipv4 = fc
    .tuple(fc.tuple(octet, octet, octet, octet), fc.integer({ min: 0, max: 32 }))
    .map(([parts, bits]) => `${parts.join(".")}/${bits}`);
  const group = fc.integer({ min: 0, max: 0xffff }).map((part) => part.toString(16));
  const ipv6 = fc
    .tuple(fc.array(group, { minLength: 8, maxLength: 8 }), fc.integer({ min: 0, max: 128 }))
    .map(([parts, bits]) => `${parts.join(":")}/${bits}`);
  const prefix = fc
    .oneof(ipv4, ipv6)
    .map((text) => parseCidr(text))
    .filter((parsed) => parsed !== undefined);

  test("read again is the same, and shown to people is read as the same", () => {
    fc.assert(
      fc.property(prefix, (each) => {
        expect(parseCidr(each)).toBe(each);
        expect(parseCidr(showCidr(each))).toBe(each);
      }),
    );
  });

  test("contains itself, and two that contain each other are one", () => {
    fc.assert(
      fc.property(prefix, prefix, (a, b) => {
        expect(contains(a, a)).toBe(true);
        if (contains(a, b) && contains(b, a)) expect(a).toBe(b);
      }),
    );
  });
});

test("a prefix contains what lies within it, in its own family only", () => {
  expect(contains(c("10.0.0.0/8"), c("10.255.255.255/32"))).toBe(true);
  expect(contains(c("10.0.0.0/8"), c("11.0.0.0/32"))).toBe(false);
  expect(contains(c("10.0.0.0/16"), c("10.0.0.0/8"))).toBe(false);
  expect(contains(c("0.0.0.0/0"), c("::/0"))).toBe(false);
  expect(contains(c("::/0"), c("203.0.113.7/32"))).toBe(false);
});

test("a family and a single address are known by the prefix", () => {
  expect([familyOf(c("10.0.0.0/8")), familyOf(c("::/0"))]).toEqual(["ipv4", "ipv6"]);
  expect(
    ["203.0.113.7/32", "2001:db8::7/128", "10.0.0.0/8", "2001:db8::/32"].map((each) => isSingleAddress(c(each))),
  ).toEqual([true, true, false, false]);
  expect(["203.0.113.7/32", "2001:db8::7/128", "10.0.0.0/8", "2001:db8::/32"].map((each) => showCidr(c(each)))).toEqual(
    ["203.0.113.7", "2001:db8::7", "10.0.0.0/8", "2001:db8::/32"],
  );
});
