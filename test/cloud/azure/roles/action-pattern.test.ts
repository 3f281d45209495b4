import { expect, test } from "vitest";
import { covers, overlap } from "../../../../src/cloud/azure/roles/action-pattern.ts";

const JIT = "Microsoft.Security/locations/jitNetworkAccessPolicies";

test.each([
  ["*", `${JIT}/*/read`, true],
  ["*/read", `${JIT}/*/read`, true],
  ["*/read", "Microsoft.Network/*/read", true],
  ["Microsoft.Network/*", "Microsoft.Network/*/read", true],
  ["microsoft.NETWORK/*/READ", "Microsoft.Network/*/read", true],
  ["Microsoft.Network/*/read", "Microsoft.Network/*/read", true],
  ["Microsoft.Network/*/read", "Microsoft.Network/networkInterfaces/*/read", true],
  ["Microsoft.Network/networkInterfaces/*", "Microsoft.Network/networkInterfaces/*/read", true],
  // Another star may stand for what this one doesn't.
  ["Microsoft.Network/networkInterfaces/*/read", "Microsoft.Network/*/read", false],
  ["Microsoft.Network/networkInterfaces/*/read", "Microsoft.Network/networkInterfaces/read", false],
  ["Microsoft.Network/*/read", "Microsoft.Network/read", false],
  ["Microsoft.Net*", "Microsoft.Network/*/read", true],
  ["Microsoft.Network/*/write", "Microsoft.Network/*/read", false],
  ["Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/read", true],
  ["Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/*", false],
  ["Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachines/read", false],
  ["Microsoft.Compute/virtualMachines/re?d", "Microsoft.Compute/virtualMachines/read", false],
  ["Microsoft.Compute/virtualMachines/.*", "Microsoft.Compute/virtualMachines/read", false],
  ["", "Microsoft.Compute/virtualMachines/read", false],
])("%s holds all of %s: %s", (wide, narrow, expected) => {
  expect(covers(wide, narrow)).toBe(expected);
});

test.each([
  ["Microsoft.Authorization/*/Write", "Microsoft.Network/*/read", false],
  ["Microsoft.Authorization/*/Write", "*/read", false],
  ["Microsoft.Network/*", "*/read", true],
  ["Microsoft.Network/networkInterfaces/*", "Microsoft.Network/*/read", true],
  ["Microsoft.Network/networkInterfaces/delete", "Microsoft.Network/*/read", false],
  ["*/initiate/action", `${JIT}/*`, true],
  ["a*", "*b", true],
  ["a*c", "b*", false],
  ["", "*", true],
  ["", "a", false],
])("%s and %s have something in common: %s", (one, other, expected) => {
  expect(overlap(one, other)).toBe(expected);
  expect(overlap(other, one)).toBe(expected);
});

/** All texts over some letters, up to a length. */
const texts = (letters: string, length: number): readonly string[] =>
  length === 0
    ? [""]
    : ["", ...texts(letters, length - 1).flatMap((text) => [...letters].map((letter) => letter + text))];

/** As one would say it: a star is nothing, or any letter and a star. */
const fits = (pattern: string, text: string): boolean => {
  if (pattern === "") return text === "";
  if (pattern.startsWith("*")) return fits(pattern.slice(1), text) || (text !== "" && fits(pattern, text.slice(1)));
  return text !== "" && pattern[0] === text[0] && fits(pattern.slice(1), text.slice(1));
};

test("every pattern of up to four signs says of every other what all texts together say", () => {
  const patterns = [...new Set(texts("ab*", 4))];
  // `z` is in no pattern; six letters are enough for what two patterns with a star each have in common.
  const all = [...new Set(texts("abz", 6))];
  const known = new Map(patterns.map((pattern) => [pattern, new Set(all.filter((text) => fits(pattern, text)))]));
  const wrong = patterns.flatMap((one) =>
    patterns.filter((other) => {
      const [ones = new Set(), others = new Set()] = [known.get(one), known.get(other)];
      return covers(one, other) !== others.isSubsetOf(ones) || overlap(one, other) === ones.isDisjointFrom(others);
    }),
  );
  expect(patterns.length).toBe(121);
  expect(wrong).toEqual([]);
});

test("a pattern of many stars is soon done", () => {
  const stars = `${"*a".repeat(500)}*b`;
  expect(covers(stars, "a".repeat(1_000))).toBe(false);
  expect(overlap(stars, `${"a".repeat(1_000)}c`)).toBe(false);
}, 2_000);
