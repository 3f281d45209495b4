import { expect, test } from "vitest";
import { Fault } from "../../src/access/fault.ts";
import type { CloudName, Machine } from "../../src/access/machine.ts";
import { MINUTE } from "../../src/access/time.ts";
import { createTellUnread, type TellUnreadDeps } from "../../src/reconcile/tell-unread.ts";
import { NOW } from "../contracts/samples.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { createMemoryLedger } from "../fakes/memory-ledger.ts";
import { createMemoryWakeups } from "../fakes/memory-wakeups.ts";
import type { Outage } from "../fakes/outage.ts";
import { machineBehind, machinesFrom, never } from "./world.ts";

const setUp = async () => {
  const clock = createManualClock(NOW);
  const outage: Outage = { away: false };
  const memory = createMemoryLedger({
    firewalls: createMemoryWakeups({ outage }),
    requests: createMemoryWakeups({ outage }),
    outage,
  });
  const cloud = { away: false };
  const machines = await machinesFrom((): readonly Machine[] => {
    if (cloud.away) throw new Fault("azure", "no answer", { retry: "later" });
    return [machineBehind([])];
  }, clock);
  const last = new Map<CloudName, string>();
  const told: TellUnreadDeps["told"] = (name) => ({
    tell: async (state, event) => {
      const before = last.get(name);
      if (before === state) return false;
      const said = event(before);
      if (said !== undefined) await memory.auditLog.append(said);
      last.set(name, state);
      return true;
    },
  });
  let tell: ReturnType<typeof createTellUnread>[] = [];
  const restart = (): void => {
    tell = [1, 2].map(() => createTellUnread({ machines, told, clock }));
  };
  restart();
  const minutes = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      clock.advance(MINUTE);
      await machines.refresh(never);
      for (const each of tell) await each().catch(() => undefined);
    }
  };
  return { minutes, cloud, outage, restart, told: () => memory.log().map(({ kind }) => kind), log: () => memory.log() };
};

const STALE = ["inventory.stale", "inventory.stale"];
const AGAIN = ["inventory.read-again", "inventory.read-again"];

test("it is told once after ten minutes, and once when it is over, however many of us tell it", async () => {
  const { minutes, cloud, told, log } = await setUp();
  await minutes(30);
  expect(told()).toEqual([]);
  const since = NOW + 30 * MINUTE;
  cloud.away = true;
  await minutes(9);
  expect(told()).toEqual([]);
  await minutes(30);
  expect(log()).toMatchObject(
    ["azure", "aws"].map((name) => ({ kind: "inventory.stale", cloud: name, since, problem: "no answer" })),
  );
  cloud.away = false;
  await minutes(30);
  expect(told()).toEqual([...STALE, ...AGAIN]);
  cloud.away = true;
  await minutes(30);
  expect(told()).toEqual([...STALE, ...AGAIN, ...STALE]);
});

test("who restarts us to mend it hears that it is mended, and nothing twice", async () => {
  const { minutes, cloud, told, restart } = await setUp();
  cloud.away = true;
  await minutes(20);
  restart();
  await minutes(20);
  expect(told()).toEqual(STALE);
  cloud.away = false;
  restart();
  await minutes(1);
  expect(told()).toEqual([...STALE, ...AGAIN]);
  restart();
  await minutes(20);
  expect(told()).toEqual([...STALE, ...AGAIN]);
});

test("a few minutes are nothing to tell of", async () => {
  const { minutes, cloud, told } = await setUp();
  cloud.away = true;
  await minutes(9);
  cloud.away = false;
  await minutes(30);
  expect(told()).toEqual([]);
});

test("what couldn't be told while memory was away is told later", async () => {
  const { minutes, cloud, outage, told } = await setUp();
  cloud.away = true;
  outage.away = true;
  await minutes(20);
  outage.away = false;
  await minutes(1);
  expect(told()).toEqual(STALE);
});
