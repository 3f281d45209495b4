/** A small workspace and small Bolt apps to try the sandbox's Slack with. */

import { App, LogLevel } from "@slack/bolt";
import { onTestFinished } from "vitest";
import type { Clock, EpochMs } from "../../src/access/time.ts";
import { createFaults, type Faults } from "../../src/sandbox/faults.ts";
import { createSlackServer, type SlackServer, type SlackServerOptions } from "../../src/sandbox/slack/server.ts";
import type { SlackWorld } from "../../src/sandbox/slack/world.ts";

export const BOT_TOKEN = "xoxb-sandbox";
export const APP_TOKEN = "xapp-sandbox";
export const SIGNING_SECRET = "a signing secret";

export const world: SlackWorld = {
  team: { id: "T0ACME", domain: "acme", name: "Acme" },
  bot: { userId: "U0BOT", botId: "B0BOT", appId: "A0APP", name: "latch" },
  users: [
    { id: "U0DEV1", name: "dana", real_name: "Dana Dev", tz: "Europe/Berlin", profile: { email: "dana@acme.example" } },
    { id: "U0LEAD1", name: "lee", tz: "America/New_York" },
    { id: "U0GUEST", name: "gus", is_restricted: true },
    { id: "U0GONE", name: "gone", deleted: true },
    { id: "U0OUT", name: "otto", team_id: "T0OTHER", is_stranger: true },
  ],
  channels: [
    { id: "C0ACCESS", name: "access", members: ["U0DEV1", "U0LEAD1", "U0OUT", "U0BOT"] },
    { id: "C0RANDOM", name: "random", members: ["U0DEV1"] },
    { id: "C0OLD", name: "old", members: ["U0BOT"], is_archived: true },
    { id: "C0SECRET", name: "secret", members: ["U0LEAD1"], is_private: true },
    { id: "C0EXT", name: "partners", members: ["U0BOT", "U0OUT"], is_ext_shared: true, is_shared: true },
  ],
  userGroups: [
    { id: "S0ENG", handle: "engineers", users: ["U0DEV1", "U0GONE"] },
    { id: "S0OLD", handle: "former", users: ["U0DEV1"], disabled: true },
  ],
};

export interface MovableClock extends Clock {
  readonly advance: (ms: number) => void;
}

/** Starts now, because Bolt itself looks at the machine's clock. */
export const movableClock = (): MovableClock => {
  let now = Date.now();
  return {
    now: () => now as EpochMs,
    advance: (ms) => {
      now += ms;
    },
  };
};

export interface Setup {
  readonly slack: SlackServer;
  readonly clock: MovableClock;
  readonly faults: Faults;
  /** Calls a method as any program could. */
  readonly call: (method: string, args?: Record<string, unknown>, token?: string | null) => Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into answers of any shape
  readonly body: any;
}

export const startSlack = async (options: Partial<SlackServerOptions> = {}): Promise<Setup> => {
  const clock = movableClock();
  const faults = createFaults();
  const slack = await createSlackServer({
    clock,
    faults,
    world,
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    signingSecret: SIGNING_SECRET,
    ...options,
  });
  onTestFinished(() => slack.stop());
  const call = async (
    method: string,
    args: Record<string, unknown> = {},
    token: string | null = BOT_TOKEN,
  ): Promise<Answer> => {
    const response = await fetch(`${slack.apiUrl}${method}`, {
      method: "POST",
      headers: {
        "content-type": "application/json; charset=utf-8",
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(args),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  return { slack, clock, faults, call };
};

/** A Bolt app that listens over HTTP, known to `slack`. */
export const startHttpApp = async (slack: SlackServer): Promise<App> => {
  const app = new App({
    token: BOT_TOKEN,
    signingSecret: SIGNING_SECRET,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true },
  });
  const server = await app.start({ port: 0, host: "127.0.0.1" });
  onTestFinished(async () => void (await app.stop()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the app has no port");
  slack.deliverTo(`http://127.0.0.1:${address.port}/slack/events`);
  return app;
};

/** A Bolt app in Socket Mode, connected. */
export const startSocketApp = async (slack: SlackServer): Promise<App> => {
  const app = new App({
    token: BOT_TOKEN,
    appToken: APP_TOKEN,
    socketMode: true,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true },
  });
  await app.start();
  onTestFinished(async () => void (await app.stop()));
  return app;
};

/** A message with two buttons. */
export const cardBlocks = [
  { type: "section", text: { type: "mrkdwn", text: "<@U0DEV1> asks for *prod-vm-3*" } },
  {
    type: "actions",
    block_id: "answer",
    elements: [
      {
        type: "button",
        action_id: "approve",
        text: { type: "plain_text", text: "Approve" },
        style: "primary",
        value: "r-1",
      },
      { type: "button", action_id: "deny", text: { type: "plain_text", text: "Deny" }, value: "r-1" },
      {
        type: "overflow",
        action_id: "more",
        options: [{ text: { type: "plain_text", text: "Details" }, value: "details" }],
      },
    ],
  },
];
