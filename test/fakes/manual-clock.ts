/** A clock that stands until a test moves it. */

import type { Clock, EpochMs } from "../../src/access/time.ts";

export interface ManualClock extends Clock {
  readonly advance: (byMs: number) => void;
  readonly set: (at: number) => void;
}

export const createManualClock = (start: number): ManualClock => {
  let now = start as EpochMs;
  return {
    now: () => now,
    advance: (byMs) => {
      now = (now + byMs) as EpochMs;
    },
    set: (at) => {
      now = at as EpochMs;
    },
  };
};
