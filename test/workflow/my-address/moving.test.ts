/** What policy has to do with where people are. */

import { describe, expect, test } from "vitest";
import type { GrantId, RequestId } from "../../../src/access/identifier.ts";
import type { Cidr } from "../../../src/access/source.ts";
import { HOUR, MINUTE } from "../../../src/access/time.ts";
import { changeGrant } from "../../../src/grants/change.ts";
import { isActive } from "../../../src/grants/grant.ts";
import { type AccessRequest, isUnreviewed } from "../../../src/grants/request.ts";
import type { Rule } from "../../../src/policy/policy.ts";
import { createMove } from "../../../src/workflow/my-address/move.ts";
import type { Less } from "../../../src/workflow/narrow.ts";
import { createSubmitRequest } from "../../../src/workflow/submit-request.ts";
import type { Refused } from "../../../src/workflow/understand-ask.ts";
import { NOW } from "../../contracts/samples.ts";
import { aRule } from "../../policy/example-rule.ts";
import { anAsk, createOffice, DEV, LEAD, OTHER_LEAD, personFacts, SECURITY } from "../office.ts";

const HOME = "192.0.2.44/32" as Cidr;
const STREET = "192.0.2.66/32" as Cidr;
const V6 = "2001:db8:1::10/128" as Cidr;

describe("who names no source", () => {
  test("is refused as ever where nobody reaches a page of ours", async () => {
    const { refusalsOf } = await createOffice({ defaultSource: undefined });
    for (const from of [[], ["me"]]) expect(await refusalsOf({ from })).toEqual(["source-missing"]);
  });

  test("needs an address once nothing else is in the way, and gets what it asks for with one that was seen", async () => {
    const office = await createOffice({ defaultSource: undefined });
    const submit = createSubmitRequest({ ...office.deps, rememberedAddresses: async () => [] });
    for (const from of [[], ["ME"]])
      expect(await submit(anAsk({ from }), DEV)).toMatchObject({ kind: "needs-address", ask: { from } });
    expect(await submit(anAsk({ because: "" }), DEV)).toMatchObject({ refusals: [{ code: "justification-missing" }] });
    expect(office.told()).toEqual([]);
    expect(await submit(anAsk(), DEV, [HOME, V6])).toMatchObject({ sources: [HOME, V6], address: "seen" });
  });

  test("is taken to be where they were seen lately, unless they name another", async () => {
    const office = await createOffice({ defaultSource: undefined });
    const submit = createSubmitRequest({ ...office.deps, rememberedAddresses: async () => [HOME] });
    expect(await submit(anAsk(), DEV)).toMatchObject({ sources: [HOME], address: "remembered" });
    const named = await submit(anAsk({ from: ["vpn"] }), DEV);
    expect(named).toMatchObject({ sources: ["198.51.100.7/32"] });
    expect(named).not.toHaveProperty("address");
  });

  test("is looked at anew who says `from me`, whatever is remembered", async () => {
    const office = await createOffice({ defaultSource: undefined });
    const submit = createSubmitRequest({ ...office.deps, rememberedAddresses: async () => [HOME] });
    const ask = anAsk({ from: ["me"] });
    expect(await submit(ask, DEV)).toEqual({ kind: "needs-address", ask });
    expect(await submit(ask, DEV, [STREET])).toMatchObject({ sources: [STREET], address: "seen" });
  });
});

