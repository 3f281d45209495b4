/** A whole sandbox with the bot in it, and the words that scenarios are told in. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectRedis } from "../../src/redis/connect.ts";
import type { RedisConnection } from "../../src/redis/connection.ts";
import { type EmbeddedRedis, startEmbeddedRedis } from "../../src/redis/embedded-server.ts";
import { eventKeys, keyPrefixOf, outboxKeys, QUEUES, queueKeys } from "../../src/redis/keys.ts";
import { createSandbox, type Sandbox, type SandboxOptions } from "../../src/sandbox/sandbox.ts";
import type { SeenMessage } from "../../src/sandbox/slack/sight.ts";
import { ADDRESSES, CHANNELS, nsgId, PEOPLE } from "../../src/sandbox/world.ts";
import { createInsideBot, createMovableClock, lookAtEverything, type MovableClock } from "./inside-bot.ts";

export { ADDRESSES, CHANNELS, nsgId, PEOPLE };

const silent = { info: () => undefined, warn: () => undefined };

export interface Stage extends Sandbox {
  /** The Redis of all bots, which scenarios may empty, stop and start again. */
  readonly redis: {
    readonly url: string;
    readonly flush: () => Promise<void>;
    readonly stop: () => Promise<void>;
  };
  /** Types `/jit …` as this person in the access channel; returns what only they were answered. */
  readonly jit: (user: string, text: string) => Promise<string>;
  /** Types `/jit …`, waits for the card and returns its request's id. */
  readonly ask: (user: string, text: string) => Promise<string>;
  /** Clicks a button on the request's card. */
  readonly click: (user: string, requestId: string, label: string) => Promise<void>;
  readonly approve: (user: string, requestId: string) => Promise<void>;
  /** The card of a request as `reader` sees it. */
  readonly card: (requestId: string, reader?: string) => SeenMessage;
  /** Texts of the channel that aren't cards, without those only for one person. */
  readonly notices: (channel?: string) => readonly string[];
  /** What the bot wrote to this person directly. */
  readonly direct: (user: string) => readonly string[];
  /** What only this person saw in the access channel, the latest last. */
  readonly answers: (user: string) => readonly string[];
  readonly reaches: (from: string, machine: string, port?: number) => Promise<boolean>;
  /** Waits until it is so; throws after `limitMs` with what was waited for, told as it is by then. */
  readonly until: (
    what: string | (() => string),
    so: () => boolean | Promise<boolean>,
    limitMs?: number,
  ) => Promise<void>;
  /** Kinds of the audit events about this request or grant, but for what was known when it was asked, in order, of all bots' stdout. */
  readonly told: (requestId: string) => readonly string[];
}

/** Where the end of everything is registered: a test's context, because several run at once, or `afterAll`'s. */
export interface Owner {
  readonly onTestFinished: (end: () => Promise<void>) => void;
}

/** Starts the bots too, unless told not to; ends everything with the test. */
export const setStage = async (
  { onTestFinished }: Owner,
  options: Omit<SandboxOptions, "redisUrl"> & { readonly start?: boolean } = {},
): Promise<Stage> => {
  const folder = await mkdtemp(join(tmpdir(), "latch-scenario-"));
  const redis = await startEmbeddedRedis({ folder, log: silent, persistence: "none" });
  const sandbox = await createSandbox({ operationMs: 100, ...options, redisUrl: redis.url });
  onTestFinished(async () => {
    await sandbox.stop();
    await redis.stop().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  });
  if (options.start !== false) await Promise.all(sandbox.bots.map((bot) => bot.start()));
  return { ...sandbox, ...vocabulary(sandbox), redis: redisControls(redis) };
};

/** With one bot in this process, by whose clock Slack and the clouds live too. */
export interface InsideStage extends Stage {
  readonly clock: MovableClock;
  /** Waits until nothing is left to do or to say for now. */
  readonly settled: () => Promise<void>;
  /** What happens at each full minute happens now; returns when the clouds are read. */
  readonly minute: () => Promise<void>;
}

export const setInsideStage = async (
  { onTestFinished }: Owner,
  options: Omit<SandboxOptions, "redisUrl" | "clock" | "bots"> & { readonly start?: boolean } = {},
): Promise<InsideStage> => {
  const folder = await mkdtemp(join(tmpdir(), "latch-scenario-"));
  const redis = await startEmbeddedRedis({ folder, log: silent, persistence: "none" });
  const clock = createMovableClock();
  const outside = await createSandbox({ operationMs: 20, ...options, clock, redisUrl: redis.url });
  const socketMode = options.socketMode ?? false;
  const sandbox: Sandbox = {
    ...outside,
    bots: [createInsideBot({ sandbox: outside, redisUrl: redis.url, clock, socketMode })],
  };
  onTestFinished(async () => {
    await sandbox.bots[0].stop();
    await sandbox.stop();
    await redis.stop().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  });
  if (options.start !== false) await sandbox.bots[0].start();
  const words = vocabulary(sandbox);
  const settled = async (): Promise<void> => {
    const connection = connectRedis(redis.url, { log: silent });
    await connection.untilReady(2_000);
    await words
      .until("nothing is left to do", async () => (await leftToDo(connection, clock.now())) === 0)
      .finally(() => connection.close());
  };
  return { ...sandbox, ...words, redis: redisControls(redis), clock, settled, minute: lookAtEverything };
};

