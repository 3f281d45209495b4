/** Slack's limits in time and number, each at its edge; and its misbehaviours on request. */

import { describe, expect, test } from "vitest";
import { cardBlocks, type Setup, startHttpApp, startSlack } from "./slack-fixture.ts";

const modal = { type: "modal", title: { type: "plain_text", text: "Hello" }, blocks: [{ type: "divider" }] };
const home = { type: "home", blocks: [{ type: "divider" }] };

/** What a command or press gave the app to answer with. */
const typed = async ({ slack }: Setup): Promise<{ readonly trigger_id: string; readonly response_url: string }> => {
  const app = await startHttpApp(slack);
  let given = { trigger_id: "", response_url: "" };
  app.command("/jit", async ({ ack, command }) => {
    given = command;
    await ack();
  });
  await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "" });
  return given;
};

const answer = async (url: string, body: object) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return [response.status, await response.text()];
};

const post = ({ call }: Setup) => call("chat.postMessage", { channel: "C0ACCESS", text: "hi" });
const once = (setup: Setup, does: Parameters<Setup["faults"]["add"]>[0]["does"]) =>
  setup.faults.add({ calls: /^chat\.postMessage$/u, does, times: 1 });
const said = ({ slack }: Setup) => slack.messages("C0ACCESS").length;

describe("rates", () => {
  test("messages to one channel run dry, to another not, and come back by one a second", async () => {
    const { clock, call } = await startSlack({ rateLimits: { messagesAtOnce: 2 } });
    const postTo = (channel: string) => call("chat.postMessage", { channel, text: "hi" });
    expect((await postTo("C0ACCESS")).status).toBe(200);
    expect((await postTo("C0ACCESS")).status).toBe(200);

    const limited = await postTo("C0ACCESS");
    expect([limited.status, limited.headers.get("retry-after"), limited.body]).toEqual([
      429,
      "1",
      { ok: false, error: "ratelimited" },
    ]);
    expect((await postTo("U0DEV1")).status).toBe(200);
    clock.advance(999);
    expect((await postTo("C0ACCESS")).status).toBe(429);
    clock.advance(1);
    expect((await postTo("C0ACCESS")).status).toBe(200);
  });

  test("other methods have their tier by the minute", async () => {
    const { clock, call } = await startSlack({ rateLimits: { minutesAtOnce: 0.1 } });
    const list = () => call("usergroups.list");
    expect([(await list()).status, (await list()).status]).toEqual([200, 200]);
    const limited = await list();
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "3"]);
    clock.advance(3_000);
    expect((await list()).status).toBe(200);
  });

  test("ordinary use doesn't notice, and they can be off", async () => {
    const ordinary = await startSlack();
    const off = await startSlack({ rateLimits: false });
    for (let n = 0; n < 25; n += 1)
      expect((await ordinary.call("chat.postMessage", { channel: "C0ACCESS", text: "hi" })).status).toBe(200);
    for (let n = 0; n < 60; n += 1)
      expect((await off.call("chat.postMessage", { channel: "C0ACCESS", text: "hi" })).status).toBe(200);
  });
});

describe("a trigger", () => {
  test("opens one modal within three seconds, once", async () => {
    const setup = await startSlack();
    const { trigger_id } = await typed(setup);
    setup.clock.advance(2_999);
    const opened = await setup.call("views.open", { trigger_id, view: modal });
    expect(opened.body).toMatchObject({ ok: true, view: { type: "modal", team_id: "T0ACME", app_id: "A0APP" } });
    expect((await setup.call("views.open", { trigger_id, view: modal })).body.error).toBe("exchanged_trigger_id");
    expect(setup.slack.see("U0DEV1").modals.map(({ title }) => title)).toEqual(["Hello"]);
  });

  test("is too old at three seconds, and must be known and given", async () => {
    const setup = await startSlack();
    const { trigger_id } = await typed(setup);
    setup.clock.advance(3_000);
    const open = async (args: object) => (await setup.call("views.open", { view: modal, ...args })).body.error;
    expect(await open({ trigger_id })).toBe("expired_trigger_id");
    expect(await open({ trigger_id: "1.2.abc" })).toBe("invalid_trigger_id");
    expect(await open({})).toBe("invalid_arguments");
    expect(setup.slack.see("U0DEV1").modals).toEqual([]);
  });

  test("isn't used up by a view that is refused", async () => {
    const setup = await startSlack();
    const { trigger_id } = await typed(setup);
    const refused = await setup.call("views.open", {
      trigger_id,
      view: { ...modal, title: { type: "plain_text", text: "x".repeat(25) } },
    });
    expect(refused.body).toMatchObject({
      error: "invalid_arguments",
      response_metadata: {
        messages: [
          "[ERROR] failed to match all allowed schemas [json-pointer:/view]",
          "[ERROR] failed to match all allowed schemas [json-pointer:/view/title]",
          "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]",
        ],
      },
    });
    expect((await setup.call("views.open", { trigger_id, view: modal })).body.ok).toBe(true);
  });
});

