import { describe, expect, test } from "vitest";
import { Fault } from "../../src/access/fault.ts";
import type { FirewallId } from "../../src/access/machine.ts";
import type { Inventory } from "../../src/cloud/inventory.ts";
import { createResync } from "../../src/reconcile/resync.ts";
import { createWorld, END, GROUPS, grantOn, MINUTE, NOW, NSG, never, ONE, SUBNET_NSG, TWO } from "./world.ts";

const marking = (...ids: readonly FirewallId[]): Inventory => ({ machines: async () => [], marked: async () => ids });
const away: Inventory = {
  machines: async () => [],
  marked: () => Promise.reject(new Fault("aws", "no answer", { retry: "later" })),
};

const setup = async (...inventories: readonly Inventory[]) => {
  const world = await createWorld();
  const failures: unknown[] = [];
  const withoutMemory: FirewallId[] = [];
  const resync = createResync({
    inventories,
    ledger: world.ledger,
    wakeups: world.wakeups,
    remembered: world.remembered,
    clock: world.clock,
    failed: (error) => failures.push(error),
    withoutMemory: async (ids) => {
      withoutMemory.push(...ids);
    },
  });
  return {
    ...world,
    failures,
    withoutMemory,
    resync: () => resync(never),
    due: async () => (await world.wakeups.take(world.clock.now(), 10, MINUTE)).map(({ id }) => id).toSorted(),
  };
};

describe("a look at everything", () => {
  test("makes due what the ledger, this process and the clouds know of, each once", async () => {
    const { ledger, remembered, resync, due } = await setup(marking(GROUPS, NSG));
    await ledger.commit({ grant: grantOn({ id: ONE }, [NSG]), events: [] });
    remembered.remember(grantOn({ id: TWO }, [SUBNET_NSG]));
    await resync();
    expect(await due()).toEqual([GROUPS, NSG, SUBNET_NSG].toSorted());
  });

  test("leaves alone what has nothing to do with us", async () => {
    const { ledger, resync, wakeups } = await setup(marking());
    await ledger.commit({ grant: grantOn({ endedAt: END }), events: [] });
    await resync();
    expect(await wakeups.nextAt()).toBeUndefined();
  });

  test("goes on with the other clouds when one can't be read, and tells operators", async () => {
    const { resync, due, failures } = await setup(away, marking(NSG));
    await resync();
    expect(await due()).toEqual([NSG]);
    expect(failures).toHaveLength(1);
  });

  test("learns what lives, and what another process has ended", async () => {
    const { ledger, remembered, resync } = await setup();
    await ledger.commit({ grant: grantOn({ id: ONE }), events: [] });
    await ledger.commit({ grant: grantOn({ id: TWO }), events: [] });
    remembered.remember(grantOn({ id: TWO }));
    await ledger.commit({ grant: grantOn({ id: TWO, version: 2, endedAt: NOW }), events: [] });
    await resync();
    expect(remembered.all().map(({ id }) => id)).toEqual([ONE]);
  });

  test("keeps in mind what the ledger has lost, so that it is written back", async () => {
    const { remembered, memory, give, look, resync, due, stored } = await setup();
    await give(grantOn());
    await look();
    memory.clear();
    await resync();
    expect(remembered.get(ONE)).toBeDefined();
    expect(await due()).toEqual([NSG]);
    await look();
    expect(await stored()).toMatchObject({ expiresAt: END });
  });

  test("while memory is away goes to the firewalls directly, known or marked", async () => {
    const { remembered, outage, resync, withoutMemory, failures } = await setup(marking(GROUPS));
    remembered.remember(grantOn());
    outage.away = true;
    await resync();
    expect(withoutMemory.toSorted()).toEqual([GROUPS, NSG].toSorted());
    expect(failures).toMatchObject([{ code: "redis" }]);
  });
});
