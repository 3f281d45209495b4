import { describe, expect, test } from "vitest";
import type { GrantId, ProtectionId } from "../../../../src/access/identifier.ts";
import { HOUR, later } from "../../../../src/access/time.ts";
import { type Block, type IngressRule, NO_CHANGES } from "../../../../src/cloud/firewall.ts";
import { plan, planBlocks } from "../../../../src/reconcile/plan.ts";
import { aRule, cidr, END, firewallOf, free, grantNumber, networkId, never } from "../small-world.ts";
import {
  aFirewall,
  aHubWorld,
  aNetworkCollection,
  FRONT,
  FW,
  FW_ID,
  type HubSetup,
  obeyed,
  routes,
  SECOND_FRONT,
  setupHub,
  translates,
} from "./firewall-world.ts";

const SSH = { port: 22, protocol: "tcp" } as const;
const RDP = { port: 3389, protocol: "tcp" } as const;
const GRANT = "k7f3q2xd" as GrantId;
const KEY = `${GRANT}-tcp`;

const aBlock = (changes: Partial<Block> = {}): Block => ({
  protection: "bcdfghjk" as ProtectionId,
  addresses: ["10.0.1.4"],
  ports: [SSH],
  overrules: [],
  note: "prod-vm-3: U0SEC1",
  ...changes,
});

/** One pass: look, plan, apply. */
const reach = async ({ firewall }: HubSetup, rules: readonly IngressRule[], blocks: readonly Block[] = []) => {
  const before = await firewall.observe(never, blocks);
  await firewall.apply({ ...plan(rules, before.rules, "grant"), ...planBlocks(blocks, before) }, free, never);
  return firewall.observe(never, blocks);
};

const collection = (world: HubSetup, name: "nat" | "allow" | "deny") => {
  const { natRuleCollections, networkRuleCollections } = world.azure.exportFirewall(FW);
  return [...natRuleCollections, ...networkRuleCollections].find((each) => each.name === `latch-acme-${name}`)
    ?.properties;
};

const many = (count: number): readonly IngressRule[] =>
  Array.from({ length: count }, (_, i) => aRule(grantNumber(i), { sources: [cidr(`203.0.113.${i}`)] }));

