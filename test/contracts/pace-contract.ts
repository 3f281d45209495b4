/** What every implementation of `Pace` must do. */

import { beforeEach, describe, expect, test } from "vitest";
import { type Clock, type DurationMs, later, MINUTE, SECOND } from "../../src/access/time.ts";
import type { Lane, Pace } from "../../src/notices/pace.ts";
import { createManualClock, type ManualClock } from "../fakes/manual-clock.ts";
import { NOW } from "./samples.ts";

const LANE: Lane = { key: "post/C0ACCESS", within: (3 * SECOND) as DurationMs, most: 3 };
const WIDE: Lane = { key: "post", within: MINUTE, most: 5 };

export const paceContract = (make: (clock: Clock) => Pace): void => {
  describe("pace contract", () => {
    let clock: ManualClock;
    let pace: Pace;
    beforeEach(() => {
      clock = createManualClock(NOW);
      pace = make(clock);
    });
    const take = async (count: number, lanes: readonly Lane[] = [LANE]) => {
      const taken = [];
      for (let i = 0; i < count; i += 1) taken.push(await pace.take(lanes));
      return taken;
    };

    test("as many as may be at once go at once, the next when the first is long enough ago", async () => {
      expect(await take(2)).toEqual([undefined, undefined]);
      clock.advance(SECOND);
      expect(await take(2)).toEqual([undefined, later(NOW, LANE.within)]);
      clock.advance(2 * SECOND - 1);
      expect(await take(1)).toEqual([later(NOW, LANE.within)]);
      clock.advance(1);
      expect(await take(3)).toEqual([undefined, undefined, later(NOW, (4 * SECOND) as DurationMs)]);
    });

    test("in any length of it there are never more than that", async () => {
      const made: number[] = [];
      for (let i = 0; i < 200; i += 1) {
        if ((await pace.take([LANE])) === undefined) made.push(clock.now());
        clock.advance(137);
      }
      for (const [i, at] of made.entries())
        expect((made[i + 3] ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThanOrEqual(3_000);
      expect(made.length).toBeGreaterThan(20);
    });

    test("lanes don't hold up one another", async () => {
      await take(4);
      expect(await take(1, [{ ...LANE, key: "post/C0OTHER" }])).toEqual([undefined]);
    });

    test("of several lanes all must have room, and none is counted where one has none", async () => {
      expect(await take(4, [LANE, WIDE])).toEqual([undefined, undefined, undefined, later(NOW, LANE.within)]);
      const other = { ...LANE, key: "post/C0OTHER" };
      expect(await take(3, [other, WIDE])).toEqual([undefined, undefined, later(NOW, MINUTE)]);
      clock.advance(3 * SECOND);
      expect(await take(1, [other])).toEqual([undefined]);
    });

    test("who may count more calls in the same lane still has room", async () => {
      await take(4);
      expect(await take(2, [{ ...LANE, most: 4 }])).toEqual([undefined, later(NOW, LANE.within)]);
    });

    test("a clock that is set back far keeps nothing waiting", async () => {
      await take(3);
      clock.advance(-MINUTE);
      expect(await take(1)).toEqual([undefined]);
    });
  });
};
