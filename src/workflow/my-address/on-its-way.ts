/** Whether an access is to go on from elsewhere. */

import type { EpochMs } from "../../access/time.ts";
import { type Grant, isUnderWay } from "../../grants/grant.ts";
import type { Ledger } from "../../grants/ledger.ts";

/** What takes its place is open or opening, also where it was moved on again before it opened. */
export const isOnItsWay = async (grant: Grant, now: EpochMs, ledger: Pick<Ledger, "grant">): Promise<boolean> => {
  for (let next = grant.movingTo; next !== undefined; ) {
    const there = await ledger.grant(next);
    if (there !== undefined && isUnderWay(there, now)) return true;
    next = there?.movingTo;
  }
  return false;
};
