/** Ids that we hand out: short, lower case, safe in rule names, buttons and speech. */

import { createHash, randomInt } from "node:crypto";

declare const requestId: unique symbol;
declare const grantId: unique symbol;
declare const protectionId: unique symbol;

/** `k7f3q2xd`: eight characters of `ID_ALPHABET`. */
export type RequestId = string & { readonly [requestId]: true };
/** Like a `RequestId`, and equal to the id of the request it came from. */
export type GrantId = string & { readonly [grantId]: true };
/** Follows from the machine, so that a machine has one protection and a mark that nobody remembers still tells its machine. */
export type ProtectionId = string & { readonly [protectionId]: true };

/** No vowels, so that no words appear; no `0 1 l`, which people confuse. */
export const ID_ALPHABET = "23456789bcdfghjkmnpqrstvwxyz";
export const ID_PATTERN = `[${ID_ALPHABET}]{8}`;

const whole = new RegExp(`^${ID_PATTERN}$`, "u");

export const isId = (text: string): boolean => whole.test(text);

/** The same for the same machine, always. `machine` is a `MachineId`. */
export const protectionIdOf = (machine: string): ProtectionId =>
  [...createHash("sha256").update(machine).digest().subarray(0, 8)]
    .map((byte) => ID_ALPHABET.charAt(byte % ID_ALPHABET.length))
    .join("") as ProtectionId;

/** 28^8 ids; the ledger refuses one that is taken. */
export const randomId = (): string =>
  Array.from({ length: 8 }, () => ID_ALPHABET.charAt(randomInt(ID_ALPHABET.length))).join("");
