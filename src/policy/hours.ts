/** When something counts: weekly hours, and freezes. */

import type { EpochMs } from "../access/time.ts";
import type { Match } from "./policy.ts";

/** Hours of a week in a zone: `mon-fri 08:00-18:00, Europe/Berlin`. */
export interface Hours {
  readonly name: string;
  /** ISO: 1 is Monday. */
  readonly days: readonly number[];
  /** Minutes after midnight on the wall clock there; `from` counts, `until` doesn't. `until` at or before `from`: it ends on the next day. */
  readonly from: number;
  readonly until: number;
  /** IANA. */
  readonly zone: string;
}

/** A time in which nothing opens, and which nothing that opens before reaches into. */
export interface Freeze {
  readonly name: string;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly match: Match;
  /** Names of roles that it isn't for. */
  readonly except: readonly string[];
}
