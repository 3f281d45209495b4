/** A real Bolt app lives in the sandbox's Slack, by HTTP and by Socket Mode. */

import type { App } from "@slack/bolt";
import { describe, expect, test } from "vitest";
import type { SlackServer } from "../../src/sandbox/slack/server.ts";
import { cardBlocks, startHttpApp, startSlack, startSocketApp } from "./slack-fixture.ts";

const plain = (text: string) => ({ type: "plain_text" as const, text });

const form = {
  type: "modal" as const,
  callback_id: "why",
  title: plain("Deny"),
  submit: plain("Deny"),
  notify_on_close: true,
  private_metadata: "r-1",
  blocks: [
    {
      type: "input" as const,
      block_id: "reason",
      label: plain("Reason"),
      element: { type: "plain_text_input" as const, action_id: "text", min_length: 3 },
    },
    {
      type: "input" as const,
      block_id: "machine",
      optional: true,
      label: plain("Machine"),
      element: { type: "external_select" as const, action_id: "machine", min_query_length: 1 },
    },
  ],
};

const listeners: readonly [string, (slack: SlackServer) => Promise<App>][] = [
  ["HTTP", startHttpApp],
  ["Socket Mode", startSocketApp],
];

describe.each(listeners)("by %s", (_, start) => {
  test("a command is answered in place, for the asker alone", async () => {
    const { slack } = await startSlack();
    const app = await start(slack);
    app.command("/jit", async ({ ack, command }) => ack(`you said ${command.text} in ${command.channel_name}`));

    const ack = await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "ssh prod-vm-3 2h" });

    expect(ack.outcome).toBe("ok");
    const texts = (user: string) =>
      slack
        .see(user)
        .channels.find(({ id }) => id === "C0ACCESS")
        ?.messages.map(({ text }) => text);
    expect(texts("U0DEV1")).toEqual(["you said ssh prod-vm-3 2h in access"]);
    expect(texts("U0LEAD1")).toEqual([]);
  });

  test("a card is posted, a button pressed, the card updated and the presser told alone", async () => {
    const { slack } = await startSlack();
    const app = await start(slack);
    app.command("/jit", async ({ ack, client }) => {
      await ack();
      await client.chat.postMessage({ channel: "C0ACCESS", text: "a request", blocks: cardBlocks });
    });
    app.action("approve", async ({ ack, action, body, client, respond }) => {
      await ack();
      if (action.type !== "button" || body.type !== "block_actions") return;
      const ts = body.container.message_ts;
      await client.chat.update({
        channel: "C0ACCESS",
        ts,
        text: `approved ${action.value} by <@${body.user.id}>`,
        blocks: [],
      });
      await respond({ response_type: "ephemeral", replace_original: false, text: "thank you" });
    });

    await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "ssh prod-vm-3 2h" });
    const card = await slack.waitFor(() => slack.messages("C0ACCESS")[0]);
    const pressed = await slack.click({ user: "U0LEAD1", channel: "C0ACCESS", ts: card.ts, actionId: "approve" });

    expect(pressed.outcome).toBe("ok");
    const seen = await slack.waitFor(() => {
      const messages = slack.see("U0LEAD1").channels[0]?.messages ?? [];
      return messages.length === 2 && messages;
    });
    expect(seen.map(({ text }) => text)).toEqual(["approved r-1 by @lee", "thank you"]);
    expect(seen[0]?.before).toEqual(["@dana asks for *prod-vm-3*\n[Approve] [Deny] [Details]"]);
    expect(slack.see("U0DEV1").channels[0]?.messages.map(({ text }) => text)).toEqual(["approved r-1 by @lee"]);
  });

  test("a modal is opened, refused values are shown, and it closes once they are right", async () => {
    const { slack } = await startSlack();
    const app = await start(slack);
    const submitted: unknown[] = [];
    app.action("deny", async ({ ack, body, client }) => {
      await ack();
      if (body.type === "block_actions") await client.views.open({ trigger_id: body.trigger_id, view: form });
    });
    app.options("machine", async ({ ack, options }) =>
      ack({ options: [{ text: plain(`${options.value}-vm-3`), value: "prod-vm-3" }] }),
    );
    app.view("why", async ({ ack, view }) => {
      const { reason } = view.state.values;
      submitted.push(view.state.values, view.private_metadata);
      if (reason?.text?.value === "bad") await ack({ response_action: "errors", errors: { reason: "say more" } });
      else await ack();
    });

    const posted = await app.client.chat.postMessage({ channel: "C0ACCESS", text: "a request", blocks: cardBlocks });
    await slack.click({ user: "U0LEAD1", channel: "C0ACCESS", ts: String(posted.ts), label: "Deny" });
    const modal = await slack.waitFor(() => slack.see("U0LEAD1").modals[0]);
    expect(modal.title).toBe("Deny");

    expect(await slack.submitView({ user: "U0LEAD1", values: { text: "" } })).toMatchObject({ outcome: "incomplete" });
    expect(await slack.submitView({ user: "U0LEAD1", values: { text: "no" } })).toMatchObject({
      outcome: "incomplete",
    });
    expect(submitted).toEqual([]);

    const found = await slack.blockSuggestion({ user: "U0LEAD1", actionId: "machine", value: "prod" });
    expect(found.options).toEqual([{ text: plain("prod-vm-3"), value: "prod-vm-3" }]);
    expect(await slack.submitView({ user: "U0LEAD1", values: { text: "bad" } })).toMatchObject({
      outcome: "errors",
      errors: { reason: "say more" },
    });
    expect(slack.see("U0LEAD1").modals[0]?.errors).toEqual({ reason: "say more" });

    const right = await slack.submitView({ user: "U0LEAD1", values: { text: "not <now>", machine: "prod-vm-3" } });
    expect(right.outcome).toBe("closed");
    expect(slack.see("U0LEAD1").modals).toEqual([]);
    expect(submitted.slice(-2)).toEqual([
      {
        reason: { text: { type: "plain_text_input", value: "not <now>" } },
        machine: {
          machine: {
            type: "external_select",
            selected_option: { text: { ...plain("prod-vm-3"), emoji: true }, value: "prod-vm-3" },
          },
        },
      },
      "r-1",
    ]);
  });

  test("a closed modal is told, and Home is drawn when it is opened", async () => {
    const { slack } = await startSlack();
    const app = await start(slack);
    const closed: string[] = [];
    app.event("app_home_opened", async ({ event, client }) => {
      const blocks = [{ type: "header", text: plain("Your access") }];
      await client.views.publish({ user_id: event.user, view: { type: "home", blocks } });
    });
    app.command("/jit", async ({ ack, command, client }) => {
      await ack();
      await client.views.open({ trigger_id: command.trigger_id, view: form });
    });
    app.view({ type: "view_closed", callback_id: "why" }, async ({ ack, body }) => {
      await ack();
      closed.push(body.user.id);
    });

    const [attempt] = await slack.openHome("U0DEV1");
    expect(attempt?.outcome).toBe("ok");
    const home = await slack.waitFor(() => slack.see("U0DEV1").home);
    expect(home.text).toBe("Your access");

    await slack.command({ user: "U0DEV1", channel: "U0DEV1", text: "" });
    await slack.waitFor(() => slack.see("U0DEV1").modals[0]);
    await slack.closeView({ user: "U0DEV1" });
    expect(closed).toEqual(["U0DEV1"]);
    expect(slack.see("U0DEV1").modals).toEqual([]);
  });

  test("what is chosen in a form goes to the app at once, with what stands in the other fields", async () => {
    const { slack } = await startSlack();
    const app = await start(slack);
    const heard: unknown[] = [];
    app.command("/jit", async ({ ack, command, client }) => {
      await ack();
      const [reason, machine] = form.blocks;
      if (reason === undefined || machine === undefined) return;
      const blocks = [reason, { ...machine, dispatch_action: true }];
      await client.views.open({ trigger_id: command.trigger_id, view: { ...form, blocks } });
    });
    app.action("machine", async ({ ack, body }) => {
      await ack();
      if (body.type === "block_actions") heard.push(body.view?.state.values);
    });
    await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "" });
    await slack.waitFor(() => slack.see("U0DEV1").modals[0]);

    await slack.click({ user: "U0DEV1", actionId: "machine", value: "prod-vm-3", values: { text: "disk full" } });

    expect(heard).toMatchObject([
      { reason: { text: { value: "disk full" } }, machine: { machine: { selected_option: { value: "prod-vm-3" } } } },
    ]);
  });

  test("a person who gets no answer within the limit is told so", async () => {
    const { slack } = await startSlack({ ackLimitMs: 50 });
    const app = await start(slack);
    app.command("/jit", () => new Promise(() => undefined));

    const ack = await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "help" });

    expect(ack.outcome).toBe("operation_timeout");
    expect(ack.ms).toBeGreaterThanOrEqual(49);
    expect(slack.see("U0DEV1").channels[0]?.messages[0]).toMatchObject({
      from: "slackbot",
      text: '/jit failed with the error "operation_timeout"',
      onlyForYou: true,
    });
  });

  test("an event is told once when it is acknowledged", async () => {
    const { slack } = await startSlack();
    const app = await start(slack);
    const heard: string[] = [];
    app.event("app_mention", async ({ event }) => void heard.push(event.text));

    const attempts = await slack.event({ type: "app_mention", user: "U0DEV1", channel: "C0ACCESS", text: "hi" });

    expect(attempts.map(({ outcome }) => outcome)).toEqual(["ok"]);
    expect(heard).toEqual(["hi"]);
  });
});

