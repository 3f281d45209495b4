import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/cloud/azure/json.ts";
import { effectiveAllows, foreignAllowOf } from "../../../../src/cloud/azure/nsg/foreign-allow.ts";
import { type Destination, mayAllow, readInbound } from "../../../../src/cloud/azure/nsg/inbound-rule.ts";
import { readNsg } from "../../../../src/cloud/azure/nsg/nsg-document.ts";
import { readRange } from "../../../../src/posture/address.ts";
import type { SecurityRule } from "../../../../src/sandbox/azure/world.ts";
import { getsPast } from "../packet.ts";
import { cidr } from "../small-world.ts";
import { aSecurityRule, someSources } from "./random-group.ts";

const rule = (properties: JsonObject, name = "theirs") => ({ name, properties, raw: {} });
const open: JsonObject = {
  access: "Allow",
  direction: "Inbound",
  priority: 300,
  protocol: "*",
  sourcePortRange: "*",
  sourceAddressPrefix: "*",
  destinationAddressPrefix: "*",
  destinationPortRange: "*",
};
const destinationAt = (address: string): Destination => {
  const at = readRange(address);
  if (at === undefined) throw new Error(`${address} is no address`);
  return { address, at, port: { port: 22, protocol: "tcp" } };
};
const four = destinationAt("10.0.1.4");
const six = destinationAt("fd00:db8::4");
const speaks = (changes: JsonObject, destination = four): boolean =>
  readInbound([rule({ ...open, ...changes })]).some((one) => mayAllow(one, destination));

describe("an allow speaks of a port of an address", () => {
  test.each<[string, JsonObject]>([
    ["anything", {}],
    ["the port in a range", { destinationPortRange: undefined, destinationPortRanges: ["80", "20-25"] }],
    ["the address in a prefix", { destinationAddressPrefix: undefined, destinationAddressPrefixes: ["10.0.0.0/16"] }],
    ["a service tag", { destinationAddressPrefix: "VirtualNetwork" }],
    [
      "an application security group",
      { destinationAddressPrefix: "", destinationApplicationSecurityGroups: [{ id: "/asg" }] },
    ],
    [
      "sources of an application security group",
      { sourceAddressPrefix: "", sourceApplicationSecurityGroups: [{ id: "/asg" }] },
    ],
    ["what we can't read", { destinationPortRange: "ssh" }],
    ["no list at all", { destinationPortRange: undefined }],
    ["some source ports", { sourcePortRange: "1024-65535" }],
    ["a protocol that nobody knew when this was written", { protocol: "Sctp" }],
    ["any family, when it says so", { sourceAddressPrefix: "Internet" }],
  ])("when it is about %s", (_name, changes) => {
    expect(speaks(changes)).toBe(true);
  });

  test.each<[string, JsonObject]>([
    ["another port", { destinationPortRange: "23-65535" }],
    ["another protocol", { protocol: "Udp" }],
    ["a protocol without ports", { protocol: "Icmp" }],
    ["another address", { destinationAddressPrefix: "10.0.1.5" }],
    ["sources of the other family", { sourceAddressPrefix: "2001:db8::/32" }],
    ["going out", { direction: "Outbound" }],
    ["keeping out", { access: "Deny" }],
  ])("not when it is about %s", (_name, changes) => {
    expect(speaks(changes)).toBe(false);
  });

  test("each family by itself", () => {
    expect(speaks({}, six)).toBe(true);
    expect(speaks({ destinationAddressPrefix: "fd00:db8::/64" }, six)).toBe(true);
    expect(speaks({ destinationAddressPrefix: "10.0.1.4" }, six)).toBe(false);
    expect(speaks({ sourceAddressPrefix: "203.0.113.0/24" }, six)).toBe(false);
  });
});

test("is told as it is written", () => {
  const [read] = readInbound([
    rule({
      ...open,
      protocol: "Tcp",
      destinationPortRange: "20-25",
      sourceAddressPrefix: "",
      sourceAddressPrefixes: ["192.0.2.0/24", "Internet"],
    }),
  ]);
  expect(read === undefined ? undefined : foreignAllowOf(read)).toEqual({
    id: "theirs",
    name: "theirs",
    priority: 300,
    protocol: "tcp",
    ports: ["20-25"],
    sources: ["192.0.2.0/24", "Internet"],
  });
});

describe("an allow has no effect", () => {
  const effective = (deny: JsonObject, allow: JsonObject = {}): number => {
    const all = readInbound([
      rule({ ...open, ...allow }),
      rule({ ...open, access: "Deny", priority: 200, ...deny }, "deny"),
    ]);
    return effectiveAllows(
      all.filter(({ access }) => access === "allow"),
      all,
      [four],
    ).length;
  };

  test("when a deny before it surely stops all of it", () => {
    expect(effective({})).toBe(0);
    expect(effective({ sourceAddressPrefix: "0.0.0.0/0" })).toBe(0);
    expect(effective({ sourceAddressPrefix: "203.0.113.0/24" }, { sourceAddressPrefix: "203.0.113.7" })).toBe(0);
  });

  test.each<[string, JsonObject, JsonObject]>([
    ["comes later", { priority: 400 }, {}],
    ["is for a tag", { destinationAddressPrefix: "VirtualNetwork" }, {}],
    ["is for some sources", { sourceAddressPrefix: "203.0.113.0/24" }, {}],
    ["is for the sources of a tag", { sourceAddressPrefix: "Internet" }, { sourceAddressPrefix: "Internet" }],
    ["is for some source ports", { sourcePortRange: "1-1023" }, {}],
    ["is for another protocol", { protocol: "Udp" }, {}],
  ])("but it has some when the deny %s", (_name, deny, allow) => {
    expect(effective(deny, allow)).toBe(1);
  });
});

test("whatever gets past a group, the rule that lets it in is among those that are told", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(aSecurityRule, { selector: ({ properties }) => properties.priority, maxLength: 8 }),
      someSources,
      fc.record({ Internet: fc.boolean(), VirtualNetwork: fc.boolean() }),
      (rules, from, tags) => {
        const named: readonly SecurityRule[] = rules.map((one, index) => ({ ...one, name: `r${index}` }));
        const nsg = readNsg(JSON.stringify({ properties: { securityRules: named } }));
        const all = readInbound(nsg.rules);
        for (const destination of [four, six]) {
          if (from.includes(":") !== destination.address.includes(":")) continue;
          const packet = { from, to: cidr(destination.address), port: destination.port };
          if (!getsPast(named, packet, tags)) continue;
          const lets = named
            .filter((one) => getsPast([one], packet, tags))
            .toSorted((a, b) => a.properties.priority - b.properties.priority)[0];
          const told = effectiveAllows(
            all.filter(({ access }) => access === "allow"),
            all,
            [destination],
          );
          expect(told.map(({ name }) => name)).toContain(lets?.name);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
