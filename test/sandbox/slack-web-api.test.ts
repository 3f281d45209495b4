/** The Web API answers as Slack's documentation says, above all where it refuses. */

import { describe, expect, test } from "vitest";
import { APP_TOKEN, BOT_TOKEN, cardBlocks, startSlack } from "./slack-fixture.ts";

test("tokens are asked for, known, and of the right kind", async () => {
  const { call } = await startSlack();
  expect((await call("auth.test", {}, null)).body).toMatchObject({ ok: false, error: "not_authed" });
  expect((await call("auth.test", {}, "xoxb-else")).body).toMatchObject({ error: "invalid_auth" });
  expect((await call("auth.test", {}, APP_TOKEN)).body).toMatchObject({ error: "not_allowed_token_type" });
  expect((await call("apps.connections.open", {}, BOT_TOKEN)).body).toMatchObject({ error: "not_allowed_token_type" });
  expect((await call("auth.test")).body).toMatchObject({
    ok: true,
    user_id: "U0BOT",
    bot_id: "B0BOT",
    team_id: "T0ACME",
  });
  expect((await call("api.test", { foo: "bar" }, null)).body).toMatchObject({ ok: true, args: { foo: "bar" } });
  expect((await call("chat.dance")).body).toMatchObject({
    ok: false,
    error: "unknown_method",
    req_method: "chat.dance",
  });
});

test("arguments come as a form, too, with structures as JSON", async () => {
  const { slack } = await startSlack();
  const send = async (body: string, contentType: string) => {
    const headers = { authorization: `Bearer ${BOT_TOKEN}`, "content-type": contentType };
    return (await fetch(`${slack.apiUrl}chat.postMessage`, { method: "POST", headers, body })).json();
  };
  const form = new URLSearchParams({ channel: "C0ACCESS", text: "hi", blocks: JSON.stringify(cardBlocks) }).toString();
  expect(await send(form, "application/x-www-form-urlencoded")).toMatchObject({ ok: true, channel: "C0ACCESS" });
  expect(await send("{", "application/json")).toMatchObject({ ok: false, error: "invalid_json" });
  expect(await send("[]", "application/json")).toMatchObject({ ok: false, error: "json_not_object" });
  expect(await send("hi", "text/plain")).toMatchObject({ ok: false, error: "invalid_post_type" });
  expect(slack.messages("C0ACCESS")[0]?.blocks[1]).toMatchObject({ block_id: "answer" });
});

describe("chat.postMessage", () => {
  test.each([
    [{ channel: "C0NOWHERE", text: "hi" }, "channel_not_found"],
    [{ channel: "C0RANDOM", text: "hi" }, "not_in_channel"],
    [{ channel: "C0SECRET", text: "hi" }, "channel_not_found"],
    [{ channel: "C0OLD", text: "hi" }, "is_archived"],
    [{ channel: "U0NOBODY", text: "hi" }, "channel_not_found"],
    [{ channel: "C0ACCESS" }, "no_text"],
    [{ channel: "C0ACCESS", text: "  " }, "no_text"],
    [{ channel: "C0ACCESS", blocks: [] }, "no_text"],
    [{ channel: "C0ACCESS", blocks: "{" }, "invalid_blocks_format"],
    [{ text: "hi" }, "invalid_arguments"],
    [{ channel: "C0ACCESS", text: "hi", metadata: { event_type: "x" } }, "invalid_metadata_schema"],
    [{ channel: "C0ACCESS", text: "hi", thread_ts: "1.2" }, "thread_not_found"],
  ])("refuses %j: %s", async (args, error) => {
    const { slack, call } = await startSlack();
    expect((await call("chat.postMessage", args)).body).toMatchObject({ ok: false, error });
    expect(slack.messages("C0ACCESS")).toEqual([]);
  });

  test("to a person it is their direct message, also when they are deactivated", async () => {
    const { slack, call } = await startSlack();
    expect((await call("chat.postMessage", { channel: "U0DEV1", text: "hi" })).body.channel).toBe("D0DEV1");
    expect((await call("chat.postMessage", { channel: "U0GONE", text: "hi" })).body.ok).toBe(true);
    expect((await call("conversations.open", { users: "U0DEV1" })).body.channel.id).toBe("D0DEV1");
    expect(slack.see("U0DEV1").channels.at(-1)).toMatchObject({
      direct: true,
      messages: [{ from: "latch", text: "hi" }],
    });
    expect(slack.see("U0GONE").channels).toEqual([]);
  });

  test("a text of 40,000 characters is kept, a longer one is cut", async () => {
    const { slack, call } = await startSlack();
    expect(
      (await call("chat.postMessage", { channel: "C0ACCESS", text: "x".repeat(40_000) })).body.warning,
    ).toBeUndefined();
    const { body } = await call("chat.postMessage", { channel: "C0ACCESS", text: "x".repeat(40_001) });
    expect(body).toMatchObject({ ok: true, warning: "message_truncated" });
    expect(slack.messages("C0ACCESS").map(({ text }) => text.length)).toEqual([40_000, 40_000]);
  });

  test("timestamps are different and rise though the clock stands still", async () => {
    const { call } = await startSlack();
    const all = await Promise.all(
      Array.from({ length: 20 }, () => call("chat.postMessage", { channel: "C0ACCESS", text: "hi" })),
    );
    const stamps = all.map(({ body }) => body.ts);
    expect(new Set(stamps).size).toBe(20);
    expect(stamps.every((ts) => /^\d{10}\.\d{6}$/u.test(ts))).toBe(true);
  });
});

