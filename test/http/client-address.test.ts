/** Where a request comes from, whoever says what. */

import { expect, test } from "vitest";
import { type Cidr, parseCidr } from "../../src/access/source.ts";
import { clientAddress } from "../../src/http/client-address.ts";

const TRUSTED = ["10.0.0.0/24", "2001:db8:ff::/48", "127.0.0.1"].map((text) => parseCidr(text) as Cidr);
const seen = (peer: string | undefined, forwarded?: string, trusted: readonly Cidr[] = TRUSTED) =>
  clientAddress(peer, forwarded, trusted);

test.each([
  ["203.0.113.7", "203.0.113.7/32"],
  ["2001:db8::7", "2001:db8::7/128"],
  ["::ffff:203.0.113.7", "203.0.113.7/32"],
  ["10.1.2.3", "10.1.2.3/32"],
])("without a trusted proxy it is the peer: %s", (peer, address) => {
  expect(seen(peer)).toBe(address);
  expect(seen(peer, undefined, [])).toBe(address);
  // Whoever has such a header and isn't trusted is a proxy that nobody named, or says that they are one.
  for (const forwarded of ["192.0.2.1", "192.0.2.1, 10.0.0.9", "garbage", ""])
    expect(seen(peer, forwarded)).toBeUndefined();
  expect(seen(peer, "203.0.113.9", [])).toBeUndefined();
});

test.each([
  ["203.0.113.7", "203.0.113.7/32"],
  ["1.2.3.4, 203.0.113.7", "203.0.113.7/32"],
  ["1.2.3.4,5.6.7.8 ,\t203.0.113.7 ", "203.0.113.7/32"],
  ["1.2.3.4, 203.0.113.7, 10.0.0.8", "203.0.113.7/32"],
  ["1.2.3.4, 203.0.113.7, 10.0.0.8, 2001:db8:ff::1, ::ffff:10.0.0.9", "203.0.113.7/32"],
  ["10.0.0.8, 203.0.113.7", "203.0.113.7/32"],
  ["garbage, 203.0.113.7", "203.0.113.7/32"],
  ["203.0.113.7:51342", "203.0.113.7/32"],
  ["1.2.3.4, [2001:db8::7]:51342", "2001:db8::7/128"],
  ["[2001:db8::7]", "2001:db8::7/128"],
  ["2001:DB8:0::7", "2001:db8::7/128"],
])("behind a trusted proxy it is the right-most that isn't one: %s", (forwarded, address) => {
  expect(seen("10.0.0.1", forwarded)).toBe(address);
  expect(seen("::ffff:10.0.0.1", forwarded)).toBe(address);
});

test.each([
  [undefined],
  [""],
  [" "],
  [","],
  ["203.0.113.7,"],
  ["203.0.113.7, , 10.0.0.8"],
  ["203.0.113.7, unknown"],
  ["203.0.113.7, _hidden, 10.0.0.8"],
  ["203.0.113.7, 10.0.0.8.9"],
  ["203.0.113.7, 999.1.1.1"],
  ["203.0.113.7, 0x7f.1"],
  ["203.0.113.7/24"],
  ["0.0.0.0/0"],
  ["203.0.113.7;198.51.100.7"],
  ['for="203.0.113.7"'],
  ["203.0.113.7 198.51.100.7"],
  ["203.0.113.7:notaport"],
  ["fe80::1%eth0"],
  ["[2001:db8::7"],
  ["10.0.0.8"],
  ["10.0.0.7, 10.0.0.8"],
  ["203.0.113.7, 10.0.0.8, 127.0.0.1, ::1"],
])("behind a trusted proxy that says nothing one can believe it is nobody: %j", (forwarded) => {
  expect(seen("10.0.0.1", forwarded)).toBeUndefined();
});

test.each(["127.0.0.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "224.0.0.1", "ff02::1", "255.255.255.255"])(
  "nobody connects from %s",
  (address) => {
    expect(seen(address, undefined, [])).toBeUndefined();
    expect(seen("10.0.0.1", `203.0.113.7, ${address}`, TRUSTED.slice(0, 2))).toBeUndefined();
  },
);

test("a peer that is gone is nobody", () => {
  expect(seen(undefined, "203.0.113.7")).toBeUndefined();
});
