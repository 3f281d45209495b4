import { describe, expect, test } from "vitest";
import { isRefusal } from "../../src/access/refusal.ts";
import { type DurationMs, HOUR, MINUTE } from "../../src/access/time.ts";
import type { BreakGlass, Rule } from "../../src/policy/policy.ts";
import { NOW } from "../contracts/samples.ts";
import { createOffice, DEV, LEAD, OTHER_LEAD, personFacts, SECURITY, STRANGER } from "./office.ts";

const DAY_MS = 24 * HOUR;
const breakGlass: BreakGlass = {
  by: ["engineers"],
  maximumMs: HOUR,
  tell: { roles: ["security"], channels: ["C0SECURITY"] },
};
const GLASS = { breakGlass: true, end: "1h" } as const;
const ENTRA = "11111111-2222-3333-4444-555555555555";

const broken = async (rule: Partial<Rule> = {}) => {
  const office = await createOffice({ breakGlass, ...rule });
  const request = await office.submit(GLASS);
  const reviewed = async (user: string) => {
    const outcome = await office.reviewBreakGlass(request.id, user);
    return isRefusal(outcome) ? outcome.code : outcome.breakGlass?.reviewed?.by.user;
  };
  return { ...office, id: request.id, used: request, reviewed };
};

describe("breaking the glass", () => {
  test("twice for the same alarms nobody twice, until its last ten minutes", async () => {
    const office = await broken();
    expect(await office.refusalsOf(GLASS)).toEqual(["already-open"]);
    expect(await office.refusalsOf({ ...GLASS, from: ["203.0.113.9"] })).toEqual([]);
    office.clock.advance(50 * MINUTE);
    expect(await office.refusalsOf(GLASS)).toEqual([]);
  });

  test("opens at once, says so and not that somebody approved, and names who was skipped and who is told", async () => {
    const { used, id, grantOf, firewalls, told, lastEvent, judged } = await broken();
    expect(used).toMatchObject({
      state: { kind: "approved", approvals: [], at: NOW },
      steps: [],
      breakGlass: { skipped: [{ needed: 1, users: [LEAD, OTHER_LEAD], groups: [] }], tell: [SECURITY, "C0SECURITY"] },
    });
    expect(await grantOf(id)).toMatchObject({ startsAt: NOW, expiresAt: NOW + HOUR, rule: "production" });
    expect(await firewalls.nextAt()).toBe(NOW);
    expect(told()).toEqual(["break-glass.used"]);
    expect(lastEvent()).toMatchObject({
      actor: { person: { user: DEV } },
      skipped: [LEAD, OTHER_LEAD],
      tell: [SECURITY, "C0SECURITY"],
      expiresAt: NOW + HOUR,
    });
    expect(judged()).toMatchObject([{ requestId: id, outcome: "break-glass", asked: { breakGlass: true } }]);
  });

  test("is refused to others, for longer, without a reason, and where the rule has none", async () => {
    const office = await createOffice({ breakGlass });
    expect(await office.refusalsOf(GLASS, STRANGER)).toEqual(["break-glass-not-offered"]);
    expect(await office.refusalsOf({ ...GLASS, end: "61m" })).toEqual(["duration-too-long"]);
    expect(await office.refusalsOf({ ...GLASS, because: "" })).toEqual(["justification-missing"]);
    office.setRule({ breakGlass: undefined });
    expect(await office.refusalsOf(GLASS)).toEqual(["break-glass-not-offered"]);
    expect(office.memory.grants()).toEqual([]);
  });

  test("goes past limits and a question that waits, and not past an authority", async () => {
    const office = await createOffice({
      breakGlass,
      authorities: ["azure-roles"],
      limits: { perPerson: 1, perMachine: 1, asksPerHour: 1 },
    });
    await office.submit({ end: "1h" });
    expect(await office.refusalsOf(GLASS)).toEqual([]);
    expect(await office.refusalsOf({ ...GLASS, from: ["203.0.113.9"] })).toEqual([]);
    expect(await office.refusalsOf({ end: "1h", from: ["203.0.113.9"] })).toEqual([
      "too-many-at-once",
      "too-many-at-once",
      "asked-too-often",
    ]);
    office.authorities.set("azure-roles", "slow");
    expect(await office.refusalsOf(GLASS)).toEqual(["authority-silent"]);
  });
});

