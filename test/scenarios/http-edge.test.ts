/** What comes in over HTTP and isn't Slack's, or not Slack's of just now: refused, and nothing happens. */

import { afterAll, describe, expect, test } from "vitest";
import { signature } from "../../src/sandbox/slack/signing.ts";
import { effects } from "./in-vain.ts";
import { CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { slack, secrets } = stage;
const url = `${stage.bots[0].url}/slack/events`;
const nowSeconds = (): number => Math.floor(stage.clock.now() / 1_000);

/** A command as Slack would send it. Where the answer would go shows only whether there is one. */
const command = (text = "ssh prod-vm-3 1h because INC-1"): string =>
  new URLSearchParams({
    command: "/jit",
    text,
    team_id: "T0ACME",
    user_id: PEOPLE.dev,
    channel_id: CHANNELS.access,
    response_url: `${slack.url}/commands/T0ACME/1/none`,
    trigger_id: "1.2.3",
  }).toString();

/** Fails unless it changed nothing: no message, no cloud write, no event. */
const withoutEffect = async <T>(work: () => Promise<T>): Promise<T> => {
  const before = { effects: effects(stage), events: stage.bots[0].events.length };
  const result = await work();
  await stage.settled();
  expect(effects(stage)).toEqual(before.effects);
  expect(stage.bots[0].events).toHaveLength(before.events);
  return result;
};

describe("a request that Slack didn't sign just now", () => {
  test.each([
    ["with another secret", { secret: "another" }],
    ["with no signature", { signature: null }],
    ["with an empty signature", { signature: "" }],
    ["with a signature of another version", { signature: "v1=00" }],
    ["with a signature of another length", { signature: "v0=00" }],
    ["six minutes old", { age: 6 * 60 }],
    ["six minutes ahead", { age: -6 * 60 }],
    ["without a time", { timestamp: "" }],
    ["with a time that is none", { timestamp: "soon" }],
  ])("%s", async (_, { age, ...request }: { age?: number; [key: string]: unknown }) => {
    const timestamp = age === undefined ? {} : { timestamp: nowSeconds() - age };
    const ack = await withoutEffect(() => slack.sendSigned(command(), { ...request, ...timestamp }));
    expect(ack.status).toBe(401);
    expect(ack.body).toBe("");
  });

  test("changed on the way", async () => {
    const timestamp = String(nowSeconds());
    const signed = signature(secrets.signingSecret, timestamp, command("list"));
    const ack = await withoutEffect(() => slack.sendSigned(command(), { timestamp, signature: signed }));
    expect(ack.status).toBe(401);
  });
});

test("the same bytes a second time, at once or later", async () => {
  const timestamp = nowSeconds();
  const body = command();
  expect((await slack.sendSigned(body, { timestamp })).status).toBe(200);
  await stage.until("it is asked", () => stage.slack.messages(CHANNELS.access).length > 0);
  await stage.settled();
  expect((await withoutEffect(() => slack.sendSigned(body, { timestamp }))).status).toBe(401);
  stage.clock.advance(4 * 60_000);
  expect((await withoutEffect(() => slack.sendSigned(body, { timestamp }))).status).toBe(401);
  expect(stage.slack.messages(CHANNELS.access)).toHaveLength(1);
});

test("a restarted bot still knows what was sent before", async () => {
  const timestamp = nowSeconds();
  const body = command("list");
  expect((await slack.sendSigned(body, { timestamp })).status).toBe(200);
  await stage.bots[0].stop();
  await stage.bots[0].start();
  expect((await slack.sendSigned(body, { timestamp, url: `${stage.bots[0].url}/slack/events` })).status).toBe(401);
});

describe("other requests", () => {
  const at = (path: string): string => `${stage.bots[0].url}${path}`;

  test("only POST is for Slack", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      expect((await withoutEffect(() => fetch(at("/slack/events"), { method }))).status).toBe(404);
    }
  });

  test("a body beyond a megabyte isn't read", async () => {
    const body = `${command()}&x=${"x".repeat(2 * 1024 * 1024)}`;
    const ack = await withoutEffect(() => slack.sendSigned(body, { url: at("/slack/events") }));
    expect(ack.status).toBe(413);
  });

  test.each([
    ["no JSON", "{", "application/json"],
    ["a list", "[]", "application/json"],
    ["a payload that is no JSON", "payload=%7B", "application/x-www-form-urlencoded"],
  ])("signed, but %s", async (_, body, contentType) => {
    const ack = await withoutEffect(() => slack.sendSigned(body, { contentType, url: at("/slack/events") }));
    expect(ack.status).toBe(400);
  });

  test("Slack's question whether the address is ours is answered", async () => {
    expect(await slack.verifyUrl(at("/slack/events"))).toBe(true);
    const ack = await slack.sendSigned("ssl_check=1&token=x", { url: at("/slack/events") });
    expect(ack.status).toBe(200);
  });

  test("a command that isn't ours does nothing", { timeout: 20_000 }, async () => {
    const other = command().replace("%2Fjit", "%2Fother");
    await withoutEffect(() => slack.sendSigned(other, { url: at("/slack/events") }));
  });

  test("how it is", async () => {
    expect((await fetch(at("/healthz"))).status).toBe(200);
    expect((await fetch(at("/readyz"))).status).toBe(200);
    expect((await fetch(at("/"))).status).toBe(404);
  });
});

test("operators see why requests were refused, and no secrets", () => {
  const lines = stage.bots[0].log.join("\n");
  for (const why of ["signature", "age", "replay", "body"]) expect(lines).toContain(`"why":"${why}"`);
  expect(lines).not.toContain(secrets.signingSecret);
  expect(lines).not.toContain(secrets.botToken);
  expect(lines).not.toContain("/commands/T0ACME/");
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/slack\/events$/u);
});
