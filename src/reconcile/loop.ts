/** Takes what is due from a queue and looks at it, again and again, until it is right. */

import { isFault } from "../access/fault.ts";
import { type Clock, type DurationMs, type EpochMs, earliest, later, MINUTE, SECOND } from "../access/time.ts";
import type { Lease, Wakeups } from "./wakeups.ts";

export interface LoopDeps {
  readonly wakeups: Wakeups;
  readonly clock: Clock;
  /** One look; returns when to look next, if ever. `stillMine` says whether the lease still stands. Throws: look again soon, later each time. */
  readonly look: (id: string, stillMine: () => Promise<boolean>, signal: AbortSignal) => Promise<EpochMs | undefined>;
  /** Told of each look that threw. Returns an instant that the next look must not miss, if it knows one. Must not throw. */
  readonly failed: (id: string, error: unknown, againAt: EpochMs) => Promise<EpochMs | undefined>;
  /** How many things are looked at side by side. High, so that things whose cloud hangs don't hold up the others. */
  readonly concurrency: number;
}

export interface Loop {
  /** Takes what is due now. Throws when memory is away. Called by the beat, and whenever something may have become due. */
  readonly beat: () => Promise<void>;
  /** Ends the timers, aborts what is under way and waits for it. */
  readonly stop: () => Promise<void>;
}

/**
 * A look that doesn't settle is repeated without end: after a quarter of a second, then twice as long each time, a minute at most, or after what the
 * other side asked for.
 */
export const createLoop = (deps: LoopDeps): Loop => {
  const running = new Set<Promise<void>>();
  const tries = new Map<string, number>();
  const askedToWait = new Map<string, EpochMs>();
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let asking = 0;

  const run = async (lease: Lease): Promise<void> => {
    const notBefore = askedToWait.get(lease.id);
    if (notBefore !== undefined && deps.clock.now() < notBefore) {
      // Whoever wants a look now doesn't know that the other side makes those who ask too early wait longer.
      await deps.wakeups.finish(lease, notBefore).catch(() => undefined);
      return;
    }
    askedToWait.delete(lease.id);
    const { signal, end } = renewing(lease);
    let next: EpochMs | undefined;
    try {
      next = await deps.look(lease.id, () => deps.wakeups.renew(lease, deps.clock.now(), LEASE), signal);
      tries.delete(lease.id);
    } catch (error) {
      const again = later(deps.clock.now(), waitAfter(lease.id, error));
      const notAfter = await deps.failed(lease.id, error, again);
      const isAsked = isFault(error) && error.afterMs !== undefined;
      if (isAsked) askedToWait.set(lease.id, again);
      next = isAsked ? again : earliest(again, notAfter);
    } finally {
      end();
    }
    // When this fails the lease runs out, and its thing is due again by itself.
    await deps.wakeups.finish(lease, next).catch(() => undefined);
  };

  const waitAfter = (id: string, error: unknown): DurationMs => {
    if (isFault(error) && error.code === "lease-lost") return 0 as DurationMs;
    const before = tries.get(id) ?? 0;
    tries.set(id, before + 1);
    const asked = isFault(error) ? error.afterMs : undefined;
    return (asked === undefined ? retryAfter(before) : Math.min(asked, LONGEST_ASKED)) as DurationMs;
  };

  /** Keeps the lease while a cloud takes its time, and aborts the look when it is lost. */
  const renewing = (lease: Lease) => {
    const lost = new AbortController();
    const every = setInterval(() => {
      deps.wakeups.renew(lease, deps.clock.now(), LEASE).then(
        (held) => held || lost.abort(),
        () => undefined,
      );
    }, LEASE / 3);
    return {
      signal: AbortSignal.any([lost.signal, stopping.signal, AbortSignal.timeout(LONGEST_LOOK)]),
      end: () => clearInterval(every),
    };
  };

  const start = (lease: Lease): void => {
    const done = run(lease).finally(() => {
      running.delete(done);
      poke();
    });
    running.add(done);
  };

  const beat = async (): Promise<void> => {
    if (stopping.signal.aborted) return;
    // What is being asked for counts as running, because beats may come side by side.
    const free = Math.max(0, deps.concurrency - running.size - asking);
    asking += free;
    try {
      for (const lease of free === 0 ? [] : await deps.wakeups.take(deps.clock.now(), free, LEASE)) start(lease);
    } finally {
      asking -= free;
    }
    await aim();
  };

  /** The beat comes every second; the timer hits what is due in between to the millisecond. */
  const aim = async (): Promise<void> => {
    const at = await deps.wakeups.nextAt();
    clearTimeout(timer);
    const inMs = at === undefined ? SECOND : at - deps.clock.now();
    if (stopping.signal.aborted || inMs >= SECOND || running.size >= deps.concurrency) return;
    timer = setTimeout(poke, Math.max(inMs, 1));
  };

  /** Memory may be away; the beat notices that too, and knows what to do about it. */
  const poke = (): void => {
    beat().catch(() => undefined);
  };

  return {
    beat,
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await Promise.allSettled(running);
    },
  };
};

/** A worker that dies delays its firewall by this much at most. */
const LEASE = (5 * SECOND) as DurationMs;
const LONGEST_LOOK = 10 * MINUTE;
const LONGEST_ASKED = 5 * MINUTE;
const FIRST_RETRY = 250;
/** So that a cloud that was away for some minutes finds us asking when it is back. */
const STEADY_RETRY = 5 * SECOND;
const STEADY_TRIES = 30;

const retryAfter = (before: number): number =>
  before < STEADY_TRIES
    ? Math.min(FIRST_RETRY * 2 ** before, STEADY_RETRY)
    : Math.min(STEADY_RETRY * 2 ** (before - STEADY_TRIES), MINUTE);
