/** A lockdown outlives the memory that holds it: whoever knows of one that was lost, and not lifted, writes it again. */

import type { Ledger } from "../../grants/ledger.ts";
import type { Lockdown } from "../../grants/lockdown.ts";

/** One look, each second and before the first. Throws a `Fault` when memory is away. */
export type KeepLockdown = () => Promise<void>;

/** Where this process finds after a restart what stood before. Each may throw. */
export interface LockdownTrace {
  readonly read: () => Promise<Lockdown | undefined>;
  readonly write: (lockdown: Lockdown) => Promise<void>;
  readonly remove: () => Promise<void>;
}

interface KeepDeps {
  readonly ledger: Pick<Ledger, "lockdown" | "liftedLockdown" | "commit">;
  readonly trace: LockdownTrace;
  /** The trace couldn't be read or kept. */
  readonly failed: (error: unknown) => void;
}

export const createKeepLockdown = ({ ledger, trace, failed }: KeepDeps): KeepLockdown => {
  let known: Lockdown | undefined;
  /** What the trace says; `unread` before the first look at it. */
  let traced: Lockdown["at"] | "none" | "unread" = "unread";
  let told = false;

  const readTrace = async (): Promise<void> => {
    if (traced !== "unread") return;
    known = await trace.read().catch((error: unknown) => {
      failed(error);
      return undefined;
    });
    traced = known?.at ?? "none";
  };

  /** Tried each second, and told once: a full disk mustn't fill the log too. */
  const keepTrace = async (): Promise<void> => {
    const now = known?.at ?? "none";
    if (traced === now) return;
    try {
      await (known === undefined ? trace.remove() : trace.write(known));
      traced = now;
      told = false;
    } catch (error) {
      if (!told) failed(error);
      told = true;
    }
  };

  return async () => {
    await readTrace();
    const standing = await ledger.lockdown();
    if (standing !== undefined) known = standing;
    else if (known !== undefined) {
      const lifted = await ledger.liftedLockdown();
      // Somebody else may have written one in between; then this one isn't, and the next look sees theirs.
      if (lifted !== undefined && lifted >= known.at) known = undefined;
      else await ledger.commit({ lockdown: known, events: [] });
    }
    await keepTrace();
  };
};