test("views are updated by id or their own name, with the right hash, while they are open", async () => {
  const setup = await startSlack();
  const { trigger_id } = await typed(setup);
  const { slack, call } = setup;
  const { view } = (await call("views.open", { trigger_id, view: { ...modal, external_id: "form-1" } })).body;
  const changed = { ...modal, external_id: "form-1", title: { type: "plain_text", text: "Later" } };

  expect((await call("views.update", { view_id: view.id, hash: "old", view: changed })).body.error).toBe(
    "hash_conflict",
  );
  expect((await call("views.update", { view_id: view.id, hash: view.hash, view: changed })).body.ok).toBe(true);
  expect((await call("views.update", { external_id: "form-1", view: changed })).body.ok).toBe(true);
  expect(slack.see("U0DEV1").modals[0]?.title).toBe("Later");
  expect(
    (await call("views.publish", { user_id: "U0LEAD1", view: { ...home, external_id: "form-1" } })).body.error,
  ).toBe("duplicate_external_id");
  await slack.closeView({ user: "U0DEV1" });
  expect((await call("views.update", { view_id: view.id, view: changed })).body.error).toBe("not_found");
  expect((await call("views.publish", { user_id: "U0LEAD1", view: modal })).body.error).toBe("invalid_arguments");
});

test("a Home has a hundred blocks at most, and isn't published over a newer one by whoever says which they knew", async () => {
  const { slack, call } = await startSlack();
  const publish = async (count: number, hash?: string) =>
    (
      await call("views.publish", {
        user_id: "U0DEV1",
        view: { type: "home", blocks: Array.from({ length: count }, () => ({ type: "divider" })) },
        ...(hash === undefined ? {} : { hash }),
      })
    ).body;
  const first = await publish(100);
  expect(first.ok).toBe(true);
  expect(await publish(101)).toMatchObject({ ok: false, error: "invalid_arguments" });
  expect((await publish(1, "of another")).error).toBe("hash_conflict");
  expect(slack.see("U0DEV1").home?.raw.blocks).toHaveLength(100);
  const second = await publish(2, first.view.hash);
  expect(second).toMatchObject({ ok: true, view: { id: first.view.id } });
  expect((await publish(3, first.view.hash)).error).toBe("hash_conflict");
  expect((await publish(3)).ok).toBe(true);
});

test("modals lie on top of each other, three at most, and answers to a submission push, update and clear them", async () => {
  const setup = await startSlack();
  const { slack, call } = setup;
  const app = await startHttpApp(slack);
  const steps = ["push", "update", "push", "push", "clear"] as const;
  let step = 0;
  app.command("/jit", async ({ ack, command }) => {
    await ack();
    await call("views.open", { trigger_id: command.trigger_id, view: { ...modal, callback_id: "form" } });
  });
  app.view("form", async ({ ack }) => {
    const action = steps[step] ?? "clear";
    step += 1;
    const view = { ...modal, callback_id: "form", title: { type: "plain_text", text: `Step ${step}` } };
    await ack((action === "clear" ? { response_action: action } : { response_action: action, view }) as never);
  });
  await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "" });
  await slack.waitFor(() => slack.see("U0DEV1").modals.length === 1);

  const seen: unknown[] = [];
  for (const _ of steps) {
    const { outcome } = await slack.submitView({ user: "U0DEV1" });
    seen.push([outcome, ...slack.see("U0DEV1").modals.map(({ title }) => title)]);
  }
  expect(seen).toEqual([
    ["pushed", "Hello", "Step 1"],
    ["updated", "Hello", "Step 2"],
    ["pushed", "Hello", "Step 2", "Step 3"],
    ["trouble", "Hello", "Step 2", "Step 3"],
    ["cleared"],
  ]);
});

