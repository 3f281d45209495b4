/** What only one person, or one browser, is to know, for a while. */

import { randomInt } from "node:crypto";
import { ID_ALPHABET } from "../access/identifier.ts";
import { type DurationMs, MINUTE } from "../access/time.ts";

/** Each part of the way from a link to its code. */
export const LASTS = (10 * MINUTE) as DurationMs;
export const TRIES = 5;

/** `bcdfg-hjkmn`: 48 bits, to be read off one screen and typed into another. */
export const newCode = (): string =>
  grouped(Array.from({ length: 10 }, () => ID_ALPHABET.charAt(randomInt(ID_ALPHABET.length))).join(""));

/** However people type it: `BCDFG HJKMN`. */
export const readCode = (typed: string): string => grouped(typed.toLowerCase().replaceAll(/[^a-z0-9]/gu, ""));

const grouped = (letters: string): string => `${letters.slice(0, 5)}-${letters.slice(5)}`;
