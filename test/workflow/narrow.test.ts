import { describe, expect, test } from "vitest";
import { portKey } from "../../src/access/port.ts";
import { isRefusal } from "../../src/access/refusal.ts";
import { type DurationMs, HOUR, later, MINUTE } from "../../src/access/time.ts";
import type { Rule } from "../../src/policy/policy.ts";
import type { Less } from "../../src/workflow/narrow.ts";
import type { Ask } from "../../src/workflow/submit-request.ts";
import { NOW } from "../contracts/samples.ts";
import { aPolicy, aRule, c, RDP, SSH } from "../policy/example-rule.ts";
import { createOffice, DEV, LEAD, OTHER_LEAD, STRANGER } from "./office.ts";

const WINRM = {
  name: "winrm",
  ports: [
    { port: 5985, protocol: "tcp" },
    { port: 5986, protocol: "tcp" },
  ],
  maximumMs: (3 * HOUR) as DurationMs,
  sources: undefined,
} as const;
const WIDE: Partial<Rule> = { ports: [SSH, { ...RDP, sources: undefined, maximumMs: SSH.maximumMs }, WINRM] };
const two = (needed: number): Pick<Rule, "approve"> => ({
  approve: { kind: "by", steps: [{ roles: ["leads"], needed }], withinMs: (30 * MINUTE) as DurationMs, automatic: [] },
});
const EVERYTHING: Partial<Ask> = { services: ["ssh", "rdp"], from: ["office"], end: "2h" };

const asked = async (ask: Partial<Ask> = EVERYTHING, rule: Partial<Rule> = {}) => {
  const office = await createOffice({ ...WIDE, ...rule });
  const { id } = await office.submit(ask);
  const give = (less: Less, user = LEAD) => office.review(id, user, { kind: "approve", less });
  const refusal = async (less: Less, user = LEAD) => {
    const outcome = await give(less, user);
    if (!isRefusal(outcome)) throw new Error("it was approved");
    return outcome;
  };
  return { ...office, id, give, refusal };
};

