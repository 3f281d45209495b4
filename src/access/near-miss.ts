/** Which known word somebody may have meant. */

import { distance } from "fastest-levenshtein";

/**
 * Those of `known` that are nearest to `typed`, all equally near, at most `limit`; case doesn't count. Empty when nothing is near enough: one slip in three
 * letters, two in six or so, three in a long word.
 */
export const nearMisses = (typed: string, known: Iterable<string>, limit = 3): readonly string[] => {
  const word = typed.toLowerCase();
  const allowed = word.length < 4 ? 1 : word.length < 9 ? 2 : 3;
  const near = [...new Set(known)]
    .filter((candidate) => Math.abs(candidate.length - word.length) <= allowed)
    .map((candidate) => ({ candidate, slips: distance(word, candidate.toLowerCase()) }))
    .filter(({ slips }) => slips <= allowed && slips < word.length);
  const fewest = Math.min(...near.map(({ slips }) => slips));
  return near
    .filter(({ slips }) => slips === fewest)
    .map(({ candidate }) => candidate)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .slice(0, limit);
};

/** The nearest of `known`; `undefined` when nothing is near enough. */
export const nearMiss = (typed: string, known: Iterable<string>): string | undefined => nearMisses(typed, known, 1)[0];
