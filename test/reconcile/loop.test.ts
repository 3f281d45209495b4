import { describe, expect, onTestFinished, test } from "vitest";
import { Fault } from "../../src/access/fault.ts";
import { type Clock, type DurationMs, type EpochMs, MINUTE, SECOND, systemClock } from "../../src/access/time.ts";
import { createLoop, type Loop, type LoopDeps } from "../../src/reconcile/loop.ts";
import { aborted } from "../fakes/aborted.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { createMemoryWakeups } from "../fakes/memory-wakeups.ts";
import type { Outage } from "../fakes/outage.ts";
import { waitUntil } from "../fakes/wait-until.ts";
import { NOW } from "./world.ts";

const busy = new Fault("azure", "busy", { retry: "later" });
const lost = new Fault("lease-lost", "another worker has it", { retry: "later" });
const throttled = (afterMs: number) =>
  new Fault("azure", "throttled", { retry: "later", afterMs: afterMs as DurationMs });

interface Setup {
  readonly look?: LoopDeps["look"];
  readonly notAfter?: EpochMs;
  readonly concurrency?: number;
  readonly clock?: Clock;
}

const setup = ({ look = async () => undefined, notAfter, concurrency = 8, clock: given }: Setup) => {
  const clock = createManualClock(NOW);
  const outage: Outage = { away: false };
  const wakeups = createMemoryWakeups({ outage });
  const looked: string[] = [];
  const failures: { readonly id: string; readonly error: unknown; readonly inMs: number }[] = [];
  let under = 0;
  let most = 0;
  const loop: Loop = createLoop({
    wakeups,
    clock: given ?? clock,
    concurrency,
    look: async (id, stillMine, signal) => {
      looked.push(id);
      under += 1;
      most = Math.max(most, under);
      try {
        return await look(id, stillMine, signal);
      } finally {
        under -= 1;
      }
    },
    failed: async (id, error, againAt) => {
      failures.push({ id, error, inMs: againAt - (given ?? clock).now() });
      return notAfter;
    },
  });
  onTestFinished(() => loop.stop());
  /** One beat, and all the looks it began. */
  const beat = async (): Promise<void> => {
    await loop.beat();
    await waitUntil("nothing is under way", () => under === 0);
    await new Promise(setImmediate);
  };
  return { clock, outage, wakeups, loop, looked, failures, beat, most: () => most };
};

describe("what is due", () => {
  test("is looked at once, and again when the look said so, not a millisecond sooner", async () => {
    const { clock, wakeups, looked, beat } = setup({
      look: async () => (looked.length === 1 ? ((NOW + MINUTE) as EpochMs) : undefined),
    });
    await wakeups.wake("a", NOW);
    await beat();
    await beat();
    expect(looked).toEqual(["a"]);
    expect(await wakeups.nextAt()).toBe(NOW + MINUTE);
    clock.set(NOW + MINUTE - 1);
    await beat();
    expect(looked).toEqual(["a"]);
    clock.set(NOW + MINUTE);
    await beat();
    expect(looked).toEqual(["a", "a"]);
  });

  test("comes to rest when there is no next instant", async () => {
    const { wakeups, beat } = setup({});
    await wakeups.wake("a", NOW);
    await beat();
    expect(await wakeups.nextAt()).toBeUndefined();
  });

  test("is looked at to the millisecond, between the beats", async () => {
    const seen: number[] = [];
    const { wakeups, loop } = setup({
      clock: systemClock,
      look: async () => {
        seen.push(Date.now());
        return undefined;
      },
    });
    const at = (Date.now() + 150) as EpochMs;
    await wakeups.wake("a", at);
    await loop.beat();
    await waitUntil("it was looked at", () => seen.length > 0);
    expect((seen[0] ?? 0) - at).toBeGreaterThanOrEqual(0);
    expect((seen[0] ?? 0) - at).toBeLessThan(100);
  });
});

