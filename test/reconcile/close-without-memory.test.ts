import { describe, expect, test } from "vitest";
import { Fault } from "../../src/access/fault.ts";
import type { FirewallId } from "../../src/access/machine.ts";
import type { DurationMs } from "../../src/access/time.ts";
import { createCloseWithoutMemory } from "../../src/reconcile/close-without-memory.ts";
import {
  createWorld,
  END,
  GROUPS,
  grantOn,
  later,
  MINUTE,
  NOW,
  NSG,
  never,
  ONE,
  SSH_HOLE,
  SUBNET_NSG,
  TWO,
} from "./world.ts";

const busy = new Fault("azure", "busy", { retry: "later" });

/** Ports were opened, then Redis went away. `restarted`: the process too, and came back remembering nothing. */
const setup = async (grants = [grantOn()], { restarted = false } = {}) => {
  const world = await createWorld();
  await world.give(...grants);
  const firewalls = new Set(grants.flatMap(({ targets }) => targets.map(({ firewall }) => firewall)));
  for (const id of firewalls) await world.look(id);
  world.outage.away = true;
  const worker = restarted ? world.worker() : world;
  const failures: unknown[] = [];
  const close = createCloseWithoutMemory({
    openFirewall: (id) => (firewalls.has(id) ? world.firewall(id) : undefined),
    remembered: worker.remembered,
    clock: world.clock,
    failed: (_, error) => failures.push(error),
  });
  return { ...world, ...worker, failures, close: (ids: Iterable<FirewallId> = firewalls) => close(ids, never) };
};

describe("while Redis is away", () => {
  test.each([NSG, GROUPS])("a port closes at its end and not a millisecond before (%s)", async (id) => {
    const { clock, close, firewall } = await setup([grantOn({}, [id])]);
    clock.set(END - 1);
    await close();
    expect(firewall(id).open()).toEqual([SSH_HOLE]);
    clock.set(END);
    await close();
    expect(firewall(id).open()).toEqual([]);
  });

  test("it closes by the mark alone when the process remembers nothing", async () => {
    const { clock, close, firewall } = await setup([grantOn()], { restarted: true });
    clock.set(END - 1);
    await close();
    expect(firewall().open()).toEqual([SSH_HOLE]);
    clock.set(END);
    await close();
    expect(firewall().open()).toEqual([]);
  });

  test("a hole that two grants share stays until the last of them ends", async () => {
    const { clock, close, firewall } = await setup([
      grantOn({ id: ONE, expiresAt: later(NOW, MINUTE) }, [GROUPS]),
      grantOn({ id: TWO }, [GROUPS]),
    ]);
    clock.set(NOW + MINUTE);
    await close();
    expect(firewall(GROUPS).open()).toEqual([SSH_HOLE]);
    clock.set(END);
    await close();
    expect(firewall(GROUPS).open()).toEqual([]);
  });

  test("what was revoked before it went away closes at once, whatever its mark says", async () => {
    const world = await setup();
    world.outage.away = false;
    await world.revoke();
    world.remembered.remember(await world.stored());
    world.outage.away = true;
    await world.close();
    expect(world.firewall().open()).toEqual([]);
  });

  test("a mark whose end nobody knows any more counts as over", async () => {
    const world = await setup([grantOn()], { restarted: true });
    const [rule] = world.firewall().now().rules;
    world.firewall().tamper(rule?.id ?? "", (found) => ({
      ...found,
      holders: found.holders.map((holder) => ({ ...holder, expiresAt: undefined })),
    }));
    await world.close();
    expect(world.firewall().open()).toEqual([]);
  });

  test("nothing is opened and nothing said", async () => {
    const world = await setup();
    const [rule] = world.firewall().now().rules;
    world.firewall().tamper(rule?.id ?? "", () => undefined);
    await world.close();
    expect(world.firewall().open()).toEqual([]);
    expect(world.told()).toEqual([`grant.opened ${ONE}`]);
  });
});

describe("when Redis is back", () => {
  test("the end is told with the lag that it had, not with how long Redis was away", async () => {
    const world = await setup();
    world.clock.set(END + 300);
    await world.close();
    world.clock.set(END + 3_600_000);
    world.outage.away = false;
    await world.look();
    expect(world.events("grant.ended")).toMatchObject([{ lagMs: 300 }]);
  });

  test("it was closed only where the cloud was seen without it, and done", async () => {
    const world = await setup();
    world.clock.set(END);
    world.trouble((operation) => (operation === "remove" ? { kind: "lie" } : undefined));
    await world.close();
    expect(world.remembered.stillToClose(END)).toEqual(new Set([NSG]));
    world.trouble((operation) => (operation === "remove" ? { kind: "half" } : undefined));
    await world.close();
    expect(world.remembered.stillToClose(END)).toEqual(new Set([NSG]));
    world.trouble(() => undefined);
    world.clock.set(END + 900);
    await world.close();
    expect(world.remembered.stillToClose(END)).toEqual(new Set());
    world.outage.away = false;
    await world.look();
    expect(world.events("grant.ended")).toMatchObject([{ lagMs: 900 }]);
  });
});

describe("a cloud that refuses", () => {
  test("is asked again after half a second, then twice as long each time, and others aren't held up", async () => {
    const world = await setup([grantOn({}, [NSG, SUBNET_NSG])]);
    world.clock.set(END);
    let asked = 0;
    world.trouble((operation, id) => {
      if (id !== NSG || operation !== "observe") return undefined;
      asked += 1;
      return { kind: "refuse", fault: busy };
    });
    await world.close();
    expect(world.firewall(SUBNET_NSG).open()).toEqual([]);
    const waits: number[] = [];
    let last = world.clock.now();
    while (waits.length < 4) {
      const before = asked;
      await world.close();
      if (asked > before) {
        waits.push(world.clock.now() - last);
        last = world.clock.now();
      }
      world.clock.advance(100);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000]);
    expect(world.failures).toHaveLength(5);
  });

  test("is asked when it said", async () => {
    const world = await setup();
    world.clock.set(END);
    const throttled = new Fault("azure", "throttled", { retry: "later", afterMs: 7_000 as DurationMs });
    world.trouble(() => ({ kind: "refuse", fault: throttled }));
    await world.close();
    world.trouble(() => undefined);
    world.clock.set(END + 6_999);
    await world.close();
    expect(world.firewall().open()).toEqual([SSH_HOLE]);
    world.clock.set(END + 7_000);
    await world.close();
    expect(world.firewall().open()).toEqual([]);
  });

  test("is not asked twice at once", async () => {
    const world = await setup();
    world.clock.set(END);
    let removals = 0;
    world.trouble((operation) => {
      removals += operation === "remove" ? 1 : 0;
      return undefined;
    });
    await Promise.all([world.close(), world.close()]);
    expect(removals).toBe(1);
  });
});

test("a firewall of no configured cloud is left alone", async () => {
  const { close, failures } = await setup();
  await close(["aws-groups:other" as FirewallId]);
  expect(failures).toEqual([]);
});
