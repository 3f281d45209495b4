/** A lockdown outlives the memory that holds it: whoever knows of one that was lost, and not lifted, writes it again. */

import type { Ledger } from "../../grants/ledger.ts";
import type { Lockdown } from "../../grants/lockdown.ts";

/** One look, each second. Throws a `Fault` when memory is away. */
export type KeepLockdown = () => Promise<void>;

export const createKeepLockdown = (ledger: Pick<Ledger, "lockdown" | "liftedLockdown" | "commit">): KeepLockdown => {
  let known: Lockdown | undefined;
  return async () => {
    const standing = await ledger.lockdown();
    if (standing !== undefined) known = standing;
    if (standing !== undefined || known === undefined) return;
    const lifted = await ledger.liftedLockdown();
    // Somebody else may have written one in between; then this one isn't, and the next look sees theirs.
    if (lifted !== undefined && lifted >= known.at) known = undefined;
    else await ledger.commit({ lockdown: known, events: [] });
  };
};
