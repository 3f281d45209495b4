import { describe, expect, test } from "vitest";
import { Fault } from "../../src/access/fault.ts";
import type { FirewallId, Machine, MachineId } from "../../src/access/machine.ts";
import { type DurationMs, HOUR, later, MINUTE, SECOND } from "../../src/access/time.ts";
import type { Inventory } from "../../src/cloud/inventory.ts";
import { createMachines } from "../../src/cloud/machines.ts";
import { NOW } from "../contracts/samples.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

const never = new AbortController().signal;
const machine = (name: string, changes: Partial<Machine> = {}): Machine => ({
  cloud: "azure",
  id: `/vm/${changes.account ?? "1"}/${name.toLowerCase()}` as MachineId,
  name,
  account: "1",
  region: "westeurope",
  tags: {},
  os: "linux",
  power: "running",
  interfaces: [],
  ...changes,
});

const setup = async (azure: readonly Machine[], aws: readonly Machine[] = []) => {
  let [ours, theirs]: (readonly Machine[] | Fault)[] = [azure, aws];
  const inventory = (read: () => readonly Machine[] | Fault | undefined): Inventory => ({
    machines: async () => {
      const result = read();
      if (result instanceof Fault) throw result;
      return result ?? [];
    },
    marked: async () => [],
  });
  const machines = createMachines(
    new Map([
      ["azure", inventory(() => ours)],
      ["aws", inventory(() => theirs)],
    ]),
  );
  return {
    machines,
    refresh: () => machines.refresh(never),
    setAzure: (next: readonly Machine[] | Fault) => {
      ours = next;
    },
    setAws: (next: readonly Machine[] | Fault) => {
      theirs = next;
    },
  };
};

const away = new Fault("azure", "no answer", { retry: "later" });

describe("finding a machine", () => {
  test("by its name in any case, by its id, by its name and account", async () => {
    const vm = machine("Prod-VM-3");
    const { machines, refresh } = await setup([vm]);
    await refresh();
    for (const text of ["prod-vm-3", " PROD-VM-3 ", vm.id.toUpperCase(), "prod-vm-3@1"])
      expect(machines.find(text)).toBe(vm);
    expect(machines.byId(vm.id)).toBe(vm);
  });

  test("a name of two is none; each can be named otherwise", async () => {
    const [one, two] = [
      machine("web", { account: "1" }),
      machine("web", { account: "2", cloud: "aws", id: "i-0a1" as MachineId }),
    ];
    const { machines, refresh } = await setup([one], [two]);
    await refresh();
    expect(machines.find("web")).toMatchObject({
      code: "machine-ambiguous",
      facts: { candidates: ["web@1", "web@2"] },
    });
    expect(machines.find("WEB@2")).toBe(two);
    expect(machines.find("i-0a1")).toBe(two);
  });

  test("two of one name in one account are told apart by their ids, and every candidate can be typed", async () => {
    const twins = [
      machine("web", { id: "i-0a1" as MachineId }),
      machine("web", { id: "i-0a2" as MachineId }),
      machine("web", { account: "2" }),
    ];
    const { machines, refresh } = await setup(twins);
    await refresh();
    const found = machines.find("web");
    if (!("facts" in found) || found.code !== "machine-ambiguous") throw new Error("not ambiguous");
    expect(found.facts.candidates).toEqual(["i-0a1", "i-0a2", "web@2"]);
    expect(found.facts.candidates.map((each) => machines.find(each))).toEqual(twins);
  });

  test("one that isn't there names the nearest, at most three, and none that is far", async () => {
    const { machines, refresh } = await setup(
      ["prod-vm-1", "prod-vm-2", "prod-vm-3", "prod-vm-4", "dev-box"].map((name) => machine(name)),
    );
    await refresh();
    expect(machines.find("prod-vm-9")).toMatchObject({
      code: "machine-unknown",
      facts: { didYouMean: ["prod-vm-1", "prod-vm-2", "prod-vm-3"] },
    });
    expect(machines.find("prdo-vm-3")).toMatchObject({ facts: { didYouMean: expect.arrayContaining(["prod-vm-3"]) } });
    expect(machines.find("something-else")).toMatchObject({ facts: { didYouMean: [] } });
    expect(machines.find("")).toMatchObject({ code: "machine-unknown" });
  });
});

describe("what stands behind a firewall", () => {
  test("is each machine once, whatever its interfaces", async () => {
    const nsg = "azure-nsg:/a" as FirewallId;
    const two = machine("a", {
      interfaces: ["nic1", "nic2"].map((id) => ({ id, privateAddresses: [], publicAddresses: [], firewalls: [nsg] })),
    });
    const { machines, refresh } = await setup([two, machine("b")]);
    await refresh();
    expect(machines.behind(nsg)).toEqual([two]);
    expect(machines.behind("azure-nsg:/b" as FirewallId)).toEqual([]);
  });
});