describe("opening and closing", () => {
  test("a grant is a mapped port and what allows it, told to the administrator; afterwards everything is as it was", async () => {
    const world = await setupHub();
    const before = world.azure.exportFirewall(FW);
    const observed = await reach(world, [aRule()]);

    const { holders, ...hole } = aRule();
    const mappings = [{ address: FRONT, port: 50_002, to: SSH }];
    expect(observed).toMatchObject({ rules: [{ id: KEY, rule: hole, holders, mappings }], settled: true });
    const description = "latch until 2026-11-23T16:02:00Z for U0DEV1: INC-1042 disk full";
    expect(collection(world, "nat")).toMatchObject({
      priority: 101,
      action: { type: "Dnat" },
      rules: [
        {
          name: `${KEY}-10.0.1.4-22`,
          description,
          protocols: ["TCP"],
          sourceAddresses: ["203.0.113.7"],
          destinationAddresses: [FRONT],
          destinationPorts: ["50002"],
          translatedAddress: "10.0.1.4",
          translatedPort: "22",
        },
      ],
    });
    expect(collection(world, "allow")).toMatchObject({
      priority: 100,
      action: { type: "Allow" },
      rules: [{ name: KEY, description, sourceAddresses: ["203.0.113.7"], destinationPorts: ["22"] }],
    });
    expect(translates(obeyed(world), "203.0.113.7", FRONT, { ...SSH, port: 50_002 })).toBe("10.0.1.4:22");
    expect(translates(obeyed(world), "203.0.113.8", FRONT, { ...SSH, port: 50_002 })).toBeUndefined();
    expect(routes(obeyed(world), "203.0.113.7", "10.0.1.4", SSH)).toBe(true);

    expect(await reach(world, [])).toMatchObject({ rules: [], settled: true });
    expect(world.azure.exportFirewall(FW)).toEqual(before);
  });

  test("ten at once are one write, each with a port of its own", async () => {
    const world = await setupHub();
    const { rules } = await reach(world, many(10));
    const ports = rules.flatMap(({ mappings = [] }) => mappings.map(({ port }) => port));
    expect(new Set(ports).size).toBe(10);
    expect(world.azure.firewallPuts(FW)).toBe(1);
    await reach(world, many(10));
    expect(world.azure.firewallPuts(FW)).toBe(1);
    await reach(world, many(20).slice(5));
    expect(world.azure.firewallPuts(FW)).toBe(2);
  });

  test("a mapped port stays while its grant lives, whoever comes and goes, and is free again afterwards", async () => {
    const world = await setupHub();
    const [first, second, third] = many(3);
    if (first === undefined || second === undefined || third === undefined) throw new Error("three were asked for");
    const portOf = (rules: Awaited<ReturnType<typeof reach>>["rules"], { holders }: IngressRule) =>
      rules.find((rule) => rule.holders[0]?.grant === holders[0]?.grant)?.mappings?.[0]?.port;
    const before = await reach(world, [first, second]);
    const port = portOf(before.rules, second);
    expect([portOf(before.rules, first), port]).toEqual([50_002, 50_003]);

    expect(portOf((await reach(world, [second])).rules, second)).toBe(port);
    const longer = { ...second, holders: second.holders.map((each) => ({ ...each, expiresAt: later(END, HOUR) })) };
    const prolonged = await reach(world, [longer]);
    expect(portOf(prolonged.rules, second)).toBe(port);
    expect(prolonged.rules[0]?.holders[0]?.expiresAt).toBe(later(END, HOUR));
    const other = await reach(world, [{ ...longer, sources: [cidr("203.0.113.99")] }, third]);
    expect(portOf(other.rules, second)).toBe(port);
    expect(portOf(other.rules, third)).toBe(50_002);
  });

  test("what is there already isn't written again, though it is asked for again", async () => {
    const world = await setupHub();
    const { rules } = await reach(world, [aRule()], [aBlock()]);
    const again = { block: [aBlock()], restamp: rules.map((observed) => ({ observed, rule: aRule() })) };
    await world.firewall.apply({ ...NO_CHANGES, ...again }, free, never);
    expect(world.azure.firewallPuts(FW)).toBe(1);
  });

  test("each port of each address has a mapped port; UDP and TCP don't get in each other's way", async () => {
    const world = await setupHub();
    const rule = aRule(GRANT, { addresses: ["10.0.1.4", "10.0.1.5"], ports: [22, 3389] });
    const { rules } = await reach(world, [rule, aRule(GRANT, { protocol: "udp", ports: [53] })]);
    expect(rules.flatMap(({ mappings = [] }) => mappings)).toEqual([
      { address: FRONT, port: 50_002, to: SSH },
      { address: FRONT, port: 50_003, to: RDP },
      { address: FRONT, port: 50_004, to: SSH },
      { address: FRONT, port: 50_005, to: RDP },
      { address: FRONT, port: 50_000, to: { port: 53, protocol: "udp" } },
    ]);
  });

  test("when the first address has no port left in the range, the next one is taken", async () => {
    const world = await setupHub({}, { mappedPorts: { from: 50_000, to: 50_002 } });
    const { rules } = await reach(world, many(2));
    expect(rules.flatMap(({ mappings = [] }) => mappings.map(({ address, port }) => [address, port]))).toEqual([
      [FRONT, 50_002],
      [SECOND_FRONT, 50_000],
    ]);
  });

  test("from anywhere is written as Azure's own word for it", async () => {
    const world = await setupHub();
    const { rules } = await reach(world, [aRule(GRANT, { sources: [cidr("0.0.0.0/0")] })]);
    expect(rules[0]?.rule?.sources).toEqual(["0.0.0.0/0"]);
    expect(collection(world, "allow")?.rules[0]?.sourceAddresses).toEqual(["*"]);
  });

  test("a firewall without public addresses only allows what is routed", async () => {
    const world = await setupHub();
    const open = JSON.stringify({
      name: "fw",
      id: FW,
      etag: 'W/"1"',
      location: "westeurope",
      properties: { provisioningState: "Succeeded", ipConfigurations: [{ name: "one", properties: {} }] },
    });
    world.faults.add({ calls: /^GET .*\/azurefirewalls\/fw-hub$/u, does: { kind: "answer", status: 200, body: open } });
    const sent: unknown[] = [];
    world.faults.add({ calls: /^PUT .*\/azurefirewalls\/fw-hub$/u, does: { kind: "answer", status: 200, body: open } });
    await world.firewall.apply({ ...NO_CHANGES, add: [aRule()] }, async () => void sent.push("write"), never);
    expect(sent).toEqual(["write"]);
    expect(world.azure.calls.some(({ path }) => /publicipaddresses/iu.test(path))).toBe(false);
  });
});

