/** Global and message shortcuts reach a real Bolt app, with what it needs to open a form at once. */

import { expect, test } from "vitest";
import { startHttpApp, startSlack, startSocketApp } from "./slack-fixture.ts";

const plain = (text: string) => ({ type: "plain_text" as const, text });
const form = { type: "modal" as const, title: plain("Ask"), blocks: [{ type: "section" as const, text: plain("hi") }] };

test.each([
  ["HTTP", startHttpApp],
  ["Socket Mode", startSocketApp],
])("a global shortcut opens a form, by %s", async (_, start) => {
  const { slack } = await startSlack();
  const app = await start(slack);
  app.shortcut({ callback_id: "ask", type: "shortcut" }, async ({ ack, shortcut, client }) => {
    await ack();
    expect("channel" in shortcut).toBe(false);
    expect(shortcut.user.id).toBe("U0DEV1");
    await client.views.open({ trigger_id: shortcut.trigger_id, view: form });
  });

  const ack = await slack.shortcut({ user: "U0DEV1", callbackId: "ask" });

  expect(ack.outcome).toBe("ok");
  await slack.waitFor(() => slack.see("U0DEV1").modals[0]?.title === "Ask");
});

test("a message shortcut carries the message, its channel and a place to answer", async () => {
  const { slack, call } = await startSlack();
  const app = await startHttpApp(slack);
  app.shortcut({ callback_id: "ask", type: "message_action" }, async ({ ack, shortcut, respond, client }) => {
    await ack();
    const { channel, message_ts, message } = shortcut;
    const { permalink } = await client.chat.getPermalink({ channel: channel.id, message_ts });
    await respond({ text: `${channel.name}: ${message.text} (${permalink})`, replace_original: false });
  });
  const alert = slack.say({ user: "U0LEAD1", channel: "C0ACCESS", text: "the disk is full" });

  await slack.messageShortcut({ user: "U0DEV1", channel: "C0ACCESS", ts: alert.ts, callbackId: "ask" });

  const answer = await slack.waitFor(() => slack.see("U0DEV1").channels[0]?.messages.find((each) => each.onlyForYou));
  const link = `https://acme.slack.com/archives/C0ACCESS/p${alert.ts.replace(".", "")}`;
  expect(answer.text).toBe(`access: the disk is full (${link})`);
  expect((await call("chat.getPermalink", { channel: "C0ACCESS", message_ts: "1.1" })).body.error).toBe(
    "message_not_found",
  );
});

test("it is offered on what one can read, and not on what only one person sees", async () => {
  const { slack, call } = await startSlack();
  await startHttpApp(slack);
  const { body } = await call("chat.postEphemeral", { channel: "C0ACCESS", user: "U0DEV1", text: "psst" });
  const used = { user: "U0DEV1", channel: "C0ACCESS", callbackId: "ask" };
  await expect(slack.messageShortcut({ ...used, ts: body.message_ts })).rejects.toThrow("ephemeral");
  const secret = slack.say({ user: "U0LEAD1", channel: "C0SECRET", text: "hush" });
  await expect(slack.messageShortcut({ ...used, channel: "C0SECRET", ts: secret.ts })).rejects.toThrow("can't read");
});

test("nobody is there: the person is told that it didn't work", async () => {
  const { slack } = await startSlack();
  expect((await slack.shortcut({ user: "U0DEV1", callbackId: "ask" })).outcome).toBe("dispatch_failed");
  expect(slack.see("U0DEV1").told).toEqual(["This shortcut didn't work: dispatch_failed"]);
});
