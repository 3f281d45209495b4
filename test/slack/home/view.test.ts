/** A Home stays within Slack's limits, whatever there is to show. */

import type { HomeView, KnownBlock } from "@slack/types";
import { expect, test } from "vitest";
import type { GrantId, RequestId } from "../../../src/access/identifier.ts";
import type { MachineId } from "../../../src/access/machine.ts";
import { type DurationMs, HOUR, later, MINUTE } from "../../../src/access/time.ts";
import type { Grant } from "../../../src/grants/grant.ts";
import type { AccessRequest } from "../../../src/grants/request.ts";
import { checkView } from "../../../src/sandbox/slack/block-kit/views.ts";
import { drawHome } from "../../../src/slack/home/view.ts";
import type { Overview } from "../../../src/workflow/overview.ts";
import { aGrant, aRequest, DEV, LEAD, NOW } from "../../contracts/samples.ts";

const at = { now: NOW, zone: "Europe/Berlin" };
const longName = `${"<vm&*>".repeat(33)}xy`;
const machine = { cloud: "azure", id: "/subscriptions/1/vm/x" as MachineId, name: longName, account: "1" } as const;

const overview = (changes: Partial<Overview> = {}): Overview => ({
  person: DEV,
  open: [],
  pending: [],
  awaiting: { requests: [], more: 0 },
  used: [],
  policyIsReadable: true,
  answers: true,
  lockdown: undefined,
  all: undefined,
  ...changes,
});
const many = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const openGrant = (i: number): Grant =>
  aGrant({ id: `g${i}` as GrantId, machine, startsAt: NOW, openedAt: NOW, expiresAt: later(NOW, HOUR) });
const asked = (i: number): AccessRequest =>
  aRequest({
    id: `r${i}` as RequestId,
    machine,
    requester: LEAD,
    justification: "*<!channel>* ".repeat(231),
    answerBy: later(NOW, HOUR),
    steps: [{ needed: 1, users: many(300, (n) => `U${n}`), groups: [] }],
  });
const json = (view: HomeView): string => JSON.stringify(view);

const full = overview({
  open: many(500, openGrant),
  pending: many(60, asked),
  awaiting: { requests: many(60, asked).map((request) => ({ request, mayApprove: true })), more: 40 },
  used: many(5, (i) => ({
    machine: { ...machine, region: "", os: "linux", power: "running", tags: {}, interfaces: [] },
    last: asked(i),
  })),
  lockdown: { at: NOW, by: LEAD, because: "why ".repeat(500), open: 500, channels: [] },
  policyIsReadable: false,
  all: {
    open: many(500, openGrant),
    overdue: many(500, openGrant),
    pending: 60,
    posture: { machines: 50_000, byOpenness: new Map([["anyone", 4]]), byCategory: new Map(), protections: 7 },
    health: { lastBeatAt: undefined, unread: [{ cloud: "aws", since: undefined }], due: { firewalls: 3, notices: 1 } },
  },
});

test("with 500 open accesses, long names and texts it is one that Slack takes, and says how many it leaves out", () => {
  const view = drawHome(full, at);
  expect(checkView(view, "home")).toEqual([]);
  expect(view.blocks.length).toBeLessThanOrEqual(100);
  // https://docs.slack.dev/reference/methods/views.publish: `view_too_large`
  expect(json(view).length).toBeLessThan(250_000);
  for (const left of ["and 488 more", "and 50 more", "40 more may be waiting", "and 485 more"])
    expect(json(view)).toContain(left);
  expect(json(view)).toContain("As of");
});

test("what people typed and clouds named is text on it", () => {
  const texts = [...json(drawHome(full, at)).matchAll(/"type":"mrkdwn","text":"((?:[^"\\]|\\.)*)"/gu)].map(
    ([, text]) => text,
  );
  expect(texts.length).toBeGreaterThan(30);
  expect(texts.filter((text) => text?.includes("<!channel>") || text?.includes("<vm"))).toEqual([]);
});

test("every button tells a screen reader what it is about", () => {
  const blocks = drawHome(full, at).blocks as readonly KnownBlock[];
  const buttons = blocks.flatMap((block): readonly unknown[] => {
    if (block.type === "actions") return block.elements;
    return block.type === "section" && block.accessory !== undefined ? [block.accessory] : [];
  });
  expect(buttons.length).toBeGreaterThan(20);
  for (const each of buttons) expect(each).toMatchObject({ accessibility_label: expect.stringMatching(/./u) });
});

test("what makes an open access longer is called so, and a question says until when it waits", () => {
  const longer = aRequest({ extends: "k7f3q2xd" as GrantId, end: { kind: "until", at: later(NOW, HOUR) } });
  const shown = json(drawHome(overview({ pending: [longer] }), at));
  expect(shown).toMatch(/\*SSH to prod-vm-3\* longer, until <!date/u);
  const awaiting = { requests: [{ request: aRequest(), mayApprove: true }], more: 0 };
  expect(json(drawHome(overview({ awaiting }), at))).toMatch(/\*SSH to prod-vm-3\* for 2 hours · answer by <!date/u);
});

test("an access that closes has no buttons any more, one that opens can be closed", () => {
  const closing = { ...openGrant(1), revoked: { kind: "closed", at: NOW, by: DEV } } as const;
  const shown = (grant: Grant): string => json(drawHome(overview({ open: [grant] }), at));
  expect(shown(closing)).toContain("closing");
  expect(shown(closing)).not.toContain("grant.close");
  const opening = shown({ ...openGrant(1), openedAt: undefined });
  expect([opening.includes("grant.close"), opening.includes("grant.extend")]).toEqual([true, false]);
  const nearly = { ...openGrant(1), expiresAt: later(NOW, (MINUTE - 1) as DurationMs) };
  expect(shown(nearly)).toContain("less than a minute left");
});
