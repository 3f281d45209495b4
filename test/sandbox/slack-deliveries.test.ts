/** What the sandbox's Slack sends to an app, byte for byte, and how it goes on when the app doesn't answer. */

import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import type { SlackServer } from "../../src/sandbox/slack/server.ts";
import { cardBlocks, SIGNING_SECRET, startSlack } from "./slack-fixture.ts";

interface Heard {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** An app without an SDK. */
const startPlainApp = async (
  slack: SlackServer,
  answer: (
    heard: Heard,
    count: number,
  ) => { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> },
): Promise<readonly Heard[]> => {
  const all: Heard[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const heard = { headers: request.headers, body };
      all.push(heard);
      const said = answer(heard, all.length);
      response.writeHead(said.status, said.headers).end(said.body ?? "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  slack.deliverTo(`http://127.0.0.1:${address.port}/`);
  return all;
};

test("a command carries every field of the documentation and a true signature", async () => {
  const { slack } = await startSlack();
  const heard = await startPlainApp(slack, () => ({ status: 200 }));

  await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "ssh prod-vm-3 2h because a & <b>" });

  const [{ headers, body } = { headers: {}, body: "" }] = heard;
  expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
  const timestamp = String(headers["x-slack-request-timestamp"]);
  const signed = createHmac("sha256", SIGNING_SECRET).update(`v0:${timestamp}:${body}`).digest("hex");
  expect(headers["x-slack-signature"]).toBe(`v0=${signed}`);
  const fields = Object.fromEntries(new URLSearchParams(body));
  expect(fields).toMatchObject({
    team_id: "T0ACME",
    team_domain: "acme",
    channel_id: "C0ACCESS",
    channel_name: "access",
    user_id: "U0DEV1",
    user_name: "dana",
    command: "/jit",
    text: "ssh prod-vm-3 2h because a & <b>",
    api_app_id: "A0APP",
    is_enterprise_install: "false",
  });
  expect(fields.response_url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/commands\/T0ACME\//u);
  expect(fields.trigger_id).toMatch(/^\d+\.\d+\.[0-9a-f]+$/u);
});

test("a press carries the message as it is stored, not as it was sent by the presser", async () => {
  const { slack, call } = await startSlack();
  const heard = await startPlainApp(slack, () => ({ status: 200 }));
  const { body } = await call("chat.postMessage", { channel: "C0ACCESS", text: "a card", blocks: cardBlocks });
  await call("chat.update", { channel: "C0ACCESS", ts: body.ts, text: "the card now", blocks: cardBlocks });

  await slack.click({ user: "U0OUT", channel: "C0ACCESS", ts: body.ts, actionId: "more", value: "details" });

  const payload = JSON.parse(new URLSearchParams(heard[0]?.body).get("payload") ?? "{}");
  expect(payload).toMatchObject({
    type: "block_actions",
    user: { id: "U0OUT", team_id: "T0OTHER" },
    team: { id: "T0ACME" },
    container: { type: "message", message_ts: body.ts, channel_id: "C0ACCESS", is_ephemeral: false },
    channel: { id: "C0ACCESS", name: "access" },
    message: { ts: body.ts, text: "the card now", bot_id: "B0BOT" },
    actions: [{ type: "overflow", action_id: "more", block_id: "answer", selected_option: { value: "details" } }],
  });
  await expect(slack.click({ user: "U0GUEST", channel: "C0ACCESS", ts: body.ts, actionId: "approve" })).rejects.toThrow(
    "can't read",
  );
  await expect(slack.click({ user: "U0DEV1", channel: "C0ACCESS", ts: body.ts, actionId: "explode" })).rejects.toThrow(
    "nothing to press",
  );
});

test("an event is told again with number and reason, under the same id, until it is acknowledged", async () => {
  const { slack } = await startSlack({ eventRetriesMs: [0, 1, 1] });
  const heard = await startPlainApp(slack, (_, count) => ({ status: count < 3 ? 500 : 200 }));

  const attempts = await slack.event({ type: "app_mention", user: "U0DEV1" });

  expect(attempts.map(({ status }) => status)).toEqual([500, 500, 200]);
  expect(heard.map(({ headers }) => [headers["x-slack-retry-num"], headers["x-slack-retry-reason"]])).toEqual([
    [undefined, undefined],
    ["1", "http_error"],
    ["2", "http_error"],
  ]);
  expect(new Set(heard.map(({ body }) => JSON.parse(body).event_id)).size).toBe(1);
});

test("an app that asks for no further attempt gets none, one that is away gets all", async () => {
  const { slack } = await startSlack({ eventRetriesMs: [0, 1, 1] });
  await startPlainApp(slack, () => ({ status: 500, headers: { "x-slack-no-retry": "1" } }));
  expect(await slack.event({ type: "app_mention" })).toHaveLength(1);

  slack.deliverTo("http://127.0.0.1:1/");
  expect((await slack.event({ type: "app_mention" })).map(({ outcome }) => outcome)).toEqual(
    Array.from({ length: 4 }, () => "dispatch_failed"),
  );
});

test("an app that answers with an error or not at all is told to the person", async () => {
  const { slack } = await startSlack();
  await startPlainApp(slack, () => ({ status: 500 }));
  await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "" });
  slack.deliverTo(undefined);
  await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "" });

  expect(slack.see("U0DEV1").told).toEqual(
    Array.from({ length: 2 }, () => '/jit failed with the error "dispatch_failed"'),
  );
});

test("deliveries misbehave on request: lost, answered to nobody, late", async () => {
  const { slack, faults } = await startSlack({ ackLimitMs: 1_000 });
  const heard = await startPlainApp(slack, () => ({ status: 200 }));
  const type = () => slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "" });

  faults.add({ calls: /^deliver command$/u, does: { kind: "drop" }, times: 1 });
  expect([(await type()).outcome, heard.length]).toEqual(["dispatch_failed", 0]);
  faults.add({ calls: /^deliver/u, does: { kind: "lose-answer" }, times: 1 });
  expect([(await type()).outcome, heard.length]).toEqual(["operation_timeout", 1]);
  faults.add({ calls: /^deliver/u, does: { kind: "hang" }, times: 1 });
  expect([(await type()).outcome, heard.length]).toEqual(["operation_timeout", 1]);
  faults.add({ calls: /^deliver/u, does: { kind: "delay", ms: 5 }, times: 1 });
  expect([(await type()).outcome, heard.length]).toEqual(["ok", 2]);
});

test("every delivery comes over its own connection, so a restarted app is reached at once", async () => {
  const { slack } = await startSlack();
  const heard = await startPlainApp(slack, () => ({ status: 200 }));
  await slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "" });
  expect(heard[0]?.headers.connection).toBe("close");
});