describe("reading the clouds", () => {
  test("is complete once each was read", async () => {
    const { machines, refresh, setAws } = await setup([machine("a")]);
    setAws(away);
    expect(machines.isComplete()).toBe(false);
    expect(await refresh()).toEqual([{ cloud: "aws", error: away }]);
    expect(machines.isComplete()).toBe(false);
    expect(machines.all().map(({ name }) => name)).toEqual(["a"]);
    setAws([machine("b")]);
    expect(await refresh()).toEqual([]);
    expect(machines.isComplete()).toBe(true);
  });

  test("keeps what was known of a cloud that can't be read now", async () => {
    const { machines, refresh, setAzure, setAws } = await setup([machine("a")], [machine("b")]);
    await refresh();
    setAzure(away);
    setAws([machine("c")]);
    await refresh();
    expect(
      machines
        .all()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["a", "c"]);
    expect(machines.isComplete()).toBe(true);
  });

  test("forgets what is gone", async () => {
    const { machines, refresh, setAzure } = await setup([machine("a")]);
    await refresh();
    setAzure([]);
    await refresh();
    expect(machines.find("a")).toMatchObject({ code: "machine-unknown" });
  });
});

describe("how old what is known of a cloud is", () => {
  const OLDEST = (5 * MINUTE) as DurationMs;

  const slowly = () => {
    const clock = createManualClock(NOW);
    let readings = 0;
    let world: readonly Machine[] | Fault = [machine("a")];
    let open = Promise.resolve();
    const inventory: Inventory = {
      machines: async () => {
        readings += 1;
        await open;
        if (world instanceof Fault) throw world;
        return world;
      },
      marked: async () => [],
    };
    return {
      clock,
      machines: createMachines(new Map([["azure", inventory]]), clock),
      readings: () => readings,
      setWorld: (next: readonly Machine[] | Fault) => {
        world = next;
      },
      /** Readings wait until what is returned is called. */
      hold: (): (() => void) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        open = promise;
        return resolve;
      },
    };
  };

  test("it is read when it is older than asked for, and only then", async () => {
    const { machines, clock, readings, setWorld } = slowly();
    expect(machines.readings()).toEqual([{ cloud: "azure", readAt: undefined, fault: undefined }]);
    expect(await machines.readWithin("azure", OLDEST)).toEqual({ isFresh: true, since: NOW });
    clock.advance(5 * MINUTE);
    setWorld([machine("b")]);
    expect(await machines.readWithin("azure", OLDEST)).toEqual({ isFresh: true, since: NOW });
    expect(readings()).toBe(1);
    clock.advance(1);
    expect(await machines.readWithin("azure", OLDEST)).toEqual({ isFresh: true, since: NOW + 5 * MINUTE + 1 });
    expect(machines.all().map(({ name }) => name)).toEqual(["b"]);
    expect(machines.readings()).toEqual([{ cloud: "azure", readAt: NOW + 5 * MINUTE + 1, fault: undefined }]);
  });

  test("one that can't be read says since when, and keeps what was known, until it can be", async () => {
    const { machines, clock, setWorld } = slowly();
    await machines.refresh(never);
    clock.advance(3 * HOUR);
    setWorld(away);
    expect(await machines.readWithin("azure", OLDEST)).toEqual({ isFresh: false, since: NOW });
    expect(machines.readings()).toEqual([{ cloud: "azure", readAt: NOW, fault: away }]);
    expect(machines.all()).toHaveLength(1);
    setWorld([]);
    expect(await machines.readWithin("azure", OLDEST)).toMatchObject({ isFresh: true });
    expect(machines.readings()).toMatchObject([{ fault: undefined }]);
  });

  test("one that isn't configured is never fresh", async () => {
    const { machines } = slowly();
    expect(await machines.readWithin("aws", OLDEST)).toEqual({ isFresh: false, since: undefined });
  });

  test("all who wait share one reading, the one of the minute too", async () => {
    const { machines, readings, hold } = slowly();
    const go = hold();
    const all = [
      machines.refresh(never),
      ...Array.from({ length: 5 }, () => machines.readWithin("azure", OLDEST)),
    ] as const;
    go();
    expect((await Promise.all(all)).slice(1)).toEqual(Array.from({ length: 5 }, () => ({ isFresh: true, since: NOW })));
    expect(readings()).toBe(1);
  });

  test("it is as old as when its reading began; one that began too long ago is followed by another", async () => {
    const { machines, clock, readings, hold } = slowly();
    const go = hold();
    const refreshed = machines.refresh(never);
    clock.advance(HOUR);
    const asked = machines.readWithin("azure", OLDEST);
    go();
    await refreshed;
    expect(await asked).toEqual({ isFresh: true, since: later(NOW, HOUR) });
    expect(readings()).toBe(2);
  });

  test("nobody waits for long, and what comes later is there for whoever asks next", async () => {
    const { machines, clock, readings, hold } = slowly();
    const go = hold();
    const before = performance.now();
    expect(await machines.readWithin("azure", OLDEST)).toEqual({ isFresh: false, since: undefined });
    expect(performance.now() - before).toBeLessThan(10 * SECOND);
    clock.advance(MINUTE);
    go();
    expect(await machines.readWithin("azure", OLDEST)).toEqual({ isFresh: true, since: NOW });
    expect(readings()).toBe(1);
  }, 12_000);

  test("a mistake of ours is no cloud that can't be read", async () => {
    const slip = new TypeError("a slip");
    const machines = createMachines(
      new Map([["azure", { machines: () => Promise.reject(slip), marked: async () => [] }]]),
    );
    await expect(machines.readWithin("azure", OLDEST)).rejects.toBe(slip);
    await expect(machines.refresh(never)).rejects.toBe(slip);
  });
});