describe("chat.update and chat.delete", () => {
  test("blocks and metadata that aren't given stay, empty ones go", async () => {
    const { slack, call } = await startSlack();
    const metadata = { event_type: "latch.card", event_payload: { request: "r-1" } };
    const { body } = await call("chat.postMessage", { channel: "C0ACCESS", text: "one", blocks: cardBlocks, metadata });
    const { ts } = body;

    await call("chat.update", { channel: "C0ACCESS", ts, text: "two" });
    expect(slack.messages("C0ACCESS")[0]).toMatchObject({
      text: "two",
      metadata,
      blocks: [{ type: "section" }, { type: "actions" }],
    });
    await call("chat.update", { channel: "C0ACCESS", ts, text: "three", blocks: [], metadata: {} });
    expect(slack.messages("C0ACCESS")[0]).toMatchObject({ text: "three", blocks: [] });
    expect(slack.messages("C0ACCESS")[0]?.metadata).toBeUndefined();
    expect(slack.messages("C0ACCESS")[0]?.history.map(({ text }) => text)).toEqual(["one", "two"]);
  });

  test("only what the bot said, only what exists, only what fits", async () => {
    const { slack, call } = await startSlack();
    const theirs = slack.say({ user: "U0DEV1", channel: "C0ACCESS", text: "mine" });
    const { body } = await call("chat.postMessage", { channel: "C0ACCESS", text: "ours" });
    const update = async (args: Record<string, unknown>) =>
      (await call("chat.update", { channel: "C0ACCESS", ...args })).body.error;

    expect(await update({ ts: theirs.ts, text: "x" })).toBe("cant_update_message");
    expect(await update({ ts: "1.000000", text: "x" })).toBe("message_not_found");
    expect(await update({ ts: body.ts })).toBe("no_text");
    expect(await update({ ts: body.ts, text: "x".repeat(4_001) })).toBe("msg_too_long");
    expect(await update({ ts: body.ts, text: "x".repeat(4_000) })).toBeUndefined();
    expect((await call("chat.delete", { channel: "C0ACCESS", ts: theirs.ts })).body.error).toBe("cant_delete_message");
    expect((await call("chat.delete", { channel: "C0ACCESS", ts: body.ts })).body.ok).toBe(true);
    expect(slack.messages("C0ACCESS").map(({ text }) => text)).toEqual(["mine"]);
  });
});

test("an ephemeral message is seen by one person and by no method", async () => {
  const { slack, call } = await startSlack();
  const { body } = await call("chat.postEphemeral", { channel: "C0ACCESS", user: "U0DEV1", text: "psst" });
  expect(slack.see("U0DEV1").channels[0]?.messages).toMatchObject([{ text: "psst", onlyForYou: true }]);
  expect(slack.see("U0LEAD1").channels[0]?.messages).toEqual([]);
  expect((await call("conversations.history", { channel: "C0ACCESS" })).body.messages).toEqual([]);
  expect((await call("chat.update", { channel: "C0ACCESS", ts: body.message_ts, text: "x" })).body.error).toBe(
    "message_not_found",
  );
  expect((await call("chat.postEphemeral", { channel: "C0ACCESS", user: "U0GUEST", text: "x" })).body.error).toBe(
    "user_not_in_channel",
  );
});

