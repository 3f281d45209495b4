import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ProtectionId } from "../../../../src/access/identifier.ts";
import { type Cidr, parseCidr } from "../../../../src/access/source.ts";
import type { JsonObject } from "../../../../src/cloud/azure/json.ts";
import {
  familyOfHole,
  type Hole,
  printDeny,
  printRule,
  readDeny,
  readRule,
} from "../../../../src/cloud/azure/nsg/security-rule.ts";
import { aRule, cidr } from "../small-world.ts";

const BAND = { from: 100, to: 999 };
const NAME = { grant: aRule().holders[0]?.grant ?? ("" as never), protocol: "tcp", family: "ipv4" } as const;
const { holders: _, ...HOLE } = aRule();

const sorted = <T extends string>(values: readonly T[]): T[] =>
  [...new Set(values)].toSorted((a, b) => (a < b ? -1 : 1));
const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => parseCidr(`${ip}/${bits}`) as Cidr);
const v6 = fc
  .tuple(fc.ipV6(), fc.integer({ min: 97, max: 128 }))
  .map(([ip, bits]) => parseCidr(`${ip}/${bits}`))
  .filter((prefix): prefix is Cidr => prefix?.includes(":") === true);
const aHole: fc.Arbitrary<Hole> = fc
  .constantFrom<{ sources: fc.Arbitrary<Cidr>; addresses: string[] }[]>(
    { sources: v4, addresses: ["10.0.1.4", "10.0.1.5"] },
    { sources: v6, addresses: ["fd00:db8::4", "fd00:db8::5"] },
  )
  .chain(({ sources, addresses }) =>
    fc.record({
      addresses: fc.subarray(addresses, { minLength: 1 }).map(sorted),
      protocol: fc.constantFrom("tcp" as const, "udp" as const),
      ports: fc
        .array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 5 })
        .map((ports) => [...new Set(ports)].toSorted((a, b) => a - b)),
      sources: fc.array(sources, { minLength: 1, maxLength: 5 }).map(sorted),
    }),
  );

test("what is printed is read back, lists as well as single values", () => {
  fc.assert(
    fc.property(aHole, fc.integer({ min: 100, max: 999 }), (hole, priority) => {
      const printed: JsonObject = { ...printRule(hole, priority, "why") };
      const name = { ...NAME, protocol: hole.protocol, family: familyOfHole(hole) };
      expect(readRule(printed, name, BAND)).toEqual(hole);
    }),
  );
});

test("what a block closes is read back, wherever it stands, and is no hole", () => {
  fc.assert(
    fc.property(aHole, fc.integer({ min: 100, max: 4_096 }), (hole, priority) => {
      const { sources: _sources, ...scope } = hole;
      const printed: JsonObject = { ...printDeny(scope, priority, "why") };
      const parts = { protocol: hole.protocol, family: familyOfHole(hole) };
      expect(readDeny(printed, { ...parts, protection: "bcdfghjk" as ProtectionId })).toEqual(scope);
      expect(readRule(printed, { ...NAME, ...parts }, BAND)).toBeUndefined();
    }),
  );
});

test("the empty lists that Azure answers beside single values don't matter", () => {
  const answered = {
    ...printRule(HOLE, 100, ""),
    provisioningState: "Succeeded",
    sourceAddressPrefixes: [],
    destinationAddressPrefixes: [],
    sourcePortRanges: [],
    destinationPortRanges: [],
  };
  expect(readRule(answered, NAME, BAND)).toEqual(HOLE);
});

test.each<[string, JsonObject]>([
  ["a deny", { access: "Deny" }],
  ["outbound", { direction: "Outbound" }],
  ["any protocol", { protocol: "*" }],
  ["another protocol", { protocol: "Udp" }],
  ["above the band", { priority: 99 }],
  ["below the band", { priority: 1_000 }],
  ["no priority", { priority: undefined }],
  ["a service tag", { sourceAddressPrefix: "Internet" }],
  ["any source", { sourceAddressPrefix: "*" }],
  ["the other family", { sourceAddressPrefix: "2001:db8::1/128" }],
  ["a whole network behind it", { destinationAddressPrefix: "10.0.1.0/24" }],
  ["anything behind it", { destinationAddressPrefix: "*" }],
  ["a range of ports", { destinationPortRange: "22-23" }],
  ["all ports", { destinationPortRange: "*" }],
  ["some source ports", { sourcePortRange: "1024-65535" }],
  ["a group of sources", { sourceAddressPrefix: undefined, sourceApplicationSecurityGroups: [{ id: "asg" }] }],
  ["nothing behind it", { destinationAddressPrefix: undefined }],
])("a rule edited to be %s can't be read as ours", (_name, edit) => {
  expect(readRule({ ...printRule(HOLE, 100, ""), ...edit }, NAME, BAND)).toBeUndefined();
});

test("the ends of the band belong to it", () => {
  expect(readRule({ ...printRule(HOLE, 100, "") }, NAME, BAND)).toEqual(HOLE);
  expect(readRule({ ...printRule(HOLE, 999, "") }, NAME, BAND)).toEqual(HOLE);
});

test("an edited list of sources shows as it is, so that the plan sees the difference", () => {
  const edited = { ...printRule(HOLE, 100, ""), sourceAddressPrefixes: ["198.51.100.9"] };
  expect(readRule(edited, NAME, BAND)?.sources).toEqual([cidr("198.51.100.9"), cidr("203.0.113.7")]);
});
