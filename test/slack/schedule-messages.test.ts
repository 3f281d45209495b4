import { expect, test } from "vitest";
import type { AuditEvent } from "../../src/audit/event.ts";
import { factsOf } from "../../src/grants/facts.ts";
import { checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import { drawMessage } from "../../src/slack/messages.ts";
import { aGrant, NOW } from "../contracts/samples.ts";

const base = { id: "e", at: NOW, actor: { kind: "bot" } } as const;
const said = (event: AuditEvent): string => {
  const drawn = drawMessage({ kind: "message", event, to: "security" }, { now: NOW, zone: "utc" });
  if (drawn === undefined) throw new Error("nothing said");
  expect(checkBlocks(drawn.blocks, "/blocks", "message")).toEqual([]);
  return drawn.blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : [])).join("\n");
};

test("schedules that don't say who is on call, and who is asked instead", () => {
  const silent = { ...base, ...factsOf(aGrant()), kind: "schedule.silent" } as const;
  expect(said({ ...silent, schedules: ["pagerduty:PSCHED1"], instead: ["U0LEAD1", "S0LEADS"] })).toBe(
    [
      "On-call schedule PSCHED1 (PagerDuty) doesn't say who is on call.",
      "For SSH to prod-vm-3 these are asked instead: <@U0LEAD1>, <!subteam^S0LEADS>.",
      "Whoever looks after the schedule, or after my access to it, can put that right.",
    ].join("\n"),
  );
  expect(said({ ...silent, schedules: ["pagerduty:A", "opsgenie:B"], instead: [] })).toMatch(
    /^On-call schedule A \(PagerDuty\) and on-call schedule B \(Opsgenie\) don't say .*\nNobody is named/u,
  );
});
