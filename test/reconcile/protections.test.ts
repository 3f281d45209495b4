import { describe, expect, test } from "vitest";
import { Fault } from "../../src/access/fault.ts";
import type { ForeignAllow } from "../../src/cloud/firewall.ts";
import { foreignKey } from "../../src/grants/protection.ts";
import { OVERDUE_AFTER } from "../../src/reconcile/tell-overdue.ts";
import { aProtection } from "../contracts/samples.ts";
import type { MemoryFirewall } from "../fakes/memory-firewall.ts";
import {
  createWorld,
  GROUPS,
  grantOn,
  MINUTE,
  machineBehind,
  NOW,
  NSG,
  SECOND,
  SSH_HOLE,
  SUBNET_NSG,
} from "./world.ts";

const CLOSED = ["22/tcp of 10.0.0.4"];
const SECURITY = aProtection().id;

const onBoth = () =>
  aProtection({
    targets: [NSG, SUBNET_NSG].map((firewall) => ({ firewall, addresses: ["10.0.0.4"], overrules: [], known: [] })),
  });

const ALLOW_SSH: ForeignAllow = {
  id: "AllowSSH",
  name: "AllowSSH",
  priority: 300,
  protocol: "tcp",
  ports: ["22"],
  sources: ["Internet"],
};

/** Somebody adds a rule that lets in. */
const allow = (firewall: MemoryFirewall, changes: Partial<ForeignAllow> = {}): void => {
  const added = { ...ALLOW_SSH, ...changes };
  firewall.state.allows.set(added.id, { ...added, port: 22 });
};

