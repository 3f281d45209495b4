import { describe, expect, test } from "vitest";
import type { RequestId } from "../../src/access/identifier.ts";
import { type DurationMs, type EpochMs, HOUR, later, MINUTE, SECOND } from "../../src/access/time.ts";
import { createAccessRows } from "../../src/audit/access-rows.ts";
import { type AccessFacts, type AuditEvent, auditEvent } from "../../src/audit/event.ts";
import { factsOf } from "../../src/grants/facts.ts";
import { aRequest, DEV, LEAD, NOW } from "../contracts/samples.ts";

const OTHER = { team: "T0ACME", user: "U0LEAD2" };
const at = (ms: number): EpochMs => later(NOW, ms as DurationMs);
const facts = (id: string, changes: Partial<AccessFacts> = {}) => ({
  ...factsOf(aRequest({ id: id as RequestId })),
  ...changes,
});

const submitted = (id: string, ms: number): AuditEvent =>
  auditEvent("request.submitted", id, at(ms), DEV, {
    ...facts(id),
    rule: "production",
    durationMs: (2 * HOUR) as DurationMs,
    answerBy: at(ms + MINUTE),
  });
const approved = (id: string, ms: number): AuditEvent =>
  auditEvent("request.approved", id, at(ms), LEAD, {
    ...facts(id),
    rule: "production",
    approvers: [OTHER, LEAD],
    expiresAt: at(ms + 2 * HOUR),
  });
const opened = (id: string, ms: number, expiresAt: number): AuditEvent =>
  auditEvent("grant.opened", id, at(ms), "bot", {
    ...facts(id),
    grantId: id as never,
    expiresAt: at(expiresAt),
    tookMs: SECOND,
    addresses: [],
    isOff: false,
  });
const ended = (id: string, ms: number): AuditEvent =>
  auditEvent("grant.ended", id, at(ms), "bot", {
    ...facts(id),
    grantId: id as never,
    cause: "expired",
    openedAt: at(3),
    lagMs: 512 as DurationMs,
    stillOpen: [],
  });
const denied = (id: string, ms: number): AuditEvent =>
  auditEvent("request.denied", id, at(ms), LEAD, { ...facts(id), reason: "no" });
const extended = (id: string, ms: number, expiresAt: number, asked?: string): AuditEvent =>
  auditEvent("grant.extended", `${id}/${ms}`, at(ms), DEV, {
    ...facts(id),
    grantId: id as never,
    before: at(2 * HOUR),
    expiresAt: at(expiresAt),
    approvers: [{ team: "T0ACME", user: "U0LEAD3" }],
    ...(asked === undefined ? {} : { asked: asked as RequestId }),
  });

const rowsOf = (events: readonly AuditEvent[], now: EpochMs) => {
  const rows = createAccessRows(() => true);
  for (const event of events.toSorted((a, b) => b.at - a.at)) rows.add(event, true);
  return { rows: rows.rows(now), isLacking: rows.isLacking() };
};

describe("an access as one row", () => {
  const whole = [submitted("a", 0), approved("a", 1), opened("a", 3, 1 + 2 * HOUR), ended("a", 1 + 2 * HOUR + 512)];

  test("from the ask to the end", () => {
    expect(rowsOf(whole, at(3 * HOUR)).rows).toMatchObject([
      {
        id: "a",
        requester: DEV,
        rule: "production",
        from: at(1),
        until: at(1 + 2 * HOUR),
        approvers: [OTHER, LEAD],
        openedAt: at(3),
        closedAt: at(1 + 2 * HOUR + 512),
        lagMs: 512,
        state: "expired",
        brokeGlass: false,
      },
    ]);
  });

  test.each([
    [1, at(0), "waiting"],
    [2, at(2), "opening"],
    [3, at(4), "open"],
    [3, at(2 * HOUR), "open"],
    [3, at(1 + 2 * HOUR), "closing"],
  ] as const)("after %i of its events, at %i, it is %s", (count, now, state) => {
    expect(rowsOf(whole.slice(0, count), now).rows.map((row) => row.state)).toEqual([state]);
  });

  test("that wasn't given says what was asked", () => {
    const { rows, isLacking } = rowsOf([submitted("a", 0), denied("a", MINUTE)], at(HOUR));
    expect(rows).toMatchObject([{ state: "denied", from: at(0), until: at(2 * HOUR), openedAt: undefined }]);
    expect(isLacking).toBe(false);
  });

  test("that was made longer ends at its last end, and who approved that is named too", () => {
    const asked = [submitted("b", 4), extended("a", 5, 3 * HOUR, "b"), extended("a", 6, 4 * HOUR)];
    const { rows } = rowsOf([...whole.slice(0, 3), ...asked], at(HOUR));
    expect(rows).toMatchObject([{ id: "a", until: at(4 * HOUR), state: "open" }]);
    expect(rows[0]?.approvers.map(({ user }) => user)).toEqual(["U0LEAD2", "U0LEAD1", "U0LEAD3"]);
  });

  test("lacks its beginning until that is read", () => {
    expect(rowsOf(whole.slice(2), at(3 * HOUR)).isLacking).toBe(true);
    expect(rowsOf(whole.slice(1), at(3 * HOUR)).isLacking).toBe(false);
    expect(rowsOf([denied("a", 0)], at(3 * HOUR)).isLacking).toBe(true);
  });
});

test("the latest comes first, and who isn't wanted doesn't come at all", () => {
  const rows = createAccessRows(({ requestId }) => requestId !== "b");
  for (const event of [submitted("c", 2), submitted("b", 1), submitted("a", 0)]) rows.add(event, true);
  expect(rows.rows(at(3)).map(({ id }) => id)).toEqual(["c", "a"]);
});

test("what began before is completed and nothing else is added", () => {
  const rows = createAccessRows(() => true);
  rows.add(ended("a", 9), true);
  rows.add(approved("b", 2), false);
  rows.add(approved("a", 1), false);
  expect(rows.rows(at(10)).map(({ id, from }) => [id, from])).toEqual([["a", at(1)]]);
});

test("a hundred thousand events take less than a few seconds", () => {
  const rows = createAccessRows(() => true);
  const since = performance.now();
  for (let count = 25_000; count > 0; count -= 1) {
    const id = `r${count}`;
    for (const event of [ended(id, count * 9), opened(id, count, 5), approved(id, count), submitted(id, count)])
      rows.add(event, true);
  }
  expect(rows.rows(at(0))).toHaveLength(25_000);
  expect(performance.now() - since).toBeLessThan(5_000);
});
