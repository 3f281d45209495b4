import { expect, test } from "vitest";
import { ID_ALPHABET, isId, randomId } from "../../src/access/identifier.ts";

test("an id that we hand out is one that we read, and no two are alike", () => {
  const ids = Array.from({ length: 2_000 }, randomId);
  expect(ids.every(isId)).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids.join(""))).toEqual(new Set(ID_ALPHABET));
});

test("an id spells no word and holds nothing that people confuse", () => {
  expect(ID_ALPHABET).not.toMatch(/[aeiou01l]/u);
});

test.each(["", "k7f3q2x", "k7f3q2xdd", "K7F3Q2XD", "k7f3q2x1", "k7f3q2xd\n", "k7f3 2xd"])("%j is none", (text) => {
  expect(isId(text)).toBe(false);
});
