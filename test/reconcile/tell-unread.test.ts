import { expect, test } from "vitest";
import { Fault } from "../../src/access/fault.ts";
import type { Machine } from "../../src/access/machine.ts";
import { later, MINUTE } from "../../src/access/time.ts";
import { createTellUnread } from "../../src/reconcile/tell-unread.ts";
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
  const replica = () => createTellUnread({ machines, auditLog: memory.auditLog, clock });
  const tell = [replica(), replica()];
  const minutes = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      clock.advance(MINUTE);
      await machines.refresh(never);
      for (const each of tell) await each().catch(() => undefined);
    }
  };
  return { minutes, cloud, outage, told: () => memory.log() };
};

test("it is told once after ten minutes, and once when it is over, however many of us tell it", async () => {
  const { minutes, cloud, told } = await setUp();
  await minutes(30);
  expect(told()).toEqual([]);
  const since = later(NOW, (30 * MINUTE) as never);
  cloud.away = true;
  await minutes(9);
  expect(told()).toEqual([]);
  await minutes(30);
  const stale = (["azure", "aws"] as const).map((name) => ({
    kind: "inventory.stale",
    cloud: name,
    since,
    problem: "no answer",
  }));
  expect(told()).toMatchObject(stale);
  cloud.away = false;
  await minutes(30);
  const again = (["azure", "aws"] as const).map((name) => ({ kind: "inventory.read-again", cloud: name, since }));
  expect(told()).toMatchObject([...stale, ...again]);
  cloud.away = true;
  await minutes(30);
  expect(told()).toHaveLength(6);
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
  expect(told()).toHaveLength(2);
});
