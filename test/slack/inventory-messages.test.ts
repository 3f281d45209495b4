import { expect, test } from "vitest";
import { type EpochMs, MINUTE } from "../../src/access/time.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { drawMessage } from "../../src/slack/messages.ts";
import { NOW } from "../contracts/samples.ts";

const event = { id: "e", at: NOW, actor: { kind: "bot" }, cloud: "aws" } as const;
const since = (NOW - 11 * MINUTE) as EpochMs;
const said = (told: AuditEvent): string => {
  const drawn = drawMessage({ kind: "message", event: told, to: "security" }, { now: NOW, zone: "Europe/Berlin" });
  return JSON.stringify(drawn?.blocks ?? []);
};

test("security is told since when a cloud can't be read, why, and what follows from it", () => {
  const problem = "cannot read `DescribeInstances`: <!channel> UnauthorizedOperation";
  const text = said({ ...event, kind: "inventory.stale", problem, since });
  expect(text).toContain("I couldn't read the machines in AWS since <!date^");
  expect(text).toContain("UnauthorizedOperation");
  expect(text).not.toContain("<!channel>");
  expect(text).toContain("nobody is given access there");
  expect(said({ ...event, kind: "inventory.stale", problem, since: undefined })).toContain("since I started");
});

test("and that it can be again", () => {
  expect(said({ ...event, kind: "inventory.read-again" })).toContain("I can read the machines in AWS again");
});