describe("who moves", () => {
  test("has one access, not two, where the rule gives a person one; and the old one goes only after the new one was seen open", async () => {
    const office = await createOffice({ limits: { perPerson: 1, perMachine: 1, asksPerHour: undefined } });
    const { id } = await office.submit();
    await office.review(id, LEAD, { kind: "approve" });
    const moved = await createMove(office.deps)(id as string as GrantId, DEV, [HOME]);
    if ("refusals" in moved) throw new Error(JSON.stringify(moved.refusals));
    expect(moved).toMatchObject({
      sources: [HOME],
      moves: id,
      state: { kind: "approved", approvals: [{ by: { user: LEAD } }] },
    });
    const [old, fresh] = [
      await office.ledger.grant(id as string as GrantId),
      await office.ledger.grant(moved.id as string as GrantId),
    ];
    expect(fresh).toMatchObject({ supersedes: id, expiresAt: old?.expiresAt });

    const look = office.lookAtRequest;
    await look(moved.id);
    expect((await office.ledger.grant(id as string as GrantId))?.revoked).toBeUndefined();
    if (fresh === undefined) throw new Error("nothing was granted");
    await office.ledger.commit({
      grant: { ...fresh, version: fresh.version + 1, openedAt: office.clock.now() },
      events: [],
    });
    await look(moved.id);
    await look(moved.id);
    expect((await office.ledger.grant(id as string as GrantId))?.revoked).toMatchObject({
      kind: "superseded",
      by: moved.id,
    });
    expect(office.eventsOf("grant.moved")).toHaveLength(1);
  });

  test("twice at once moves once", async () => {
    const office = await createOffice();
    const { id } = await office.submit();
    await office.review(id, LEAD, { kind: "approve" });
    const move = createMove(office.deps);
    const outcomes = await Promise.all(
      [HOME, "192.0.2.66/32" as Cidr].map((to) => move(id as string as GrantId, DEV, [to])),
    );
    expect(outcomes.map((outcome) => ("refusals" in outcome ? outcome.refusals[0].code : "moved"))).toEqual([
      "moved",
      "moving-already",
    ]);
  });

  test("once where two replicas are asked at the same time", async () => {
    const { office, id, codeOf } = await open();
    const moves = [createMove(office.deps), createMove(office.deps)];
    const outcomes = await Promise.all(moves.map((move, i) => move(id, DEV, [i === 0 ? HOME : STREET])));
    expect(outcomes.map(codeOf).toSorted()).toEqual(["moved", "moving-already"]);
    expect((await office.ledger.liveGrants()).filter(({ supersedes }) => supersedes === id)).toHaveLength(1);
  });

  test("opens nothing where it is closed, or its time ends, while it is being judged", async () => {
    for (const passes of ["closed", "ended"] as const) {
      const { office, id, codeOf } = await open();
      const lockdown = async () => {
        if (passes === "closed") await office.endEarly(id, DEV);
        else office.clock.advance(3 * HOUR);
        return office.ledger.lockdown();
      };
      const move = createMove({ ...office.deps, ledger: { ...office.deps.ledger, lockdown } });
      expect(codeOf(await move(id, DEV, [HOME]))).toBe("access-over");
      expect(office.memory.grants()).toHaveLength(1);
    }
  });

  test("closes all that came before, also where they moved on before the first move opened or closed the new one at once", async () => {
    const { office, id, move, seenOpen } = await open();
    const second = await move(id, HOME);
    const third = await move(second.grantId, STREET);
    await seenOpen(third.grantId);
    await office.lookAtRequest(third.id);
    const active = async () => (await office.ledger.liveGrants()).filter((each) => isActive(each, NOW));
    expect((await active()).map((each) => each.id)).toEqual([third.grantId]);

    const fourth = await move(third.grantId, HOME);
    await seenOpen(fourth.grantId);
    await office.endEarly(fourth.grantId, DEV);
    await office.lookAtRequest(fourth.id);
    expect(await active()).toEqual([]);
  });

  test("isn't made longer from where they leave until they have it, or couldn't have it, from elsewhere", async () => {
    const { office, id, move, seenOpen } = await open({ approve: { kind: "none" } });
    const extend = async (of: GrantId) => {
      const outcome = await office.extendGrant(of, DEV, "30m");
      return outcome.kind === "refused" ? outcome.refusals[0].code : outcome.kind;
    };
    const failing = await move(id, HOME);
    expect(await extend(id)).toBe("moving-already");
    await office.endEarly(failing.grantId, DEV);
    expect(await extend(id)).toBe("extended");
    const moved = await move(id, HOME);
    await seenOpen(moved.grantId);
    await office.lookAtRequest(moved.id);
    expect(await extend(moved.grantId)).toBe("extended");
  });

  test("goes nowhere that the approver left out, however often, and keeps what was narrowed and from where it was approved", async () => {
    const { office, id, codeOf } = await open({}, { from: ["203.0.113.0/24"] }, { from: ["203.0.113.8/30"] });
    const attempt = createMove(office.deps);
    const refused = await attempt(id, DEV, [STREET]);
    expect(refused).toMatchObject({
      refusals: [{ code: "source-narrowed", facts: { by: LEAD, allowed: ["203.0.113.8/30"] } }],
    });
    const within = await attempt(id, DEV, ["203.0.113.10/32" as Cidr, V6]);
    expect(within).toMatchObject({
      sources: ["203.0.113.10/32"],
      narrowed: { by: { user: LEAD } },
      movedFrom: ["203.0.113.8/30"],
      answeredFrom: ["203.0.113.8/30"],
    });
    if ("refusals" in within) return;
    const next = within.id as string as GrantId;
    expect(codeOf(await attempt(next, DEV, [STREET]))).toBe("source-narrowed");
    const again = await attempt(next, DEV, ["203.0.113.9/32" as Cidr]);
    expect(again).toMatchObject({ movedFrom: ["203.0.113.10/32"], answeredFrom: ["203.0.113.8/30"] });
  });

  test("needs the approval that the rule has come to ask for, where it was given without one", async () => {
    const { office, id, codeOf } = await open({ approve: { kind: "none" } });
    office.setRule({ approve: aRule().approve });
    expect(codeOf(await createMove(office.deps)(id, DEV, [HOME]))).toBe("move-unapproved");
    office.people.set(LEAD, personFacts(LEAD, { standing: "deactivated" }));
    office.people.set(OTHER_LEAD, personFacts(OTHER_LEAD, { standing: "deactivated" }));
    expect(codeOf(await createMove(office.deps)(id, DEV, [HOME]))).toBe("no-approver");
    const approved = await open();
    approved.office.people.set(LEAD, personFacts(LEAD, { standing: "deactivated" }));
    expect(codeOf(await createMove(approved.office.deps)(approved.id, DEV, [HOME]))).toBe("moved");
  });

  test("with a break-glass is told of again, and it is to be reviewed again, once for both", async () => {
    const breakGlass = { by: ["engineers"], maximumMs: HOUR, tell: { roles: ["security"], channels: ["C0SECURITY"] } };
    const { office, id, move, seenOpen } = await open({ breakGlass }, { breakGlass: true, end: "1h" });
    const first = await office.request(id as string as RequestId);
    const moved = await move(id, HOME);
    expect(moved.breakGlass?.reviewed).toBeUndefined();
    expect(office.eventsOf("break-glass.used").at(-1)).toMatchObject({
      requestId: moved.id,
      skipped: [LEAD, OTHER_LEAD],
      tell: [SECURITY, "C0SECURITY"],
      movedFrom: first.sources,
    });
    await seenOpen(moved.grantId);
    await office.lookAtRequest(moved.id);
    expect(isUnreviewed(await office.request(first.id))).toBe(false);
    expect(isUnreviewed(await office.request(moved.id))).toBe(true);
    office.clock.advance(5 * HOUR);
    for (const each of [first.id, moved.id]) await office.lookAtRequest(each);
    expect(office.eventsOf("break-glass.unreviewed").map(({ requestId }) => requestId)).toEqual([moved.id]);

    const reviewed = await open({ breakGlass }, { breakGlass: true, end: "1h" });
    await reviewed.office.reviewBreakGlass(reviewed.id as string as RequestId, LEAD);
    expect((await reviewed.move(reviewed.id, HOME)).breakGlass).toEqual(first.breakGlass);
  });

  test("leaves no question open about what they left", async () => {
    const { office, id, move, seenOpen } = await open();
    const asked = await office.extendGrant(id, DEV, "30m");
    if (asked.kind !== "asked") throw new Error(asked.kind);
    const moved = await move(id, HOME);
    await seenOpen(moved.grantId);
    await office.lookAtRequest(moved.id);
    const due = await office.requests.take(office.clock.now(), 10, MINUTE);
    expect(due.map((lease) => lease.id)).toContain(id);
    await office.lookAtRequest(id as string as RequestId);
    expect((await office.request(asked.request.id)).state).toMatchObject({ kind: "lapsed", because: "access-over" });
  });
});

/** Somebody has an access; `less`: an approver gave it so. */
const open = async (
  rule: Partial<Rule> = {},
  ask: Parameters<Awaited<ReturnType<typeof createOffice>>["submit"]>[0] = {},
  less?: Less,
) => {
  const office = await createOffice(rule);
  const request = await office.submit(ask);
  if (request.state.kind === "pending")
    await office.review(request.id, LEAD, { kind: "approve", ...(less === undefined ? {} : { less }) });
  const id = request.id as string as GrantId;
  const codeOf = (outcome: AccessRequest | Refused): string =>
    "refusals" in outcome ? outcome.refusals.map(({ code }) => code).join() : "moved";
  const move = async (of: GrantId, to: Cidr) => {
    const moved = await createMove(office.deps)(of, DEV, [to]);
    if ("refusals" in moved) throw new Error(JSON.stringify(moved.refusals));
    return { ...moved, grantId: moved.id as string as GrantId };
  };
  const seenOpen = async (of: GrantId) => {
    await changeGrant(office.ledger, of, (grant) => ({
      grant: { ...grant, openedAt: office.clock.now() },
      events: [],
    }));
  };
  return { office, id, codeOf, move, seenOpen };
};
