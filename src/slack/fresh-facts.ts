/** Answers of Slack that are kept for moments: so that one decision doesn't ask twice, and a crowd asks once. */

import { isFault } from "../access/fault.ts";
import { type Clock, type DurationMs, type EpochMs, later } from "../access/time.ts";

export interface FreshFacts<T> {
  /** Those who ask for one thing at the same time share one call. What failed isn't kept. */
  readonly ask: (key: string) => Promise<T>;
  /** It changed: no answer from before counts any more. */
  readonly forget: (key: string) => void;
  /** Somebody acts: answers from before count only where Slack wants us to ask less often, and then no longer than they are kept. */
  readonly startAnew: () => void;
}

interface Known<T> {
  readonly until: EpochMs;
  readonly round: number;
  readonly answer: Promise<T>;
}

/** An answer is as old as the question: it is kept for `keptFor` from when it was asked for. */
export const createFreshFacts = <T>(
  clock: Clock,
  keptFor: DurationMs,
  read: (key: string) => Promise<T>,
): FreshFacts<T> => {
  const kept = new Map<string, Known<T>>();
  let round = 0;

  const isKept = (known: Known<T> | undefined): known is Known<T> => known !== undefined && clock.now() < known.until;

  const prune = (): void => {
    if (kept.size < MANY) return;
    for (const [key, known] of kept) if (!isKept(known)) kept.delete(key);
  };

  const ask = (key: string): Promise<T> => {
    const before = kept.get(key);
    if (isKept(before) && before.round === round) return before.answer;
    prune();
    const answer = read(key).catch((error: unknown) => {
      // Whoever forgot it meanwhile knows that it changed.
      if (kept.get(key) !== known) throw error;
      if (isFault(error) && error.afterMs !== undefined && isKept(before)) {
        kept.set(key, before);
        return before.answer;
      }
      kept.delete(key);
      throw error;
    });
    const known: Known<T> = { until: later(clock.now(), keptFor), round, answer };
    kept.set(key, known);
    return answer;
  };

  return {
    ask,
    forget: (key) => void kept.delete(key),
    startAnew: () => {
      round += 1;
    },
  };
};

const MANY = 1_000;