describe("a protection", () => {
  test("begins when every firewall was seen to hold it, and not before", async () => {
    const world = await createWorld();
    await world.protect(onBoth());
    await world.look(NSG);
    expect(world.firewall(NSG).blocked()).toEqual(CLOSED);
    expect(world.events("protection.began")).toEqual([]);
    await world.look(SUBNET_NSG);
    expect(world.firewall(SUBNET_NSG).blocked()).toEqual(CLOSED);
    expect(world.events("protection.began")).toMatchObject([{ protectionId: SECURITY, undercut: [] }]);
    await world.look(NSG);
    expect(world.events("protection.began")).toHaveLength(1);
    expect((await world.storedProtection()).beganAt).toBe(NOW);
  });

  test("leaves room for grants, which open and close beside it", async () => {
    const world = await createWorld();
    await world.protect(aProtection());
    await world.give(grantOn());
    await world.look();
    expect([world.firewall().open(), world.firewall().blocked()]).toEqual([[SSH_HOLE], CLOSED]);
    await world.revoke();
    await world.look();
    expect([world.firewall().open(), world.firewall().blocked()]).toEqual([[], CLOSED]);
  });

  test("ends when it was seen nowhere any more, and can begin again", async () => {
    const world = await createWorld();
    await world.protect(onBoth());
    for (const id of [NSG, SUBNET_NSG]) await world.look(id);
    await world.lift();
    await world.look(NSG);
    expect(world.events("protection.ended")).toEqual([]);
    await world.look(SUBNET_NSG);
    expect(world.events("protection.ended")).toMatchObject([{ protectionId: SECURITY, changed: [] }]);
    expect([NSG, SUBNET_NSG].flatMap((id) => world.firewall(id).blocked())).toEqual([]);
    expect(await world.ledger.liveProtections()).toEqual([]);

    world.clock.advance(SECOND);
    await world.protect({ ...onBoth(), state: { kind: "on", at: world.clock.now() } });
    for (const id of [NSG, SUBNET_NSG]) await world.look(id);
    expect(world.events("protection.began")).toHaveLength(2);
  });

  test("is changed in place when it is for other ports", async () => {
    const world = await createWorld();
    await world.protect(aProtection());
    await world.look();
    const operations: string[] = [];
    world.trouble((operation) => void operations.push(operation));
    await world.protect({ ...(await world.storedProtection()), ports: [{ port: 3389, protocol: "tcp" }], seenOn: [] });
    await world.look();
    expect(world.firewall().blocked()).toEqual(["3389/tcp of 10.0.0.4"]);
    expect(operations.filter((operation) => operation !== "observe")).toEqual(["block"]);
    expect(world.events("firewall.repaired")).toEqual([]);
  });

  test("moves with its machine: the firewall that it leaves is put back", async () => {
    const world = await createWorld();
    await world.protect(aProtection());
    await world.look(NSG);
    const before = await world.storedProtection();
    const targets = before.targets.map((target) => ({ ...target, firewall: SUBNET_NSG }));
    await world.protect({ ...before, targets, leaving: [NSG], seenOn: [] });
    await world.look(SUBNET_NSG);
    await world.look(NSG);
    expect([world.firewall(NSG).blocked(), world.firewall(SUBNET_NSG).blocked()]).toEqual([[], CLOSED]);
    expect((await world.storedProtection()).leaving).toEqual([]);
    expect(world.events("protection.ended")).toEqual([]);
  });

  test("doesn't end, and doesn't begin, by a success without effect", async () => {
    const world = await createWorld();
    world.trouble((operation) => (operation === "block" ? { kind: "lie" } : undefined));
    await world.protect(aProtection());
    await expect(world.look()).rejects.toThrow("doesn't hold");
    expect(world.events("protection.began")).toEqual([]);
    world.trouble((operation) => (operation === "unblock" ? { kind: "lie" } : undefined));
    await world.look();
    await world.lift();
    await expect(world.look()).rejects.toThrow("doesn't hold");
    expect(world.events("protection.ended")).toEqual([]);
  });

  test("that was lifted while its block was being made isn't made", async () => {
    const world = await createWorld();
    await world.protect(aProtection());
    const liftsMeanwhile = async (): Promise<boolean> => {
      await world.lift();
      return true;
    };
    await expect(world.look(NSG, liftsMeanwhile)).rejects.toThrow("changed meanwhile");
    expect(world.firewall().blocked()).toEqual([]);
  });

  test("that can't be made for two minutes is told, once, and again when it is lost later", async () => {
    const world = await createWorld();
    const busy = new Fault("azure", "another operation is in progress", { retry: "later" });
    let isBusy = true;
    world.trouble((operation) => (operation === "block" && isBusy ? { kind: "refuse", fault: busy } : undefined));
    const failing = async (ms: number): Promise<number> => {
      world.clock.advance(ms);
      await expect(world.look()).rejects.toBe(busy);
      return world.events("protection.failed").length;
    };
    await world.protect(aProtection());
    expect(await failing(0)).toBe(0);
    expect(await failing(OVERDUE_AFTER - 1)).toBe(0);
    expect(await failing(1)).toBe(1);
    expect(await failing(MINUTE)).toBe(1);
    isBusy = false;
    await world.look();

    world.firewall().state.blocks.clear();
    isBusy = true;
    expect(await failing(MINUTE)).toBe(1);
    expect(await failing(OVERDUE_AFTER)).toBe(2);
    expect(await failing(MINUTE)).toBe(2);
  });

  test("that can't be taken away is told, and holds up nobody's opening", async () => {
    const world = await createWorld();
    const full = new Fault("quota", "no room to put back", { retry: "never" });
    await world.protect(aProtection());
    await world.look();
    await world.lift();
    await world.give(grantOn());
    world.trouble((operation) => (operation === "unblock" ? { kind: "refuse", fault: full } : undefined));
    for (let looks = 0; looks < 2; looks += 1) await expect(world.look()).rejects.toThrow("doesn't hold");
    expect(world.firewall().open()).toEqual([SSH_HOLE]);
    expect(world.events("protection.failed")).toMatchObject([{ doing: "putting-back" }]);
    expect(world.events("protection.ended")).toEqual([]);
  });

  test("is in the audit log with the rules of others that it goes over", async () => {
    const world = await createWorld();
    allow(world.firewall());
    const [target] = aProtection().targets;
    if (target === undefined) throw new Error("no target");
    await world.protect(aProtection({ targets: [{ ...target, overrules: ["AllowSSH"] }] }));
    await world.look();
    await world.lift();
    world.clock.advance(SECOND);
    await world.look();
    expect(world.events("firewall.changed")).toMatchObject([
      { blocked: [SECURITY], unblocked: [], overruled: ["AllowSSH"] },
      { blocked: [], unblocked: [SECURITY], overruled: [] },
    ]);
    world.firewall().state.allows.clear();
  });

  test("that the cloud refuses is told once, goes on being tried, and holds up nobody's closing or opening", async () => {
    const world = await createWorld();
    const full = new Fault("quota", "no number is free", { retry: "never" });
    let refuses = true;
    world.trouble((operation) => (operation === "block" && refuses ? { kind: "refuse", fault: full } : undefined));
    await world.give(grantOn());
    await world.protect(aProtection());
    for (let looks = 0; looks < 3; looks += 1) await expect(world.look()).rejects.toThrow("doesn't hold");
    expect(world.firewall().open()).toEqual([SSH_HOLE]);
    expect(world.events("protection.failed")).toMatchObject([{ problem: "no number is free", firewall: NSG }]);
    await world.revoke();
    await expect(world.look()).rejects.toThrow("doesn't hold");
    expect(world.firewall().open()).toEqual([]);
    refuses = false;
    await world.look();
    expect(world.firewall().blocked()).toEqual(CLOSED);
    expect(world.events("protection.began")).toHaveLength(1);
  });
});

