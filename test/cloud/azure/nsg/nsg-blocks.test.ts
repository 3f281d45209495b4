import { describe, expect, test } from "vitest";
import type { GrantId, ProtectionId } from "../../../../src/access/identifier.ts";
import type { Block, Firewall, Guard, IngressRule } from "../../../../src/cloud/firewall.ts";
import { isDone, plan, planBlocks } from "../../../../src/reconcile/plan.ts";
import type { SecurityRule, WrittenRule } from "../../../../src/sandbox/azure/world.ts";
import { getsPast } from "../packet.ts";
import { aRule, aWorld, cidr, free, grantNumber, NSG, never, nothing, type Setup, setup } from "../small-world.ts";

const ID = "bcdfghjk" as ProtectionId;
const NAME = "latch-acme-bcdfghjk-deny-tcp-4";
const SSH = { port: 22, protocol: "tcp" } as const;
const RDP = { port: 3389, protocol: "tcp" } as const;
const DNS = { port: 53, protocol: "udp" } as const;
const REQUESTER = cidr("203.0.113.7");
const STRANGER = cidr("198.51.100.9");

const aBlock = (changes: Partial<Block> = {}): Block => ({
  protection: ID,
  addresses: ["10.0.1.4"],
  ports: [SSH],
  overrules: [],
  note: "prod-vm-3: U0SEC1",
  ...changes,
});

const theirs = (name: string, priority: number, changes: Partial<WrittenRule["properties"]> = {}): WrittenRule => ({
  name,
  properties: {
    protocol: "Tcp",
    access: "Allow",
    direction: "Inbound",
    priority,
    sourcePortRange: "*",
    sourceAddressPrefix: "Internet",
    destinationAddressPrefix: "*",
    destinationPortRange: "22",
    ...changes,
  },
});

const worldOf = (...rules: readonly WrittenRule[]): Promise<Setup> => setup({ world: aWorld(rules) });
const rulesOf = ({ azure }: Setup): readonly SecurityRule[] => azure.export(NSG).securityRules;
const ruleCalled = (world: Setup, name: string): SecurityRule | undefined =>
  rulesOf(world).find((rule) => rule.name === name);
const priorityOf = (world: Setup, name = NAME): number | undefined => ruleCalled(world, name)?.properties.priority;
const writes = ({ azure }: Setup): readonly string[] =>
  azure.calls.flatMap(({ method, path }) => (method === "GET" ? [] : [`${method} ${path.split("/").at(-1)}`]));
const edit = (world: Setup, name: string, changes: Partial<SecurityRule["properties"]>): void =>
  world.azure.editAsSomeoneElse(NSG, (rules) =>
    rules.map((rule) => (rule.name === name ? { ...rule, properties: { ...rule.properties, ...changes } } : rule)),
  );
const letsIn = (world: Setup, from = STRANGER): boolean =>
  getsPast(rulesOf(world), { from, to: cidr("10.0.1.4"), port: SSH });
const undercut = async (world: Setup, block = aBlock()): Promise<readonly string[]> =>
  ((await world.nsg.observe(never, [block])).undercut.get(ID) ?? []).map(({ id }) => id);
const block = (world: Setup, asked = aBlock(), guard: Guard = free): Promise<unknown> =>
  world.nsg.apply({ ...nothing, block: [asked] }, guard, never);
const unblock = async (world: Setup): Promise<unknown> =>
  world.nsg.apply({ ...nothing, unblock: (await world.nsg.observe(never)).blocks }, free, never);
const reach = async (firewall: Firewall, blocks: readonly Block[], rules: readonly IngressRule[]): Promise<void> => {
  for (let tries = 0; tries < 4; tries += 1) {
    const before = await firewall.observe(never, blocks);
    const changes = { ...plan(rules, before.rules, "grant"), ...planBlocks(blocks, before) };
    if (isDone(changes, before)) return;
    await firewall.apply(changes, free, never);
  }
  throw new Error("not as desired after four passes");
};

