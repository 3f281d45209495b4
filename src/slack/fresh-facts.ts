/** Answers of Slack that are kept for moments: so that one decision doesn't ask twice, and a crowd asks once. */

import { isFault } from "../access/fault.ts";
import { type Clock, type DurationMs, type EpochMs, later, MINUTE } from "../access/time.ts";

export interface FreshFacts<T> {
  /** Those who ask for one thing at the same time share one call. What failed isn't kept. */
  readonly ask: (key: string) => Promise<T>;
  /** It changed: no answer from before counts any more. */
  readonly forget: (key: string) => void;
  /** Somebody acts: answers from before count only where Slack wants us to ask less often. */
  readonly startAnew: () => void;
}

interface Facts<T> {
  /** What was asked last, and perhaps still is. */
  asking?: { readonly at: EpochMs; readonly round: number; readonly answer: Promise<T> };
  /** The last answer that came. */
  answered?: { readonly at: EpochMs; readonly value: T };
}

/** An answer is as old as the question: it counts for `keptFor` from when it was asked for, and for `throttledFor` while Slack wants us to ask less often. */
export const createFreshFacts = <T>(
  clock: Clock,
  keptFor: DurationMs,
  read: (key: string) => Promise<T>,
  throttledFor: DurationMs = keptFor,
): FreshFacts<T> => {
  // What is forgotten is no longer in here, and whoever still asks about it changes nothing any more.
  const kept = new Map<string, Facts<T>>();
  let round = 0;
  /** Limits are by the minute. What is known well enough isn't asked for then, or those who are asked about first would leave nothing for the others. */
  let throttledUntil: EpochMs | undefined;

  const isWithin = (at: EpochMs | undefined, length: DurationMs): boolean =>
    at !== undefined && clock.now() < later(at, length);

  const prune = (): void => {
    if (kept.size < MANY) return;
    for (const [key, { asking, answered }] of kept)
      if (!isWithin(asking?.at, keptFor) && !isWithin(answered?.at, throttledFor)) kept.delete(key);
  };

  const readNow = async (key: string, facts: Facts<T>): Promise<T> => {
    const at = clock.now();
    try {
      const value = await read(key);
      if (facts.answered === undefined || facts.answered.at <= at) facts.answered = { at, value };
      return value;
    } catch (error) {
      // Whoever forgot it meanwhile knows that it changed.
      const before = kept.get(key) === facts ? facts.answered : undefined;
      const isThrottled = isFault(error) && error.afterMs !== undefined;
      if (isThrottled) throttledUntil = later(clock.now(), MINUTE);
      if (isThrottled && before !== undefined && isWithin(before.at, throttledFor)) return before.value;
      throw error;
    }
  };

  const ask = (key: string): Promise<T> => {
    const facts = kept.get(key) ?? {};
    const { asking, answered } = facts;
    if (asking?.round === round && isWithin(asking.at, keptFor)) return asking.answer;
    const isThrottled = throttledUntil !== undefined && clock.now() < throttledUntil;
    if (isThrottled && answered !== undefined && isWithin(answered.at, (throttledFor / 2) as DurationMs))
      return Promise.resolve(answered.value);
    prune();
    kept.set(key, facts);
    const now = { at: clock.now(), round, answer: readNow(key, facts) };
    facts.asking = now;
    const settled = (): void => {
      if (facts.asking === now && facts.answered?.at !== now.at) delete facts.asking;
    };
    now.answer.then(settled, settled);
    return now.answer;
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
