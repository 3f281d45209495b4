import { describe, expect, test } from "vitest";
import { type DurationMs, MINUTE } from "../../src/access/time.ts";
import type { Rule, Step } from "../../src/policy/policy.ts";
import { NOW } from "../contracts/samples.ts";
import { aPolicy, aRole, aRule } from "../policy/example-rule.ts";
import { createOffice, DEV, LEAD, OTHER_LEAD, personFacts, SECURITY } from "./office.ts";

const inSteps = (...steps: readonly Step[]): Pick<Rule, "approve"> => ({
  approve: { kind: "by", steps, withinMs: (30 * MINUTE) as DurationMs, automatic: [] },
});
const LEADS_THEN_SECURITY = inSteps({ needed: 1, roles: ["leads"] }, { needed: 1, roles: ["security"] });

const asked = async (
  rule: Partial<Rule> = {},
  prepare: (office: Awaited<ReturnType<typeof createOffice>>) => void = () => undefined,
) => {
  const office = await createOffice(rule);
  prepare(office);
  const { id } = await office.submit();
  /** Looks until there is nothing to do for now; returns when to look next. */
  const look = async (): Promise<number | undefined> => {
    for (;;) {
      const next = await office.lookAtRequest(id);
      if (next === undefined || next > office.clock.now()) return next;
    }
  };
  return { ...office, id, look };
};

describe("approvers who don't read the channel", () => {
  test("are told directly, once, and those who do aren't", async () => {
    const { id, look, readers, eventsOf, request } = await asked();
    readers.there = new Set([LEAD]);
    await look();
    await look();
    expect(eventsOf("approvers.told")).toMatchObject([{ step: 0, users: [OTHER_LEAD] }]);
    expect((await request(id)).told).toEqual([{ step: 0, users: [OTHER_LEAD] }]);
  });

  test("are all told where the channel can't be read, but for whoever left and whoever asks", async () => {
    const { look, readers, eventsOf } = await asked({}, ({ people, setPolicy }) => {
      setPolicy({
        ...aPolicy(aRule()),
        roles: new Map([
          ["engineers", aRole({ name: "engineers", users: [DEV] })],
          ["leads", aRole({ name: "leads", users: [LEAD, OTHER_LEAD, "U0LEFT", DEV] })],
        ]),
      });
      people.set("U0LEFT", personFacts("U0LEFT", { standing: "deactivated" }));
    });
    readers.there = undefined;
    await look();
    expect(eventsOf("approvers.told").map(({ users }) => users)).toEqual([[LEAD, OTHER_LEAD]]);
  });

  test("of the next step are told when it is their turn", async () => {
    const { id, look, readers, review, eventsOf, requests, clock } = await asked(LEADS_THEN_SECURITY);
    readers.there = new Set([LEAD, OTHER_LEAD]);
    await look();
    expect(eventsOf("approvers.told")).toEqual([]);
    await requests.take(clock.now(), 10, MINUTE);
    await review(id, LEAD, { kind: "approve" });
    await look();
    expect(eventsOf("approvers.told")).toMatchObject([{ step: 1, users: [SECURITY] }]);
  });

  test("are twenty at most", async () => {
    const many = Array.from({ length: 300 }, (_, at) => `U0MANY${at}`);
    const { look, readers, eventsOf } = await asked({}, ({ people, groups, setPolicy }) => {
      groups.set("S0MANY", new Set(many));
      for (const user of many) people.set(user, personFacts(user));
      const leads = aRole({ name: "leads", groups: ["S0MANY"] });
      setPolicy({ ...aPolicy(aRule()), roles: new Map([...aPolicy().roles, ["leads", leads]]) });
    });
    readers.there = new Set();
    await look();
    expect(eventsOf("approvers.told").map(({ users }) => users.length)).toEqual([20]);
  });

  test("are told later while Slack is away", async () => {
    const { look, readers, slack, eventsOf } = await asked();
    readers.there = new Set();
    slack.away = true;
    await expect(look()).rejects.toThrow("away");
    slack.away = false;
    await look();
    expect(eventsOf("approvers.told")).toHaveLength(1);
  });
});

describe("a request that nobody answers", () => {
  test("is reminded after a third of its time and after two thirds, once each, and then lapses", async () => {
    const { id, look, clock, eventsOf, request } = await asked();
    expect(await look()).toBe(NOW + 10 * MINUTE);
    clock.set(NOW + 10 * MINUTE);
    expect(await look()).toBe(NOW + 20 * MINUTE);
    expect((await request(id)).reminded).toBe("reminded");
    clock.set(NOW + 20 * MINUTE);
    expect(await look()).toBe(NOW + 30 * MINUTE);
    expect(eventsOf("request.reminded").map(({ how, isLast }) => [how, isLast])).toEqual([
      ["reminded", false],
      ["escalated", true],
    ]);
    clock.set(NOW + 30 * MINUTE);
    expect(await look()).toBeUndefined();
    expect((await request(id)).state.kind).toBe("lapsed");
  });

  test("reminds those directly who were told directly", async () => {
    const { look, readers, clock, eventsOf } = await asked();
    readers.there = new Set([LEAD]);
    await look();
    clock.set(NOW + 10 * MINUTE);
    await look();
    expect(eventsOf("request.reminded")).toMatchObject([{ how: "reminded", users: [OTHER_LEAD] }]);
  });

  test("is told to those of the next step, or to security's people where it has no channel", async () => {
    const first = await asked(LEADS_THEN_SECURITY);
    first.clock.set(NOW + 20 * MINUTE);
    await first.look();
    expect(first.eventsOf("request.reminded")).toMatchObject([{ how: "escalated", users: [SECURITY], isLast: false }]);
    const last = await asked();
    last.readers.ofSecurity = false;
    last.clock.set(NOW + 20 * MINUTE);
    await last.look();
    expect(last.eventsOf("request.reminded")).toMatchObject([{ how: "escalated", users: [SECURITY], isLast: true }]);
  });

  test("isn't reminded any more once it was answered", async () => {
    const { id, look, clock, review, eventsOf } = await asked();
    await look();
    await review(id, LEAD, { kind: "approve" });
    clock.set(NOW + 20 * MINUTE);
    await look();
    expect(eventsOf("request.reminded")).toEqual([]);
  });
});