describe("what others have there", () => {
  test("a deny of others before ours is gone before; one that leaves no number is named", async () => {
    const world = await setupHub();
    world.edit((there) => [...there, aNetworkCollection("strict", 103, "Deny")]);
    await reach(world, [aRule()]);
    expect(routes(obeyed(world), "203.0.113.7", "10.0.1.4", SSH)).toBe(true);
    await reach(world, []);

    world.edit((there) =>
      there.map((each) => (each.name === "strict" ? aNetworkCollection("strict", 100, "Deny") : each)),
    );
    await expect(reach(world, [aRule()])).rejects.toMatchObject({
      code: "quota",
      retry: "never",
      message: expect.stringContaining("`strict/rule`"),
    });
    expect(world.azure.firewallPuts(FW)).toBe(2);
  });

  test("a deny that somebody puts before ours later is gone before at the next look", async () => {
    const world = await setupHub();
    world.edit((there) => [...there, aNetworkCollection("first", 100, "Allow", { destinationPorts: ["80"] })]);
    await reach(world, [aRule()]);
    expect(collection(world, "allow")?.priority).toBe(102);
    world.edit((there) => [
      ...there.filter(({ name }) => name !== "first" && name !== "MDC-JIT-allow"),
      aNetworkCollection("strict", 101, "Deny"),
    ]);
    expect((await world.firewall.observe(never)).settled).toBe(false);
    expect(await reach(world, [aRule()])).toMatchObject({ settled: true });
    expect(collection(world, "allow")?.priority).toBe(100);
    expect(routes(obeyed(world), "203.0.113.7", "10.0.1.4", SSH)).toBe(true);
  });

  test("a NAT rule that takes over a mapped port is seen, and another port is taken", async () => {
    const world = await setupHub();
    await reach(world, [aRule()]);
    world.editNat((there) =>
      there.map((each) => ({
        ...each,
        properties: {
          ...each.properties,
          rules: each.properties.rules.map((rule) =>
            rule.name === "odd" ? { ...rule, destinationPorts: ["50000-50010"] } : rule,
          ),
        },
      })),
    );
    expect((await world.firewall.observe(never)).rules[0]?.rule).toBeUndefined();
    const { rules } = await reach(world, [aRule()]);
    expect(rules[0]?.mappings?.[0]?.port).toBe(50_011);
  });

  test("our rules that somebody edited are seen as such, and made anew", async () => {
    const world = await setupHub();
    await reach(world, [aRule()]);
    world.editNat((there) =>
      there.map((each) => ({
        ...each,
        properties: {
          ...each.properties,
          rules: each.properties.rules.map((rule) => ({ ...rule, sourceAddresses: ["*"] })),
        },
      })),
    );
    const before = await world.firewall.observe(never);
    expect(before.rules).toMatchObject([{ id: KEY, rule: undefined, holders: [{ grant: GRANT }] }]);
    expect((await reach(world, [aRule()])).rules[0]?.rule?.sources).toEqual(["203.0.113.7/32"]);
  });

  test("a rule of nobody in our collections goes, because they are wholly ours", async () => {
    const world = await setupHub();
    await reach(world, [aRule()], [aBlock()]);
    world.edit((there) =>
      there.map((each) => {
        const [first] = each.properties.rules;
        if (!each.name.startsWith("latch-") || first === undefined) return each;
        return {
          ...each,
          properties: { ...each.properties, rules: [...each.properties.rules, { ...first, name: "stray" }] },
        };
      }),
    );
    const before = await world.firewall.observe(never);
    expect(before.settled).toBe(false);
    expect(before.rules.find(({ id }) => id === "stray")).toMatchObject({ rule: undefined, holders: [] });
    expect((await reach(world, [aRule()], [aBlock()])).settled).toBe(true);
    expect(collection(world, "allow")?.rules.map(({ name }) => name)).toEqual([KEY]);
    expect(collection(world, "deny")?.rules.map(({ name }) => name)).toEqual(["bcdfghjk-tcp"]);
  });

  test("what is in a policy is left alone, never called closed, and said", async () => {
    const policy = networkId("firewallPolicies", "pol-hub");
    const bare = aFirewall({
      firewallPolicy: policy,
      natRuleCollections: [],
      networkRuleCollections: [],
      applicationRuleCollections: [],
    });
    const world = await setupHub({ world: aHubWorld(bare) });
    expect(await world.firewall.observe(never, [aBlock()])).toEqual({
      rules: [],
      blocks: [],
      undercut: new Map([[aBlock().protection, []]]),
      settled: false,
    });
    for (const changes of [{}, { add: [aRule()] }, { block: [aBlock()] }]) {
      await expect(world.firewall.apply({ ...NO_CHANGES, ...changes }, free, never)).rejects.toMatchObject({
        retry: "never",
        message: "rules of `fw-hub` are in the policy `pol-hub`, which we don't change",
      });
    }
    expect(world.azure.firewallPuts(FW)).toBe(0);
  });

  test("a firewall that is gone holds nothing", async () => {
    const world = await setupHub({ world: aHubWorld(aFirewall({ id: networkId("azureFirewalls", "other") })) });
    const undercut = new Map([[aBlock().protection, []]]);
    expect(await world.firewall.observe(never, [aBlock()])).toEqual({ rules: [], blocks: [], undercut, settled: true });
    expect(await world.firewall.apply(NO_CHANGES, free, never)).toEqual([]);
    await expect(world.firewall.apply({ ...NO_CHANGES, add: [aRule()] }, free, never)).rejects.toMatchObject({
      code: "not-found",
      retry: "never",
    });
  });

  test("IPv6 isn't done, and said", async () => {
    const world = await setupHub();
    const six = aRule(GRANT, { addresses: ["fd00:db8::4"], sources: [cidr("2001:db8:1::/48")] });
    await expect(reach(world, [six])).rejects.toMatchObject({
      retry: "never",
      message: expect.stringContaining("doesn't do IPv6"),
    });
  });
});

