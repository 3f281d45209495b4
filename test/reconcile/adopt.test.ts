import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../src/access/time.ts";
import type { ObservedRule } from "../../src/cloud/firewall.ts";
import type { MemoryFirewall } from "../fakes/memory-firewall.ts";
import {
  cidrs,
  createWorld,
  END,
  GROUPS,
  grantOn,
  later,
  MINUTE,
  machineBehind,
  NOW,
  NSG,
  ONE,
  ports,
  SECOND,
  SSH_HOLE,
  SUBNET_NSG,
  TWO,
  type World,
  type WorldOptions,
} from "./world.ts";

/** A port was opened, and then all memory was lost, of Redis and of the process. */
const forgotten = async (
  grants = [grantOn()],
  options: WorldOptions = {},
): Promise<World & { readonly restarted: World["look"] }> => {
  const world = await createWorld(options);
  await world.give(...grants);
  for (const id of new Set(grants.flatMap(({ targets }) => targets.map(({ firewall }) => firewall))))
    await world.look(id);
  world.memory.clear();
  world.wakeups.clear();
  return { ...world, restarted: world.worker().look };
};

const tamperAll = (firewall: MemoryFirewall, change: (rule: ObservedRule) => ObservedRule | undefined): void => {
  for (const [id, { owner }] of firewall.state.rules) if (owner === "acme") firewall.tamper(id, change);
};
const withEnd =
  (expiresAt: EpochMs | undefined, note = "U0DEV1: INC-1 disk full") =>
  (rule: ObservedRule): ObservedRule => ({
    ...rule,
    holders: rule.holders.map(({ grant }) => ({ grant, expiresAt, note })),
  });

describe("a rule of ours that nobody remembers", () => {
  test("becomes a grant again from its mark, is told, and closes on time", async () => {
    const world = await forgotten();
    expect(await world.restarted()).toBe(END);
    expect(await world.stored()).toMatchObject({
      id: ONE,
      requestId: ONE,
      requester: { team: "T0ACME", user: "U0DEV1" },
      justification: "INC-1 disk full",
      machine: { name: "prod-vm-3", cloud: "azure" },
      ports: ports("22"),
      sources: ["203.0.113.7/32"],
      services: ["22/tcp"],
      targets: [{ firewall: NSG, addresses: ["10.0.0.4"] }],
      expiresAt: END,
      adopted: true,
      openedAt: NOW,
      channel: "C0SECURITY",
    });
    expect(world.firewall().open()).toEqual([SSH_HOLE]);

    world.clock.set(END - 1);
    await world.restarted();
    expect(world.firewall().open()).toEqual([SSH_HOLE]);
    world.clock.set(END);
    await world.restarted();
    expect(world.firewall().open()).toEqual([]);
    expect(world.told()).toEqual([`grant.adopted ${ONE}`, `grant.ended ${ONE}`]);
  });

  test("is looked at by the clock too, so that its end is announced", async () => {
    const world = await forgotten();
    await world.restarted();
    expect((await world.requests.take(NOW, 10, SECOND)).map(({ id }) => id)).toEqual([ONE]);
  });

  test("is adopted once, however often and by however many it is seen", async () => {
    const world = await forgotten();
    await Promise.all([world.restarted(), world.worker().look()]);
    await world.restarted();
    expect(world.told()).toEqual([`grant.adopted ${ONE}`]);
  });

  test("whose time is over goes at once, and people are told how late it was", async () => {
    const world = await forgotten();
    world.clock.set(END);
    world.clock.advance(SECOND);
    await world.restarted();
    expect(world.firewall().open()).toEqual([]);
    expect(world.told()).toEqual([`grant.adopted ${ONE}`, `grant.ended ${ONE}`]);
    expect(world.events("grant.ended")).toMatchObject([{ cause: "expired", lagMs: SECOND }]);
    expect(world.events("firewall.changed")).toMatchObject([{ removed: ["rule-1"], grants: [ONE] }]);
  });

  test("by Redis alone, and whose time is over, is known to have ended", async () => {
    const world = await forgotten();
    world.clock.set(END);
    await world.look();
    expect(world.firewall().open()).toEqual([]);
    expect(world.told()).toEqual([`grant.adopted ${ONE}`, `grant.ended ${ONE}`]);
  });

  test("is known again with all its ports, sources and addresses, from several rules", async () => {
    const asked = { ports: ports("22", "53/udp"), sources: cidrs("203.0.113.7/32", "2001:db8:1::/48") };
    const world = await forgotten([grantOn(asked, [NSG], ["10.0.0.4", "fd00:db8::4"])]);
    const before = world.firewall().open();
    expect(before).toHaveLength(4);
    await world.restarted();
    expect(world.firewall().open()).toEqual(before);
    const { ports: known, sources } = await world.stored();
    expect(known).toEqual(expect.arrayContaining([...asked.ports]));
    expect(sources).toEqual(expect.arrayContaining([...asked.sources]));
  });

  test("where a hole is shared each grant is known again with its own end", async () => {
    const world = await forgotten([
      grantOn({ id: ONE, expiresAt: later(NOW, MINUTE) }, [GROUPS]),
      grantOn({ id: TWO }, [GROUPS]),
    ]);
    expect(await world.restarted(GROUPS)).toBe(NOW + MINUTE);
    world.clock.set(NOW + MINUTE);
    await world.restarted(GROUPS);
    expect(world.firewall(GROUPS).holders()).toEqual([TWO]);
    world.clock.set(END);
    await world.restarted(GROUPS);
    expect(world.firewall(GROUPS).open()).toEqual([]);
  });

  test("on a machine that is gone is told by its address", async () => {
    const world = await forgotten([grantOn({}, [GROUPS])], { machines: [] });
    await world.restarted(GROUPS);
    expect(await world.stored()).toMatchObject({ machine: { cloud: "aws", name: "10.0.0.4" } });
  });

  test("on one of several machines behind a firewall is told of the right one", async () => {
    const other = machineBehind([NSG], {
      name: "prod-vm-4",
      interfaces: [{ id: "nic4", privateAddresses: ["10.0.0.9"], publicAddresses: [], firewalls: [NSG] }],
    });
    const world = await forgotten([grantOn({}, [NSG], ["10.0.0.9"])], { machines: [machineBehind([NSG]), other] });
    await world.restarted();
    expect((await world.stored()).machine.name).toBe("prod-vm-4");
  });
});

