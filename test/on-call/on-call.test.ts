import { describe, expect, onTestFinished, test } from "vitest";
import { type Schedule, scheduleKey } from "../../src/access/person.ts";
import type { DurationMs } from "../../src/access/time.ts";
import { createOnCall, type OnCallDeps } from "../../src/on-call/on-call.ts";
import { createOpsgenie, type OpsgenieServer } from "../../src/sandbox/on-call/opsgenie.ts";
import { createPagerDuty, type PagerDutyServer } from "../../src/sandbox/on-call/pagerduty.ts";
import { createManualClock, type ManualClock } from "../fakes/manual-clock.ts";

const NOON = Date.parse("2026-11-23T12:00:00Z");
const PAGER: Schedule = { service: "pagerduty", id: "PSCHED1" };
const GENIE: Schedule = { service: "opsgenie", id: "d875a1b4-9b4e-4219-a1f3-0c26936d18de" };
const SLACK: Readonly<Record<string, string>> = {
  "pagerduty PDEV1": "U0DEV1",
  "pagerduty PDEV2": "U0DEV2",
  "opsgenie odev1": "U0DEV1",
  "opsgenie odev2": "U0DEV2",
  "opsgenie PDEV2": "U0OTHER",
};

interface Stage {
  readonly clock: ManualClock;
  readonly pager: PagerDutyServer;
  readonly genie: OpsgenieServer;
  /** Sorted; `undefined`: others answer. */
  readonly who: (schedule: Schedule) => Promise<readonly string[] | undefined>;
  /** `pagerduty:PSCHED1: cannot …` */
  readonly told: readonly string[];
}

const setStage = async (deps: Partial<OnCallDeps> = {}, largestPage = 100): Promise<Stage> => {
  const clock = createManualClock(NOON);
  const pager = await createPagerDuty({ token: "pd-secret", clock, largestPage });
  const genie = await createOpsgenie({ token: "og-secret" });
  onTestFinished(async () => {
    await pager.stop();
    await genie.stop();
  });
  const told: string[] = [];
  const onCall = createOnCall({
    pagerduty: { token: "pd-secret", address: pager.url },
    opsgenie: { token: "og-secret", address: `${genie.url}/` },
    slackUserOf: (service, id) => SLACK[`${service} ${id}`],
    clock,
    failed: (schedule, error) => told.push(`${scheduleKey(schedule)}: ${error.message}`),
    ...deps,
  });
  const who = async (schedule: Schedule) => {
    const found = await onCall(schedule);
    return found === undefined ? undefined : [...found].toSorted();
  };
  return { clock, pager, genie, who, told };
};

const pagerShift = (user: string, more = {}) => ({ user, schedule: PAGER.id, ...more });
const genieUser = (id: string) => ({ id, type: "user" as const, name: `${id}@acme.example` });