/** How many wake-ups are due or under way, events unheard and messages unsent. */
export const leftToDo = async (redis: RedisConnection, now: number): Promise<number> => {
  const prefix = keyPrefixOf("acme");
  const { unheard } = eventKeys(prefix);
  const { deliveries } = outboxKeys(prefix);
  const counts = await Promise.all([
    redis.send("XLEN", unheard),
    redis.send("HLEN", deliveries),
    ...Object.values(QUEUES).flatMap((queue) => {
      const { due, leased } = queueKeys(prefix, queue);
      return [redis.send("ZCOUNT", due, "-inf", now), redis.send("ZCARD", leased)];
    }),
  ]);
  return counts.reduce<number>((sum, count) => sum + Number(count), 0);
};

const redisControls = (redis: EmbeddedRedis): Stage["redis"] => ({
  url: redis.url,
  stop: redis.stop,
  flush: async () => {
    const connection = connectRedis(redis.url, { log: silent });
    await connection.untilReady(2_000);
    await connection.send("FLUSHALL");
    connection.close();
  },
});

/** `patienceMs`: how long is waited for what has no limit of its own. */
export const vocabulary = (sandbox: Sandbox, patienceMs = 15_000) => {
  const { slack, network, bots } = sandbox;
  const seenIn = (user: string, channel: string): readonly SeenMessage[] =>
    slack.see(user).channels.find(({ id }) => id === channel)?.messages ?? [];

  const until: Stage["until"] = async (what, so, limitMs = patienceMs) => {
    const deadline = Date.now() + limitMs;
    for (;;) {
      if (await so()) return;
      if (Date.now() > deadline) {
        const log = bots.flatMap((bot) => bot.log.slice(-8)).join("\n");
        throw new Error(`waited ${limitMs} ms in vain until ${typeof what === "string" ? what : what()}\n${log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  const isCard = ({ raw }: SeenMessage): boolean => cardId(raw.metadata) !== undefined;
  const cards = (reader: string = PEOPLE.lead): readonly SeenMessage[] =>
    [CHANNELS.access, CHANNELS.security].flatMap((channel) => seenIn(reader, channel)).filter(isCard);
  const card: Stage["card"] = (requestId, reader) => {
    const found = cards(reader).filter(({ raw }) => cardId(raw.metadata) === `card/${requestId}`);
    if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} cards for ${requestId}`);
    return found[0];
  };
  const answers: Stage["answers"] = (user) =>
    seenIn(user, CHANNELS.access)
      .filter(({ onlyForYou }) => onlyForYou)
      .map(({ text }) => text);

  const jit: Stage["jit"] = async (user, text) => {
    const before = answers(user).length;
    const ack = await slack.command({ user, channel: CHANNELS.access, text });
    if (ack.outcome !== "ok") throw new Error(`the bot didn't acknowledge: ${ack.outcome}`);
    await until(`${user} is answered about \`${text.slice(0, 60)}\``, () => answers(user).length > before);
    return answers(user).at(-1) ?? "";
  };
  const ask: Stage["ask"] = async (user, text) => {
    const before = new Set(cards().map(({ raw }) => cardId(raw.metadata)));
    const answer = await jit(user, text);
    const fresh = () => cards().find(({ raw }) => !before.has(cardId(raw.metadata)));
    await until(`a card for \`${text}\` (answer: ${answer})`, () => fresh() !== undefined);
    return cardId(fresh()?.raw.metadata)?.replace("card/", "") ?? "";
  };
  const click: Stage["click"] = async (user, requestId, label) => {
    const { channel, ts } = card(requestId);
    await slack.click({ user, channel, ts, label });
  };

  return {
    until,
    card,
    answers,
    jit,
    ask,
    click,
    approve: (user: string, requestId: string) => click(user, requestId, "Approve"),
    notices: (channel: string = CHANNELS.access) =>
      seenIn(PEOPLE.lead, channel)
        .filter((message) => !isCard(message) && !message.onlyForYou)
        .map(({ text }) => text),
    direct: (user: string) =>
      slack
        .see(user)
        .channels.filter(({ direct }) => direct)
        .flatMap(({ messages }) => messages.map(({ text }) => text)),
    reaches: async (from: string, machine: string, port = 22) => {
      const outcome = await network.connect({ from, machine, port });
      if (outcome.outcome === "open") outcome.socket.destroy();
      return outcome.outcome === "open";
    },
    told: (requestId: string) =>
      bots
        .flatMap((bot) => bot.events)
        .toSorted((a, b) => a.at - b.at)
        .filter((event) => ("requestId" in event ? event.requestId : undefined) === requestId)
        .map((event) => event.kind)
        .filter((kind) => kind !== "request.judged"),
  };
};

const cardId = (metadata: unknown): string | undefined => {
  const id = (metadata as { event_payload?: { id?: unknown } } | undefined)?.event_payload?.id;
  return typeof id === "string" && id.startsWith("card/") ? id : undefined;
};
