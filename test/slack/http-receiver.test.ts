import type { App } from "@slack/bolt";
import { describe, expect, test } from "vitest";
import { Fault } from "../../src/access/fault.ts";
import { MINUTE } from "../../src/access/time.ts";
import { signature } from "../../src/sandbox/slack/signing.ts";
import { createHttpReceiver } from "../../src/slack/http-receiver.ts";
import { NOW } from "../contracts/samples.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";

interface Sent {
  readonly secret?: string;
  readonly at?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

type Heard = { readonly body: unknown; readonly retryNum?: number | undefined };

const setup = async (
  hear: (event: Heard & { readonly ack: (response?: unknown) => Promise<void> }) => Promise<void> = ({ ack }) => ack(),
) => {
  const clock = createManualClock(NOW);
  const refused: string[] = [];
  const heard: Heard[] = [];
  const seen = new Set<string>();
  const memory = { away: false };
  const make = () =>
    createHttpReceiver({
      signingSecret: SECRET,
      clock,
      firstTime: async (each) => {
        if (memory.away) throw new Fault("redis", "away", { retry: "later" });
        const isNew = !seen.has(each);
        seen.add(each);
        return isNew;
      },
      refused: (why) => refused.push(why),
    });
  const app = {
    processEvent: async (event: Heard & { readonly ack: (response?: unknown) => Promise<void> }) => {
      heard.push(event);
      await hear(event);
    },
  } as unknown as App;
  const receivers = [make(), make()];
  for (const receiver of receivers) receiver.init(app);
  const send = (body: string, { secret = SECRET, at = NOW, type = FORM, headers = {} }: Sent = {}, replica = 0) => {
    const timestamp = String(Math.floor(at / 1_000));
    const all: Readonly<Record<string, string | undefined>> = {
      "content-type": type,
      "x-slack-request-timestamp": timestamp,
      "x-slack-signature": signature(secret, timestamp, body),
      ...headers,
    };
    return receivers[replica]?.receive({ body, header: (name) => all[name.toLowerCase()] });
  };
  return { clock, refused, heard, memory, send };
};

const COMMAND = "command=%2Fjit&text=ssh+prod-vm-3+2h&user_id=U0DEV1";

describe("a request that Slack signed just now", () => {
  test("reaches the bot: a command, a click, an event", async () => {
    const { heard, send } = await setup();
    const click = { type: "block_actions", user: { id: "U0DEV1" } };
    expect(await send(COMMAND)).toEqual({ status: 200, body: "" });
    expect(await send(`payload=${encodeURIComponent(JSON.stringify(click))}`)).toMatchObject({ status: 200 });
    expect(
      await send(JSON.stringify({ type: "event_callback" }), { type: `${JSON_TYPE}; charset=utf-8` }),
    ).toMatchObject({ status: 200 });
    expect(heard.map(({ body }) => body)).toEqual([
      { command: "/jit", text: "ssh prod-vm-3 2h", user_id: "U0DEV1" },
      click,
      { type: "event_callback" },
    ]);
  });

  test("is answered with what the bot acknowledges, also an object", async () => {
    const { send } = await setup(({ ack }) => ack({ response_action: "clear" }));
    expect(await send(COMMAND)).toEqual({ status: 200, body: '{"response_action":"clear"}' });
  });

  test("is answered while the bot still works on it", async () => {
    let worked = false;
    const { send } = await setup(async ({ ack }) => {
      await ack();
      await new Promise((resolve) => setTimeout(resolve, 50));
      worked = true;
    });
    expect(await send(COMMAND)).toMatchObject({ status: 200 });
    expect(worked).toBe(false);
  });

  test("tells of Slack's own retries", async () => {
    const { heard, send } = await setup();
    await send(COMMAND, { headers: { "x-slack-retry-num": "2", "x-slack-retry-reason": "http_timeout" } });
    expect(heard[0]).toMatchObject({ retryNum: 2, retryReason: "http_timeout" });
  });

  test("that only checks the connection needs no bot", async () => {
    const { heard, send } = await setup();
    expect(await send("ssl_check=1&token=x")).toEqual({ status: 200, body: "" });
    expect(await send(JSON.stringify({ type: "url_verification", challenge: "abc" }), { type: JSON_TYPE })).toEqual({
      status: 200,
      body: '{"challenge":"abc"}',
    });
    expect(heard).toEqual([]);
  });
});

describe("refused, and never heard by the bot:", () => {
  test.each<[string, Sent, string]>([
    ["another secret", { secret: "other" }, "signature"],
    ["no signature", { headers: { "x-slack-signature": undefined } }, "signature"],
    ["half a signature", { headers: { "x-slack-signature": "v0=" } }, "signature"],
    ["no time", { headers: { "x-slack-request-timestamp": undefined } }, "age"],
    ["a time that is none", { headers: { "x-slack-request-timestamp": "soon" } }, "age"],
    [
      "another time than was signed",
      { headers: { "x-slack-request-timestamp": String(NOW / 1_000 + 1) } },
      "signature",
    ],
  ])("%s", async (_, sent, why) => {
    const { heard, refused, send } = await setup();
    expect(await send(COMMAND, sent)).toMatchObject({ status: 401 });
    expect([heard, refused]).toEqual([[], [why]]);
  });

  test("what is older than five minutes, and what is further ahead than that", async () => {
    for (const [at, status] of [
      [NOW - 5 * MINUTE, 200],
      [NOW - 5 * MINUTE - 1_000, 401],
      [NOW + 5 * MINUTE, 200],
      [NOW + 5 * MINUTE + 1_000, 401],
    ] as const) {
      const { send } = await setup();
      expect(await send(COMMAND, { at })).toMatchObject({ status });
    }
  });

  test("the same request a second time, at whichever replica", async () => {
    const { heard, refused, send } = await setup();
    expect(await send(COMMAND)).toMatchObject({ status: 200 });
    expect(await send(COMMAND)).toMatchObject({ status: 401 });
    expect(await send(COMMAND, {}, 1)).toMatchObject({ status: 401 });
    expect([heard.length, refused]).toEqual([1, ["replay", "replay"]]);
  });

  test.each(["=", "=x"])("the same request a second time with %j after its signature", async (tail) => {
    const { heard, refused, send } = await setup();
    expect(await send(COMMAND)).toMatchObject({ status: 200 });
    const spelled = `${signature(SECRET, String(NOW / 1_000), COMMAND)}${tail}`;
    expect(await send(COMMAND, { headers: { "x-slack-signature": spelled } })).toMatchObject({ status: 401 });
    expect([heard.length, refused]).toEqual([1, ["signature"]]);
  });

  test("the same request a second time while Redis is away, at this replica", async () => {
    const { heard, memory, send } = await setup();
    memory.away = true;
    expect(await send(COMMAND)).toMatchObject({ status: 200 });
    expect(await send(COMMAND)).toMatchObject({ status: 401 });
    expect(heard).toHaveLength(1);
  });

  test("a body that isn't what it says", async () => {
    const { heard, send } = await setup();
    for (const [body, type] of [
      ["{", JSON_TYPE],
      ["[]", JSON_TYPE],
      ["payload=%7B", FORM],
    ] as const) {
      expect(await send(body, { type })).toMatchObject({ status: 400 });
    }
    expect(heard).toEqual([]);
  });
});

test("a bot that breaks before it acknowledges is no answer", async () => {
  const { send } = await setup(() => Promise.reject(new Error("a mistake of ours")));
  await expect(send(COMMAND)).rejects.toThrow("a mistake of ours");
});
