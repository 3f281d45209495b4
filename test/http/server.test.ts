import { describe, expect, onTestFinished, test } from "vitest";
import { type HttpServerDeps, startHttpServer } from "../../src/http/server.ts";

const setup = async (deps: Partial<HttpServerDeps> = {}) => {
  const server = await startHttpServer({ port: 0, notReady: () => [], ...deps });
  onTestFinished(() => server.stop().catch(() => undefined));
  const url = `http://127.0.0.1:${server.port}`;
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(`${url}${path}`, init);
    return { status: answer.status, text: await answer.text(), type: answer.headers.get("content-type") };
  };
  return { server, ask };
};

describe("how it is", () => {
  test("it lives as soon as it answers", async () => {
    const { ask } = await setup({ notReady: () => ["redis: away"] });
    expect(await ask("/healthz")).toMatchObject({ status: 200, text: "ok\n" });
  });

  test("it is ready when nothing is missing, and says what is", async () => {
    let missing: readonly string[] = ["redis: away", "inventory: not read yet"];
    const { ask } = await setup({ notReady: async () => missing });
    expect(await ask("/readyz")).toMatchObject({
      status: 503,
      text: "not ready\nredis: away\ninventory: not read yet\n",
    });
    missing = [];
    expect(await ask("/readyz")).toMatchObject({ status: 200, text: "ready\n" });
  });

  test("what keeps nobody from being answered is said, and takes no requests away", async () => {
    let missing: readonly string[] = [];
    const doubts = () => ["inventory: aws not read since 2026-11-23T14:02:00Z"];
    const { ask } = await setup({ notReady: () => missing, doubts });
    expect(await ask("/readyz")).toMatchObject({ status: 200, text: `ready\n${doubts().join("")}\n` });
    missing = ["redis: away"];
    expect(await ask("/readyz")).toMatchObject({ status: 503, text: `not ready\nredis: away\n${doubts().join("")}\n` });
  });
});

describe("Slack's requests", () => {
  test("come in with their body as sent and their headers in any case, and go out with their answer", async () => {
    const seen: unknown[] = [];
    const { ask } = await setup({
      slackEvents: async ({ body, header }) => {
        seen.push([body, header("X-Slack-Signature"), header("x-nothing")]);
        return { status: 401, body: '{"a":1}' };
      },
    });
    const answer = await ask("/slack/events", {
      method: "POST",
      body: "text=a%20b",
      headers: { "x-slack-signature": "v0=1" },
    });
    expect(seen).toEqual([["text=a%20b", "v0=1", undefined]]);
    expect(answer).toMatchObject({ status: 401, text: '{"a":1}', type: "application/json" });
  });

  test("an empty answer stays empty", async () => {
    const { ask } = await setup({ slackEvents: async () => ({ status: 200, body: "" }) });
    expect(await ask("/slack/events", { method: "POST", body: "a" })).toMatchObject({ status: 200, text: "" });
  });

  test("of more than a megabyte never reach the bot", async () => {
    let heard = 0;
    const { ask } = await setup({
      slackEvents: async () => {
        heard += 1;
        return { status: 200, body: "" };
      },
    });
    expect(await ask("/slack/events", { method: "POST", body: "a".repeat(1024 * 1024 + 1) })).toMatchObject({
      status: 413,
    });
    expect(heard).toBe(0);
    await ask("/slack/events", { method: "POST", body: "a".repeat(1024 * 1024) });
    expect(heard).toBe(1);
  });

  test("have no door with Socket Mode, and none for reading", async () => {
    const { ask } = await setup();
    expect(await ask("/slack/events", { method: "POST", body: "a" })).toMatchObject({ status: 404 });
    const { ask: other } = await setup({ slackEvents: async () => ({ status: 200, body: "" }) });
    expect(await other("/slack/events")).toMatchObject({ status: 404 });
  });
});

test("it stops while somebody is still waiting for an answer", async () => {
  let arrived = (): void => undefined;
  const here = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const { server, ask } = await setup({
    slackEvents: () => {
      arrived();
      return new Promise(() => undefined);
    },
  });
  const waiting = ask("/slack/events", { method: "POST", body: "a" }).catch(() => "gave up");
  await here;
  await server.stop();
  expect(await waiting).toBe("gave up");
});
