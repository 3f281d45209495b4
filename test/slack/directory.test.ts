/** Who people are, asked of a real Slack's protocol: fresh at every act, shared between acts, dropped when Slack tells a change. */

import { webApi } from "@slack/bolt";
import { describe, expect, onTestFinished, test } from "vitest";
import { MINUTE, SECOND } from "../../src/access/time.ts";
import { startHttpServer } from "../../src/http/server.ts";
import type { SlackServerOptions } from "../../src/sandbox/slack/server.ts";
import { createSlackApp } from "../../src/slack/app.ts";
import { createDirectory, type SlackDirectory } from "../../src/slack/directory.ts";
import { createHttpReceiver } from "../../src/slack/http-receiver.ts";
import { listenForChanges } from "../../src/slack/listen-changes.ts";
import { createOwnWorkspace } from "../../src/slack/own-workspace.ts";
import { createProfileFields } from "../../src/slack/profile-fields.ts";
import { waitUntil } from "../fakes/wait-until.ts";
import { APP_TOKEN, BOT_TOKEN, type Setup, SIGNING_SECRET, startSlack, world } from "../sandbox/slack-fixture.ts";

const people = {
  ...world,
  profileFields: [
    { id: "Xf0BOSS", label: "Manager", type: "user" as const, isProtected: true },
    { id: "Xf0FREE", label: "Boss, as they say", type: "user" as const },
  ],
};

interface Office extends Setup {
  readonly directory: SlackDirectory;
  readonly distrusted: readonly string[];
  /** How often this method was called. */
  readonly calls: (method: string) => number;
}