describe("a block is", () => {
  test("one deny, told to the administrator", async () => {
    const world = await worldOf();
    await block(world, aBlock({ ports: [SSH, RDP], addresses: ["10.0.1.4", "10.0.1.5"] }));
    expect(rulesOf(world).map(({ name }) => name)).toEqual([NAME]);
    expect(ruleCalled(world, NAME)?.properties).toMatchObject({
      description: "latch keeps closed: prod-vm-3: U0SEC1",
      protocol: "Tcp",
      access: "Deny",
      direction: "Inbound",
      priority: 1_000,
      sourcePortRange: "*",
      sourceAddressPrefix: "*",
      destinationAddressPrefixes: ["10.0.1.4", "10.0.1.5"],
      destinationPortRanges: ["22", "3389"],
    });
  });

  test("one for each protocol and each family of addresses", async () => {
    const world = await worldOf();
    await block(world, aBlock({ addresses: ["10.0.1.4", "fd00:db8::4"], ports: [SSH, DNS] }));
    expect(rulesOf(world).map(({ name }) => name)).toEqual([
      NAME,
      "latch-acme-bcdfghjk-deny-tcp-6",
      "latch-acme-bcdfghjk-deny-udp-4",
      "latch-acme-bcdfghjk-deny-udp-6",
    ]);
    await block(world, aBlock({ addresses: ["fd00:db8::4"], ports: [DNS] }));
    expect(rulesOf(world).map(({ name }) => name)).toEqual(["latch-acme-bcdfghjk-deny-udp-6"]);
  });

  test("many at once one write of the whole group, and taken away by another", async () => {
    const world = await worldOf(theirs("AllowSSH", 300));
    const before = world.azure.export(NSG);
    const blocks = Array.from({ length: 7 }, (_, i) =>
      aBlock({ protection: grantNumber(i) as string as ProtectionId, addresses: [`10.0.1.${10 + i}`] }),
    );
    await world.nsg.apply({ ...nothing, block: blocks }, free, never);
    expect(writes(world)).toEqual(["PUT nsg-prod-web"]);
    expect((await world.nsg.observe(never, blocks)).blocks).toHaveLength(7);
    await unblock(world);
    expect(writes(world)).toEqual(["PUT nsg-prod-web", "PUT nsg-prod-web"]);
    expect(world.azure.export(NSG)).toEqual(before);
  });

  test("not written again when it is there", async () => {
    const world = await worldOf();
    await block(world);
    await block(world);
    expect(writes(world)).toEqual([`PUT ${NAME}`]);
  });

  test("neither seen nor taken away by another installation, nor when the name is only near", async () => {
    const near = ["latch-acme-2-bcdfghjk-deny-tcp-4", `${NAME}-copy`, "latch-acme-bcdfghja-deny-tcp-4"];
    const world = await worldOf(...near.map((name, i) => theirs(name, 1_000 + i, { access: "Deny" })));
    expect((await world.nsg.observe(never)).blocks).toEqual([]);
    await world.nsg.apply({ ...nothing, unblock: [{ protection: ID, block: undefined, note: "" }] }, free, never);
    expect(writes(world)).toEqual([]);
    expect(rulesOf(world)).toHaveLength(3);
  });
});

describe("existing rules keep priority", () => {
  test("the deny goes after the last that speaks of its ports at its addresses, and they are told", async () => {
    const world = await worldOf(
      theirs("AllowSSH", 2_000),
      theirs("AllowAll", 3_000, { protocol: "*", destinationPortRange: "*", sourceAddressPrefix: "VirtualNetwork" }),
      theirs("Elsewhere", 3_500, { destinationAddressPrefix: "10.0.2.0/24" }),
      theirs("Web", 3_600, { destinationPortRange: "443" }),
    );
    expect(await undercut(world)).toEqual(["AllowSSH", "AllowAll"]);
    await block(world);
    expect(priorityOf(world)).toBe(3_001);
    expect(await undercut(world)).toEqual(["AllowSSH", "AllowAll"]);
    expect(letsIn(world)).toBe(true);
  });

  test("one that comes later is kept out, and told only when it comes before", async () => {
    const world = await worldOf();
    await block(world);
    world.azure.editAsSomeoneElse(NSG, (rules) => [...rules, theirs("Later", 2_000), theirs("Before", 200)]);
    expect(await undercut(world)).toEqual(["Before"]);
    edit(world, "Before", { access: "Deny" });
    expect(letsIn(world)).toBe(false);
    expect((await world.nsg.observe(never, [aBlock()])).blocks).toMatchObject([{ block: { ports: [SSH] } }]);
  });

  test("at the last number of all nothing can come after it, which is told, and nothing is written", async () => {
    const world = await worldOf(theirs("Last", 4_096));
    await expect(block(world)).rejects.toMatchObject({
      code: "quota",
      retry: "never",
      message:
        "cannot keep `prod-vm-3: U0SEC1` closed in `nsg-prod-web` as asked: no number is free after rule `Last` at priority 4096, which keeps priority",
    });
    expect(writes(world)).toEqual([]);
  });

  test("one more port doesn't open one that was closed", async () => {
    const world = await worldOf(theirs("AllowRDP", 3_000, { destinationPortRange: "3389" }));
    await block(world);
    world.azure.editAsSomeoneElse(NSG, (rules) => [...rules, theirs("Later", 2_000)]);
    await block(world, aBlock({ ports: [SSH, RDP] }));
    expect(letsIn(world)).toBe(false);
    expect(priorityOf(world)).toBe(1_000);
  });

  test("for one more port the deny goes after what keeps priority there, when nothing stands between", async () => {
    const world = await worldOf(theirs("AllowRDP", 3_000, { destinationPortRange: "3389" }));
    await block(world);
    await block(world, aBlock({ ports: [SSH, RDP] }));
    expect(priorityOf(world)).toBe(3_001);
  });
});

