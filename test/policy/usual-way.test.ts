import { describe, expect, test } from "vitest";
import { type DurationMs, type EpochMs, HOUR, MINUTE } from "../../src/access/time.ts";
import { decide } from "../../src/policy/decide.ts";
import type { Hours } from "../../src/policy/hours.ts";
import type { Approve, Freeze, Policy, Step } from "../../src/policy/policy.ts";
import type { Question } from "../../src/policy/question.ts";
import { aPolicy, aQuestion, aRule, everyMachine } from "./example-rule.ts";

/** A Monday, ten in the morning in Berlin. */
const AT = Date.parse("2026-11-23T09:00:00Z") as EpochMs;
const refusals = (changes: Partial<Question>, policy: Policy = aPolicy()) => {
  const decision = decide(aQuestion({ at: AT, ...changes }), policy);
  return decision.kind === "deny" ? decision.refusals : [];
};
const codes = (changes: Partial<Question>, policy?: Policy) => refusals(changes, policy).map(({ code }) => code);

const hours = (from: number, until: number): Hours => ({
  name: `${from}-${until}`,
  days: [1, 2, 3, 4, 5],
  from: from * 60,
  until: until * 60,
  zone: "Europe/Berlin",
});

describe("hours", () => {
  test("access opens within one of them only; else it is told when it does again", () => {
    expect(codes({ rule: aRule({ hours: [hours(8, 18)] }) })).toEqual([]);
    expect(codes({ rule: aRule({ hours: [hours(12, 13), hours(10, 11)] }) })).toEqual([]);
    expect(refusals({ rule: aRule({ hours: [hours(6, 8), hours(12, 13)] }) })).toMatchObject([
      {
        code: "outside-hours",
        facts: { machine: "prod-vm-3", hours: ["6-8", "12-13"], nextAt: Date.parse("2026-11-23T11:00:00Z") },
      },
    ]);
  });

  test("what opens within them may last beyond", () => {
    expect(codes({ rule: aRule({ hours: [hours(8, 11)] }), durationMs: (3 * HOUR) as DurationMs })).toEqual([]);
  });
});

describe("freezes", () => {
  const frozen = (changes: Partial<Freeze> = {}): Policy => ({
    ...aPolicy(),
    freezes: [
      {
        name: "year's end",
        fromAt: (AT + 2 * HOUR) as EpochMs,
        untilAt: (AT + 24 * HOUR) as EpochMs,
        match: everyMachine,
        except: ["security"],
        ...changes,
      },
    ],
  });

  test("refuse what would reach into them by a millisecond, and nothing that ends as they begin", () => {
    expect(codes({ durationMs: (2 * HOUR) as DurationMs }, frozen())).toEqual([]);
    expect(refusals({ durationMs: (2 * HOUR + 1) as DurationMs }, frozen())).toEqual([
      {
        kind: "refusal",
        code: "frozen",
        facts: { name: "year's end", fromAt: AT + 2 * HOUR, untilAt: AT + 24 * HOUR },
      },
    ]);
  });

  test("are over at their end", () => {
    expect(codes({}, frozen({ fromAt: 0 as EpochMs, untilAt: (AT + 1) as EpochMs }))).toEqual(["frozen"]);
    expect(codes({}, frozen({ fromAt: 0 as EpochMs, untilAt: AT }))).toEqual([]);
  });

  test("are for the machines they name, and not for the roles they leave out", () => {
    const now = { fromAt: AT };
    expect(codes({}, frozen({ ...now, match: { ...everyMachine, names: ["dev-*"] } }))).toEqual([]);
    expect(codes({}, frozen({ ...now, match: { ...everyMachine, names: ["prod-*"] } }))).toEqual(["frozen"]);
    expect(codes({ roles: new Set(["engineers", "security"]) }, frozen(now))).toEqual([]);
  });
});

