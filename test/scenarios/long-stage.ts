/** A stage for what takes minutes and goes wrong: a Redis that can be killed and emptied, and words for what closes when. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { AuditEvent } from "../../src/audit/event.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import type { WrittenRule } from "../../src/sandbox/azure/world.ts";
import type { Misbehaviour } from "../../src/sandbox/faults.ts";
import { createSandbox, type Sandbox, type SandboxOptions } from "../../src/sandbox/sandbox.ts";
import { sandboxConfig } from "../../src/sandbox/world.ts";
import { createRawRedis } from "../redis/raw-redis.ts";
import { createInsideBot, createMovableClock, type MovableClock } from "./inside-bot.ts";
import { ADDRESSES, CHANNELS, leftToDo, nsgId, type Owner, PEOPLE, type Stage, vocabulary } from "./stage.ts";

export { ADDRESSES, CHANNELS, nsgId, PEOPLE };

export const { dev, otherDev, lead, otherLead } = PEOPLE;
/** The address of whoever asks; several people may share it. */
export const HERE = ADDRESSES.vpn;

/** A person who sits here asks for SSH to a machine that needs no approval, for a minute. */
export const sshTo = (machine: string, justification = ""): string =>
  `ssh ${machine} 1m from ${HERE}${justification === "" ? "" : ` because ${justification}`}`;

/** A rule that a colleague writes. */
export const theirRule = (name: string, priority: number): WrittenRule => ({
  name,
  properties: {
    priority,
    access: "Allow",
    direction: "Inbound",
    protocol: "Tcp",
    sourcePortRange: "*",
    destinationPortRange: "8443",
    sourceAddressPrefix: ADDRESSES.office,
    destinationAddressPrefix: "10.0.3.31",
    description: "latch until 2026-01-01T00:00:00Z for U0DEV1",
  },
});

/** The sandbox's policy, with nobody's approval needed for anything. */
export const unguarded = sandboxConfig.replaceAll(/approve: \{[^}]*\}/gu, "approve: none");

export const armFault = (status: number, code: string): Misbehaviour => ({
  kind: "answer",
  status,
  body: JSON.stringify({ error: { code, message: "As told." } }),
  headers: { "content-type": "application/json" },
});