describe("a mark that was damaged", () => {
  test("and has no end any more gives no grant; its rule goes, and nothing is said of people", async () => {
    const world = await forgotten();
    tamperAll(world.firewall(), withEnd(undefined));
    await world.restarted();
    expect(world.firewall().open()).toEqual([]);
    expect(world.told()).toEqual([]);
    expect(await world.ledger.grant(ONE)).toBeUndefined();
  });

  test("is mended from what this process remembers", async () => {
    const world = await forgotten();
    tamperAll(world.firewall(), withEnd(undefined, ""));
    await world.look();
    expect(world.firewall().open()).toEqual([SSH_HOLE]);
    expect(await world.stored()).toMatchObject({ expiresAt: END, justification: "INC-1 disk full", adopted: false });
  });

  test("and names nobody still closes on time", async () => {
    const world = await forgotten();
    tamperAll(world.firewall(), withEnd(END, "somebody wrote over it"));
    expect(await world.restarted()).toBe(END);
    expect(await world.stored()).toMatchObject({ requester: { user: "" }, justification: "" });
    world.clock.set(END);
    await world.restarted();
    expect(world.firewall().open()).toEqual([]);
  });

  test("on a rule that can't be read gives no grant; the rule goes", async () => {
    const world = await forgotten();
    tamperAll(world.firewall(), (rule) => ({ ...rule, rule: undefined }));
    await world.restarted();
    expect([world.firewall().holders(), world.told()]).toEqual([[], []]);
  });

  test("two marks of one grant that disagree: the earlier end counts", async () => {
    const world = await forgotten([grantOn({ ports: ports("22", "443") }, [GROUPS])]);
    let first = true;
    tamperAll(world.firewall(GROUPS), (rule) => {
      const changed = first ? withEnd(later(NOW, MINUTE))(rule) : rule;
      first = false;
      return changed;
    });
    expect(await world.restarted(GROUPS)).toBe(NOW + MINUTE);
    expect(await world.stored()).toMatchObject({ expiresAt: NOW + MINUTE });
    world.clock.set(NOW + MINUTE);
    await world.restarted(GROUPS);
    expect(world.firewall(GROUPS).open()).toEqual([]);
  });
});

