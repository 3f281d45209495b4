/** Random rule sets whose addresses and ports meet each other often, and at their edges. */

import * as fc from "fast-check";
import type {
  AddressTable,
  AwsTarget,
  AzureTarget,
  ClassicFirewall,
  GroupRule,
  Nsg,
  NsgRule,
  RuleProtocol,
} from "../../src/cloud/rules.ts";
import { bitsOf, type Family, textOf } from "./bits.ts";

const BASES: Readonly<Record<Family, readonly string[]>> = {
  ipv4: [
    "0.0.0.0",
    "255.255.255.255",
    "10.0.1.4",
    "10.0.1.5",
    "10.0.2.0",
    "10.1.0.0",
    "127.255.255.255",
    "128.0.0.0",
    "168.63.129.16",
    "203.0.113.7",
    "203.0.113.128",
    "192.168.0.0",
  ],
  ipv6: [
    "::",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8::4",
    "2001:db8::5",
    "2001:db8:1::",
    "fd00::4",
    "1fff:ffff::",
    "2000::",
    "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "8000::",
  ],
};

const LENGTHS: Readonly<Record<Family, readonly number[]>> = {
  ipv4: [0, 1, 2, 8, 15, 16, 22, 24, 25, 28, 29, 30, 31, 32, 32, 32],
  ipv6: [0, 1, 3, 16, 32, 47, 48, 64, 96, 120, 125, 126, 127, 128, 128, 128],
};

/** One of a few well-known addresses, at times with a bit flipped. */
export const anAddress = (family: Family): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...BASES[family]), fc.option(fc.nat({ max: family === "ipv4" ? 31 : 127 }), { freq: 2 }))
    .map(([base, flipped]) => {
      const bits = bitsOf(base) ?? "";
      if (flipped === null) return textOf(bits);
      return textOf(bits.slice(0, flipped) + (bits[flipped] === "0" ? "1" : "0") + bits.slice(flipped + 1));
    });

/** Canonical or not, in rare cases of the other family. */
const aPrefix = (family: Family): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.oneof(
        { weight: 12, arbitrary: fc.constant(family) },
        { weight: 1, arbitrary: fc.constantFrom<Family>("ipv4", "ipv6") },
      ),
      fc.nat({ max: 15 }),
      fc.boolean(),
    )
    .chain(([of, length, bare]) =>
      anAddress(of).map((address) => {
        const bits = LENGTHS[of][length] ?? 0;
        return bare && bits === (of === "ipv4" ? 32 : 128) ? address : `${address}/${bits}`;
      }),
    );

const aRange = (family: Family): fc.Arbitrary<string> =>
  fc
    .tuple(anAddress(family), anAddress(family))
    .map((ends) => ends.toSorted((a, b) => ((bitsOf(a) ?? "") < (bitsOf(b) ?? "") ? -1 : 1)).join("-"));

const ports = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("22", "*", "0-65535", "20-25", "22-22", "1-21", "23-65535", "0-22", "22-65535", "3389"),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 })).map(([from, length]) => `${from}-${from + length}`),
  },
);

const mostly = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

const protocol = fc.constantFrom<RuleProtocol>("tcp", "tcp", "tcp", "any", "any", "udp", "other");

const aTable = (family: Family): fc.Arbitrary<AddressTable> =>
  fc.record({
    named: fc
      .record({
        tag: fc.array(aPrefix(family), { maxLength: 3 }),
        web: fc.array(anAddress(family), { maxLength: 3 }),
        ipg: fc.array(aPrefix(family), { maxLength: 2 }),
      })
      .map(
        ({ tag, web, ipg }) =>
          new Map([
            ["azurecloud.westeurope", tag],
            ["/asg/web", web],
            ["/ipg/office", ipg],
          ]),
      ),
    virtualNetwork: fc.oneof(
      { weight: 12, arbitrary: fc.constant(family === "ipv4" ? ["10.0.0.0/16"] : ["2001:db8::/48"]) },
      { weight: 4, arbitrary: fc.array(aPrefix(family), { maxLength: 3 }) },
      // Of a default route nobody knows what it makes of the network.
      { weight: 2, arbitrary: fc.array(aPrefix(family), { maxLength: 2 }).map((some) => [...some, "default route"]) },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
  });

const aSource = (family: Family): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: aPrefix(family) },
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        "*",
        "Internet",
        "VirtualNetwork",
        "AzureLoadBalancer",
        "AzureCloud.WestEurope",
        "/asg/Web",
        "/ipg/office",
      ),
    },
    // Nobody told what these hold.
    { weight: 1, arbitrary: fc.constantFrom("Sql", "/asg/unheard") },
  );

