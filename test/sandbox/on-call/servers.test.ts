import { describe, expect, onTestFinished, test } from "vitest";
import { createOpsgenie } from "../../../src/sandbox/on-call/opsgenie.ts";
import { createPagerDuty } from "../../../src/sandbox/on-call/pagerduty.ts";
import { createManualClock } from "../../fakes/manual-clock.ts";

const NOON = Date.parse("2026-11-23T12:00:00Z");
const PAGER_HEADERS = { authorization: "Token token=secret", accept: "application/vnd.pagerduty+json;version=2" };
const GENIE_HEADERS = { authorization: "GenieKey secret" };

describe("PagerDuty's on-calls", () => {
  const setPager = async () => {
    const pager = await createPagerDuty({
      token: "secret",
      clock: createManualClock(NOON),
      shifts: [
        { user: "PDEV1", schedule: "PSCHED1", from: NOON, until: NOON + 3_600_000 },
        { user: "PDEV2", schedule: "PSCHED2", level: 2 },
        { user: "PDEV3" },
      ],
    });
    onTestFinished(() => pager.stop());
    const get = async (query: string, headers: Record<string, string> = PAGER_HEADERS, path = "/oncalls") => {
      const response = await fetch(`${pager.url}${path}${query}`, { headers });
      const body = (await response.json()) as { readonly oncalls: readonly object[]; readonly more: boolean };
      return { status: response.status, body, headers: response.headers };
    };
    return { pager, get };
  };

  test("have their documented shape", async () => {
    const { get } = await setPager();
    expect(await get("?schedule_ids[]=PSCHED1")).toMatchObject({
      status: 200,
      body: {
        limit: 25,
        offset: 0,
        more: false,
        oncalls: [
          {
            escalation_level: 1,
            schedule: { id: "PSCHED1", type: "schedule_reference" },
            user: { id: "PDEV1", type: "user_reference" },
            start: "2026-11-23T12:00:00.000Z",
            end: "2026-11-23T13:00:00.000Z",
          },
        ],
      },
    });
  });

  test("are of all schedules, and of none, when nothing is asked for", async () => {
    const { get } = await setPager();
    const { body } = await get("?limit=2");
    expect([body.oncalls.length, body.more]).toEqual([2, true]);
    expect((await get("?limit=2&offset=2")).body).toMatchObject({
      more: false,
      oncalls: [{ schedule: null, end: null }],
    });
  });

  test("are of the time that is asked about: a shift has its first instant, not its last", async () => {
    const { get } = await setPager();
    const usersAt = async (at: string) => {
      const { body } = await get(`?schedule_ids[]=PSCHED1&since=${at}&until=${at}`);
      return body.oncalls.length;
    };
    expect(await usersAt("2026-11-23T11:59:59Z")).toBe(0);
    expect(await usersAt("2026-11-23T12:00:00Z")).toBe(1);
    expect(await usersAt("2026-11-23T12:59:59Z")).toBe(1);
    expect(await usersAt("2026-11-23T13:00:00Z")).toBe(0);
  });

  test("aren't for everybody, and not for every question", async () => {
    const { pager, get } = await setPager();
    expect(await get("", { ...PAGER_HEADERS, authorization: "Token token=guessed" })).toMatchObject({
      status: 401,
      body: { error: { code: 2006 } },
    });
    expect((await get("", { authorization: PAGER_HEADERS.authorization, accept: "text/html" })).status).toBe(400);
    expect(await get("?limit=101")).toMatchObject({ status: 400, body: { error: { code: 2001 } } });
    expect((await get("?since=2026-11-24T00:00:00Z&until=2026-11-23T00:00:00Z")).status).toBe(400);
    expect((await get("", PAGER_HEADERS, "/users")).status).toBe(404);
    pager.faults.add({ calls: /^GET \/oncalls$/u, does: { kind: "throttle", retryAfterSeconds: 9 }, times: 1 });
    const { status, headers } = await get("");
    expect([status, headers.get("ratelimit-reset")]).toEqual([429, "9"]);
  });
});

describe("Opsgenie's on-calls", () => {
  const setGenie = async () => {
    const onCall = {
      s1: [
        {
          id: "t1",
          type: "team" as const,
          participants: [{ id: "u1", type: "user" as const, name: "u1@acme.example" }],
        },
      ],
    };
    const genie = await createOpsgenie({ token: "secret", onCall });
    onTestFinished(() => genie.stop());
    const get = async (path: string, headers: Record<string, string> = GENIE_HEADERS) => {
      const response = await fetch(`${genie.url}${path}`, { headers });
      return { status: response.status, body: await response.json() };
    };
    return { genie, get };
  };

  test("have their documented shape, nested and flat", async () => {
    const { get } = await setGenie();
    expect(await get("/v2/schedules/s1/on-calls")).toMatchObject({
      status: 200,
      body: {
        data: {
          _parent: { id: "s1", enabled: true },
          onCallParticipants: [
            { id: "t1", type: "team", onCallParticipants: [{ id: "u1", type: "user", name: "u1@acme.example" }] },
          ],
        },
      },
    });
    expect((await get("/v2/schedules/s1/on-calls?flat=true")).body).toMatchObject({
      data: { onCallRecipients: ["u1@acme.example"] },
    });
  });

  test("aren't for everybody, and not of every schedule", async () => {
    const { genie, get } = await setGenie();
    expect((await get("/v2/schedules/s1/on-calls", {})).status).toBe(401);
    expect((await get("/v2/schedules/s1/on-calls", { authorization: "GenieKey guessed" })).status).toBe(422);
    expect((await get("/v2/schedules/s2/on-calls")).status).toBe(404);
    expect((await get("/v2/users")).status).toBe(404);
    genie.setOnCall("s1", undefined);
    expect((await get("/v2/schedules/s1/on-calls")).status).toBe(404);
    genie.faults.add({ calls: /./u, does: { kind: "throttle" }, times: 1 });
    expect((await get("/v2/schedules/s1/on-calls")).status).toBe(429);
  });
});