describe("overruling", () => {
  test("one comes before it and after the other, which keeps priority, and by one write", async () => {
    const world = await worldOf(
      theirs("Admins", 200, { sourceAddressPrefix: "192.0.2.0/24" }),
      theirs("AllowSSH", 300),
    );
    await block(world);
    await block(world, aBlock({ overrules: ["ALLOWSSH"] }));
    expect(priorityOf(world)).toBe(299);
    expect([letsIn(world), letsIn(world, cidr("192.0.2.1"))]).toEqual([false, true]);
    expect(await undercut(world, aBlock({ overrules: ["AllowSSH"] }))).toEqual(["Admins"]);
    expect(writes(world)).toEqual([`PUT ${NAME}`, `PUT ${NAME}`]);
  });

  test("one at the first number can't be, which is told; the block is made as if it needn't", async () => {
    const world = await worldOf(theirs("First", 100), theirs("Later", 2_000, { sourceAddressPrefix: "192.0.2.0/24" }));
    await expect(block(world, aBlock({ overrules: ["First"] }))).rejects.toMatchObject({
      code: "quota",
      retry: "never",
      message: expect.stringContaining("no number is free before rule `First` at priority 100"),
    });
    expect(priorityOf(world)).toBe(2_001);
    await expect(block(world, aBlock({ overrules: ["First"] }))).rejects.toMatchObject({ code: "quota" });
    expect(writes(world)).toEqual([`PUT ${NAME}`]);
  });

  test("lets our grants in before it, those that are there and those that come", async () => {
    const world = await worldOf(theirs("AllowSSH", 300));
    world.azure.editAsSomeoneElse(NSG, (rules) => [
      ...rules,
      ...Array.from({ length: 197 }, (_, i) => theirs(`web-${i}`, 100 + i, { destinationPortRange: "443" })),
    ]);
    // The first free numbers are 297, 298 and 299; the first gap after them is 301.
    await reach(world.nsg, [], [aRule(grantNumber(1)), aRule(grantNumber(2))]);
    const both = aBlock({ overrules: ["AllowSSH"] });
    await reach(world.nsg, [both], [aRule(grantNumber(1)), aRule(grantNumber(2))]);
    expect(priorityOf(world)).toBe(299);
    expect([letsIn(world), letsIn(world, REQUESTER)]).toEqual([false, true]);
    await expect(world.nsg.apply({ ...nothing, add: [aRule(grantNumber(3))] }, free, never)).rejects.toMatchObject({
      code: "quota",
      message: expect.stringContaining(`rule \`${NAME}\` denies it at priority 299`),
    });
    // Another machine's grant has all the room there is.
    await world.nsg.apply({ ...nothing, add: [aRule(grantNumber(4), { addresses: ["10.0.1.5"] })] }, free, never);
  });

  test("moves our own allow before it first, so that the grant is let in all the time", async () => {
    const world = await worldOf(
      ...Array.from({ length: 101 }, (_, i) => theirs(`web-${i}`, 100 + i, { destinationPortRange: "443" })),
    );
    await reach(world.nsg, [aBlock()], [aRule()]);
    expect(priorityOf(world, "latch-acme-k7f3q2xd-tcp-4")).toBe(201);
    world.azure.editAsSomeoneElse(NSG, (rules) =>
      [...rules.filter(({ name }) => name !== "web-50"), theirs("AllowSSH", 160)].filter(
        ({ name }) => name !== "web-60" && name !== "web-55",
      ),
    );
    let shut = false;
    world.azure.onChange(() => {
      shut ||= !letsIn(world, REQUESTER);
    });
    await reach(world.nsg, [aBlock({ overrules: ["AllowSSH"] })], [aRule()]);
    expect([priorityOf(world, "latch-acme-k7f3q2xd-tcp-4"), priorityOf(world)]).toEqual([150, 155]);
    expect([letsIn(world), letsIn(world, REQUESTER), shut]).toEqual([false, true, false]);
  });

  test("an own allow that somebody moved after the deny is let in again", async () => {
    const world = await worldOf(theirs("AllowSSH", 300));
    const asked = aBlock({ overrules: ["AllowSSH"] });
    await reach(world.nsg, [asked], [aRule()]);
    edit(world, "latch-acme-k7f3q2xd-tcp-4", { priority: 500 });
    expect(letsIn(world, REQUESTER)).toBe(false);
    await reach(world.nsg, [asked], [aRule()]);
    expect([letsIn(world), letsIn(world, REQUESTER)]).toEqual([false, true]);
  });

  test("when the rule that was overruled is gone, the deny leaves the band of our allows", async () => {
    const world = await worldOf(theirs("AllowSSH", 300));
    const asked = aBlock({ overrules: ["AllowSSH"] });
    await reach(world.nsg, [asked], []);
    expect(priorityOf(world)).toBe(299);
    world.azure.editAsSomeoneElse(NSG, (rules) => rules.filter(({ name }) => name !== "AllowSSH"));
    await reach(world.nsg, [asked], []);
    expect(priorityOf(world)).toBe(1_000);
  });

  test("outlives our memory of it", async () => {
    const world = await worldOf(theirs("AllowSSH", 300));
    await block(world, aBlock({ overrules: ["AllowSSH"] }));
    const there = await world.nsg.observe(never, [aBlock()]);
    expect(there.blocks).toEqual([
      { protection: ID, block: { addresses: ["10.0.1.4"], ports: [SSH] }, note: "prod-vm-3: U0SEC1" },
    ]);
    expect(there.undercut.get(ID)).toEqual([]);
  });
});