export const ec2Fault = (status: number, code: string): Misbehaviour => ({
  kind: "answer",
  status,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>As told.</Message></Error></Errors><RequestID>1</RequestID></Response>`,
  headers: { "content-type": "text/xml" },
});

export interface LongStage extends Omit<Stage, "redis"> {
  readonly redis: {
    readonly kill: () => Promise<void>;
    readonly start: () => Promise<void>;
    /** As if its disk had been lost. */
    readonly startEmpty: () => Promise<void>;
    /** Hangs, and goes on. */
    readonly signal: (signal: "SIGSTOP" | "SIGCONT") => void;
    readonly flush: () => Promise<void>;
  };
  readonly eventsOf: <K extends AuditEvent["kind"]>(
    kind: K,
    requestId: string,
  ) => readonly Extract<AuditEvent, { kind: K }>[];
  /** All that is on record, in order: also what a bot wrote and didn't live to print. */
  readonly record: () => Promise<readonly AuditEvent[]>;
  /** When a granted request is over. */
  readonly endOf: (requestId: string) => number;
  /** Waits until this long before its end. */
  readonly nearEnd: (requestId: string, ms?: number) => Promise<void>;
  /** Whether its card is there, once. */
  readonly hasCard: (requestId: string) => boolean;
  /** Waits until it is open and people are told so. */
  readonly opens: (requestId: string, machine: string, from?: string) => Promise<void>;
  /** Waits until nothing gets in any more; returns how long after the end of the request that was, in milliseconds. */
  readonly closes: (requestId: string, machine: string, from?: string) => Promise<number>;
  /** What the channel was told about the end of somebody's access to this machine. */
  readonly endNotices: (machine: string) => readonly string[];
  /** Waits until the bot has nothing more to say to anybody, so that what wasn't said twice by now won't be. */
  readonly allSaid: () => Promise<void>;
}

/** Several bots that start at the same moment on two cores keep each other from being ready in time. */
let turn: Promise<unknown> = Promise.resolve();
const inTurn = (start: () => Promise<void>): Promise<void> => {
  const started = turn.then(() => start());
  turn = started.catch(() => undefined);
  return started;
};

/** With bots that are processes of their own, and can be killed: a minute takes a minute. */
export const setLongStage = (owner: Owner, options: Omit<SandboxOptions, "redisUrl"> = {}): Promise<LongStage> =>
  buildStage(owner, options, undefined);

/** With one bot in this process, which can't be killed, and a time that goes on to the end of what is open when a scenario waits for it. */
export const setMovedStage = (
  owner: Owner,
  options: Omit<SandboxOptions, "redisUrl" | "clock" | "bots"> = {},
): Promise<LongStage> => buildStage(owner, options, createMovableClock());

const buildStage = async (
  { onTestFinished }: Owner,
  options: Omit<SandboxOptions, "redisUrl" | "clock">,
  movable: MovableClock | undefined,
): Promise<LongStage> => {
  const folder = await mkdtemp(join(tmpdir(), "latch-scenario-"));
  const server = await createRawRedis("--dir", folder, "--appendonly", "yes");
  await server.start();
  const time = movable === undefined ? {} : { clock: movable };
  const outside = await createSandbox({ operationMs: 100, ...options, ...time, redisUrl: server.url });
  const inside = movable && createInsideBot({ sandbox: outside, redisUrl: server.url, clock: movable });
  const sandbox: Sandbox = inside === undefined ? outside : { ...outside, bots: [inside] };
  const { clock } = sandbox;
  onTestFinished(async () => {
    await inside?.stop();
    await sandbox.stop();
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  });
  for (const bot of sandbox.bots) await inTurn(bot.start);
  const words = vocabulary(sandbox, 60_000);

  const withRedis = async <T>(work: (redis: Redis) => Promise<T>): Promise<T> => {
    const redis = new Redis(server.url);
    return await work(redis).finally(() => redis.disconnect());
  };
  const eventsOf: LongStage["eventsOf"] = (kind, requestId) =>
    sandbox.bots
      .flatMap((bot) => bot.events)
      .filter((event): event is Extract<AuditEvent, { kind: typeof kind }> => event.kind === kind)
      .filter((event) => "requestId" in event && event.requestId === requestId);
  const hasCard: LongStage["hasCard"] = (requestId) => {
    try {
      return words.card(requestId) !== undefined;
    } catch {
      return false;
    }
  };
  /** Told apart by the machine, because several are asked for at once. */
  const ask: LongStage["ask"] = async (user, text) => {
    const [, machine = ""] = text.split(" ");
    const asked = () =>
      sandbox.bots
        .flatMap((bot) => bot.events)
        .flatMap((event) => (event.kind === "request.submitted" || event.kind === "request.approved" ? event : []))
        .filter((event) => event.machine.name === machine && event.requester.user === user)
        .map((event) => event.requestId);
    const before = new Set<string>(asked());
    const answer = await words.jit(user, text);
    const fresh = () => asked().find((id) => !before.has(id) && hasCard(id));
    await words.until(`a card for \`${text}\` (answer: ${answer})`, () => fresh() !== undefined);
    return fresh() ?? "";
  };
  const endOf: LongStage["endOf"] = (requestId) => {
    const [approved] = eventsOf("request.approved", requestId);
    if (approved === undefined) throw new Error(`request ${requestId} wasn't approved`);
    return approved.expiresAt;
  };

  /** Whoever is at a firewall while time goes on loses it. */
  const settled = async (): Promise<void> => {
    const redis = connectRedis(server.url, { log: { info: () => undefined, warn: () => undefined } });
    await redis.untilReady(2_000);
    await words
      .until("nothing is left to do", async () => (await leftToDo(redis, clock.now())) === 0)
      .finally(() => redis.close());
  };
  const nearEnd: LongStage["nearEnd"] = async (requestId, ms = 2_000) => {
    if (movable !== undefined) await settled();
    const missing = endOf(requestId) - ms - clock.now();
    if (missing > 0) movable?.advance(missing);
    await words.until("the end is near", () => clock.now() >= endOf(requestId) - ms, 70_000);
  };

  return {
    ...sandbox,
    ...words,
    redis: {
      kill: server.kill,
      start: server.start,
      startEmpty: async () => {
        await rm(join(folder, "appendonlydir"), { recursive: true });
        await server.start();
      },
      signal: server.signal,
      flush: () => withRedis(async (redis) => void (await redis.flushall())),
    },
    ask,
    eventsOf,
    record: () =>
      withRedis(async (redis) =>
        (await redis.xrange("{latch:acme}:audit", "-", "+")).map(([, fields]) =>
          JSON.parse(fields[fields.indexOf("event") + 1] ?? ""),
        ),
      ),
    endOf,
    nearEnd,
    hasCard,
    opens: async (requestId, machine, from = HERE) => {
      await words.until(`the card says that ${machine} is open`, () =>
        words.card(requestId).text.includes("open until"),
      );
      if (!(await words.reaches(from, machine))) throw new Error(`${machine} is said to be open and isn't`);
    },
    closes: async (requestId, machine, from = HERE) => {
      await words.until(`${machine} is closed`, async () => !(await words.reaches(from, machine)), 100_000);
      return clock.now() - endOf(requestId);
    },
    endNotices: (machine) => words.notices().filter((text) => text.includes(`SSH to ${machine}`)),
    allSaid: () =>
      words.until("everything is said", () =>
        withRedis(
          async (redis) =>
            (await redis.hlen("{latch:acme}:outbox:deliveries")) === 0 &&
            (await redis.xlen("{latch:acme}:outbox:events")) === 0,
        ),
      ),
  };
};
