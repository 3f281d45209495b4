/** A stage for what takes minutes and goes wrong: a Redis that can be killed and emptied, and words for what closes when. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { AuditEvent } from "../../src/audit/event.ts";
import type { WrittenRule } from "../../src/sandbox/azure/world.ts";
import type { Misbehaviour } from "../../src/sandbox/faults.ts";
import { createSandbox, type SandboxOptions } from "../../src/sandbox/sandbox.ts";
import { sandboxConfig } from "../../src/sandbox/world.ts";
import { createRawRedis } from "../redis/raw-redis.ts";
import { ADDRESSES, CHANNELS, nsgId, type Owner, PEOPLE, type Stage, vocabulary } from "./stage.ts";

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

export const setLongStage = async (
  { onTestFinished }: Owner,
  options: Omit<SandboxOptions, "redisUrl"> = {},
): Promise<LongStage> => {
  const folder = await mkdtemp(join(tmpdir(), "latch-scenario-"));
  const server = await createRawRedis("--dir", folder, "--appendonly", "yes");
  await server.start();
  const sandbox = await createSandbox({ operationMs: 100, ...options, redisUrl: server.url });
  onTestFinished(async () => {
    await sandbox.stop();
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  });
  for (const bot of sandbox.bots) await inTurn(bot.start);
  const words = vocabulary(sandbox);

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
    hasCard,
    opens: async (requestId, machine, from = HERE) => {
      await words.until(`the card says that ${machine} is open`, () =>
        words.card(requestId).text.includes("open until"),
      );
      if (!(await words.reaches(from, machine))) throw new Error(`${machine} is said to be open and isn't`);
    },
    closes: async (requestId, machine, from = HERE) => {
      await words.until(`${machine} is closed`, async () => !(await words.reaches(from, machine)), 100_000);
      return Date.now() - endOf(requestId);
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
