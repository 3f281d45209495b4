import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../../src/cloud/azure/json.ts";
import { type NsgDocument, readNsg } from "../../../../src/cloud/azure/nsg/nsg-document.ts";
import { checkBand, findRoom } from "../../../../src/cloud/azure/nsg/priority.ts";

const BAND = { from: 100, to: 109 };
const groupWith = (rules: readonly JsonObject[]): NsgDocument =>
  readNsg(
    JSON.stringify({ properties: { securityRules: rules.map((properties, i) => ({ name: `r${i}`, properties })) } }),
  );
const inbound = (priority: number): JsonObject => ({ direction: "Inbound", priority });

test("the first gaps, and the same number may be taken outbound", () => {
  const nsg = groupWith([inbound(100), inbound(102), { direction: "Outbound", priority: 101 }]);
  expect(findRoom(nsg, [{}, {}], BAND)).toEqual({ kind: "room", priorities: [101, 103] });
});

test("never a taken number, never outside the band, all or nothing", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 95, max: 115 })), fc.integer({ min: 0, max: 12 }), (taken, wanted) => {
      const room = findRoom(
        groupWith(taken.map(inbound)),
        Array.from({ length: wanted }, () => ({})),
        BAND,
      );
      const gaps = Array.from({ length: 10 }, (_, i) => 100 + i).filter((number) => !taken.includes(number));
      if (room.kind === "full") expect(gaps.length).toBeLessThan(wanted);
      else expect(room.priorities).toEqual(gaps.slice(0, wanted));
    }),
  );
});

const ours: JsonObject = {
  protocol: "Tcp",
  sourceAddressPrefix: "203.0.113.7/32",
  destinationAddressPrefix: "10.0.1.4",
  destinationPortRange: "22",
};
const deny = (changes: JsonObject = {}): JsonObject => ({
  direction: "Inbound",
  access: "Deny",
  priority: 102,
  protocol: "*",
  sourcePortRange: "*",
  sourceAddressPrefix: "*",
  destinationAddressPrefix: "*",
  destinationPortRange: "*",
  ...changes,
});

test("stands before whatever would keep it from letting anybody in, or has no room", () => {
  expect(findRoom(groupWith([deny()]), [ours], BAND)).toEqual({ kind: "room", priorities: [100] });
  expect(findRoom(groupWith([inbound(100), inbound(101), deny()]), [ours], BAND)).toEqual({
    kind: "full",
    reason: "rule `r2` denies it at priority 102, and no number before that is free",
  });
  expect(findRoom(groupWith([deny({ priority: 100 })]), [ours], BAND).kind).toBe("full");
});

test("who has to stand before a deny chooses first, so that nobody else's place is needed for it", () => {
  const elsewhere = { ...ours, destinationAddressPrefix: "10.0.1.5" };
  const nsg = groupWith([deny({ priority: 101, destinationAddressPrefix: "10.0.1.4" })]);
  expect(findRoom(nsg, [elsewhere, ours, elsewhere], BAND)).toEqual({ kind: "room", priorities: [102, 100, 103] });
  expect(findRoom(nsg, [elsewhere, ours, ours], BAND)).toEqual({
    kind: "full",
    reason: "rule `r0` denies it at priority 101, and no number before that is free",
  });
});

test.each([
  ["another protocol", { protocol: "Udp" }],
  ["another port", { destinationPortRanges: ["23-65535"], destinationPortRange: "21" }],
  ["another machine", { destinationAddressPrefix: "10.0.2.0/24" }],
  ["other sources", { sourceAddressPrefix: "198.51.100.0/24" }],
  ["outbound", { direction: "Outbound" }],
  ["an allow", { access: "Allow" }],
] as const)("isn't kept from a place by a rule about %s", (_, changes) => {
  const taken = [inbound(100), inbound(101), deny(changes)];
  expect(findRoom(groupWith(taken), [ours], BAND).kind).toBe("room");
});

test("a thousand rules, and not one more", () => {
  const outbound = Array.from({ length: 999 }, (_, i) => ({ direction: "Outbound", priority: 100 + i }));
  expect(findRoom(groupWith(outbound), [{}], BAND).kind).toBe("room");
  expect(findRoom(groupWith(outbound), [{}, {}], BAND)).toEqual({
    kind: "full",
    reason: "999 of 1000 rules are there already",
  });
});

test("four thousand addresses on a side, and not one more; tags are none", () => {
  const many = Array.from({ length: 3_999 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  const nsg = groupWith([{ sourceAddressPrefixes: many, destinationAddressPrefix: "VirtualNetwork" }]);
  expect(findRoom(nsg, [{ sourceAddressPrefix: "192.0.2.1/32" }], BAND).kind).toBe("room");
  expect(findRoom(nsg, [{ sourceAddressPrefixes: ["192.0.2.1/32", "192.0.2.2/32"] }], BAND)).toEqual({
    kind: "full",
    reason: "3999 of 4000 source addresses are there already",
  });
});

test.each([
  [99, 200],
  [100, 4_097],
  [300, 200],
])("the band %i-%i is refused", (from, to) => {
  expect(() => checkBand({ from, to })).toThrow("must lie within 100-4096");
});