describe("what others change", () => {
  test("our block deleted by somebody is made again and told; so is an access's rule", async () => {
    const world = await createWorld();
    await world.protect(aProtection());
    await world.give(grantOn());
    await world.look();
    world.firewall().state.blocks.clear();
    for (const id of [...world.firewall().state.rules.keys()].filter((each) => each !== "AllowWeb"))
      world.firewall().tamper(id, () => undefined);
    world.clock.advance(SECOND);
    await world.look();
    expect([world.firewall().open(), world.firewall().blocked()]).toEqual([[SSH_HOLE], CLOSED]);
    expect(world.events("firewall.repaired")).toMatchObject([
      { firewall: NSG, protections: [SECURITY], grants: [grantOn().id], machines: [{ name: "prod-vm-3" }] },
    ]);
    await world.look();
    expect(world.events("firewall.repaired")).toHaveLength(1);
  });

  test("rules of an access that are there and have no effect any more, as in a group that was taken off, get it back and it is told", async () => {
    const world = await createWorld();
    const onGroups = grantOn({ targets: [{ firewall: GROUPS, addresses: ["10.0.0.4"] }] });
    await world.give(onGroups);
    await world.look(GROUPS);
    world.firewall(GROUPS).state.settled = false;
    world.clock.advance(SECOND);
    await world.look(GROUPS);
    expect(world.firewall(GROUPS).state.settled).toBe(true);
    expect(world.events("firewall.repaired")).toMatchObject([{ firewall: GROUPS, grants: [onGroups.id] }]);
    await world.look(GROUPS);
    expect(world.events("firewall.repaired")).toHaveLength(1);
  });

  test("what was made again is told, though another block on the same firewall isn't taken", async () => {
    const other = machineBehind([NSG], { id: "/subscriptions/1/vm/prod-vm-4" as never, name: "prod-vm-4" });
    const world = await createWorld({ machines: [machineBehind([NSG]), other] });
    const full = new Fault("quota", "no number is free", { retry: "never" });
    const { cloud, id, name, account } = other;
    const refused = aProtection({ machine: { cloud, id, name, account } });
    await world.protect(aProtection());
    await world.look();
    await world.protect(refused);
    world.firewall().state.blocks.clear();
    world.trouble((operation, _, about) =>
      operation === "block" && about !== undefined && "protection" in about && about.protection === refused.id
        ? { kind: "refuse", fault: full }
        : undefined,
    );
    await expect(world.look()).rejects.toThrow("doesn't hold");
    expect(world.events("firewall.repaired")).toMatchObject([{ protections: [SECURITY] }]);
  });

  test("a rule that lets in is told once with what it opens; again when it gets wider, and when it went and came back", async () => {
    const world = await createWorld();
    await world.protect(aProtection());
    await world.look();
    const told = () => world.events("protection.undercut").map(({ rule: { name, sources } }) => [name, sources]);
    const next = async (change: () => void): Promise<void> => {
      change();
      world.clock.advance(SECOND);
      await world.look();
      await world.look();
    };
    await next(() => allow(world.firewall()));
    expect(told()).toEqual([["AllowSSH", ["Internet"]]]);
    expect(world.events("protection.undercut")[0]).toMatchObject({ overruled: false, firewall: NSG });
    await next(() => allow(world.firewall(), { sources: ["*"] }));
    expect(told()).toHaveLength(2);
    await next(() => world.firewall().state.allows.clear());
    await next(() => allow(world.firewall(), { sources: ["*"] }));
    expect(told()).toHaveLength(3);
    expect(world.firewall().foreign()).toHaveLength(2);
    world.firewall().state.allows.clear();
  });

  test("one rule that undercuts several machines is one message", async () => {
    const other = machineBehind([NSG], { id: "/subscriptions/1/vm/prod-vm-4" as never, name: "prod-vm-4" });
    const world = await createWorld({ machines: [machineBehind([NSG]), other] });
    await world.protect(aProtection());
    const { cloud, id, name, account } = other;
    await world.protect(aProtection({ machine: { cloud, id, name, account } }));
    await world.look();
    allow(world.firewall());
    await world.look();
    const events = world.events("protection.undercut");
    expect(events.map(({ protections }) => protections.map(({ machine }) => machine.name).toSorted())).toEqual([
      ["prod-vm-3", "prod-vm-4"],
    ]);
    world.firewall().state.allows.clear();
  });

  test("what people were shown before isn't told again", async () => {
    const world = await createWorld();
    allow(world.firewall());
    const [target] = aProtection().targets;
    if (target === undefined) throw new Error("no target");
    await world.protect(aProtection({ targets: [{ ...target, known: [foreignKey(ALLOW_SSH)] }] }));
    await world.look();
    expect(world.events("protection.undercut")).toEqual([]);
    expect(world.events("protection.began")).toMatchObject([{ undercut: [{ rule: { name: "AllowSSH" } }] }]);
    world.firewall().state.allows.clear();
  });

  test("that is overruled again and again is said once an hour", async () => {
    const world = await createWorld({ drift: "withhold" });
    await world.protect(aProtection());
    await world.look();
    const again = async (n: number): Promise<number> => {
      allow(world.firewall(), { id: `sgr-${n}`, priority: undefined });
      for (let looks = 0; looks < 2; looks += 1) await world.look();
      world.firewall().state.allows.clear();
      world.clock.advance(MINUTE);
      await world.look();
      return world.events("protection.undercut").length;
    };
    expect([await again(1), await again(2), await again(3)]).toEqual([1, 1, 1]);
    world.clock.advance(60 * MINUTE);
    expect(await again(4)).toBe(2);
  });

  test("is overruled where the policy says so, and told", async () => {
    const world = await createWorld({ drift: "withhold" });
    await world.protect(aProtection());
    await world.look();
    world.wakeups.clear();
    world.clock.advance(SECOND);
    allow(world.firewall());
    await world.look();
    expect(await world.wakeups.nextAt()).toBe(world.clock.now());
    await world.look();
    const stored = await world.storedProtection();
    expect(stored.targets[0]?.overrules).toEqual(["AllowSSH"]);
    expect(stored.seenOn).toEqual([NSG]);
    expect(
      world
        .firewall()
        .now([{ ...aProtection(), protection: SECURITY, addresses: [], overrules: [], note: "" }])
        .undercut.get(SECURITY),
    ).toEqual([]);
    expect(world.events("protection.undercut")).toMatchObject([{ overruled: true }]);
    expect(world.events("firewall.repaired")).toEqual([]);
    expect(world.events("protection.began")).toHaveLength(2);
    world.firewall().state.allows.clear();
  });
});

