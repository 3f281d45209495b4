import { expect, test } from "vitest";
import type { AuditEvent } from "../../src/audit/event.ts";
import { checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import { drawMessage } from "../../src/slack/messages.ts";
import { NOW } from "../contracts/samples.ts";

const base = { id: "e", at: NOW, actor: { kind: "bot" }, channels: ["C0SECURITY"], more: 0 } as const;
const changed = { ...base, kind: "policy.changed", how: "while-running" } as const;
const refused = { ...base, kind: "policy.refused", counts: true } as const;
const said = (event: AuditEvent): string => {
  const drawn = drawMessage({ kind: "message", event, to: "security" }, { now: NOW, zone: "utc" });
  if (drawn === undefined) throw new Error("nothing said");
  expect(checkBlocks(drawn.blocks, "/blocks", "message")).toEqual([]);
  return drawn.blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : [])).join("\n");
};

test("a new configuration counts, with a line for each difference, cut where there are many", () => {
  expect(said({ ...changed, changes: ["rule production: ssh maximum 3h → 4h"] })).toBe(
    "The configuration changed, and counts from now on:\n• rule production: ssh maximum 3h → 4h",
  );
  const changes = Array.from({ length: 50 }, (_, at) => `rule r${at}: ${"x".repeat(5_000)}`);
  expect(said({ ...changed, changes })).toMatch(/• and 30 more$/u);
  expect(said({ ...changed, changes, more: 12 })).toMatch(/• and 42 more$/u);
  expect(said({ ...changed, changes: [] })).toContain("nothing is decided differently");
});

test("a configuration that can't be used is told with its mistakes, and that the one before counts", () => {
  const problems = ['latch.yaml:31:14 rules[2].ports.ssh.maximum: "3 hours" is not a duration; write 3h'];
  expect(said({ ...refused, problems })).toBe(
    'The new configuration can\'t be used; the one before still counts.\n• `latch.yaml:31:14` rules[2].ports.ssh.maximum: "3 hours" is not a duration; write 3h',
  );
});

test("where nothing counted before, it says that nobody got anything, and when somebody can again", () => {
  expect(said({ ...refused, counts: false, problems: ["latch.yaml:1:1 the file is empty"] })).toMatch(
    /^The configuration can't be used, so nobody gets anything until it is mended\. What is open still closes on time\.\n• /u,
  );
  expect(said({ ...changed, how: "usable-again", changes: [] })).toMatch(/^The configuration can be used again; /u);
  expect(said({ ...changed, how: "usable-again", changes: ["role a: U1 added"] })).toContain("can be used again, and");
  expect(said({ ...changed, how: "at-start", changes: ["role a: U1 added"] })).toMatch(/^I was started with another/u);
});
