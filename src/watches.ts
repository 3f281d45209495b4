/** What is looked at as a whole, by one replica at a time. */

import { type DurationMs, type EpochMs, later, MINUTE } from "./access/time.ts";
import type { DeliverDeps } from "./notices/deliver.ts";
import { homesToRefresh } from "./notices/homes.ts";
import type { Parts } from "./parts.ts";
import type { Wakeups } from "./reconcile/wakeups.ts";
import { LOCKDOWN_ID } from "./redis/keys.ts";
import { createWatchLockdown } from "./workflow/lockdown/watch-lockdown.ts";
import { createFollowMachines } from "./workflow/protecting/follow-machines.ts";
import { createProtectByPolicy } from "./workflow/protecting/protect-by-policy.ts";
import type { WatchPosture } from "./workflow/standing-of-machines/watch-posture.ts";

export type Watch = typeof LOCKDOWN_ID | "protections" | "accesses" | "homes" | "posture";

interface WatchesDeps {
  readonly firewallWakeups: Wakeups;
  readonly posture: WatchPosture;
  /** Those that are looked at. */
  readonly homes: DeliverDeps["homes"];
}

/** Each returns when it is to be looked at again. */
export const createWatches = (
  parts: Parts,
  { firewallWakeups, posture, homes }: WatchesDeps,
): Readonly<Record<Watch, (signal: AbortSignal) => Promise<EpochMs | undefined>>> => {
  const { clock, inventories, memory, openFirewall, recheck, workflow } = parts;
  const { ledger, auditLog, outbox } = memory;
  const followMachines = createFollowMachines({ ...workflow, isGone: parts.isGone });
  const protectByPolicy = createProtectByPolicy(workflow);
  return {
    [LOCKDOWN_ID]: createWatchLockdown({ ledger, auditLog, clock, inventories, openFirewall, firewallWakeups }),
    protections: async (signal) => {
      await followMachines(signal);
      await protectByPolicy(signal);
      return later(clock.now(), MINUTE);
    },
    accesses: async (signal) => {
      await recheck(signal);
      return later(clock.now(), MINUTE);
    },
    homes: async () => {
      await outbox.call(homesToRefresh(await homes(), clock.now()));
      return later(clock.now(), MINUTE);
    },
    posture: async (signal) => {
      await posture.watch(signal);
      return later(clock.now(), POSTURE_EVERY);
    },
  };
};

/** The rules of all machines are read for it. */
const POSTURE_EVERY = (5 * MINUTE) as DurationMs;