describe("a response URL", () => {
  test("is good for five answers", async () => {
    const setup = await startSlack();
    const { response_url } = await typed(setup);
    expect(await answer(response_url, { blocks: [{ type: "blink" }] })).toEqual([
      400,
      '{"ok":false,"error":"invalid_blocks"}',
    ]);
    for (let n = 0; n < 5; n += 1) expect(await answer(response_url, { text: `answer ${n}` })).toEqual([200, "ok"]);
    expect(await answer(response_url, { text: "one more" })).toEqual([404, '{"ok":false,"error":"used_url"}']);
    expect(setup.slack.see("U0DEV1").channels[0]?.messages).toHaveLength(5);
    expect(setup.slack.see("U0LEAD1").channels[0]?.messages).toHaveLength(0);
  });

  test("is good for half an hour", async () => {
    const setup = await startSlack();
    const { response_url } = await typed(setup);
    setup.clock.advance(30 * 60_000 - 1);
    expect(await answer(response_url, { text: "just", response_type: "in_channel" })).toEqual([200, "ok"]);
    setup.clock.advance(1);
    expect(await answer(response_url, { text: "too late" })).toEqual([404, '{"ok":false,"error":"expired_url"}']);
    expect(setup.slack.see("U0LEAD1").channels[0]?.messages).toMatchObject([{ text: "just" }]);
  });

  test("replaces and deletes what was pressed on, also what only one person sees", async () => {
    const { slack, call } = await startSlack();
    const app = await startHttpApp(slack);
    app.action("approve", async ({ ack, respond }) => {
      await ack();
      await respond({ replace_original: true, text: "replaced" });
    });
    app.action("deny", async ({ ack, respond }) => {
      await ack();
      await respond({ delete_original: true });
    });
    const at = { channel: "C0ACCESS", user: "U0DEV1" };
    const { message_ts } = (await call("chat.postEphemeral", { ...at, text: "card", blocks: cardBlocks })).body;
    await slack.click({ ...at, ts: message_ts, actionId: "approve" });
    await slack.waitFor(() => slack.see("U0DEV1").channels[0]?.messages[0]?.text === "replaced");
    const second = (await call("chat.postEphemeral", { ...at, text: "card", blocks: cardBlocks })).body.message_ts;
    await slack.click({ ...at, ts: second, actionId: "deny" });
    await slack.waitFor(() => slack.see("U0DEV1").channels[0]?.messages.length === 1);
    await expect(
      slack.click({ channel: "C0ACCESS", user: "U0LEAD1", ts: message_ts, actionId: "deny" }),
    ).rejects.toThrow("sees no message");
  });
});

describe("faults", () => {
  test("drop does nothing, lose-answer does it, lie only says so", async () => {
    const setup = await startSlack();
    once(setup, { kind: "drop" });
    await expect(post(setup)).rejects.toThrow("fetch failed");
    expect(said(setup)).toBe(0);
    once(setup, { kind: "lose-answer" });
    await expect(post(setup)).rejects.toThrow("fetch failed");
    expect(said(setup)).toBe(1);
    once(setup, { kind: "lie" });
    expect((await post(setup)).body).toMatchObject({ ok: true, channel: "C0ACCESS" });
    expect(said(setup)).toBe(1);
    expect((await post(setup)).body.ok).toBe(true);
    expect(said(setup)).toBe(2);
  });

  test("throttle, answer and delay", async () => {
    const setup = await startSlack();
    once(setup, { kind: "throttle", retryAfterSeconds: 7 });
    const limited = await post(setup);
    expect([limited.status, limited.headers.get("retry-after"), limited.body.error]).toEqual([429, "7", "ratelimited"]);
    once(setup, { kind: "answer", status: 200, body: '{"ok":false,"error":"fatal_error"}' });
    expect((await post(setup)).body.error).toBe("fatal_error");
    once(setup, { kind: "delay", ms: 20 });
    const before = performance.now();
    expect((await post(setup)).body.ok).toBe(true);
    expect(performance.now() - before).toBeGreaterThanOrEqual(19);
    expect(said(setup)).toBe(1);
  });

  test("hanging ends when the faults are cleared", async () => {
    const setup = await startSlack();
    const hung: string[] = [];
    setup.slack.subscribe((change) => void (change.kind === "misbehaved" && hung.push(change.does)));
    once(setup, { kind: "hang" });
    once(setup, { kind: "hang-after" });
    const hanging = [post(setup), post(setup)].map((promise) => promise.catch(() => "cut"));
    await setup.slack.waitFor(() => hung.length === 2 && said(setup) === 1);
    setup.faults.clear();
    expect(await Promise.all(hanging)).toEqual(["cut", "cut"]);
    expect(said(setup)).toBe(1);
  });

  test("a restart keeps what was said and comes back on the same port", async () => {
    const setup = await startSlack();
    await post(setup);
    await setup.slack.restart();
    expect((await post(setup)).body.ok).toBe(true);
    expect(said(setup)).toBe(2);
  });
});
