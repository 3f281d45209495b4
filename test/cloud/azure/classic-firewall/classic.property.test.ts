import fc from "fast-check";
import { expect, test } from "vitest";
import type { ProtectionId } from "../../../../src/access/identifier.ts";
import type { Port } from "../../../../src/access/port.ts";
import { contains } from "../../../../src/access/source.ts";
import type { Block, IngressRule, ObservedRule } from "../../../../src/cloud/firewall.ts";
import { isDone, plan, planBlocks } from "../../../../src/reconcile/plan.ts";
import { aRule, cidr, firewallOf, free, grantNumber, never, setup } from "../small-world.ts";
import {
  aFirewall,
  aHubWorld,
  aNetworkCollection,
  customerCollections,
  FW,
  FW_ID,
  type NetworkCollection,
  obeyed,
  routes,
  translates,
} from "./firewall-world.ts";

const PORTS: readonly Port[] = [
  { port: 22, protocol: "tcp" },
  { port: 3389, protocol: "tcp" },
  { port: 53, protocol: "udp" },
];
const ADDRESSES = ["10.0.1.4", "10.0.1.5"];
const SOURCES = ["203.0.113.7", "198.51.100.9", "192.0.2.0/28"];

const aForeignRule = fc.record({
  protocols: fc.constantFrom<("TCP" | "UDP" | "Any")[]>(["TCP"], ["UDP"], ["Any"], ["TCP", "UDP"]),
  sourceAddresses: fc.subarray(["*", "203.0.113.0/24", "198.51.100.9", "192.0.2.0-192.0.2.15", "10.0.0.0/8"], {
    minLength: 1,
  }),
  destinationAddresses: fc.subarray(["*", "10.0.1.4", "10.0.1.0/24", "10.0.1.5-10.0.1.9", "AzureCloud"], {
    minLength: 1,
  }),
  destinationPorts: fc.subarray(["*", "22", "3000-4000", "53", "443"], { minLength: 1 }),
});

const foreignCollections = fc
  .uniqueArray(
    fc.record({
      // Crowded where ours would like to be, and anywhere else.
      priority: fc.oneof(fc.integer({ min: 102, max: 110 }), fc.integer({ min: 111, max: 65_000 })),
      type: fc.constantFrom("Allow" as const, "Allow" as const, "Deny" as const),
      rule: aForeignRule,
    }),
    { selector: ({ priority }) => priority, maxLength: 6 },
  )
  .map((all) => all.map(({ priority, type, rule }, i) => aNetworkCollection(`foreign-${i}`, priority, type, rule)));

const aStep = fc.record({
  grants: fc.uniqueArray(
    fc.record({
      id: fc.integer({ min: 0, max: 4 }),
      addresses: fc.subarray([...ADDRESSES], { minLength: 1 }),
      port: fc.constantFrom(...PORTS),
      source: fc.constantFrom(...SOURCES),
    }),
    { selector: ({ id }) => id, maxLength: 4 },
  ),
  blocks: fc.uniqueArray(
    fc.record({
      address: fc.constantFrom(...ADDRESSES),
      ports: fc.subarray([...PORTS], { minLength: 1 }),
      overrules: fc.boolean(),
    }),
    { selector: ({ address }) => address, maxLength: 2 },
  ),
});

type Step = typeof aStep extends fc.Arbitrary<infer T> ? T : never;

const rulesOf = ({ grants }: Step): readonly IngressRule[] =>
  grants.map(({ id, addresses, port, source }) =>
    aRule(grantNumber(id), { addresses, protocol: port.protocol, ports: [port.port], sources: [cidr(source)] }),
  );

const blocksOf = ({ blocks }: Step, foreign: readonly NetworkCollection[]): readonly Block[] =>
  blocks.map(({ address, ports, overrules }) => ({
    protection: `bcdfghj${address.at(-1)}` as ProtectionId,
    addresses: [address],
    ports: ports.toSorted((a, b) => a.port - b.port),
    overrules: overrules ? foreign.map(({ name }) => `${name}/rule`) : [],
    note: "U0SEC1",
  }));

