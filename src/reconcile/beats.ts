/** The beats: every second what is due, every minute everything, and what people set a time for. */

import { type ScheduledTask, schedule } from "node-cron";
import type { FirewallId } from "../access/machine.ts";
import { type Clock, type EpochMs, SECOND } from "../access/time.ts";
import type { Loop } from "./loop.ts";
import type { RememberedGrants } from "./remembered-grants.ts";
import type { Wakeups } from "./wakeups.ts";

export interface BeatsDeps {
  readonly loops: readonly Loop[];
  /** A look at everything. */
  readonly minute: (signal: AbortSignal) => Promise<void>;
  /** Done whenever its cron expression says so, in that zone; by every replica, so it must know that it was done. */
  readonly scheduled?: readonly {
    readonly name: string;
    readonly cron: string;
    readonly timezone: string;
    readonly work: (signal: AbortSignal) => Promise<void>;
  }[];
  readonly firewallWakeups: Wakeups;
  readonly remembered: RememberedGrants;
  readonly withoutMemory: (firewalls: Iterable<FirewallId>, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  /** Something that only operators need to know. Must not throw. */
  readonly failed: (what: string, error: unknown) => void;
}

export interface Beats {
  readonly start: () => void;
  /** Take what is due now rather than at the next second. */
  readonly poke: () => void;
  /** When memory last answered a beat. */
  readonly lastSecondAt: () => EpochMs | undefined;
  readonly stop: () => Promise<void>;
}

/**
 * node-cron drives the beats and a timer hits the ends of remembered grants in between. Neither carries anything: missed runs are not run later,
 * because what is due is stored with its time.
 */
export const createBeats = (deps: BeatsDeps): Beats => {
  const stopping = new AbortController();
  let tasks: readonly ScheduledTask[] = [];
  let timer: NodeJS.Timeout | undefined;
  let lastSecondAt: EpochMs | undefined;

  const takeAll = async (): Promise<void> => {
    // Memory may have lost what is due. Where it hasn't, a look that waits as its cloud asked must go on waiting.
    for (const id of deps.remembered.stillToTell(deps.clock.now())) {
      await deps.firewallWakeups.remind(id, deps.clock.now());
    }
    await Promise.all(deps.loops.map((loop) => loop.beat()));
  };

  const second = async (): Promise<void> => {
    if (stopping.signal.aborted) return;
    // Memory that is slow to answer may be gone, and closing doesn't wait for it.
    if (await within(MEMORY_ANSWERS_IN, takeAll())) lastSecondAt = deps.clock.now();
    else void closeWithoutMemory();
    aim();
  };

  const aim = (): void => {
    clearTimeout(timer);
    const end = deps.remembered.nextEnd(deps.clock.now());
    const inMs = end === undefined ? SECOND : end - deps.clock.now();
    if (inMs < SECOND && !stopping.signal.aborted) timer = setTimeout(() => void onSecond(), Math.max(inMs, 1));
  };

  /** Nobody waits for it, so what it throws ends here. */
  const guarded = (what: string, work: () => Promise<void>) => (): Promise<void> =>
    work().catch((error: unknown) => deps.failed(what, error));

  const onSecond = guarded("second", second);
  const onMinute = guarded("minute", () => deps.minute(stopping.signal));
  const onPoke = guarded("poke", takeAll);
  const closeWithoutMemory = guarded("close without memory", () =>
    deps.withoutMemory(deps.remembered.stillToClose(deps.clock.now()), stopping.signal),
  );

  return {
    start: () => {
      const options = { noOverlap: true, suppressMissedWarning: true };
      tasks = [
        schedule("* * * * * *", onSecond, { ...options, name: "second" }),
        schedule("0 * * * * *", onMinute, { ...options, name: "minute" }),
        ...(deps.scheduled ?? []).map(({ name, cron, timezone, work }) =>
          schedule(
            cron,
            guarded(name, () => work(stopping.signal)),
            { ...options, name, timezone },
          ),
        ),
      ];
      void onMinute();
    },
    poke: () => void onPoke(),
    lastSecondAt: () => lastSecondAt,
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      for (const task of tasks) await task.destroy();
      await Promise.all(deps.loops.map((loop) => loop.stop()));
    },
  };
};

/** Whether it succeeds in time. */
const within = async (ms: number, work: Promise<void>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const done = work.then(
    () => true,
    () => false,
  );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
};

const MEMORY_ANSWERS_IN = 700;