test("history goes backwards, in pages, between two instants, with metadata when asked", async () => {
  const { call } = await startSlack();
  const stamps: string[] = [];
  for (const text of ["a", "b", "c", "d", "e"]) {
    const metadata = { event_type: "letter", event_payload: { text } };
    stamps.push((await call("chat.postMessage", { channel: "C0ACCESS", text, metadata })).body.ts);
  }
  const history = async (args: object) => (await call("conversations.history", { channel: "C0ACCESS", ...args })).body;
  const texts = async (args: object) =>
    (await history(args)).messages.map(({ text }: { text: string }) => text).join("");

  expect(await texts({})).toBe("edcba");
  expect(await texts({ oldest: stamps[1], latest: stamps[3] })).toBe("c");
  expect(await texts({ oldest: stamps[1], latest: stamps[3], inclusive: true })).toBe("dcb");
  const first = await history({ limit: 3 });
  expect(first).toMatchObject({ has_more: true });
  expect(await texts({ limit: 3, cursor: first.response_metadata.next_cursor })).toBe("ba");
  expect((await history({})).messages[0].metadata).toBeUndefined();
  expect((await history({ include_all_metadata: true })).messages[0].metadata.event_payload).toEqual({ text: "e" });
  expect((await history({ cursor: "nonsense" })).error).toBe("invalid_cursor");
  expect((await call("conversations.history", { channel: "C0RANDOM" })).body.error).toBe("not_in_channel");
});

test("people, channels and groups are told with what decides about them", async () => {
  const { slack, call } = await startSlack();
  const user = async (id: string) => (await call("users.info", { user: id })).body.user;
  expect(await user("U0DEV1")).toMatchObject({
    deleted: false,
    is_restricted: false,
    is_bot: false,
    tz: "Europe/Berlin",
    team_id: "T0ACME",
  });
  expect(await user("U0GUEST")).toMatchObject({ is_restricted: true, is_ultra_restricted: false });
  expect(await user("U0OUT")).toMatchObject({ is_stranger: true, team_id: "T0OTHER" });
  expect(await user("U0BOT")).toMatchObject({ is_bot: true });
  expect(await user("U0GONE")).toMatchObject({ deleted: true });
  expect((await user("U0GONE")).tz).toBeUndefined();
  expect((await call("users.info", { user: "U0NOBODY" })).body.error).toBe("user_not_found");
  slack.people.changeUser("U0LEAD1", { deleted: true });
  expect(await user("U0LEAD1")).toMatchObject({ deleted: true });

  const page = (await call("users.list", { limit: 4 })).body;
  expect(page.members).toHaveLength(4);
  expect(
    (await call("users.list", { limit: 4, cursor: page.response_metadata.next_cursor })).body.members,
  ).toHaveLength(2);

  expect((await call("conversations.info", { channel: "C0EXT" })).body.channel).toMatchObject({
    is_ext_shared: true,
    is_member: true,
  });
  expect((await call("conversations.info", { channel: "C0RANDOM" })).body.channel).toMatchObject({ is_member: false });
  expect((await call("conversations.info", { channel: "C0SECRET" })).body.error).toBe("channel_not_found");
  expect((await call("conversations.members", { channel: "C0ACCESS" })).body.members).toContain("U0LEAD1");

  expect((await call("usergroups.users.list", { usergroup: "S0ENG" })).body.users).toEqual(["U0DEV1", "U0GONE"]);
  expect((await call("usergroups.users.list", { usergroup: "S0OLD" })).body.error).toBe("no_such_subteam");
  expect((await call("usergroups.users.list", { usergroup: "S0OLD", include_disabled: true })).body.users).toEqual([
    "U0DEV1",
  ]);
  expect((await call("usergroups.list")).body.usergroups).toMatchObject([
    { id: "S0ENG", handle: "engineers", date_delete: 0 },
  ]);
});