describe("what others do to a block", () => {
  test.each<[string, Partial<SecurityRule["properties"]>]>([
    ["turned into an allow", { access: "Allow" }],
    ["turned outbound", { direction: "Outbound" }],
    ["narrowed to some sources", { sourceAddressPrefix: "192.0.2.0/24" }],
    ["narrowed to some source ports", { sourcePortRange: "1-1023" }],
    ["widened to a range", { destinationAddressPrefix: "10.0.1.0/24" }],
    ["given to another protocol", { protocol: "Udp" }],
    ["given a range of ports", { destinationPortRange: "22-23" }],
  ])("%s, it can't be read, and is put back where it stood", async (_name, changes) => {
    const world = await worldOf(theirs("AllowSSH", 300, { sourceAddressPrefix: "192.0.2.0/24" }));
    await block(world);
    const asItWas = world.azure.export(NSG);
    edit(world, NAME, changes);
    world.azure.editAsSomeoneElse(NSG, (rules) => [...rules, theirs("Later", 2_000)]);
    expect((await world.nsg.observe(never)).blocks).toEqual([
      { protection: ID, block: undefined, note: "prod-vm-3: U0SEC1" },
    ]);
    await reach(world.nsg, [aBlock()], []);
    world.azure.editAsSomeoneElse(NSG, (rules) => rules.filter(({ name }) => name !== "Later"));
    expect(world.azure.export(NSG)).toEqual(asItWas);
  });

  test("one of its rules deleted, it is what is left, and is made whole again", async () => {
    const world = await worldOf();
    const asked = aBlock({ addresses: ["10.0.1.4", "fd00:db8::4"], ports: [SSH, DNS] });
    await block(world, asked);
    const asItWas = world.azure.export(NSG);
    world.azure.editAsSomeoneElse(NSG, (rules) => rules.filter(({ name }) => !name.endsWith("udp-6")));
    expect((await world.nsg.observe(never)).blocks).toMatchObject([{ block: undefined }]);
    await reach(world.nsg, [asked], []);
    expect(world.azure.export(NSG)).toEqual(asItWas);
  });

  test("moved by somebody, it stays there as long as it does what it is for, and what it lets by is told", async () => {
    const world = await worldOf(theirs("AllowSSH", 300));
    await block(world, aBlock({ overrules: ["AllowSSH"] }));
    edit(world, NAME, { priority: 250 });
    expect((await world.nsg.observe(never, [aBlock({ overrules: ["AllowSSH"] })])).blocks).toMatchObject([
      { block: { ports: [SSH] } },
    ]);
    edit(world, NAME, { priority: 3_000 });
    const { blocks, undercut: told } = await world.nsg.observe(never, [aBlock({ overrules: ["AllowSSH"] })]);
    expect(blocks).toMatchObject([{ block: undefined }]);
    expect(told.get(ID)).toMatchObject([{ id: "AllowSSH", priority: 300, ports: ["22"], sources: ["Internet"] }]);
    await reach(world.nsg, [aBlock({ overrules: ["AllowSSH"] })], []);
    expect(letsIn(world)).toBe(false);
  });

  test("its description is no part of what it does", async () => {
    const world = await worldOf();
    await block(world);
    edit(world, NAME, { description: "do not touch" });
    expect((await world.nsg.observe(never, [aBlock()])).blocks).toMatchObject([{ block: { ports: [SSH] }, note: "" }]);
    edit(world, NAME, { priority: 1_500 });
    await block(world);
    expect(ruleCalled(world, NAME)?.properties).toMatchObject({
      priority: 1_500,
      description: "latch keeps closed: prod-vm-3: U0SEC1",
    });
  });
});

