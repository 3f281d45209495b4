/** Ids that we hand out: short, lower case, safe in rule names, buttons and speech. */

import { randomInt } from "node:crypto";

declare const requestId: unique symbol;
declare const grantId: unique symbol;

/** `k7f3q2xd`: eight characters of `ID_ALPHABET`. */
export type RequestId = string & { readonly [requestId]: true };
/** Like a `RequestId`, and equal to the id of the request it came from. */
export type GrantId = string & { readonly [grantId]: true };

/** No vowels, so that no words appear; no `0 1 l`, which people confuse. */
export const ID_ALPHABET = "23456789bcdfghjkmnpqrstvwxyz";
export const ID_PATTERN = `[${ID_ALPHABET}]{8}`;

const whole = new RegExp(`^${ID_PATTERN}$`, "u");

export const isId = (text: string): boolean => whole.test(text);

/** 28^8 ids; the ledger refuses one that is taken. */
export const randomId = (): string =>
  Array.from({ length: 8 }, () => ID_ALPHABET.charAt(randomInt(ID_ALPHABET.length))).join("");
