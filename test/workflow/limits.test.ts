import { describe, expect, test } from "vitest";
import { isRefusal } from "../../src/access/refusal.ts";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import type { Limits } from "../../src/policy/policy.ts";
import type { Ask } from "../../src/workflow/submit-request.ts";
import { NOW } from "../contracts/samples.ts";
import { anAsk, createOffice, DEV, LEAD } from "./office.ts";

const limits = (changes: Partial<Limits>): { readonly limits: Limits } => ({
  limits: { perPerson: undefined, perMachine: undefined, asksPerHour: undefined, ...changes },
});
const NOBODY_APPROVES = { approve: { kind: "none" } } as const;
const fromHost = (host: number): Partial<Ask> => ({ from: [`203.0.113.${host}`] });

describe("at once", () => {
  test.each([
    ["person", { perPerson: 2 }],
    ["machine", { perMachine: 2 }],
  ] as const)("so many of a %s open, and one more when one of them is over", async (of, most) => {
    const office = await createOffice({ ...NOBODY_APPROVES, ...limits(most) });
    const { id } = await office.submit(fromHost(1));
    await office.submit({ ...fromHost(2), end: "1h" });
    expect(await office.submitRequest(anAsk(fromHost(3)), DEV)).toMatchObject({
      refusals: [{ code: "too-many-at-once", facts: { of, most: 2 } }],
    });
    await office.endEarly(id, DEV);
    expect(await office.refusalsOf(fromHost(3))).toEqual([]);
    expect(await office.refusalsOf(fromHost(4))).toEqual(["too-many-at-once"]);
    office.clock.set(NOW + HOUR);
    expect(await office.refusalsOf(fromHost(4))).toEqual([]);
  });

  test("another person has their own, and a machine has one for all", async () => {
    const own = await createOffice({ ...NOBODY_APPROVES, ...limits({ perPerson: 1 }) });
    await own.submit();
    expect(await own.refusalsOf({}, "U0DEV2")).toEqual([]);
    const shared = await createOffice({ ...NOBODY_APPROVES, ...limits({ perMachine: 1 }) });
    await shared.submit();
    expect(await shared.refusalsOf({}, "U0DEV2")).toEqual(["too-many-at-once"]);
  });

  test("of many people who ask in one moment only so many get through, and the others hear why", async () => {
    const office = await createOffice({ ...NOBODY_APPROVES, ...limits({ perMachine: 2 }) });
    const people = Array.from({ length: 8 }, (_, i) => `U0MANY${i}`);
    for (const user of people) {
      office.people.set(user, {
        person: { team: "T0ACME", user },
        name: user,
        standing: "member",
        timezone: undefined,
      });
    }
    office.groups.set("S0ENG", new Set(people));
    const outcomes = await Promise.all(people.map((user) => office.refusalsOf({}, user)));
    expect(outcomes.filter((codes) => codes.length === 0)).toHaveLength(2);
    expect(outcomes.filter((codes) => codes.includes("too-many-at-once"))).toHaveLength(6);
    expect(office.memory.grants()).toHaveLength(2);
  });

  test("what is approved counts then: the last of three requests comes too late", async () => {
    const office = await createOffice(limits({ perPerson: 2 }));
    const ids = [await office.submit(fromHost(1)), await office.submit(fromHost(2)), await office.submit(fromHost(3))];
    const outcomes = await Promise.all(ids.map(({ id }) => office.review(id, LEAD, { kind: "approve" })));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(2);
    expect(outcomes.find(isRefusal)).toMatchObject({
      code: "not-any-more",
      facts: { code: "too-many-at-once" },
    });
    expect(office.memory.grants()).toHaveLength(2);
  });
});

describe("asks within an hour", () => {
  test("are counted whatever became of them, until an hour later", async () => {
    const office = await createOffice(limits({ asksPerHour: 2 }));
    const { id } = await office.submit(fromHost(1));
    await office.endEarly(id, DEV);
    office.clock.advance(10 * MINUTE);
    await office.submit(fromHost(2));
    expect(await office.submitRequest(anAsk(fromHost(3)), DEV)).toMatchObject({
      refusals: [{ code: "asked-too-often", facts: { most: 2, nextAt: NOW + HOUR } }],
    });
    expect(await office.refusalsOf(fromHost(3), "U0DEV2")).toEqual([]);
    office.clock.set(NOW + HOUR - 1);
    expect(await office.refusalsOf(fromHost(3))).toEqual(["asked-too-often"]);
    office.clock.set(NOW + HOUR);
    expect(await office.refusalsOf(fromHost(3))).toEqual([]);
  });

  test("aren't counted again when one is approved", async () => {
    const office = await createOffice(limits({ asksPerHour: 1 }));
    const { id } = await office.submit();
    expect(await office.review(id, LEAD, { kind: "approve" })).toMatchObject({ state: { kind: "approved" } });
  });

  test("that were refused don't count, so that a slip of the pen costs nothing", async () => {
    const office = await createOffice(limits({ asksPerHour: 1 }));
    expect(await office.refusalsOf({ end: "9h" })).toEqual(["duration-too-long"]);
    expect(await office.refusalsOf({})).toEqual([]);
  });
});
