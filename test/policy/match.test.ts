import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitsGlob, type MachineFacts, matches, ruleFor } from "../../src/policy/match.ts";
import type { Match } from "../../src/policy/policy.ts";
import { aPolicy, aRule, everyMachine } from "./example-rule.ts";

const machine: MachineFacts = {
  name: "prod-vm-3",
  cloud: "azure",
  account: "0123",
  region: "westeurope",
  os: "linux",
  tags: { Env: "prod", team: "web" },
};
const fits = (changes: Partial<Match>): boolean => matches({ ...everyMachine, ...changes }, machine);

describe("a rule matches", () => {
  test("every machine when it names nothing", () => expect(fits({})).toBe(true));
  test("by one of its names, in any case", () => {
    expect(fits({ names: ["dev-*", "PROD-*"] })).toBe(true);
    expect(fits({ names: ["prod"] })).toBe(false);
    expect(fits({ names: ["prod-vm-?"] })).toBe(true);
  });
  test("only where all it names fit", () => {
    expect(fits({ names: ["prod-*"], clouds: ["azure"], accounts: ["0123"], regions: ["west*"] })).toBe(true);
    expect(fits({ names: ["prod-*"], clouds: ["aws"] })).toBe(false);
    expect(fits({ accounts: ["123"] })).toBe(false);
  });
  test("by its system, where an unknown one is a system of its own", () => {
    expect(fits({ os: ["windows", "linux"] })).toBe(true);
    expect(fits({ os: ["windows", "unknown"] })).toBe(false);
    expect(matches({ ...everyMachine, os: ["unknown"] }, { ...machine, os: "unknown" })).toBe(true);
  });
  test("by all of its tags, whose names ignore case and whose values may be lists", () => {
    expect(fits({ tags: new Map([["env", ["prod", "live"]]]) })).toBe(true);
    expect(
      fits({
        tags: new Map([
          ["env", ["prod"]],
          ["team", ["db"]],
        ]),
      }),
    ).toBe(false);
    expect(fits({ tags: new Map([["owner", ["*"]]]) })).toBe(false);
  });
});

test("the first rule that matches decides; of no rule there is none", () => {
  const first = aRule({ name: "first", match: { ...everyMachine, names: ["prod-*"] } });
  const second = aRule({ name: "second" });
  expect(ruleFor(aPolicy(first, second), machine)?.name).toBe("first");
  expect(ruleFor(aPolicy(second, first), machine)?.name).toBe("second");
  expect(ruleFor(aPolicy(first), { ...machine, name: "web" })).toBeUndefined();
});

describe("patterns", () => {
  /** Tries every way, which is slow and obvious. */
  const slowly = (pattern: string, text: string): boolean => {
    if (pattern === "") return text === "";
    if (pattern.startsWith("*"))
      return slowly(pattern.slice(1), text) || (text !== "" && slowly(pattern, text.slice(1)));
    return (
      text !== "" && (pattern.startsWith("?") || pattern[0] === text[0]) && slowly(pattern.slice(1), text.slice(1))
    );
  };

  test("agree with one that tries every way", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab*?.]{0,8}$/u), fc.stringMatching(/^[ab.]{0,8}$/u), (pattern, text) => {
        expect(fitsGlob(pattern, text)).toBe(slowly(pattern, text));
      }),
      { numRuns: 5_000 },
    );
  });

  test("many stars against a long name take no time", () => {
    expect(fitsGlob(`${"*a".repeat(50)}b`, "a".repeat(5_000))).toBe(false);
  });
});
