import { describe, expect, onTestFinished, test } from "vitest";
import { Fault } from "../../src/access/fault.ts";
import type { FirewallId } from "../../src/access/machine.ts";
import { type EpochMs, systemClock } from "../../src/access/time.ts";
import { type BeatsDeps, createBeats } from "../../src/reconcile/beats.ts";
import { createRememberedGrants } from "../../src/reconcile/remembered-grants.ts";
import { createMemoryWakeups } from "../fakes/memory-wakeups.ts";
import { waitUntil } from "../fakes/wait-until.ts";
import { grantOn, NSG } from "./world.ts";

const away = new Fault("redis", "redis is away", { retry: "later" });

const setup = (changes: Partial<BeatsDeps> & { readonly beat?: () => Promise<void> } = {}) => {
  const remembered = createRememberedGrants();
  const wakeups = createMemoryWakeups();
  const closed: { readonly id: FirewallId; readonly at: number }[] = [];
  const failures: string[] = [];
  let beaten = 0;
  let minutes = 0;
  let stopped = 0;
  const beats = createBeats({
    loops: [
      {
        beat: async () => {
          beaten += 1;
          await changes.beat?.();
        },
        stop: async () => {
          stopped += 1;
        },
      },
    ],
    minute: async () => {
      minutes += 1;
    },
    firewallWakeups: wakeups,
    remembered,
    withoutMemory: async (ids) => {
      for (const id of ids) closed.push({ id, at: Date.now() });
    },
    clock: systemClock,
    failed: (what) => failures.push(what),
    ...changes,
  });
  onTestFinished(() => beats.stop());
  return {
    beats,
    remembered,
    wakeups,
    closed,
    failures,
    beaten: () => beaten,
    minutes: () => minutes,
    stopped: () => stopped,
  };
};

describe("the beats", () => {
  test("look at everything at the start, and take what is due every second", async () => {
    const { beats, beaten, minutes } = setup();
    expect(beats.lastSecondAt()).toBeUndefined();
    beats.start();
    await waitUntil("everything was looked at", () => minutes() > 0);
    await waitUntil("two beats came", () => beaten() >= 2);
    expect(minutes()).toBeGreaterThan(0);
    const before = beats.lastSecondAt() ?? 0;
    await waitUntil("it is known that one came", () => (beats.lastSecondAt() ?? 0) > before);
  });

  test("come at once when asked to", async () => {
    const { beats, beaten } = setup();
    beats.poke();
    await waitUntil("a beat came", () => beaten() === 1);
  });

  test("remind of what this process knows to be overdue, should memory have lost it", async () => {
    const { beats, remembered, wakeups } = setup();
    remembered.remember(grantOn({ expiresAt: (Date.now() - 1) as EpochMs }));
    beats.poke();
    await waitUntil("it is due", async () => (await wakeups.nextAt()) !== undefined);
  });

  test("survive whatever fails", async () => {
    const { beats, failures, beaten } = setup({
      minute: () => Promise.reject(new Error("a mistake of ours")),
      beat: () => Promise.reject(away),
    });
    beats.start();
    await waitUntil("two beats came", () => beaten() >= 2);
    expect(failures).toContain("minute");
    expect(beats.lastSecondAt()).toBeUndefined();
  });

  test("do what people set a time for then, not at the start; one that fails is told and comes again", async () => {
    let done = 0;
    const work = async (): Promise<void> => {
      done += 1;
      if (done === 1) throw away;
    };
    const { beats, failures } = setup({
      scheduled: [
        { name: "digest", cron: "* * * * * *", timezone: "Europe/Berlin", work },
        { name: "never", cron: "0 0 29 2 *", timezone: "Europe/Berlin", work: () => Promise.reject(away) },
      ],
    });
    beats.start();
    expect(done).toBe(0);
    await waitUntil("its time came twice", () => done >= 2);
    expect(failures).toEqual(["digest"]);
    await beats.stop();
    const before = done;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(done).toBe(before);
  });

  test("end with their loops, and come no more", async () => {
    const { beats, beaten, stopped } = setup();
    beats.start();
    await beats.stop();
    const before = beaten();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect([beaten(), stopped()]).toEqual([before, 1]);
  });
});

describe("while memory is away", () => {
  test("what is overdue closes by what this process knows", async () => {
    const { beats, remembered, closed } = setup({ beat: () => Promise.reject(away) });
    remembered.remember(grantOn({ expiresAt: (Date.now() - 1) as EpochMs }));
    beats.start();
    await waitUntil("it was closed", () => closed.length > 0);
    expect(closed[0]?.id).toBe(NSG);
  });

  test("an end between two beats is hit to within a tenth of a second", async () => {
    const { beats, remembered, closed } = setup({ beat: () => Promise.reject(away) });
    const expiresAt = (Date.now() + 1_350) as EpochMs;
    remembered.remember(grantOn({ expiresAt }));
    beats.start();
    await waitUntil("it was closed", () => closed.length > 0);
    expect((closed[0]?.at ?? 0) - expiresAt).toBeGreaterThanOrEqual(0);
    expect((closed[0]?.at ?? 0) - expiresAt).toBeLessThan(200);
  });

  test("memory that hangs isn't waited for longer than most of a second", async () => {
    const { beats, remembered, closed } = setup({ beat: () => new Promise<void>(() => undefined) });
    remembered.remember(grantOn({ expiresAt: (Date.now() - 1) as EpochMs }));
    beats.start();
    const began = Date.now();
    await waitUntil("it was closed", () => closed.length > 0);
    expect(Date.now() - began).toBeLessThan(2_000);
  });
});