describe("blocks", () => {
  const stranger = "198.51.100.9";

  test("stand before a translation of others, which is told only where somebody is allowed before", async () => {
    const world = await setupHub();
    world.editNat((there) => [
      ...there,
      {
        name: "back-door",
        properties: {
          priority: 200,
          action: { type: "Dnat" },
          rules: [
            {
              name: "ssh",
              protocols: ["TCP"],
              sourceAddresses: ["*"],
              destinationAddresses: [FRONT],
              destinationPorts: ["2222"],
              translatedAddress: "10.0.1.4",
              translatedPort: "22",
            },
          ],
        },
      },
    ]);
    world.edit((there) => there.filter(({ name }) => name !== "last"));
    const open = () => translates(obeyed(world), stranger, FRONT, { ...SSH, port: 2_222 });
    expect(open()).toBe("10.0.1.4:22");
    expect((await world.firewall.observe(never, [aBlock()])).undercut.get(aBlock().protection)).toEqual([]);
    await reach(world, [], [aBlock()]);
    expect(open()).toBeUndefined();
    await reach(world, []);

    world.edit((there) => [
      ...there,
      aNetworkCollection("partners", 400, "Allow", { sourceAddresses: ["198.51.100.0/24"] }),
    ]);
    const { undercut } = await reach(world, [], [aBlock()]);
    expect(undercut.get(aBlock().protection)).toEqual([
      {
        id: "partners/rule",
        name: "partners/rule",
        priority: 400,
        protocol: "tcp",
        ports: ["22"],
        sources: ["198.51.100.0/24"],
      },
      { id: "back-door/ssh", name: "back-door/ssh", priority: 200, protocol: "tcp", ports: ["2222"], sources: ["*"] },
    ]);
    expect(open()).toBe("10.0.1.4:22");
    const overruled = await reach(world, [], [aBlock({ overrules: ["partners/rule"] })]);
    expect(overruled.undercut.get(aBlock().protection)).toEqual([]);
    expect(open()).toBeUndefined();
  });

  test("an allow that somebody adds behind ours stays without effect when another machine is protected", async () => {
    const world = await setupHub();
    await reach(world, [], [aBlock()]);
    const at = collection(world, "deny")?.priority ?? 0;
    world.edit((there) => [
      ...there,
      aNetworkCollection("later", 500, "Allow"),
      aNetworkCollection("theirs", 600, "Allow", { destinationAddresses: ["10.0.1.5"] }),
    ]);
    const other = aBlock({ protection: "cdfghjkm" as ProtectionId, addresses: ["10.0.1.5"] });
    await reach(world, [], [aBlock(), other]);
    expect(collection(world, "deny")?.priority).toBe(at);
    expect(routes(obeyed(world), stranger, "10.0.1.4", SSH)).toBe(false);
  });

  test("go behind what was there first of another machine when that opens nothing", async () => {
    const world = await setupHub();
    await reach(world, [], [aBlock()]);
    world.edit((there) => [
      ...there,
      aNetworkCollection("theirs", 600, "Allow", { destinationAddresses: ["10.0.1.5"] }),
    ]);
    const other = aBlock({ protection: "cdfghjkm" as ProtectionId, addresses: ["10.0.1.5"] });
    const { undercut } = await reach(world, [], [aBlock(), other]);
    expect(collection(world, "deny")?.priority).toBe(601);
    expect(undercut.get(other.protection)?.map(({ id }) => id)).toEqual(["theirs/rule"]);
    expect(routes(obeyed(world), stranger, "10.0.1.4", SSH)).toBe(false);
  });

  test("one deny for all: overruling wins over an allow of another machine that was there first", async () => {
    const world = await setupHub();
    world.edit((there) => [
      ...there,
      aNetworkCollection("mine", 500, "Allow"),
      aNetworkCollection("theirs", 600, "Allow", { destinationAddresses: ["10.0.1.5"] }),
    ]);
    const other = aBlock({ protection: "cdfghjkm" as ProtectionId, addresses: ["10.0.1.5"] });
    const { undercut } = await reach(world, [], [aBlock({ overrules: ["mine/rule"] }), other]);
    expect([...undercut.values()].flat()).toEqual([]);
    expect(collection(world, "deny")?.priority).toBeLessThan(500);
  });

  test("of both families are shown as they were asked for, and of IPv6 alone need no rule", async () => {
    const world = await setupHub();
    const both = aBlock({ addresses: ["10.0.1.4", "fd00:db8::4"] });
    const six = aBlock({ protection: "cdfghjkm" as ProtectionId, addresses: ["fd00:db8::5"] });
    const { blocks } = await reach(world, [], [both, six]);
    expect(blocks.map(({ block }) => block?.addresses)).toEqual([both.addresses, six.addresses]);
    expect(collection(world, "deny")?.rules).toHaveLength(1);
    expect(world.azure.firewallPuts(FW)).toBe(1);
    expect((await reach(world, [], [both, six])).blocks).toHaveLength(2);
    expect(world.azure.firewallPuts(FW)).toBe(1);
  });
});

test("two bots share a firewall, and each sees its own", async () => {
  const world = await setupHub();
  const other = firewallOf(world.another({ installation: "acme-2" }), FW_ID);
  await reach(world, [aRule()]);
  await reach({ ...world, firewall: other }, [aRule("bcdfghjk" as GrantId)]);
  expect((await world.firewall.observe(never)).rules.map(({ id }) => id)).toEqual([KEY]);
  expect((await other.observe(never)).rules.map(({ id, mappings }) => [id, mappings?.[0]?.port])).toEqual([
    ["bcdfghjk-tcp", 50_003],
  ]);
});