describe("a look that fails", () => {
  test("is repeated after a quarter of a second, then twice as long up to five seconds, after some minutes up to one minute, without end", async () => {
    const { clock, wakeups, failures, beat } = setup({ look: () => Promise.reject(busy) });
    await wakeups.wake("a", NOW);
    for (let round = 0; round < 37; round += 1) {
      await beat();
      clock.set((await wakeups.nextAt()) ?? Number.NaN);
    }
    const waits = failures.map(({ inMs }) => inMs);
    expect(waits.slice(0, 7)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(new Set(waits.slice(5, 31))).toEqual(new Set([5_000]));
    expect(waits.slice(31)).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  test("begins with a quarter of a second again after one that worked", async () => {
    let works = false;
    const { clock, wakeups, failures, beat } = setup({
      look: async () => {
        works = !works;
        if (works) throw busy;
        return clock.now();
      },
    });
    await wakeups.wake("a", NOW);
    for (let round = 0; round < 6; round += 1) {
      await beat();
      clock.set((await wakeups.nextAt()) ?? Number.NaN);
    }
    expect(failures.length).toBeGreaterThan(2);
    expect(new Set(failures.map(({ inMs }) => inMs))).toEqual(new Set([250]));
  });

  test("backs off by itself: one that fails doesn't slow another down", async () => {
    const { clock, wakeups, failures, beat } = setup({
      look: (id) => (id === "bad" ? Promise.reject(busy) : Promise.resolve(undefined)),
    });
    await wakeups.wake("bad", NOW);
    await beat();
    clock.set(NOW + 250);
    await wakeups.wake("good", clock.now());
    await beat();
    expect(failures.map(({ id, inMs }) => [id, inMs])).toEqual([
      ["bad", 250],
      ["bad", 500],
    ]);
  });

  test("waits as long as the other side asked, five minutes at most", async () => {
    for (const [asked, waits] of [
      [7_000, 7_000],
      [3_600_000, 300_000],
    ] as const) {
      const { wakeups, beat } = setup({
        look: () => Promise.reject(throttled(asked)),
        notAfter: (NOW + 1_000) as EpochMs,
      });
      await wakeups.wake("a", NOW);
      await beat();
      // Asking earlier would make it longer.
      expect(await wakeups.nextAt()).toBe(NOW + waits);
    }
  });

  test("makes whoever wants a look sooner wait as long as the other side asked", async () => {
    const { clock, wakeups, looked, beat } = setup({ look: () => Promise.reject(throttled(7_000)) });
    await wakeups.wake("a", NOW);
    await beat();
    clock.advance(7_000 - 1);
    await wakeups.wake("a", clock.now());
    await beat();
    expect([looked.length, await wakeups.nextAt()]).toEqual([1, NOW + 7_000]);
    clock.advance(1);
    await beat();
    expect(looked).toHaveLength(2);
  });

  test("doesn't miss a closing that comes before it would look again", async () => {
    let tries = 0;
    const { clock, wakeups, beat } = setup({
      look: async () => {
        tries += 1;
        throw busy;
      },
      notAfter: (NOW + 16_100) as EpochMs,
    });
    await wakeups.wake("a", NOW);
    for (let round = 0; round < 7; round += 1) {
      await beat();
      clock.set((await wakeups.nextAt()) ?? Number.NaN);
    }
    // 250 + 500 + 1 000 + 2 000 + 4 000 + 8 000 = 15 750; the next wait would end at 31 750.
    expect([tries, clock.now()]).toEqual([7, NOW + 16_100]);
  });

  test("looks again at once when it was another's turn or the desire changed, and that isn't counted as a failure", async () => {
    const errors = [lost, lost, lost, busy];
    const { wakeups, failures, beat } = setup({
      look: async () => {
        throw errors.shift() ?? busy;
      },
    });
    await wakeups.wake("a", NOW);
    for (let round = 0; round < 4; round += 1) await beat();
    expect(failures.slice(0, 4).map(({ inMs }) => inMs)).toEqual([0, 0, 0, 250]);
  });

  test("is repeated whatever was thrown", async () => {
    const { wakeups, failures, beat } = setup({ look: () => Promise.reject(new TypeError("a mistake of ours")) });
    await wakeups.wake("a", NOW);
    await beat();
    expect(failures.map(({ inMs }) => inMs)).toEqual([250]);
    expect(await wakeups.nextAt()).toBe(NOW + 250);
  });
});

describe("side by side", () => {
  test("as many as allowed, and the others when there is room", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { wakeups, loop, looked, most } = setup({
      concurrency: 2,
      look: async () => {
        await gate;
        return undefined;
      },
    });
    for (const id of ["a", "b", "c", "d", "e"]) await wakeups.wake(id, NOW);
    await Promise.all([loop.beat(), loop.beat(), loop.beat()]);
    expect(looked).toEqual(["a", "b"]);
    release();
    await waitUntil("all were looked at", () => looked.length === 5);
    expect(most()).toBe(2);
  });

  test("one whose cloud hangs holds up no other", async () => {
    const { clock, wakeups, loop, looked } = setup({
      look: (id, _, signal) => (id === "hangs" ? aborted(signal) : Promise.resolve(undefined)),
    });
    await wakeups.wake("hangs", NOW);
    await wakeups.wake("a", NOW);
    await loop.beat();
    clock.advance(SECOND);
    await wakeups.wake("b", clock.now());
    await loop.beat();
    await waitUntil("the others were looked at", () => looked.length === 3);
  });

  test("never one thing twice", async () => {
    let under = 0;
    const { wakeups, loop, looked } = setup({
      look: async () => {
        under += 1;
        expect(under).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 2));
        under -= 1;
        return undefined;
      },
    });
    await wakeups.wake("a", NOW);
    await loop.beat();
    await wakeups.wake("a", NOW);
    await loop.beat();
    await waitUntil("both looks were made", () => looked.length === 2);
  });
});