const openOffice = async (field = "Xf0BOSS", options: Partial<SlackServerOptions> = {}): Promise<Office> => {
  const setup = await startSlack({ world: people, ...options });
  const { slack, clock } = setup;
  const client = new webApi.WebClient(BOT_TOKEN, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
  const distrusted: string[] = [];
  const profile = createProfileFields({
    client,
    clock,
    distrusted: (id, because) => distrusted.push(`${id} ${because}`),
  });
  const called: string[] = [];
  slack.subscribe((change) => {
    if (change.kind === "called") called.push(change.method);
  });
  return {
    ...setup,
    directory: createDirectory({ client, clock, home: createOwnWorkspace(client), profile, managerField: () => field }),
    distrusted,
    calls: (method) => called.filter((each) => each === method).length,
  };
};

describe("people", () => {
  test("those who ask at the same time share one call, and so do those who ask within five seconds", async () => {
    const { directory, clock, calls } = await openOffice();
    const asked = Array.from({ length: 5 }, () => directory.lookUp("U0DEV1"));
    for (const facts of await Promise.all(asked)) expect(facts).toMatchObject({ name: "dana", standing: "member" });
    expect(calls("users.info")).toBe(1);

    clock.advance(5 * SECOND - 1);
    await directory.lookUp("U0DEV1");
    expect(calls("users.info")).toBe(1);
    clock.advance(1);
    await directory.lookUp("U0DEV1");
    expect(calls("users.info")).toBe(2);
  });

  test("whoever was deactivated a moment ago is so at the next act, though Slack told nothing", async () => {
    const { directory, slack } = await openOffice();
    await directory.lookUp("U0LEAD1");
    slack.people.changeUser("U0LEAD1", { deleted: true });
    directory.startAnew();
    expect(await directory.lookUp("U0LEAD1")).toMatchObject({ standing: "deactivated" });
  });

  test("a failed look-up is a fault, and the next one asks again", async () => {
    const { directory, faults } = await openOffice();
    faults.add({ calls: /^users\.info$/u, does: { kind: "drop" }, times: 1 });
    await expect(directory.lookUp("U0DEV1")).rejects.toMatchObject({ name: "Fault", code: "slack" });
    expect(await directory.lookUp("U0DEV1")).toMatchObject({ standing: "member" });
  });

  test("a failed look-up doesn't fall back on what was known", async () => {
    const { directory, faults } = await openOffice();
    await directory.lookUp("U0DEV1");
    directory.startAnew();
    faults.add({ calls: /^users\.info$/u, does: { kind: "drop" }, times: 1 });
    await expect(directory.lookUp("U0DEV1")).rejects.toMatchObject({ name: "Fault" });
  });

  test("while Slack wants fewer calls, what is known counts as long as it is fresh, and no longer", async () => {
    const { directory, faults, clock } = await openOffice();
    await directory.lookUp("U0DEV1");
    faults.add({ calls: /^users\.info$/u, does: { kind: "throttle", retryAfterSeconds: 30 } });
    directory.startAnew();
    expect(await directory.lookUp("U0DEV1")).toMatchObject({ standing: "member" });
    await expect(directory.lookUp("U0LEAD1")).rejects.toMatchObject({ name: "Fault" });

    clock.advance(5 * SECOND);
    await expect(directory.lookUp("U0DEV1")).rejects.toMatchObject({ name: "Fault" });
  });

  test("what changed counts no more, not even while Slack wants fewer calls", async () => {
    const { directory, faults } = await openOffice();
    await directory.lookUp("U0DEV1");
    faults.add({ calls: /^users\.info$/u, does: { kind: "throttle", retryAfterSeconds: 30 } });
    directory.forget("U0DEV1");
    await expect(directory.lookUp("U0DEV1")).rejects.toMatchObject({ name: "Fault" });
  });

  test("only an address that Slack calls confirmed is one", async () => {
    const { directory, slack } = await openOffice();
    expect((await directory.lookUp("U0DEV1"))?.email).toBe("dana@acme.example");
    slack.people.changeUser("U0DEV1", { is_email_confirmed: false });
    directory.startAnew();
    expect((await directory.lookUp("U0DEV1"))?.email).toBeUndefined();
    expect((await directory.lookUp("U0LEAD1"))?.email).toBeUndefined();
  });
});

describe("what Slack says of somebody", () => {
  const dana = { id: "U0DEV1", team_id: "T0ACME", name: "dana", deleted: false, is_bot: false, is_restricted: false };
  const standingBy = async (changes: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const { directory, faults } = await openOffice();
    const body = JSON.stringify({ ok: true, user: { ...dana, ...changes } });
    faults.add({ calls: /^users\.info$/u, does: { kind: "answer", status: 200, body } });
    return (await directory.lookUp("U0DEV1"))?.standing;
  };

  test.each([
    ["nothing special", {}, "member"],
    ["nothing of having left", { deleted: undefined }, "member"],
    ["nothing of bots and guests", { is_bot: undefined, is_restricted: undefined }, "member"],
    ["that they left, and no more", { deleted: true, is_restricted: undefined, is_bot: undefined }, "deactivated"],
    ["that a workflow is behind it", { is_workflow_bot: true }, "bot"],
    ["that they are in one channel alone", { is_ultra_restricted: true }, "guest"],
    ["nothing of being a guest, in another workspace", { team_id: "T0OTHER", is_restricted: undefined }, "outsider"],
  ])("%s", async (_, changes, standing) => {
    expect(await standingBy(changes)).toBe(standing);
  });

  test.each([
    { deleted: 1 },
    { deleted: "true" },
    { deleted: null },
    { is_restricted: 1 },
    { is_ultra_restricted: "false" },
    { is_bot: 1 },
    { is_stranger: 1 },
    { id: undefined },
    { id: "U0LEAD1" },
  ])("isn't clear in %o, so they can't be judged", async (changes) => {
    await expect(standingBy(changes)).rejects.toMatchObject({ name: "Fault", code: "slack", retry: "later" });
  });

  test("nobody at all isn't that there is no such person", async () => {
    const { directory, faults } = await openOffice();
    expect(await directory.lookUp("U0NONE")).toBeUndefined();
    faults.add({ calls: /^users\.info$/u, does: { kind: "answer", status: 200, body: '{"ok":true}' } });
    await expect(directory.lookUp("U0DEV1")).rejects.toMatchObject({ name: "Fault" });
  });
});

describe("groups", () => {
  test("are asked for once for many, and anew at the next act", async () => {
    const { directory, slack, calls } = await openOffice();
    await Promise.all([directory.members("S0ENG"), directory.members("S0ENG")]);
    expect(await directory.members("S0ENG")).toEqual(new Set(["U0DEV1", "U0GONE"]));
    expect(calls("usergroups.users.list")).toBe(1);
    slack.people.changeGroup("S0ENG", { users: [] });
    directory.startAnew();
    expect(await directory.members("S0ENG")).toEqual(new Set());
  });

  test("one that is unknown or disabled is none; one that can't be read is a fault", async () => {
    const { directory, faults } = await openOffice();
    expect(await directory.members("S0OLD")).toBeUndefined();
    expect(await directory.members("S0NONE")).toBeUndefined();
    faults.add({ calls: /^usergroups/u, does: { kind: "drop" } });
    await expect(directory.members("S0ENG")).rejects.toMatchObject({ name: "Fault" });
  });

  test.each([
    ["no list", { ok: true }],
    ["null", { ok: true, users: null }],
    ["one id alone", { ok: true, users: "U0DEV1" }],
    ["people instead of ids", { ok: true, users: [{ id: "U0DEV1" }] }],
  ])("%s instead of members is a fault, and not an empty group", async (_, body) => {
    const { directory, faults } = await openOffice();
    faults.add({ calls: /^usergroups/u, does: { kind: "answer", status: 200, body: JSON.stringify(body) } });
    await expect(directory.members("S0ENG")).rejects.toMatchObject({ name: "Fault", code: "slack", retry: "later" });
  });

  describe("while Slack wants fewer calls", () => {
    const throttled = async () => {
      const office = await openOffice();
      await office.directory.members("S0ENG");
      office.faults.add({ calls: /^usergroups/u, does: { kind: "throttle", retryAfterSeconds: 300 } });
      office.directory.startAnew();
      return office;
    };

    test("what was said a minute ago counts, and nothing older", async () => {
      const { directory, clock } = await throttled();
      clock.advance(MINUTE - 1);
      expect(await directory.members("S0ENG")).toEqual(new Set(["U0DEV1", "U0GONE"]));
      await expect(directory.members("S0OTHER")).rejects.toMatchObject({ name: "Fault" });
      clock.advance(1);
      await expect(directory.members("S0ENG")).rejects.toMatchObject({ name: "Fault" });
    });

    test("a crowd is told the same, whoever of them acts last", async () => {
      const { directory } = await throttled();
      const asked = Array.from({ length: 5 }, () => {
        directory.startAnew();
        return directory.members("S0ENG");
      });
      for (const members of await Promise.all(asked)) expect(members).toEqual(new Set(["U0DEV1", "U0GONE"]));
    });

    test("and for a minute after, it is spared what was said half a minute ago, so that there is room for the rest", async () => {
      const { directory, faults, clock, slack, calls } = await throttled();
      await directory.members("S0ENG");
      faults.clear();
      slack.people.changeGroup("S0ENG", { users: [] });
      const before = calls("usergroups.users.list");
      clock.advance(30 * SECOND - 1);
      directory.startAnew();
      expect(await directory.members("S0ENG")).toEqual(new Set(["U0DEV1", "U0GONE"]));
      expect(calls("usergroups.users.list")).toBe(before);
      clock.advance(1);
      expect(await directory.members("S0ENG")).toEqual(new Set());
    });

    test("a crowd that acts all the time, for many groups, keeps nobody out", async () => {
      const groups = ["S0A", "S0B", "S0C", "S0D", "S0E", "S0F", "S0G", "S0H"];
      const { directory, clock } = await openOffice(undefined, {
        world: { ...people, userGroups: groups.map((id) => ({ id, handle: id, users: ["U0DEV1"] })) },
        rateLimits: { minutesAtOnce: 1 },
      });
      for (let act = 0; act < 150; act += 1) {
        directory.startAnew();
        for (const members of await Promise.all(groups.map(directory.members)))
          expect(members).toEqual(new Set(["U0DEV1"]));
        clock.advance(2 * SECOND);
      }
    });

    test("a group that changed isn't known any more", async () => {
      const { directory } = await throttled();
      directory.forgetGroup("S0ENG");
      await expect(directory.members("S0ENG")).rejects.toMatchObject({ name: "Fault" });
    });

    test("a group that changes while it is asked about isn't known either", async () => {
      const { directory } = await throttled();
      const asked = directory.members("S0ENG");
      directory.forgetGroup("S0ENG");
      await expect(asked).rejects.toMatchObject({ name: "Fault" });
    });
  });

  test("no other trouble makes what was known count", async () => {
    const { directory, faults } = await openOffice();
    await directory.members("S0ENG");
    directory.startAnew();
    faults.add({ calls: /^usergroups/u, does: { kind: "answer", status: 500, body: "oops" } });
    await expect(directory.members("S0ENG")).rejects.toMatchObject({ name: "Fault" });
  });
});

describe("a manager", () => {
  test.each([
    ["U0LEAD1", "U0LEAD1"],
    ["<@U0LEAD1>", "U0LEAD1"],
    ["<@U0LEAD1|lee>", "U0LEAD1"],
    [" U0LEAD1 ", "U0LEAD1"],
    ["U0LEAD1,U0DEV1", undefined],
    ["lee", undefined],
    ["lee@acme.example", undefined],
    ["", undefined],
  ])("written as `%s` is %s", async (written, manager) => {
    const { directory, slack } = await openOffice();
    slack.people.writeProfile("U0DEV1", "Xf0BOSS", written);
    expect(await directory.manager("U0DEV1")).toBe(manager);
  });

  test("is somebody else at the next act after the field was changed, of which Slack tells nobody", async () => {
    const { directory, slack } = await openOffice();
    slack.people.writeProfile("U0DEV1", "Xf0BOSS", "U0LEAD1");
    expect(await directory.manager("U0DEV1")).toBe("U0LEAD1");
    slack.people.writeProfile("U0DEV1", "Xf0BOSS", undefined);
    directory.startAnew();
    expect(await directory.manager("U0DEV1")).toBeUndefined();
  });

  test("whom people chose themselves isn't one, and operators are told once", async () => {
    const { directory, slack, distrusted } = await openOffice("Xf0FREE");
    slack.people.writeProfile("U0DEV1", "Xf0FREE", "U0GUEST");
    expect(await directory.manager("U0DEV1")).toBeUndefined();
    expect(await directory.manager("U0LEAD1")).toBeUndefined();
    expect(distrusted).toEqual(["Xf0FREE members-can-edit-it"]);
  });

  test("a field that isn't there gives nobody one, and operators are told", async () => {
    const { directory, distrusted } = await openOffice("Xf0GONE");
    expect(await directory.manager("U0DEV1")).toBeUndefined();
    expect(distrusted).toEqual(["Xf0GONE unknown"]);
  });

  test.each(["users.profile.get", "team.profile.get"])("of whom nothing can be said while %s fails", async (method) => {
    const { directory, slack, faults } = await openOffice();
    slack.people.writeProfile("U0DEV1", "Xf0BOSS", "U0LEAD1");
    faults.add({ calls: new RegExp(method, "u"), does: { kind: "drop" }, times: 1 });
    await expect(directory.manager("U0DEV1")).rejects.toMatchObject({ name: "Fault", code: "slack" });
    expect(await directory.manager("U0DEV1")).toBe("U0LEAD1");
  });
});

describe.each(["http", "socket"] as const)("Slack tells of changes by %s", (transport) => {
  const listening = async () => {
    const office = await openOffice();
    const { slack, clock, directory } = office;
    const receiver = createHttpReceiver({
      signingSecret: SIGNING_SECRET,
      clock,
      firstTime: async () => true,
      refused: (why) => {
        throw new Error(`refused: ${why}`);
      },
    });
    const { app } = createSlackApp({
      botToken: BOT_TOKEN,
      apiUrl: slack.apiUrl,
      transport: transport === "http" ? { kind: "http", receiver } : { kind: "socket", appToken: APP_TOKEN },
      log: () => undefined,
    });
    const changed: string[] = [];
    listenForChanges(app, { ...directory, changed: (user) => changed.push(user) });
    app.command("/jit", async ({ ack }) => ack());
    const server = await startHttpServer({ port: 0, notReady: () => [], slackEvents: receiver.receive });
    await app.start();
    onTestFinished(async () => {
      await app.stop();
      await server.stop();
    });
    if (transport === "http") slack.deliverTo(`http://127.0.0.1:${server.port}/slack/events`);
    return { ...office, changed };
  };

  test("of people, and at once they are known as they are now", async () => {
    const { directory, slack, changed } = await listening();
    await directory.lookUp("U0LEAD1");
    slack.people.changeUser("U0LEAD1", { is_restricted: true });
    await waitUntil("the change is heard", () => changed.length > 0);
    expect(changed).toEqual(["U0LEAD1"]);
    expect(await directory.lookUp("U0LEAD1")).toMatchObject({ standing: "guest" });
  });

  test("of groups, and of each who came or left", async () => {
    const { directory, slack, changed } = await listening();
    await directory.members("S0ENG");
    slack.people.changeGroup("S0ENG", { users: ["U0LEAD1"] });
    await waitUntil("the change is heard", () => new Set(changed).size === 3);
    expect(new Set(changed)).toEqual(new Set(["U0DEV1", "U0GONE", "U0LEAD1"]));
    expect(await directory.members("S0ENG")).toEqual(new Set(["U0LEAD1"]));
  });

  test("and where it doesn't, a command makes all be asked about anew", async () => {
    const { directory, slack, faults, calls } = await listening();
    await directory.lookUp("U0LEAD1");
    faults.add({ calls: /^deliver event_callback/u, does: { kind: "drop" } });
    slack.people.changeUser("U0LEAD1", { deleted: true });
    expect((await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "list" })).outcome).toBe("ok");
    expect(await directory.lookUp("U0LEAD1")).toMatchObject({ standing: "deactivated" });
    expect(calls("users.info")).toBe(2);
  });

  test("each change is acknowledged the first time", async () => {
    const { slack } = await listening();
    const attempts = await slack.event({ type: "user_change", user: { id: "U0DEV1" } });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["ok"]);
  });
});