const aDestination = (family: Family): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant("*") },
    { weight: 3, arbitrary: aPrefix(family) },
    { weight: 2, arbitrary: fc.constantFrom("VirtualNetwork", "/asg/web", "/asg/DB", "Storage") },
  );

const aRule = (family: Family): fc.Arbitrary<Omit<NsgRule, "name" | "priority">> =>
  fc.record({
    access: fc.constantFrom("allow", "deny"),
    protocol,
    sources: fc.array(aSource(family), { minLength: 1, maxLength: 4 }),
    sourcePorts: mostly(
      ["*"],
      fc.array(fc.constantFrom("1-1023", "1024-65535", "5000", "*"), { minLength: 1, maxLength: 2 }),
    ),
    destinations: fc.array(aDestination(family), { minLength: 1, maxLength: 2 }),
    destinationPorts: fc.array(ports, { minLength: 1, maxLength: 3 }),
  });

const anNsg = (family: Family, name: string): fc.Arbitrary<Nsg> =>
  fc
    .tuple(fc.array(aRule(family), { maxLength: 7 }), fc.array(fc.nat({ max: 99 }), { minLength: 7, maxLength: 7 }))
    .map(([rules, order]) => ({
      id: `/nsg/${name}`,
      name,
      // Listed in another order than that of their priorities.
      rules: rules
        .map((rule, i) => ({ ...rule, name: `${name}-${i}`, priority: 100 + i, place: order[i] ?? 0 }))
        .toSorted((a, b) => a.place - b.place),
    }));

const collections = <R extends { readonly destinationPorts: readonly string[] }, C>(
  rule: fc.Arbitrary<R>,
  more: fc.Arbitrary<C>,
) =>
  fc.array(fc.tuple(fc.array(rule, { maxLength: 3 }), more), { maxLength: 3 }).chain((all) =>
    fc
      .shuffledSubarray(
        all.map((_, i) => i),
        { minLength: all.length },
      )
      .map((order) =>
        all.map(([rules, extra], i) => ({
          ...extra,
          name: `c${i}`,
          priority: 100 + (order[i] ?? 0),
          rules: rules.map((one, k) => ({ ...one, name: `c${i}r${k}` })),
        })),
      ),
  );

export const PUBLIC_ADDRESSES = ["20.0.0.1", "20.0.0.2"];

const firewallSource: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: aPrefix("ipv4") },
  { weight: 2, arbitrary: aRange("ipv4") },
  { weight: 4, arbitrary: fc.constantFrom("*", "/ipg/office", "0.0.0.0/0") },
  { weight: 1, arbitrary: fc.constant("/ipg/unheard") },
);
const protocols = fc.subarray<RuleProtocol>(["tcp", "udp", "any", "other"], { minLength: 1 });