describe("what policy may not decide by itself", () => {
  const overruledAfter = async (before: Partial<ForeignAllow>, added: Partial<ForeignAllow>): Promise<unknown> => {
    const world = await createWorld({ drift: "withhold" });
    const [target] = aProtection().targets;
    if (target === undefined) throw new Error("no target");
    const there = { ...ALLOW_SSH, ...before };
    if (before.id !== undefined) allow(world.firewall(), there);
    await world.protect(aProtection({ targets: [{ ...target, known: [foreignKey(there)] }] }));
    await world.look();
    world.clock.advance(SECOND);
    allow(world.firewall(), added);
    await world.look();
    world.firewall().state.allows.clear();
    return [(await world.storedProtection()).targets[0]?.overrules, world.events("protection.undercut")[0]?.overruled];
  };

  test("a rule for all protocols of a security group, which would go as a whole, is told", async () => {
    const all = { id: "sgr-1", protocol: "any", priority: undefined, ports: ["*"] } as const;
    expect(await overruledAfter({}, all)).toEqual([[], false]);
  });

  test("a rule before one that people left: a deny above it would cut that off too", async () => {
    const bastion = { id: "AllowBastion", priority: 400, sources: ["10.0.9.4"] };
    expect(await overruledAfter(bastion, { priority: 310 })).toEqual([[], false]);
    expect(await overruledAfter(bastion, { priority: 410 })).toEqual([["AllowSSH"], true]);
  });
});

