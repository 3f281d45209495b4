/** Which known word somebody may have meant. */

import { distance } from "fastest-levenshtein";

/**
 * Those of `known` that are nearest to `typed`, the nearest first, at most `limit`; case doesn't count. Empty when nothing is near enough: one slip in three
 * letters, two in six or so, three in a long word.
 */
export const nearMisses = (typed: string, known: Iterable<string>, limit = 3): readonly string[] => {
  const word = typed.toLowerCase();
  const allowed = word.length < 4 ? 1 : word.length < 9 ? 2 : 3;
  return [...new Set(known)]
    .filter((candidate) => Math.abs(candidate.length - word.length) <= allowed)
    .map((candidate) => ({ candidate, slips: distance(word, candidate.toLowerCase()) }))
    .filter(({ slips }) => slips <= allowed && slips < word.length)
    .toSorted((a, b) => a.slips - b.slips || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
};

/** The nearest of `known`; `undefined` when nothing is near enough. */
export const nearMiss = (typed: string, known: Iterable<string>): string | undefined => nearMisses(typed, known, 1)[0];
