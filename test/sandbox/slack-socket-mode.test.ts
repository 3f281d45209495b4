/** Socket Mode's own rules, seen by a client without an SDK. */

import { expect, onTestFinished, test } from "vitest";
import { APP_TOKEN, type Setup, startSlack } from "./slack-fixture.ts";

interface Client {
  readonly heard: readonly Record<string, unknown>[];
  readonly send: (message: unknown) => void;
  readonly closed: () => boolean;
}

const connect = async (url: string): Promise<Client> => {
  const socket = new WebSocket(url);
  const heard: Record<string, unknown>[] = [];
  let closed = false;
  onTestFinished(() => socket.close());
  socket.addEventListener("message", ({ data }) => heard.push(JSON.parse(String(data))));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("close", () => {
      closed = true;
      reject(new Error("refused"));
    });
  });
  return { heard, send: (message) => socket.send(JSON.stringify(message)), closed: () => closed };
};

const ticket = async ({ call }: Setup): Promise<string> =>
  (await call("apps.connections.open", {}, APP_TOKEN)).body.url;

const until = async (what: () => boolean): Promise<void> => {
  const limit = performance.now() + 5_000;
  while (!what()) {
    if (performance.now() > limit) throw new Error(`waited for ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

test("an address opens one connection, which is greeted", async () => {
  const setup = await startSlack();
  const url = await ticket(setup);
  const client = await connect(url);
  await until(() => client.heard.length === 1);
  expect(client.heard[0]).toMatchObject({ type: "hello", num_connections: 1, connection_info: { app_id: "A0APP" } });
  await expect(connect(url)).rejects.toThrow("refused");
  await expect(connect(url.replace(/ticket=\w+/u, "ticket=guessed"))).rejects.toThrow("refused");
});

test("there are ten connections and no eleventh", async () => {
  const setup = await startSlack();
  for (let n = 0; n < 10; n += 1) await connect(await ticket(setup));
  const eleventh = await connect(await ticket(setup));
  await until(() => eleventh.closed());
  expect(eleventh.heard).toMatchObject([{ type: "disconnect", reason: "too_many_websockets" }]);
  expect(setup.slack.sockets.open()).toBe(10);
});

test("an envelope is answered by its id, with a payload of any size; a late or strange answer is nobody's", async () => {
  const setup = await startSlack({ ackLimitMs: 200 });
  const client = await connect(await ticket(setup));
  const typed = setup.slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "x".repeat(100_000) });
  await until(() => client.heard.length === 2);
  const [, envelope] = client.heard;
  expect(envelope).toMatchObject({
    type: "slash_commands",
    accepts_response_payload: true,
    payload: { user_id: "U0DEV1" },
  });
  client.send({ envelope_id: "another" });
  client.send({ envelope_id: envelope?.envelope_id, payload: { text: `${"é".repeat(39_999)}!` } });
  expect((await typed).outcome).toBe("ok");
  expect(setup.slack.see("U0DEV1").channels[0]?.messages[0]?.text).toHaveLength(40_000);

  expect((await setup.slack.command({ user: "U0DEV1", channel: "C0ACCESS", text: "" })).outcome).toBe(
    "operation_timeout",
  );
});

test("an event that nobody acknowledges is sent again with the number of the attempt", async () => {
  const setup = await startSlack({ ackLimitMs: 20, eventRetriesMs: [0, 1] });
  const client = await connect(await ticket(setup));
  const attempts = await setup.slack.event({ type: "app_mention", user: "U0DEV1" });
  expect(attempts.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 3 }, () => "operation_timeout"));
  expect(client.heard.slice(1).map(({ retry_attempt, retry_reason }) => [retry_attempt, retry_reason])).toEqual([
    [0, ""],
    [1, "timeout"],
    [2, "timeout"],
  ]);
});

test("before a refresh there may be a warning", async () => {
  const setup = await startSlack();
  const client = await connect(await ticket(setup));
  setup.slack.sockets.refresh("warning");
  await until(() => client.heard.length === 2);
  expect(client.heard[1]).toMatchObject({ type: "disconnect", reason: "warning" });
  expect(client.closed()).toBe(false);
  setup.slack.sockets.refresh();
  await until(() => client.closed());
  expect(client.heard[2]).toMatchObject({ type: "disconnect", reason: "refresh_requested" });
});