describe("memory", () => {
  test("that is away makes the beat fail, so that somebody notices", async () => {
    const { outage, wakeups, loop, looked, beat } = setup({});
    await wakeups.wake("a", NOW);
    outage.away = true;
    await expect(loop.beat()).rejects.toMatchObject({ code: "redis" });
    outage.away = false;
    await beat();
    expect(looked).toEqual(["a"]);
  });

  test("that goes away during a look leaves a lease that ends by itself", async () => {
    const { clock, outage, wakeups, looked, beat } = setup({
      look: async () => {
        outage.away = looked.length === 1;
        return undefined;
      },
    });
    await wakeups.wake("a", NOW);
    await beat().catch(() => undefined);
    outage.away = false;
    clock.advance(4_999);
    await beat();
    expect(looked).toEqual(["a"]);
    clock.advance(1);
    await beat();
    expect(looked).toEqual(["a", "a"]);
  });
});

describe("the end", () => {
  test("aborts what is under way, waits for it, gives it back, and takes nothing more", async () => {
    const { wakeups, loop, looked, failures } = setup({ look: (_, __, signal) => aborted(signal) });
    await wakeups.wake("a", NOW);
    await loop.beat();
    await loop.stop();
    expect(failures).toHaveLength(1);
    expect(await wakeups.nextAt()).toBe(NOW + 250);
    await wakeups.wake("b", NOW);
    await loop.beat();
    expect(looked).toEqual(["a"]);
  });
});

test("a lease that was lost is known to the look, and so is one that still stands", async () => {
  const answers: boolean[] = [];
  const { clock, wakeups, beat } = setup({
    look: async (_, stillMine) => {
      answers.push(await stillMine());
      clock.advance(5_000);
      answers.push(await stillMine());
      return undefined;
    },
  });
  await wakeups.wake("a", NOW);
  await beat();
  expect(answers).toEqual([true, false]);
});
