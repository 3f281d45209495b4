/** Secrets that tell by themselves whether they are ours. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { createSignedSecrets } from "../../src/access/signed-secret.ts";

const secrets = createSignedSecrets("xoxb-1", "address acme");

test("one that was made here is ours, and fits an address", () => {
  const secret = secrets.make();
  expect(secret).toMatch(/^[\w-]{43}$/u);
  expect(secrets.isOurs(secret)).toBe(true);
  expect(secrets.make()).not.toBe(secret);
});

test("whoever changes, leaves out, adds or swaps any character has nothing", () => {
  const secret = secrets.make();
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (let at = 0; at < secret.length; at += 1) {
    for (const letter of alphabet) {
      if (secret[at] !== letter)
        expect(secrets.isOurs(`${secret.slice(0, at)}${letter}${secret.slice(at + 1)}`)).toBe(false);
    }
    expect(secrets.isOurs(`${secret.slice(0, at)}${secret.slice(at + 1)}`)).toBe(false);
  }
  for (const more of ["A", "=", " ", "\n", "%"]) expect(secrets.isOurs(secret + more)).toBe(false);
  expect(secrets.isOurs("")).toBe(false);
});

test("another token of the bot, another purpose and another installation know nothing of it", () => {
  const secret = secrets.make();
  expect(createSignedSecrets("xoxb-2", "address acme").isOurs(secret)).toBe(false);
  expect(createSignedSecrets("xoxb-1", "link acme").isOurs(secret)).toBe(false);
  expect(createSignedSecrets("xoxb-1", "address other").isOurs(secret)).toBe(false);
  expect(createSignedSecrets("xoxb-1", "address acme").isOurs(secret)).toBe(true);
});

test("a signature is of its texts alone, in their order, cut as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (some, others) => {
      const same = JSON.stringify(some) === JSON.stringify(others);
      expect(secrets.isSigned(others, secrets.sign(some))).toBe(same);
    }),
  );
  expect(secrets.isSigned(["ab", "c"], secrets.sign(["a", "bc"]))).toBe(false);
  expect(secrets.isSigned([], "")).toBe(false);
});
