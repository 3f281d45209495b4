/** What every implementation of `Wakeups` must do. */

import { beforeEach, describe, expect, test } from "vitest";

import { type DurationMs, type EpochMs, later, SECOND } from "../../src/access/time.ts";
import type { Lease, Wakeups } from "../../src/reconcile/wakeups.ts";

const NOW = 1_800_000_000_000 as EpochMs;
const LEASE = (10 * SECOND) as DurationMs;
const at = (offset: number): EpochMs => (NOW + offset) as EpochMs;
const LEASE_END = later(NOW, LEASE);
const ids = (leases: readonly Lease[]): string[] => leases.map(({ id }) => id);

const onlyOne = (leases: readonly Lease[]): Lease => {
  const [lease, ...rest] = leases;
  if (lease === undefined || rest.length > 0) throw new Error(`expected one lease, got ${leases.length}`);
  return lease;
};

export interface WakeupsSetup {
  readonly wakeups: Wakeups;
  /** Loses everything. */
  readonly clear: () => Promise<void>;
}

/** `make` gives an empty queue. */
export const wakeupsContract = (make: () => Promise<WakeupsSetup>): void => {
  describe("wakeups contract", () => {
    let wakeups: Wakeups;
    let clear: () => Promise<void>;
    beforeEach(async () => {
      ({ wakeups, clear } = await make());
    });

    test("what is due at this very millisecond is taken, what is due one later is not", async () => {
      await wakeups.wake("now", NOW);
      await wakeups.wake("next", at(1));
      expect(await wakeups.take(NOW, 10, LEASE)).toEqual([{ id: "now", token: expect.any(Number), dueAt: NOW }]);
      expect(ids(await wakeups.take(at(1), 10, LEASE))).toEqual(["next"]);
    });

    test("of two wishes the earlier counts, in whichever order they come", async () => {
      await wakeups.wake("a", at(5));
      await wakeups.wake("a", at(9));
      await wakeups.wake("b", at(9));
      await wakeups.wake("b", at(5));
      expect(await wakeups.take(at(4), 10, LEASE)).toEqual([]);
      expect((await wakeups.take(at(5), 10, LEASE)).map(({ id, dueAt }) => [id, dueAt])).toEqual([
        ["a", at(5)],
        ["b", at(5)],
      ]);
    });

    test("a reminder counts only when no look is planned or under way", async () => {
      await wakeups.wake("planned", at(5));
      await wakeups.remind("planned", NOW);
      await wakeups.wake("leased", NOW);
      const lease = onlyOne(await wakeups.take(NOW, 10, LEASE));
      await wakeups.remind("leased", NOW);
      await wakeups.finish(lease, undefined);
      await wakeups.remind("forgotten", NOW);
      expect(ids(await wakeups.take(at(4), 10, LEASE))).toEqual(["forgotten"]);
      expect(ids(await wakeups.take(at(5), 10, LEASE))).toEqual(["planned"]);
    });

    test("the longest due come first, no more than asked for", async () => {
      for (const [id, offset] of [
        ["c", -1],
        ["a", -3],
        ["d", 0],
        ["b", -2],
      ] as const)
        await wakeups.wake(id, at(offset));
      expect(ids(await wakeups.take(NOW, 2, LEASE))).toEqual(["a", "b"]);
      expect(ids(await wakeups.take(NOW, 2, LEASE))).toEqual(["c", "d"]);
      expect(await wakeups.take(NOW, 2, LEASE)).toEqual([]);
    });

    test("nothing is leased twice, whoever asks at once", async () => {
      for (let i = 0; i < 50; i += 1) await wakeups.wake(`id-${i}`, at(-i));
      const taken = (await Promise.all(Array.from({ length: 10 }, () => wakeups.take(NOW, 9, LEASE)))).flat();
      expect(new Set(ids(taken)).size).toBe(50);
      expect(taken.length).toBe(50);
      expect(new Set(taken.map(({ token }) => token)).size).toBe(50);
    });

    test("a wish made while it is leased is kept, and taken after the lease is given back", async () => {
      await wakeups.wake("a", NOW);
      const held = onlyOne(await wakeups.take(NOW, 10, LEASE));
      await wakeups.wake("a", at(1));
      expect(await wakeups.take(at(1), 10, LEASE)).toEqual([]);
      await wakeups.finish(held, at(500));
      expect((await wakeups.take(at(1), 10, LEASE)).map(({ dueAt }) => dueAt)).toEqual([at(1)]);
    });

    test("wishes for what is leased keep nobody else from being taken", async () => {
      const busy = ["a", "b", "c"];
      for (const id of busy) await wakeups.wake(id, NOW);
      await wakeups.take(NOW, 10, LEASE);
      for (const id of busy) await wakeups.wake(id, at(1));
      await wakeups.wake("free", at(2));
      expect(ids(await wakeups.take(at(2), 1, LEASE))).toEqual(["free"]);
    });

    test("finishing without a next look leaves nothing to wait for", async () => {
      await wakeups.wake("a", NOW);
      await wakeups.finish(onlyOne(await wakeups.take(NOW, 10, LEASE)), undefined);
      expect(await wakeups.nextAt()).toBeUndefined();
      expect(await wakeups.take(LEASE_END, 10, LEASE)).toEqual([]);
    });

    test("a next look that is later than a wish made meanwhile doesn't push it back", async () => {
      await wakeups.wake("a", NOW);
      const held = onlyOne(await wakeups.take(NOW, 10, LEASE));
      await wakeups.wake("a", at(20));
      await wakeups.finish(held, at(10));
      expect(await wakeups.nextAt()).toBe(at(10));
    });

    test("a lease stands one millisecond before its end, and is due again at its end", async () => {
      await wakeups.wake("a", NOW);
      const first = onlyOne(await wakeups.take(NOW, 10, LEASE));
      expect(await wakeups.take(at(LEASE - 1), 10, LEASE)).toEqual([]);
      const second = onlyOne(await wakeups.take(LEASE_END, 10, LEASE));
      expect(second).toEqual({ id: "a", token: expect.any(Number), dueAt: LEASE_END });
      expect(second.token).toBeGreaterThan(first.token);
    });

    test("a wish made during a lease that then ran out keeps its earlier time", async () => {
      await wakeups.wake("a", NOW);
      await wakeups.take(NOW, 10, LEASE);
      await wakeups.wake("a", at(3));
      expect(onlyOne(await wakeups.take(LEASE_END, 10, LEASE)).dueAt).toBe(at(3));
    });

    test("a lease can be renewed until the millisecond before its end", async () => {
      await wakeups.wake("a", NOW);
      await wakeups.wake("b", NOW);
      const [a, b] = await wakeups.take(NOW, 10, LEASE);
      if (a === undefined || b === undefined) throw new Error("not taken");
      expect(await wakeups.renew(a, at(LEASE - 1), LEASE)).toBe(true);
      expect(await wakeups.renew(b, LEASE_END, LEASE)).toBe(false);
      expect(ids(await wakeups.take(LEASE_END, 10, LEASE))).toEqual(["b"]);
      expect(ids(await wakeups.take(later(at(LEASE - 1), LEASE), 10, LEASE))).toEqual(["a"]);
    });

    test("who was replaced can neither renew nor finish", async () => {
      await wakeups.wake("a", NOW);
      const old = onlyOne(await wakeups.take(NOW, 10, LEASE));
      const current = onlyOne(await wakeups.take(LEASE_END, 10, LEASE));
      expect(await wakeups.renew(old, LEASE_END, LEASE)).toBe(false);
      await wakeups.finish(old, at(1));
      expect(await wakeups.take(LEASE_END, 10, LEASE)).toEqual([]);
      expect(await wakeups.renew(current, LEASE_END, LEASE)).toBe(true);
    });

    test("a lease that was given back can't be renewed", async () => {
      await wakeups.wake("a", NOW);
      const held = onlyOne(await wakeups.take(NOW, 10, LEASE));
      await wakeups.finish(held, undefined);
      expect(await wakeups.renew(held, NOW, LEASE)).toBe(false);
      await wakeups.finish(held, NOW);
      expect(await wakeups.nextAt()).toBeUndefined();
    });

    test("the next instant is the earliest wish or the first end of a lease", async () => {
      expect(await wakeups.nextAt()).toBeUndefined();
      await wakeups.wake("a", at(70_000));
      await wakeups.wake("b", NOW);
      expect(await wakeups.nextAt()).toBe(NOW);
      await wakeups.take(NOW, 10, LEASE);
      expect(await wakeups.nextAt()).toBe(LEASE_END);
      await wakeups.wake("c", at(3));
      expect(await wakeups.nextAt()).toBe(at(3));
    });

    test("a wish for what is leased can't be granted before the lease ends, so it isn't the next instant", async () => {
      await wakeups.wake("a", NOW);
      await wakeups.take(NOW, 10, LEASE);
      await wakeups.wake("a", at(1));
      expect(await wakeups.nextAt()).toBe(LEASE_END);
    });

    test("a lease from before everything was lost is no lease, and its token never comes again", async () => {
      await wakeups.wake("a", NOW);
      const old = onlyOne(await wakeups.take(NOW, 10, LEASE));
      await clear();
      expect(await wakeups.renew(old, NOW, LEASE)).toBe(false);
      await wakeups.finish(old, at(1));
      expect(await wakeups.nextAt()).toBeUndefined();
      await wakeups.wake("a", NOW);
      expect(onlyOne(await wakeups.take(NOW, 10, LEASE)).token).toBeGreaterThan(old.token);
      expect(await wakeups.renew(old, NOW, LEASE)).toBe(false);
    });
  });
};
