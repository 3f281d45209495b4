/** When calls were made, in this process. Passes `paceContract`. */

import { type Clock, type EpochMs, later } from "../../src/access/time.ts";
import type { Pace } from "../../src/notices/pace.ts";

export const createMemoryPace = (clock: Clock): Pace => {
  const calls = new Map<string, EpochMs[]>();
  return {
    take: async (lanes) => {
      const now = clock.now();
      const waits = lanes.flatMap(({ key, within, most }) => {
        const made = (calls.get(key) ?? []).filter((at) => at <= now + within);
        calls.set(key, made);
        const oldest = made.at(-Math.floor(most));
        return oldest !== undefined && oldest > now - within ? [later(oldest, within)] : [];
      });
      if (waits.length > 0) return Math.max(...waits) as EpochMs;
      for (const { key } of lanes) calls.get(key)?.push(now);
      return undefined;
    },
  };
};

/** For whom the pace doesn't matter. */
export const NO_PACE: Pace = { take: async () => undefined };