describe("PagerDuty", () => {
  test("names those who are on call in the schedule now, each once", async () => {
    const { pager, who, told } = await setStage();
    pager.setShifts([
      pagerShift("PDEV1"),
      pagerShift("PDEV1", { level: 2 }),
      pagerShift("PDEV2", { from: NOON - 1, until: NOON + 1 }),
    ]);
    expect(await who(PAGER)).toEqual(["U0DEV1", "U0DEV2"]);
    expect(told).toEqual([]);
  });

  test("doesn't name those of before and after, of other schedules, or of none", async () => {
    const { clock, pager, who } = await setStage();
    pager.setShifts([
      pagerShift("PDEV1", { from: NOON, until: NOON + 60_000 }),
      pagerShift("PDEV2", { from: NOON + 60_000 }),
      { user: "PDEV2", schedule: "PSCHED2" },
      { user: "PDEV2" },
    ]);
    expect(await who(PAGER)).toEqual(["U0DEV1"]);
    clock.advance(61_000);
    expect(await who(PAGER)).toEqual(["U0DEV2"]);
  });

  test("entries of other schedules don't count, though they come along", async () => {
    const { pager, who } = await setStage();
    const entry = (user: string, schedule: object | null) => ({ user: { id: user }, schedule, escalation_level: 1 });
    const oncalls = [entry("PDEV1", { id: PAGER.id }), entry("PDEV2", null), entry("PDEV2", { id: "PSCHED2" })];
    pager.faults.add({ calls: /./u, does: { kind: "answer", status: 200, body: JSON.stringify({ oncalls }) } });
    expect(await who(PAGER)).toEqual(["U0DEV1"]);
  });

  test("is read to the last page", async () => {
    const { pager, who } = await setStage({}, 1);
    pager.setShifts([pagerShift("PDEV1"), pagerShift("PDEV3"), pagerShift("PDEV2")]);
    expect(await who(PAGER)).toEqual(["U0DEV1", "U0DEV2"]);
    expect(pager.calls()).toHaveLength(3);
  });

  test("that says there is more without end is not believed", async () => {
    const { pager, who, told } = await setStage();
    const body = JSON.stringify({ oncalls: [], more: true });
    pager.faults.add({ calls: /./u, does: { kind: "answer", status: 200, body } });
    expect(await who(PAGER)).toBeUndefined();
    expect(told).toEqual([expect.stringMatching(/isn't as documented/u)]);
  });
});

describe("Opsgenie", () => {
  test("names users, also those of the teams and escalations in the rotation", async () => {
    const { genie, who } = await setStage();
    genie.setOnCall(GENIE.id, [
      { id: "team1", type: "team", participants: [genieUser("odev1")] },
      { id: "esc1", type: "escalation", participants: [{ id: "t", type: "team", participants: [genieUser("odev2")] }] },
      { id: "odev9", type: "none" },
    ]);
    expect(await who(GENIE)).toEqual(["U0DEV1", "U0DEV2"]);
  });

  test("names nobody where only something else stands in the rotation", async () => {
    const { genie, who, told } = await setStage();
    genie.setOnCall(GENIE.id, [
      { id: "odev1", type: "none" },
      { id: "odev2", type: "team", participants: [] },
    ]);
    expect(await who(GENIE)).toBeUndefined();
    expect(told).toEqual([expect.stringMatching(/nobody is on call/u)]);
  });

  test("isn't taken for PagerDuty: an id is one of its own service", async () => {
    const { genie, who } = await setStage();
    genie.setOnCall(GENIE.id, [genieUser("PDEV1")]);
    expect(await who(GENIE)).toBeUndefined();
  });

  test("doesn't know the schedule", async () => {
    const { who, told } = await setStage();
    expect(await who(GENIE)).toBeUndefined();
    expect(told).toEqual([`opsgenie:${GENIE.id}: cannot ask Opsgenie who is on call in \`${GENIE.id}\`: 404`]);
  });

  test("is asked for exactly the schedule that is named, whatever it is called", async () => {
    const { genie, who } = await setStage();
    genie.setOnCall("a/../b?c", [genieUser("odev1")]);
    expect(await who({ service: "opsgenie", id: "a/../b?c" })).toEqual(["U0DEV1"]);
  });
});

describe.each([PAGER, GENIE])("$service, when it can't say", (schedule) => {
  const setService = async (deps: Partial<OnCallDeps> = {}) => {
    const stage = await setStage(deps);
    stage.pager.setShifts([pagerShift("PDEV1")]);
    stage.genie.setOnCall(GENIE.id, [genieUser("odev1")]);
    return { ...stage, server: schedule === PAGER ? stage.pager : stage.genie };
  };

  test.each([
    ["a 500", { kind: "answer", status: 500, body: "{}" }, /: 500$/u],
    ["a 429", { kind: "throttle", retryAfterSeconds: 30 }, /: 429/u],
    ["no JSON", { kind: "answer", status: 200, body: "<html>" }, /isn't as documented$/u],
    ["a list", { kind: "answer", status: 200, body: "[]" }, /isn't as documented$/u],
    ["nothing in it", { kind: "answer", status: 200, body: "{}" }, /isn't as documented$/u],
    [
      "something else in it",
      { kind: "answer", status: 200, body: '{"data":{},"oncalls":{}}' },
      /isn't as documented$/u,
    ],
    ["another place", { kind: "answer", status: 302, body: "", headers: { location: "/elsewhere" } }, /no answer$/u],
    ["a connection that ends", { kind: "drop" }, /no answer$/u],
  ] as const)("with %s: others answer, and it is told why", async (_, does, why) => {
    const { server, who, told } = await setService();
    server.faults.add({ calls: /./u, does, times: 1 });
    expect(await who(schedule)).toBeUndefined();
    expect(told).toEqual([expect.stringMatching(why)]);
    expect(told.join()).not.toMatch(/secret/u);
    expect(server.calls()).toHaveLength(1);
  });

  test.each(["hang", "delay"] as const)("within its time (%s): others answer", async (kind) => {
    const { server, who, told } = await setService({ answerWithinMs: 100 as DurationMs });
    server.faults.add({ calls: /./u, does: kind === "hang" ? { kind } : { kind, ms: 30_000 } });
    const start = performance.now();
    expect(await who(schedule)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(1_500);
    expect(told).toEqual([expect.stringMatching(/no answer in time$/u)]);
  });

  test("because the token is wrong: others answer", async () => {
    const address = (await setService()).server.url;
    const { who, told } = await setStage({ [schedule.service]: { token: "guessed", address } });
    expect(await who(schedule)).toBeUndefined();
    expect(told).toEqual([expect.stringMatching(/: 4(?:01|22)$/u)]);
  });

  test("because it isn't configured, or nobody listens: others answer", async () => {
    const without = await setStage({ [schedule.service]: undefined });
    expect(await without.who(schedule)).toBeUndefined();
    const away = await setStage({ [schedule.service]: { token: "x", address: "http://127.0.0.1:1" } });
    expect(await away.who(schedule)).toBeUndefined();
    const odd = await setStage({ [schedule.service]: { token: "x", address: "not an address" } });
    expect(await odd.who(schedule)).toBeUndefined();
    expect([without.told, away.told, odd.told].map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  test("who of them is in Slack: others answer", async () => {
    const { who, told } = await setService({ slackUserOf: () => undefined });
    expect(await who(schedule)).toBeUndefined();
    expect(told).toEqual([expect.stringMatching(/is linked to somebody in Slack$/u)]);
  });

  test("not even that it fails: others answer", async () => {
    const { server, who } = await setService({
      failed: () => {
        throw new Error("nobody to tell");
      },
    });
    server.faults.add({ calls: /./u, does: { kind: "drop" } });
    expect(await who(schedule)).toBeUndefined();
  });
});

describe("an answer", () => {
  test("is kept for ten seconds, and asked for once by many at once", async () => {
    const { clock, pager, who } = await setStage();
    pager.setShifts([pagerShift("PDEV1")]);
    expect(await Promise.all([who(PAGER), who(PAGER)])).toEqual([["U0DEV1"], ["U0DEV1"]]);
    pager.setShifts([pagerShift("PDEV2")]);
    clock.advance(9_999);
    expect(await who(PAGER)).toEqual(["U0DEV1"]);
    expect(pager.calls()).toHaveLength(1);
    clock.advance(1);
    expect(await who(PAGER)).toEqual(["U0DEV2"]);
  });

  test("that failed is kept for three, and told once", async () => {
    const { clock, pager, who, told } = await setStage();
    pager.setShifts([pagerShift("PDEV1")]);
    pager.faults.add({ calls: /./u, does: { kind: "drop" }, times: 1 });
    expect(await who(PAGER)).toBeUndefined();
    clock.advance(2_999);
    expect(await who(PAGER)).toBeUndefined();
    expect(told).toHaveLength(1);
    clock.advance(1);
    expect(await who(PAGER)).toEqual(["U0DEV1"]);
  });

  test("names whoever is linked now, not when it came", async () => {
    const links = new Map([["PDEV1", "U0DEV1"]]);
    const { pager, who } = await setStage({ slackUserOf: (_, id) => links.get(id) });
    pager.setShifts([pagerShift("PDEV1")]);
    expect(await who(PAGER)).toEqual(["U0DEV1"]);
    links.set("PDEV1", "U0NEW");
    expect(await who(PAGER)).toEqual(["U0NEW"]);
  });
});