export const aFirewall: fc.Arbitrary<ClassicFirewall> = fc.record({
  kind: fc.constant("classic"),
  id: fc.constant("/fw"),
  name: fc.constant("fw"),
  publicAddresses: fc.constant(PUBLIC_ADDRESSES),
  subnetPrefixes: fc.constantFrom(["10.0.2.0/30"], ["10.0.1.4/31"], ["10.0.2.0/31", "192.168.0.0/31"]),
  natCollections: collections(
    fc.record({
      protocols,
      sources: fc.array(firewallSource, { minLength: 1, maxLength: 3 }),
      destinations: fc.oneof(
        { weight: 6, arbitrary: fc.subarray(PUBLIC_ADDRESSES, { minLength: 1 }) },
        { weight: 1, arbitrary: fc.constantFrom(["*"], ["20.0.0.0/30"], ["20.0.0.2/32"], ["unheard"]) },
      ),
      destinationPorts: fc.array(fc.constantFrom("2022", "2022-2030", "2000-2022", "2023", "22"), {
        minLength: 1,
        maxLength: 2,
      }),
      translatedAddress: fc.constantFrom("10.0.1.4", "10.0.1.4", "10.0.1.4", "10.0.1.5", undefined),
      translatedPort: fc.constantFrom("22", "22", "22", "23"),
    }),
    fc.constant({}),
  ),
  networkCollections: collections(
    fc.record({
      protocols,
      sources: fc.array(firewallSource, { minLength: 1, maxLength: 3 }),
      destinations: fc.array(
        fc.oneof(
          fc.constantFrom("*", "10.0.1.4", "10.0.0.0/16", "10.0.1.5", "VirtualNetwork", "example.org"),
          aRange("ipv4"),
        ),
        { minLength: 1, maxLength: 2 },
      ),
      destinationPorts: fc.array(ports, { minLength: 1, maxLength: 2 }),
    }),
    fc.record({ access: fc.constantFrom<"allow" | "deny">("allow", "deny") }),
  ),
  applicationPorts: fc.constantFrom<number[]>([], [], [22]),
});

export const anAzureTarget = (family: Family, firewall?: fc.Arbitrary<ClassicFirewall>): fc.Arbitrary<AzureTarget> =>
  fc.record({
    cloud: fc.constant("azure"),
    privateAddress: fc.constant(family === "ipv4" ? "10.0.1.4" : "2001:db8::4"),
    publicWays: fc.array(
      fc.record({
        kind: fc.constant("address" as const),
        address: fc.constant("20.0.0.9"),
        sku: fc.constantFrom<"basic" | "standard" | "unknown">("basic", "standard", "unknown"),
      }),
      { maxLength: 2 },
    ),
    applicationGroups: fc.subarray(["/asg/web", "/asg/db"]),
    subnetGroup: fc.option(anNsg(family, "subnet"), { nil: undefined, freq: 6 }),
    interfaceGroup: fc.option(anNsg(family, "nic"), { nil: undefined, freq: 2 }),
    firewalls: firewall === undefined ? fc.constant([]) : firewall.map((one) => [one]),
    table: aTable(family),
  });

const aGroupRule = (family: Family): fc.Arbitrary<Omit<GroupRule, "id">> =>
  fc
    .record({
      protocol: fc.constantFrom("tcp", "tcp", "tcp", "-1", "6", "udp", "17", "icmp", "50"),
      range: fc.constantFrom([22, 22], [22, 22], [0, 65_535], [20, 25], [23, 65_535], [0, 21], [-1, -1], [3389, 3389]),
      source: fc.oneof(
        { weight: 8, arbitrary: aPrefix(family) },
        { weight: 3, arbitrary: fc.constantFrom("pl-1", "pl-2", "sg-a", "sg-b") },
        { weight: 1, arbitrary: fc.constantFrom("pl-unheard", "sg-unheard") },
      ),
    })
    .map(({ range: [fromPort, toPort], ...rule }) => ({ ...rule, fromPort, toPort }));

export const anAwsTarget = (family: Family): fc.Arbitrary<AwsTarget> =>
  fc
    .record({
      groups: fc.array(fc.array(aGroupRule(family), { maxLength: 6 }), { minLength: 1, maxLength: 4 }),
      lists: fc.array(fc.array(aPrefix(family), { maxLength: 4 }), { minLength: 2, maxLength: 2 }),
      members: fc.array(fc.array(anAddress(family), { maxLength: 4 }), { minLength: 2, maxLength: 2 }),
    })
    .map(({ groups, lists, members }) => ({
      cloud: "aws",
      privateAddress: family === "ipv4" ? "10.0.1.4" : "2001:db8::4",
      publicWays: [],
      groups: groups.map((rules, g) => ({
        id: `sg-${g}`,
        name: `group-${g}`,
        rules: rules.map((rule, r) => ({ ...rule, id: `sgr-${g}-${r}` })),
      })),
      table: {
        named: new Map([
          ["pl-1", lists[0] ?? []],
          ["pl-2", lists[1] ?? []],
          ["sg-a", members[0] ?? []],
          ["sg-b", members[1] ?? []],
        ]),
        virtualNetwork: undefined,
      },
    }));