test("the address is verified, and a forged, an aged and an unsigned request are turned away by Bolt", async () => {
  const { slack, clock } = await startSlack();
  await startHttpApp(slack);
  const body = new URLSearchParams({ command: "/jit", text: "list" }).toString();
  const now = Math.floor(clock.now() / 1_000);

  expect(await slack.verifyUrl()).toBe(true);
  expect((await slack.sendSigned(body, { secret: "another" })).status).toBe(401);
  expect((await slack.sendSigned(body, { timestamp: now - 301 })).status).toBe(401);
  expect((await slack.sendSigned(body, { signature: null })).status).toBe(401);
});

test("a refreshed socket comes back, and what is sent meanwhile goes to the other one", async () => {
  const { slack } = await startSlack();
  const first = await startSocketApp(slack);
  const second = await startSocketApp(slack);
  const heard = { first: 0, second: 0 };
  first.command("/jit", async ({ ack }) => {
    heard.first += 1;
    await ack();
  });
  second.command("/jit", async ({ ack }) => {
    heard.second += 1;
    await ack();
  });
  expect(slack.sockets.open()).toBe(2);
  const acks = await Promise.all(
    Array.from({ length: 6 }, () => slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "" })),
  );
  expect(acks.every(({ outcome }) => outcome === "ok")).toBe(true);
  expect(heard).toEqual({ first: 3, second: 3 });

  slack.sockets.refresh();
  await slack.waitFor(() => slack.sockets.open() === 0);
  // The SDK waits five seconds before it reconnects.
  await slack.waitFor(() => slack.sockets.open() === 2, { limitMs: 15_000 });
  expect((await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "" })).outcome).toBe("ok");
}, 20_000);