describe("limits", () => {
  const limited = (limits: { perPerson?: number; perMachine?: number; asksPerHour?: number }) =>
    aRule({ limits: { perPerson: undefined, perMachine: undefined, asksPerHour: undefined, ...limits } });
  const usage = (ofPerson: number, onMachine: number, ...asksAt: readonly number[]) => ({
    ofPerson,
    onMachine,
    asksAt: asksAt.map((ago) => (AT - ago) as EpochMs),
  });

  test("the last that is allowed is, one more isn't", () => {
    const rule = limited({ perPerson: 2, perMachine: 3 });
    expect(codes({ rule, usage: usage(1, 2) })).toEqual([]);
    expect(refusals({ rule, usage: usage(2, 2) })).toMatchObject([
      { code: "too-many-at-once", facts: { machine: "prod-vm-3", of: "person", most: 2 } },
    ]);
    expect(refusals({ rule, usage: usage(1, 3) })).toMatchObject([{ facts: { of: "machine", most: 3 } }]);
    expect(codes({ usage: usage(99, 99, ...Array.from({ length: 99 }, () => 1)) })).toEqual([]);
  });

  test("an ask counts for an hour, and it is told when the next one may come", () => {
    const rule = limited({ asksPerHour: 2 });
    expect(codes({ rule, usage: usage(0, 0, 5 * MINUTE) })).toEqual([]);
    expect(codes({ rule, usage: usage(0, 0, 5 * MINUTE, HOUR) })).toEqual([]);
    expect(refusals({ rule, usage: usage(0, 0, 5 * MINUTE, HOUR - 1) })).toMatchObject([
      { code: "asked-too-often", facts: { most: 2, nextAt: AT + 1 } },
    ]);
    // Who asked more often than that has to wait until all but one of them are old.
    expect(refusals({ rule, usage: usage(0, 0, 3 * MINUTE, 20 * MINUTE, 40 * MINUTE) })).toMatchObject([
      { facts: { nextAt: AT + 40 * MINUTE } },
    ]);
    expect(codes({ rule: limited({ asksPerHour: 0 }) })).toEqual(["asked-too-often"]);
  });
});

describe("approvals", () => {
  const by = (steps: readonly Step[], automatic: readonly Hours[] = []): Approve => ({
    kind: "by",
    steps,
    withinMs: HOUR,
    automatic,
  });
  const people = (found: Readonly<Record<string, readonly string[]>>) =>
    new Map(Object.entries(found).map(([role, users]) => [role, new Set(users)]));
  const twoSteps = aRule({
    approve: by([
      { roles: ["leads"], needed: 1 },
      { roles: ["security"], needed: 1 },
    ]),
  });

  test("within automatic hours nobody has to approve, not even somebody who isn't there", () => {
    const rule = aRule({ approve: by([{ roles: ["leads"], needed: 1 }], [hours(9, 11)]) });
    expect(decide(aQuestion({ at: AT, rule, approvers: new Map() }), aPolicy())).toMatchObject({
      kind: "allow",
      how: "automatic",
    });
    expect(decide(aQuestion({ at: (AT + HOUR) as EpochMs, rule }), aPolicy()).kind).toBe("needs-approval");
  });

  test("automatic hours let nothing else slip", () => {
    const approve = by([{ roles: ["leads"], needed: 1 }], [hours(0, 24)]);
    const limits = { perPerson: 0, perMachine: 0, asksPerHour: 0 };
    const rule = aRule({ approve, limits, hours: [hours(6, 8)] });
    const freezes = [
      { name: "f", fromAt: (AT - 1) as EpochMs, untilAt: (AT + 1) as EpochMs, match: everyMachine, except: [] },
    ];
    expect(
      codes(
        {
          rule,
          roles: new Set(),
          services: [],
          sources: [],
          durationMs: 0 as DurationMs,
          justification: "",
        },
        { ...aPolicy(), freezes },
      ),
    ).toEqual([
      "not-eligible",
      "port-not-offered",
      "duration-unreadable",
      "source-missing",
      "justification-missing",
      "outside-hours",
      "frozen",
      "too-many-at-once",
      "too-many-at-once",
      "asked-too-often",
    ]);
  });

  test("each step needs its own people", () => {
    const both = { leads: ["U0LEAD1"], security: ["U0SEC1"] };
    expect(decide(aQuestion({ rule: twoSteps, approvers: people(both) }), aPolicy())).toMatchObject({
      kind: "needs-approval",
      steps: [
        { roles: ["leads"], approvers: { users: ["U0LEAD1", "U0LEAD2"] } },
        { roles: ["security"], needed: 1 },
      ],
    });
    expect(refusals({ rule: twoSteps, approvers: people({ leads: ["U0LEAD1"], security: ["U0DEV1"] }) })).toMatchObject(
      [{ code: "no-approver", facts: { roles: ["security"], needed: 1 } }],
    );
    expect(codes({ rule: twoSteps, approvers: people({}) })).toEqual(["no-approver", "no-approver"]);
  });

  test("nobody counts in two steps, so together they need as many people", () => {
    const one = { leads: ["U0LEAD1"], security: ["U0LEAD1"] };
    expect(refusals({ rule: twoSteps, approvers: people(one) })).toMatchObject([
      { code: "no-approver", facts: { roles: ["leads", "security"], needed: 2 } },
    ]);
    // Whoever is in both is given to the step that has nobody else.
    expect(codes({ rule: twoSteps, approvers: people({ ...one, leads: ["U0LEAD1", "U0LEAD2"] }) })).toEqual([]);
    expect(codes({ rule: twoSteps, approvers: people({ ...one, security: ["U0LEAD1", "U0SEC1"] }) })).toEqual([]);
  });
});
