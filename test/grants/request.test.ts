import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Person } from "../../src/access/person.ts";
import { isRefusal } from "../../src/access/refusal.ts";
import { DAY, type EpochMs, HOUR } from "../../src/access/time.ts";
import {
  type AccessRequest,
  approve,
  deny,
  lapse,
  nextReminder,
  remind,
  review,
  whyTooLate,
  withdraw,
} from "../../src/grants/request.ts";
import { aRequest, DEV, LEAD, NOW } from "../contracts/samples.ts";

const OTHER: Person = { team: "T0ACME", user: "U0LEAD2" };
const ANSWER_BY = aRequest().answerBy;
const LAST = (ANSWER_BY - 1) as EpochMs;

const needing = (needed: number) => [{ needed, users: ["U0LEAD1"], groups: [] }];

const stored = (result: AccessRequest | undefined | ReturnType<typeof approve>): AccessRequest => {
  if (result === undefined || isRefusal(result)) throw new Error(`not stored: ${JSON.stringify(result)}`);
  return result;
};

describe("a pending request", () => {
  test("is approved by the last approval that is needed, each by another person", () => {
    const asked = aRequest({ steps: needing(2) });
    const once = stored(approve(asked, LEAD, NOW));
    expect(once).toMatchObject({ version: 2, state: { kind: "pending", approvals: [{ by: LEAD, at: NOW }] } });
    expect(approve(once, LEAD, LAST)).toMatchObject({ code: "already-answered", facts: { at: NOW } });
    const twice = stored(approve(once, OTHER, LAST));
    expect(twice).toMatchObject({
      version: 3,
      state: { kind: "approved", at: LAST, approvals: [{ by: LEAD }, { by: OTHER }] },
    });
  });

  test("is never approved or denied by who asked, nor withdrawn by anybody else", () => {
    expect(approve(aRequest(), DEV, NOW)).toMatchObject({ code: "own-request" });
    expect(deny(aRequest(), DEV, "", NOW)).toMatchObject({ code: "own-request" });
    expect(withdraw(aRequest(), LEAD, NOW)).toMatchObject({ code: "not-yours" });
  });

  test("knows the same user of another team for somebody else", () => {
    const namesake = { ...DEV, team: "T0OTHER" };
    expect(withdraw(aRequest(), namesake, NOW)).toMatchObject({ code: "not-yours" });
    expect(stored(approve(aRequest(), namesake, NOW)).state.kind).toBe("approved");
  });

  test("is denied with a reason, and withdrawn by who asked", () => {
    expect(stored(deny(aRequest(), LEAD, "not today", NOW)).state).toEqual({
      kind: "denied",
      by: LEAD,
      at: NOW,
      reason: "not today",
    });
    expect(stored(withdraw(aRequest(), DEV, NOW)).state).toEqual({ kind: "withdrawn", at: NOW });
  });

  test("is answered up to the last millisecond, and lapses at the next", () => {
    expect(whyTooLate(aRequest(), LAST)).toBeUndefined();
    expect(stored(approve(aRequest(), LEAD, LAST)).state.kind).toBe("approved");
    expect(lapse(aRequest(), LAST)).toBeUndefined();

    for (const answer of [
      approve(aRequest(), LEAD, ANSWER_BY),
      deny(aRequest(), LEAD, "", ANSWER_BY),
      withdraw(aRequest(), DEV, ANSWER_BY),
    ]) {
      expect(answer).toMatchObject({ code: "too-late", facts: { state: "lapsed", at: ANSWER_BY } });
    }
    expect(lapse(aRequest(), ANSWER_BY)).toMatchObject({ version: 2, state: { kind: "lapsed", at: ANSWER_BY } });
  });
});

