/** Kills a bot, as a process, at its writes to a cloud, and starts it again each time. */

import type { Bot } from "../../src/sandbox/bot.ts";
import type { Faults } from "../../src/sandbox/faults.ts";

/**
 * How it dies of which write, counted from 1: `before` it has any effect, or `after`, when the bot hasn't heard of it yet. A write that was kept from having
 * an effect has the same number when it comes again, and isn't met a second time.
 */
export type Killing = (write: number) => "before" | "after" | undefined;

export interface Killer {
  /** The writes that it died of, in order: `3 PUT …/securityRules/latch-acme-…`. */
  readonly deaths: readonly string[];
  /** All writes that had an effect. */
  readonly writes: readonly string[];
  /** For how long it wasn't there, in milliseconds. */
  readonly downMs: () => number;
  /** Waits until it runs. */
  readonly alive: () => Promise<void>;
  /** Throws what went wrong while it was started again. */
  readonly end: () => Promise<void>;
}

export const killAtWrites = (bot: Bot, clouds: readonly Faults[], killing: Killing): Killer => {
  const deaths: string[] = [];
  const writes: string[] = [];
  const killed = new Set<number>();
  let rebirth: Promise<void> = Promise.resolve();
  let over = false;
  let downMs = 0;

  const deathBy = (call: string): "before" | "after" | undefined => {
    const number = writes.length + 1;
    const death = over || !bot.isRunning() || killed.has(number) ? undefined : killing(number);
    if (death !== "before") writes.push(call);
    if (death === undefined) return undefined;
    killed.add(number);
    deaths.push(`${death} ${number} ${call}`);
    return death;
  };
  const rise = (): void => {
    rebirth = rebirth.then(async () => {
      const since = Date.now();
      await bot.kill();
      for (const faults of clouds) faults.clear();
      for (const faults of clouds) arm(faults);
      await bot.start();
      downMs += Date.now() - since;
    });
    // Thrown by `alive` and `end`.
    rebirth.catch(() => undefined);
  };
  const arm = (faults: Faults): void => {
    faults.add({
      calls: WRITE,
      does: (call) => {
        const death = deathBy(call);
        if (death === undefined) return undefined;
        rise();
        return { kind: death === "before" ? "hang" : "hang-after" };
      },
    });
  };
  for (const faults of clouds) arm(faults);

  return {
    deaths,
    writes,
    downMs: () => downMs,
    alive: () => rebirth,
    end: async () => {
      over = true;
      await rebirth;
      for (const faults of clouds) faults.clear();
    },
  };
};

/** Azure's are asked for twice, in lower case first; EC2's have no path. */
const WRITE =
  /^(?:(?:PUT|PATCH|POST|DELETE) .*\/resourceGroups\/|(?!Describe|Get|PUT|PATCH|POST|DELETE)[A-Z][a-z]+[A-Z])/u;
