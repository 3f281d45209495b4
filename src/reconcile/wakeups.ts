/**
 * A wake-up says *look at this no later than then*. It carries no instruction, so a late, lost or doubled one is harmless.
 *
 * One queue of them exists for each kind of thing that is looked at: firewalls, waiting requests, places where messages go.
 */

import type { DurationMs, EpochMs } from "../access/time.ts";

/** A worker's sole right to one thing for a limited time. Tokens only grow: a worker with an older one has been replaced. */
export interface Lease {
  readonly id: string;
  readonly token: number;
  /** When it was due, for measuring lag. */
  readonly dueAt: EpochMs;
}

/** Every method throws a `Fault` of code `redis` when memory is away. */
export interface Wakeups {
  /** Look at `id` no later than `at`. An earlier wish that is already there stays; also while somebody holds the lease. */
  readonly wake: (id: string, at: EpochMs) => Promise<void>;

  /** For who fears that a look was forgotten: `wake`, unless one is planned already, however late, or under way. */
  readonly remind: (id: string, at: EpochMs) => Promise<void>;

  /**
   * Leases at most `limit` things whose time has come (`at <= now`), the longest due first, none that is leased already. A lease lasts `lease`; one that ran out
   * makes its thing due again.
   */
  readonly take: (now: EpochMs, limit: number, lease: DurationMs) => Promise<readonly Lease[]>;

  /** Whether the lease still stands, prolonged to `now + lease` if so. One that ran out or was replaced doesn't. */
  readonly renew: (held: Lease, now: EpochMs, lease: DurationMs) => Promise<boolean>;

  /**
   * Gives the lease back and asks for the next look at `next`, if any. Wishes that arrived meanwhile stay. Does nothing when the lease was lost
   * (its thing is due again already).
   */
  readonly finish: (held: Lease, next: EpochMs | undefined) => Promise<void>;

  /**
   * When the earliest wish or the first lease's end is; `undefined` when there is nothing to wait for. A wish for what is leased doesn't count: it can't be
   * taken before the lease ends.
   */
  readonly nextAt: () => Promise<EpochMs | undefined>;
}
