/** The sandbox's time: real time, until somebody moves it ahead; from there real time goes on. */

import { type Clock, type EpochMs, systemClock } from "../access/time.ts";

export interface MovableClock extends Clock {
  /** By how much it runs ahead of the machine's. */
  readonly aheadMs: () => number;
  /** Only forward. Resolves when everybody who follows has the new time. Throws when `ms` isn't above 0. */
  readonly advance: (ms: number) => Promise<void>;
  /** Is told of every move. Returns how to stop. */
  readonly follow: (moved: (aheadMs: number) => Promise<void>) => () => void;
}

export const createMovableClock = (): MovableClock => {
  let ahead = 0;
  const followers = new Set<(aheadMs: number) => Promise<void>>();
  return {
    now: () => (systemClock.now() + ahead) as EpochMs,
    aheadMs: () => ahead,
    advance: async (ms) => {
      if (!Number.isSafeInteger(ms) || ms <= 0) throw new Error("time goes forward only");
      ahead += ms;
      await Promise.all([...followers].map((moved) => moved(ahead)));
    },
    follow: (moved) => {
      followers.add(moved);
      return () => void followers.delete(moved);
    },
  };
};
