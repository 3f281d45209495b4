import { expect, test } from "vitest";
import type { AuditEvent } from "../../src/audit/event.ts";
import { checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import { drawMessage } from "../../src/slack/messages.ts";
import { NOW } from "../contracts/samples.ts";

const base = { id: "e", at: NOW, actor: { kind: "bot" } } as const;
const said = (event: AuditEvent): string => {
  const drawn = drawMessage({ kind: "message", event, to: "security" }, undefined, NOW, "utc");
  if (drawn === undefined) throw new Error("nothing said");
  expect(checkBlocks(drawn.blocks, "/blocks", "message")).toEqual([]);
  return drawn.blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : [])).join("\n");
};

test("a new configuration counts, with a line for each difference, cut where there are many", () => {
  expect(said({ ...base, kind: "policy.changed", changes: ["rule production: ssh maximum 3h → 4h"] })).toBe(
    "The configuration changed, and counts from now on:\n• rule production: ssh maximum 3h → 4h",
  );
  const changes = Array.from({ length: 50 }, (_, at) => `rule r${at}: ${"x".repeat(5_000)}`);
  expect(said({ ...base, kind: "policy.changed", changes })).toMatch(/• and 30 more$/u);
  expect(said({ ...base, kind: "policy.changed", changes: [] })).toContain("nothing is decided differently");
});

test("a configuration that can't be used is told with its mistakes, and that the one before counts", () => {
  const problems = ['latch.yaml:31:14 rules[2].ports.ssh.maximum: "3 hours" is not a duration; write 3h'];
  expect(said({ ...base, kind: "policy.refused", problems })).toBe(
    'The new configuration can\'t be used; the one before still counts.\n• `latch.yaml:31:14` rules[2].ports.ssh.maximum: "3 hours" is not a duration; write 3h',
  );
});