const destinationsOf = ({ addresses, ports }: Block) =>
  addresses.flatMap((address) => ports.map((port) => ({ address, port })));

const STRANGERS = ["203.0.113.200", "198.51.100.9", "192.0.2.3", "8.8.8.8", "10.7.7.7"];

/** `bbbbbbbc 10.0.1.4` → mapped port; a rule here has one port, and a mapping for each address. */
const mappedPorts = (rules: readonly ObservedRule[]): ReadonlyMap<string, number> =>
  new Map(
    rules.flatMap(({ holders, rule, mappings = [] }) =>
      mappings.map(
        ({ port, to }, i) => [`${holders[0]?.grant} ${rule?.addresses[i]} ${to.port}/${to.protocol}`, port] as const,
      ),
    ),
  );

const isGranted = ({ grants }: Step, source: string, address: string, port: Port): boolean =>
  grants.some(
    (grant) => grant.addresses.includes(address) && grant.port === port && contains(cidr(grant.source), cidr(source)),
  );

test("whatever others have there, and whatever is opened and closed: it holds what it should, and is as it was at the end", async () => {
  await fc.assert(
    fc.asyncProperty(foreignCollections, fc.array(aStep, { minLength: 1, maxLength: 5 }), async (foreign, steps) => {
      const collections = { ...customerCollections, networkRuleCollections: foreign };
      const world = await setup(
        { world: aHubWorld(aFirewall(collections)), firewallUpdate: { ms: 0, retryAfterSeconds: 0 } },
        { limits: { firewallPollMs: 1 } },
      );
      const firewall = firewallOf(world.cloud, FW_ID);
      const before = world.azure.exportFirewall(FW);

      for (const step of [...steps, { grants: [], blocks: [] }]) {
        const [rules, blocks] = [rulesOf(step), blocksOf(step, foreign)];
        const [puts, untouched] = [world.azure.firewallPuts(FW), obeyed(world)];
        const seen = await firewall.observe(never, blocks);
        const changes = { ...plan(rules, seen.rules, "grant"), ...planBlocks(blocks, seen) };
        if (!isDone(changes, seen)) await firewall.apply(changes, free, never);
        expect(world.azure.firewallPuts(FW) - puts).toBeLessThanOrEqual(1);

        const after = await firewall.observe(never, blocks);
        expect(isDone({ ...plan(rules, after.rules, "grant"), ...planBlocks(blocks, after) }, after)).toBe(true);
        const there = obeyed(world);

        // Whoever was granted it gets in, routed and by the port that is told.
        for (const { rule, mappings = [] } of after.rules) {
          const [source = ""] = rule?.sources.map((each) => each.replace(/\/\d+$/u, "")) ?? [];
          for (const [i, { address, port, to }] of mappings.entries()) {
            const machine = rule?.addresses[i] ?? "";
            expect(routes(there, source, machine, to)).toBe(true);
            expect(translates(there, source, address, { port, protocol: to.protocol })).toBe(`${machine}:${to.port}`);
          }
        }
        const kept = mappedPorts(seen.rules);
        for (const [key, port] of mappedPorts(after.rules)) expect(port).toBe(kept.get(key) ?? port);

        for (const block of blocks) {
          const told = after.undercut.get(block.protection) ?? [];
          for (const { address, port } of destinationsOf(block)) {
            for (const source of STRANGERS.filter((each) => !isGranted(step, each, address, port))) {
              const isOpen = routes(there, source, address, port);
              // Nobody gets in where it is closed, but for those whom somebody is told to let in.
              if (told.length === 0) expect(isOpen).toBe(false);
              // What was there first keeps priority, unless it is overruled.
              const isFirst = seen.blocks.length === 0 && seen.rules.length === 0;
              if (isFirst && blocks.every(({ overrules }) => overrules.length === 0)) {
                expect(isOpen).toBe(routes(untouched, source, address, port));
              }
              if (block.overrules.length > 0) expect(isOpen).toBe(false);
            }
          }
        }
      }
      expect(world.azure.exportFirewall(FW)).toEqual(before);
      await world.azure.stop();
    }),
    { numRuns: 60 },
  );
}, 120_000);
