/** A ledger that lets this process remember what it commits. */

import type { Ledger } from "../grants/ledger.ts";
import type { RememberedGrants } from "./remembered-grants.ts";

/** `committed` is called after each write: something may have become due. */
export const createRememberingLedger = (
  ledger: Ledger,
  remembered: RememberedGrants,
  committed: () => void,
): Ledger => ({
  ...ledger,
  commit: async (write) => {
    const done = await ledger.commit(write);
    if (done && write.grant !== undefined) remembered.remember(write.grant);
    if (done) committed();
    return done;
  },
});