describe("a grant on two firewalls that was forgotten", () => {
  const both = () => grantOn({}, [NSG, SUBNET_NSG]);

  test("is one grant on both again", async () => {
    const world = await forgotten([both()]);
    await world.restarted(NSG);
    await world.restarted(SUBNET_NSG);
    expect((await world.stored()).targets.map(({ firewall }) => firewall)).toEqual([NSG, SUBNET_NSG]);
    expect([world.firewall(NSG).open(), world.firewall(SUBNET_NSG).open()]).toEqual([[SSH_HOLE], [SSH_HOLE]]);
    world.clock.set(END);
    await world.restarted(NSG);
    expect(world.told()).toEqual([`grant.adopted ${ONE}`]);
    await world.restarted(SUBNET_NSG);
    expect(world.told()).toEqual([`grant.adopted ${ONE}`, `grant.ended ${ONE}`]);
  });

  test("and found on both at once stays open on both", async () => {
    const world = await forgotten([both()]);
    await Promise.all([world.restarted(NSG), world.restarted(SUBNET_NSG)]);
    expect([world.firewall(NSG).open(), world.firewall(SUBNET_NSG).open()]).toEqual([[SSH_HOLE], [SSH_HOLE]]);
    expect(world.told()).toEqual([`grant.adopted ${ONE}`]);
  });

  test("ends everywhere at the earlier of two ends that disagree", async () => {
    for (const [first, second] of [
      [NSG, SUBNET_NSG],
      [SUBNET_NSG, NSG],
    ] as const) {
      const world = await forgotten([both()]);
      tamperAll(world.firewall(SUBNET_NSG), withEnd(later(NOW, MINUTE)));
      await world.restarted(first);
      await world.restarted(second);
      expect(await world.stored()).toMatchObject({ expiresAt: NOW + MINUTE });
      world.clock.set(NOW + MINUTE);
      await world.restarted(first);
      await world.restarted(second);
      expect([world.firewall(NSG).open(), world.firewall(SUBNET_NSG).open()]).toEqual([[], []]);
    }
  });

  test("and remembered by this process is whole at once", async () => {
    const world = await forgotten([both()]);
    await world.look(NSG);
    expect(await world.stored()).toMatchObject({ ...both(), openedAt: NOW, seenOpen: [NSG, SUBNET_NSG], version: 1 });
    const due = await world.wakeups.take(NOW, 10, SECOND);
    expect(due.map(({ id }) => id).toSorted()).toEqual([NSG, SUBNET_NSG]);
    await world.look(SUBNET_NSG);
    expect(world.told()).toEqual([`grant.adopted ${ONE}`]);
  });
});

