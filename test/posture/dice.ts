/** Chance that can be repeated. */

export interface Dice {
  /** From 0 up to, not including, `sides`. */
  readonly roll: (sides: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
  readonly some: <T>(from: readonly T[], most: number) => readonly T[];
  readonly chance: (share: number) => boolean;
}

/** Mulberry32, which is in the public domain. */
export const createDice = (seed: number): Dice => {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const roll = (sides: number): number => Math.floor(next() * sides);
  const pick = <T>(from: readonly T[]): T => {
    const picked = from[roll(from.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  };
  return {
    roll,
    pick,
    some: (from, most) => [...new Set(Array.from({ length: 1 + roll(most) }, () => pick(from)))],
    chance: (share) => next() < share,
  };
};
