import { expect, test } from "vitest";
import { HOUR } from "../../src/access/time.ts";
import { aloneByWord } from "../../src/cli/alone-by-word.ts";
import type { Rule } from "../../src/policy/policy.ts";
import { aRule } from "../policy/example-rule.ts";

const ssh = { name: "ssh", ports: [{ port: 22, protocol: "tcp" }], maximumMs: HOUR, sources: undefined } as const;
const rule = (changes: Partial<Rule>): Rule =>
  aRule({ ports: [ssh], request: ["engineers"], sources: [{ kind: "anywhere" }], configure: [], ...changes });

test("what opens, or is unprotected, without anybody else is listed", () => {
  const office = { name: "office", days: [1], from: 0, until: 60, zone: "UTC" };
  const production = rule({
    name: "production",
    approve: { kind: "by", steps: [{ roles: ["leads"], needed: 1 }], withinMs: HOUR, automatic: [office] },
    breakGlass: { by: ["leads"], maximumMs: HOUR, tell: { roles: [], channels: [] } },
    configure: ["leads", "security"],
  });
  expect(aloneByWord(production)).toEqual([
    "production: ssh for engineers from anywhere, within office",
    "production: by break-glass, for leads, 1 hour at most, and reviewed afterwards",
    "production: its machines may be unprotected by leads or security",
  ]);
  expect(aloneByWord(rule({ name: "development", approve: { kind: "none" } }))).toEqual([
    "development: ssh for engineers from anywhere",
  ]);
});

test("where somebody else has to say yes there is nothing to list", () => {
  const approve = { kind: "by", steps: [{ roles: ["leads"], needed: 1 }], withinMs: HOUR, automatic: [] } as const;
  expect(aloneByWord(rule({ approve, breakGlass: undefined }))).toEqual([]);
});
