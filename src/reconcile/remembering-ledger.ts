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
    for (const grant of [write.grant, write.replaced]) if (done && grant !== undefined) remembered.remember(grant);
    if (done) committed();
    return done;
  },
});