describe("what memory knows better than a mark", () => {
  test("a rule of a grant that has ended is one too many, and nobody is told of it again", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    const mine = [...world.firewall().state.rules].filter(([, { owner }]) => owner === "acme");
    world.clock.advance(MINUTE);
    await world.revoke();
    await world.look();
    for (const [id, rule] of mine) world.firewall().state.rules.set(id, rule);
    const before = world.told();
    await world.look();
    expect([world.firewall().open(), world.told()]).toEqual([[], before]);
  });

  test("a rule on a firewall that its grant has no business with goes", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    for (const [id, rule] of world.firewall(NSG).state.rules) world.firewall(SUBNET_NSG).state.rules.set(id, rule);
    await world.look(SUBNET_NSG);
    expect([world.firewall(NSG).open(), world.firewall(SUBNET_NSG).open()]).toEqual([[SSH_HOLE], []]);
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
  });

  test("a grant that was given and not opened yet isn't forgotten with Redis", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    world.remembered.remember(await world.stored());
    world.memory.clear();
    await world.look();
    expect(world.firewall().open()).toEqual([SSH_HOLE]);
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
  });

  test("but one that was seen open and whose rule is gone before its end isn't opened again, and is forgotten", async () => {
    const world = await createWorld();
    const other = world.worker();
    await world.give(grantOn());
    await world.look();
    await world.revoke();
    await other.look();
    expect(world.remembered.all()).toMatchObject([{ id: ONE, revoked: undefined, seenOpen: [NSG] }]);
    world.memory.clear();
    await world.look();
    expect([world.firewall().open(), world.remembered.all(), world.told()]).toEqual([[], [], []]);
    expect(await world.ledger.grant(ONE)).toBeUndefined();
  });

  test("nor is one that was closed while Redis was away: its end is told, with when it was", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    world.clock.advance(later(END, SECOND) - world.clock.now());
    tamperAll(world.firewall(), () => undefined);
    world.remembered.sawClosed(ONE, NSG, world.clock.now());
    world.memory.clear();
    world.clock.advance(MINUTE);
    await world.look();
    expect(world.events("grant.ended")).toMatchObject([{ cause: "expired", lagMs: SECOND }]);
    await world.look();
    expect(world.events("grant.ended")).toHaveLength(1);
  });

  test("a revocation that this process remembers isn't forgotten with Redis", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    await world.revoke();
    world.remembered.remember(await world.stored());
    world.memory.clear();
    await world.look();
    expect(world.firewall().open()).toEqual([]);
    expect(world.events("grant.ended")).toMatchObject([{ cause: "revoked" }]);
  });
});

describe("an access that was made longer", () => {
  const longer = (grant: Awaited<ReturnType<World["stored"]>>) => ({
    ...grant,
    version: grant.version + 1,
    expiresAt: later(END, MINUTE),
    extensions: [{ at: NOW, approvers: [], from: END }],
  });

  test("keeps its later end when a replica that hadn't heard of it brings it back first, before any mark says it", async () => {
    const world = await createWorld();
    const other = world.worker();
    await world.give(grantOn());
    await other.look();
    await world.look();
    await world.give(longer(await world.stored()));
    // This one remembers it; it dies before it wrote the mark.
    world.remembered.remember(await world.stored());
    world.memory.clear();
    await other.look();
    expect((await world.stored()).expiresAt).toBe(END);
    await world.look();
    expect(await world.stored()).toMatchObject({ expiresAt: later(END, MINUTE), extensions: [{ from: END }] });
    world.clock.set(END);
    await world.look();
    expect(world.firewall().open()).toContain(SSH_HOLE);
    world.clock.set(later(END, MINUTE));
    await world.look();
    expect(world.firewall().open()).toEqual([]);
  });

  test("isn't brought back open when it was closed meanwhile", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    const stale = world.worker();
    stale.remembered.remember(longer(await world.stored()));
    await world.revoke();
    await stale.look();
    expect(world.firewall().open()).toEqual([]);
    expect((await world.stored()).expiresAt).toBe(END);
  });
});

describe("while everything is locked down", () => {
  const lockdown = { at: NOW, by: { team: "T0ACME", user: "U0SEC1" }, because: "", open: 1, channels: [] };

  test("a rule that nobody remembers becomes a grant that is revoked, and goes in the same look", async () => {
    const world = await forgotten();
    await world.ledger.commit({ lockdown, events: [] });
    await world.restarted();
    expect(world.firewall().open()).toEqual([]);
    expect(await world.stored()).toMatchObject({ revoked: { kind: "lockdown", by: lockdown.by } });
  });

  test("one that this process remembers comes back revoked too", async () => {
    const world = await createWorld();
    await world.give(grantOn());
    await world.look();
    world.memory.clear();
    await world.ledger.commit({ lockdown, events: [] });
    await world.look();
    expect(world.firewall().open()).toEqual([]);
    expect(world.told()).toContain("grant.ended k7f3q2xd");
  });
});