describe("a request that was answered", () => {
  const answered = [
    [stored(approve(aRequest(), LEAD, NOW)), { state: "approved", by: LEAD.user, at: NOW }],
    [stored(deny(aRequest(), LEAD, "", NOW)), { state: "denied", by: LEAD.user, at: NOW }],
    [stored(withdraw(aRequest(), DEV, NOW)), { state: "withdrawn", at: NOW }],
    [stored(lapse(aRequest(), ANSWER_BY)), { state: "lapsed", at: ANSWER_BY }],
  ] as const;

  test.each(answered)("$state.kind has no way out, and says what became of it", (request, facts) => {
    for (const answer of [approve(request, OTHER, NOW), deny(request, OTHER, "", NOW), withdraw(request, DEV, NOW)]) {
      expect(answer).toMatchObject({ code: "too-late", facts });
    }
    expect(lapse(request, ANSWER_BY)).toBeUndefined();
  });

  test("without anybody's approval says no name", () => {
    const granted = aRequest({ steps: [], state: { kind: "approved", approvals: [], at: NOW } });
    expect(whyTooLate(granted, NOW)).toMatchObject({ facts: { state: "approved", at: NOW } });
    expect(whyTooLate(granted, NOW)?.facts).not.toHaveProperty("by");
  });
});

test("whatever is done in whatever order: at most one end, one version for each step, and nobody approves their own or twice", () => {
  const people = [DEV, LEAD, OTHER, { team: "T0ACME", user: "U0SEC1" }];
  const step = fc.record({
    what: fc.constantFrom("approve", "deny", "withdraw", "lapse"),
    by: fc.constantFrom(...people),
    in: fc.integer({ min: 0, max: 2 * 30 * 60_000 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 12 }), (approvalsNeeded, steps) => {
      let request = aRequest({ steps: needing(approvalsNeeded) });
      let ends = 0;
      for (const { what, by, in: after } of steps.toSorted((a, b) => a.in - b.in)) {
        const now = (NOW + after) as EpochMs;
        const next = {
          approve: () => approve(request, by, now),
          deny: () => deny(request, by, "", now),
          withdraw: () => withdraw(request, by, now),
          lapse: () => lapse(request, now),
        }[what as "lapse"]();
        if (next === undefined || isRefusal(next)) continue;
        expect(request.state.kind).toBe("pending");
        expect(next.version).toBe(request.version + 1);
        if (next.state.kind !== "pending") ends += 1;
        if (next.state.kind === "approved") expect(now).toBeLessThan(request.answerBy);
        request = next;
      }
      expect(ends).toBeLessThanOrEqual(1);
      const approvals =
        request.state.kind === "pending" || request.state.kind === "approved" ? request.state.approvals : [];
      expect(approvals.some(({ by }) => by.user === DEV.user)).toBe(false);
      expect(new Set(approvals.map(({ by }) => by.user)).size).toBe(approvals.length);
      if (request.state.kind === "approved") expect(approvals).toHaveLength(approvalsNeeded);
    }),
  );
});

describe("an access that was opened past approvals", () => {
  const used = aRequest({
    state: { kind: "approved", at: NOW, approvals: [] },
    breakGlass: { skipped: [], tell: [] },
  });
  const at = (ms: number): EpochMs => (NOW + ms) as EpochMs;

  test("is reviewed once, by somebody else", () => {
    expect(review(used, DEV, NOW)).toMatchObject({ code: "own-break-glass" });
    const reviewed = stored(review(used, LEAD, LAST));
    expect(reviewed).toMatchObject({ version: 2, breakGlass: { reviewed: { by: LEAD, at: LAST } }, state: used.state });
    expect(review(reviewed, OTHER, LAST)).toMatchObject({
      code: "nothing-to-review",
      facts: { by: LEAD.user, at: LAST },
    });
    expect(review(aRequest(), LEAD, NOW)).toMatchObject({ code: "nothing-to-review", facts: {} });
  });

  test("is reminded of after four hours on the first day, after a day later, and no more once reviewed", () => {
    expect(nextReminder(used)).toBe(at(4 * HOUR));
    expect(remind(used, at(4 * HOUR - 1))).toBeUndefined();
    const reminded = stored(remind(used, at(4 * HOUR)));
    expect(nextReminder(reminded)).toBe(at(8 * HOUR));
    expect(nextReminder(stored(remind(reminded, at(DAY))))).toBe(at(2 * DAY));
    const reviewed = stored(review(used, LEAD, NOW));
    expect([nextReminder(reviewed), remind(reviewed, at(DAY)), nextReminder(aRequest())]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