describe("less than was asked", () => {
  test("is granted, and only that, with what was asked on record in the same write", async () => {
    const { give, id, request, grantOf, told, eventsOf } = await asked();
    await give({ end: "30m", ports: ["22/tcp"], from: ["203.0.113.7"] });
    expect(await grantOf(id)).toMatchObject({
      services: ["ssh"],
      ports: [{ port: 22, protocol: "tcp" }],
      sources: ["203.0.113.7/32"],
      expiresAt: NOW + 30 * MINUTE,
    });
    expect((await request(id)).narrowed).toMatchObject({
      by: { user: LEAD },
      at: NOW,
      services: ["ssh", "rdp"],
      sources: ["203.0.113.0/24", "2001:db8:1::/48"],
      end: { kind: "for", durationMs: 2 * HOUR },
    });
    expect(told()).toEqual(["request.submitted", "request.narrowed", "request.approved"]);
    expect(eventsOf("request.narrowed")).toMatchObject([
      {
        actor: { person: { user: LEAD } },
        services: ["ssh"],
        durationMs: 30 * MINUTE,
        before: { services: ["ssh", "rdp"], durationMs: 2 * HOUR },
      },
    ]);
  });

  test.each<[string, Less, object]>([
    ["a longer time", { end: "3h" }, { what: "length", maximumMs: 2 * HOUR }],
    ["a later end", { end: "until 20:00" }, { what: "length", maximumMs: 2 * HOUR }],
    ["another port", { ports: ["22/tcp", "5985/tcp"] }, { what: "ports" }],
    ["no port", { ports: [] }, { what: "ports" }],
    ["a wider source", { from: ["203.0.112.0/23"] }, { what: "source", source: "203.0.112.0/23" }],
    ["another source", { from: ["203.0.113.7", "vpn"] }, { what: "source", source: "198.51.100.7" }],
  ])("isn't %s, and says so", async (_, less, facts) => {
    const { refusal, id, request, told } = await asked();
    expect(await refusal(less)).toMatchObject({ code: "wider-than-asked", facts });
    expect((await request(id)).state.kind).toBe("pending");
    expect(told()).toEqual(["request.submitted", "review.refused"]);
  });

  test("isn't the very same, nor what can't be read", async () => {
    const { refusal } = await asked();
    for (const less of [{}, { end: "2h" }, { end: "120m", ports: ["3389/tcp", "22/tcp"] }, { from: ["office"] }])
      expect((await refusal(less)).code).toBe("not-less");
    expect((await refusal({ end: "30" })).code).toBe("duration-unreadable");
    expect((await refusal({ from: ["ofice"] })).code).toBe("source-unreadable");
    expect((await refusal({ from: ["127.0.0.1"] })).code).toBe("source-impossible");
  });

  test("is one port of a service under its own number, and a service keeps its name while it has all of its ports", async () => {
    const { give, id, request } = await asked({ ...EVERYTHING, services: ["winrm", "rdp"] });
    await give({ ports: ["5986/tcp", "3389/tcp"] });
    const narrowed = await request(id);
    expect(narrowed.services).toEqual(["rdp", "5986"]);
    expect(narrowed.ports.map(portKey)).toEqual(["3389/tcp", "5986/tcp"]);
  });

  test("is judged again: what policy no longer gives isn't given, narrower or not", async () => {
    const { refusal, setPolicy } = await asked();
    setPolicy(aPolicy(aRule({ ...WIDE, ports: [{ ...SSH, maximumMs: (10 * MINUTE) as DurationMs }] })));
    expect(await refusal({ end: "30m", ports: ["22/tcp"] })).toMatchObject({
      code: "not-any-more",
      facts: { code: "duration-too-long" },
    });
  });

  test("can be what policy still gives where it no longer gives all", async () => {
    const { give, setPolicy } = await asked();
    setPolicy(aPolicy(aRule({ ...WIDE, ports: [{ ...SSH, maximumMs: (30 * MINUTE) as DurationMs }] })));
    expect(await give({ end: "30m", ports: ["22/tcp"] })).toMatchObject({ state: { kind: "approved" } });
  });

  test("is for those alone who may approve, whoever opened the form", async () => {
    const { refusal } = await asked();
    expect((await refusal({ end: "30m" }, STRANGER)).code).toBe("not-approver");
    expect((await refusal({ end: "30m" }, DEV)).code).toBe("own-request");
  });

  test("of an end is an end, however late the last approval comes", async () => {
    const { give, id, clock, review, grantOf, request } = await asked(
      { ...EVERYTHING, end: "until 11:00" },
      { ...two(2) },
    );
    const before = await request(id);
    await give({ end: "20m" });
    expect(await request(id)).toMatchObject({
      end: { kind: "until", at: NOW + 20 * MINUTE },
      answerBy: NOW + 20 * MINUTE,
      narrowed: { end: before.end },
    });
    clock.advance(15 * MINUTE);
    await review(id, OTHER_LEAD, { kind: "approve" });
    expect(await grantOf(id)).toMatchObject({ expiresAt: later(NOW, (20 * MINUTE) as DurationMs) });
  });

  test("by the first of two holds for the second, who may give less still, and never more", async () => {
    const { give, refusal, id, request, grantOf, eventsOf } = await asked(EVERYTHING, two(2));
    await give({ end: "1h", from: ["203.0.113.0/25"] });
    expect(await request(id)).toMatchObject({ state: { kind: "pending", approvals: [{ by: { user: LEAD } }] } });
    expect(await refusal({ end: "90m" }, OTHER_LEAD)).toMatchObject({ facts: { what: "length", maximumMs: HOUR } });
    await give({ end: "45m" }, OTHER_LEAD);
    expect(await grantOf(id)).toMatchObject({ expiresAt: NOW + 45 * MINUTE, sources: [c("203.0.113.0/25")] });
    expect(await request(id)).toMatchObject({ narrowed: { by: { user: LEAD }, end: { durationMs: 2 * HOUR } } });
    expect(eventsOf("request.narrowed").map(({ before, durationMs }) => [before.durationMs, durationMs])).toEqual([
      [2 * HOUR, HOUR],
      [HOUR, 45 * MINUTE],
    ]);
  });

  test("of two approvers at once, one wins, and what is open is what that one gave", async () => {
    const { give, id, grantOf, eventsOf } = await asked();
    const outcomes = await Promise.all([give({ end: "30m" }), give({ end: "1h", ports: ["22/tcp"] }, OTHER_LEAD)]);
    const [won] = outcomes.filter((each) => !isRefusal(each));
    expect(outcomes.filter(isRefusal).map(({ code }) => code)).toEqual(["too-late"]);
    expect(eventsOf("request.narrowed")).toHaveLength(1);
    expect(await grantOf(id)).toMatchObject({ services: (won as { services: readonly string[] }).services });
  });

  test("of what makes an access longer, or moves it, there is none", async () => {
    const { refusal, id, request, ledger } = await asked();
    const stored = await request(id);
    await ledger.commit({ request: { ...stored, version: 2, extends: "k7f3q2xd" as never }, events: [] });
    expect((await refusal({ end: "30m" })).code).toBe("not-less");
  });
});