describe("when Azure fails", () => {
  test("a deny whose write failed isn't settled, and is written again", async () => {
    const world = await worldOf();
    world.azure.operations.nextEnds("Failed");
    await expect(block(world)).rejects.toMatchObject({ retry: "later" });
    await reach(world.nsg, [aBlock()], []);
    world.azure.operations.nextEnds("Failed");
    await expect(block(world, aBlock({ note: "another" }))).rejects.toMatchObject({ retry: "later" });
    expect((await world.nsg.observe(never, [aBlock()])).settled).toBe(false);
    await reach(world.nsg, [aBlock()], []);
    expect((await world.nsg.observe(never, [aBlock()])).settled).toBe(true);
  });

  test("a block that has no place doesn't keep back what else there is to do", async () => {
    const world = await worldOf(theirs("Last", 4_096));
    const other = aBlock({ protection: "cdfghjkm" as ProtectionId, addresses: ["10.0.1.5"], ports: [RDP] });
    const changes = { ...nothing, block: [aBlock(), other], add: [aRule("cdfghjkm" as GrantId)] };
    await expect(world.nsg.apply(changes, free, never)).rejects.toMatchObject({ code: "quota" });
    expect(rulesOf(world).map(({ name }) => name)).toEqual([
      "Last",
      "latch-acme-cdfghjkm-deny-tcp-4",
      "latch-acme-cdfghjkm-tcp-4",
    ]);
  });

  test("a full group has no room for it, which is told", async () => {
    const world = await worldOf();
    world.azure.editAsSomeoneElse(NSG, () =>
      Array.from({ length: 1_000 }, (_, i) => theirs(`web-${i}`, 100 + i, { destinationPortRange: "443" })),
    );
    await expect(block(world)).rejects.toMatchObject({
      code: "quota",
      retry: "never",
      message: expect.stringContaining("1000 of 1000 rules are there already"),
    });
  });

  test("a group that is gone holds no block, has none to lose, and can't get one", async () => {
    const world = await worldOf();
    const gone = world.cloud.firewall(`${world.nsg.id}-gone` as typeof world.nsg.id);
    expect(await gone?.observe(never, [aBlock()])).toEqual({
      rules: [],
      blocks: [],
      undercut: new Map([[ID, []]]),
      settled: true,
    });
    await gone?.apply({ ...nothing, unblock: [{ protection: ID, block: undefined, note: "" }] }, free, never);
    await expect(gone?.apply({ ...nothing, block: [aBlock()] }, free, never)).rejects.toMatchObject({
      code: "not-found",
    });
  });
});