describe("when memory was lost", () => {
  test("a block is adopted, never taken away, and its machine is known again", async () => {
    const world = await createWorld();
    await world.protect(onBoth());
    for (const id of [NSG, SUBNET_NSG]) await world.look(id);
    world.memory.clear();
    const worker = world.worker();
    for (const id of [NSG, SUBNET_NSG]) await worker.look(id);
    expect([NSG, SUBNET_NSG].flatMap((id) => world.firewall(id).blocked())).toEqual([...CLOSED, ...CLOSED]);
    expect(world.events("protection.adopted")).toMatchObject([
      { machine: { name: "prod-vm-3" }, services: ["22/tcp"] },
    ]);
    const adopted = await world.storedProtection();
    expect(adopted.targets.map(({ firewall }) => firewall)).toEqual([NSG, SUBNET_NSG]);

    await world.lift();
    for (const id of [NSG, SUBNET_NSG]) await worker.look(id);
    expect([NSG, SUBNET_NSG].flatMap((id) => world.firewall(id).blocked())).toEqual([]);
    expect(world.events("protection.ended")).toHaveLength(1);
  });

  test("a block that is damaged and that nobody remembers stays: taking it away could open a port", async () => {
    const world = await createWorld();
    await world.protect(aProtection());
    await world.look();
    world.memory.clear();
    const { blocks } = world.firewall().state;
    for (const [key, block] of blocks) blocks.set(key, { ...block, observed: { ...block.observed, block: undefined } });
    await world.worker().look();
    expect(blocks.size).toBe(1);
    blocks.clear();
  });

  test("a block whose protection is known to have ended is only one too many", async () => {
    const world = await createWorld();
    await world.protect(aProtection());
    await world.look();
    const kept = new Map(world.firewall().state.blocks);
    await world.lift();
    await world.look();
    for (const [key, block] of kept) world.firewall().state.blocks.set(key, block);
    await world.look();
    expect(world.firewall().blocked()).toEqual([]);
    expect(world.events("protection.adopted")).toEqual([]);
  });
});

describe("a firewall that changes only as a whole", () => {
  test("takes closings, blocks and openings in one go", async () => {
    const world = await createWorld({ firewalls: [{ id: NSG, changesAtOnce: true }] });
    const { apply } = world.firewall();
    let applied = 0;
    const counted: MemoryFirewall = { ...world.firewall(), apply };
    Object.assign(world.firewall(), {
      apply: (...args: Parameters<typeof apply>) => {
        applied += 1;
        return counted.apply(...args);
      },
    });
    await world.protect(aProtection());
    await world.give(grantOn());
    await world.look();
    expect(applied).toBe(1);
    expect([world.firewall().open(), world.firewall().blocked()]).toEqual([[SSH_HOLE], CLOSED]);
  });

  test("closes all the same when what is to open is refused", async () => {
    const world = await createWorld({ firewalls: [{ id: NSG, changesAtOnce: true, room: 1 }] });
    const two = grantOn({ id: "m8g4r3zf" as never });
    await world.give(grantOn());
    await world.look();
    await world.give(two, grantOn({ id: "n9h5s4zg" as never }));
    await world.revoke();
    await world.look().catch(() => undefined);
    await world.look().catch(() => undefined);
    await world.look().catch(() => undefined);
    expect(world.firewall().holders()).toHaveLength(1);
    expect(world.told()).toContain("grant.ended k7f3q2xd");
    expect(world.told().filter((each) => each.startsWith("grant.failed"))).toHaveLength(1);
  });
});