describe("afterwards", () => {
  test("somebody who could have approved, or security, reviews it, once", async () => {
    const { reviewed, reviewBreakGlass, id, request, lastEvent, told } = await broken();
    expect(await reviewed(LEAD)).toBe(LEAD);
    expect((await request(id)).breakGlass).toMatchObject({ reviewed: { by: { user: LEAD }, at: NOW } });
    expect(lastEvent()).toMatchObject({ kind: "break-glass.reviewed", actor: { person: { user: LEAD } } });
    expect(await reviewBreakGlass(id, SECURITY)).toMatchObject({
      code: "nothing-to-review",
      facts: { by: LEAD, at: NOW },
    });
    expect(told()).toEqual(["break-glass.used", "break-glass.reviewed", "review.refused"]);
    const other = await broken();
    expect(await other.reviewed(SECURITY)).toBe(SECURITY);
  });

  test("never who used it, also by another account, nor anybody else", async () => {
    const { reviewed, identities, people, id, request, eventsOf } = await broken({
      request: ["engineers"],
      approve: {
        kind: "by",
        steps: [{ roles: ["leads", "engineers"], needed: 1 }],
        withinMs: (30 * MINUTE) as DurationMs,
        automatic: [],
      },
    });
    expect(await reviewed(DEV)).toBe("own-break-glass");
    expect(eventsOf("review.refused")).toMatchObject([{ verdict: "reviewed", code: "own-break-glass" }]);
    for (const user of [DEV, LEAD]) identities.set(user, { entra: ENTRA, aws: [] });
    expect(await reviewed(LEAD)).toBe("own-break-glass");
    expect(await reviewed(STRANGER)).toBe("not-approver");
    people.set(OTHER_LEAD, personFacts(OTHER_LEAD, { standing: "deactivated" }));
    expect(await reviewed(OTHER_LEAD)).toBe("person-standing");
    expect((await request(id)).version).toBe(1);
  });

  test("never by another account, whoever took back a link or left Slack since", async () => {
    const office = await createOffice({ breakGlass });
    for (const user of [DEV, LEAD]) office.identities.set(user, { entra: ENTRA, aws: [] });
    const { id } = await office.submit(GLASS);
    office.identities.delete(DEV);
    expect(await office.reviewBreakGlass(id, LEAD)).toMatchObject({ code: "own-break-glass" });
    office.people.delete(DEV);
    expect(await office.reviewBreakGlass(id, LEAD)).toMatchObject({ code: "own-break-glass" });

    // Of older ones nobody knows who used them.
    const { requesterKnown: _, ...older } = await office.request(id);
    await office.ledger.commit({ request: { ...older, version: older.version + 1 }, events: [] });
    expect(await office.reviewBreakGlass(id, OTHER_LEAD)).toMatchObject({ code: "not-any-more" });
    office.people.set(DEV, personFacts(DEV));
    expect(await office.reviewBreakGlass(id, OTHER_LEAD)).toMatchObject({ breakGlass: { reviewed: {} } });
  });

  test("of two who review at once one did", async () => {
    const { reviewed, told } = await broken();
    expect((await Promise.all([reviewed(LEAD), reviewed(SECURITY)])).toSorted()).toContain("nothing-to-review");
    expect(told().filter((kind) => kind === "break-glass.reviewed")).toHaveLength(1);
  });

  test("there is nothing to review of a request that went the usual way, or that never was", async () => {
    const office = await createOffice({ approve: { kind: "none" } });
    const { id } = await office.submit();
    expect(await office.reviewBreakGlass(id, SECURITY)).toMatchObject({ code: "nothing-to-review", facts: {} });
    expect(await office.reviewBreakGlass("nosuch22" as never, SECURITY)).toMatchObject({ code: "request-unknown" });
  });

  test("people are reminded every four hours of the first day, then daily, until somebody did", async () => {
    const { clock, requests, lookAtRequest, reviewed, id, eventsOf } = await broken();
    const remindedAfter: number[] = [];
    // As the loop does it: whatever was written, only the queue remembers when to look next.
    for (
      let next = await requests.nextAt();
      next !== undefined && next < NOW + 3 * DAY_MS;
      next = await requests.nextAt()
    ) {
      clock.set(next);
      const [lease] = await requests.take(next, 1, MINUTE);
      if (lease === undefined) throw new Error("nothing is due");
      const before = eventsOf("break-glass.unreviewed").length;
      const again = await lookAtRequest(id);
      if (eventsOf("break-glass.unreviewed").length > before) remindedAfter.push((next - NOW) / HOUR);
      await requests.finish(lease, again);
    }
    expect(remindedAfter).toEqual([4, 8, 12, 16, 20, 24, 48]);
    expect(eventsOf("break-glass.unreviewed").at(-1)).toMatchObject({ usedAt: NOW, tell: [SECURITY, "C0SECURITY"] });
    clock.set(NOW + 3 * DAY_MS - 1);
    await reviewed(LEAD);
    clock.set(NOW + 3 * DAY_MS);
    expect(await lookAtRequest(id)).toBeUndefined();
    expect(eventsOf("break-glass.unreviewed")).toHaveLength(7);
  });

  test("who slept through reminders gives one, and not all of them", async () => {
    const { clock, lookAtRequest, id, eventsOf } = await broken();
    clock.set(NOW + 21 * HOUR);
    expect(await lookAtRequest(id)).toBe(NOW + 25 * HOUR);
    await lookAtRequest(id);
    expect(eventsOf("break-glass.unreviewed")).toHaveLength(1);
  });

  test("where nobody has to approve, those who are told may review it", async () => {
    const { reviewed } = await broken({
      approve: { kind: "none" },
      breakGlass: { ...breakGlass, tell: { roles: ["leads"], channels: [] } },
    });
    expect(await reviewed(STRANGER)).toBe("not-approver");
    expect(await reviewed(LEAD)).toBe(LEAD);
  });
});
