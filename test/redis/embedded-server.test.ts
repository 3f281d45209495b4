import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { connectRedis } from "../../src/redis/connect.ts";
import type { RedisConnection } from "../../src/redis/connection.ts";
import { type EmbeddedRedis, type EmbeddedRedisOptions, startEmbeddedRedis } from "../../src/redis/embedded-server.ts";
import { findServerProgram } from "../../src/redis/server-program.ts";
import { quiet } from "./real-redis.ts";

const LIMIT = { timeout: 8_000, interval: 20 };

let root: string;
let folder: string;
let servers: EmbeddedRedis[] = [];
let connections: RedisConnection[] = [];
let bots: ChildProcess[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "latch-embedded-"));
  folder = join(root, "data");
});
afterEach(async () => {
  for (const redis of connections) redis.close();
  for (const bot of bots) bot.kill("SIGKILL");
  for (const server of servers) await server.stop();
  [servers, connections, bots] = [[], [], []];
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

const start = async (
  options: Partial<EmbeddedRedisOptions> = {},
): Promise<EmbeddedRedis & { redis: RedisConnection }> => {
  const server = await startEmbeddedRedis({ folder, log: quiet, ...options });
  servers.push(server);
  return { ...server, redis: connect(server.url) };
};
const connect = (url: string): RedisConnection => {
  const redis = connectRedis(url, { log: quiet });
  connections.push(redis);
  return redis;
};
/** A bot in a process of its own, that can be killed. */
const startBot = async (): Promise<{ bot: ChildProcess; redis: RedisConnection; serverPid: number }> => {
  const bot = spawn(process.execPath, [join(import.meta.dirname, "bot-process.ts"), folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  bots.push(bot);
  const url = await new Promise<string>((resolve) =>
    bot.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8").trim())),
  );
  return { bot, redis: connect(url), serverPid: Number(await readFile(join(folder, "redis.pid"), "utf8")) };
};
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("the embedded redis", () => {
  test("keeps every write over a stop and a start, warns of nothing, and is gone after a stop", async () => {
    const first = await start();
    await first.redis.send("SET", "a", "kept");
    expect(await first.redis.warnings()).toEqual([]);
    const pid = Number(await readFile(join(folder, "redis.pid"), "utf8"));
    await first.stop();
    expect(isAlive(pid)).toBe(false);
    expect(await (await start()).redis.send("GET", "a")).toBe("kept");
  });

  test("is for this user only: its folder, its settings and its port", async () => {
    const { url } = await start();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, "redis.conf"))).mode & 0o777).toBe(0o600);
    await expect(connect(url.replace(/:[^:@]*@/u, "")).send("PING")).rejects.toMatchObject({ code: "redis" });
  });

  test("works in a folder with spaces, quotes and a long name", async () => {
    folder = join(root, 'my "data"', "x".repeat(120));
    await mkdir(folder, { recursive: true });
    const { redis } = await start();
    expect(await redis.send("PING")).toBe("PONG");
  });

  test("keeps nothing when told so", async () => {
    const first = await start({ persistence: "none" });
    await first.redis.send("SET", "a", "1");
    await first.stop();
    expect(await (await start({ persistence: "none" })).redis.send("GET", "a")).toBeNull();
  });

  test("goes when its bot is killed, and the next bot finds every answered write", async () => {
    const { bot, redis, serverPid } = await startBot();
    await redis.send("SET", "a", "kept");
    bot.kill("SIGKILL");
    expect(await (await start()).redis.send("GET", "a")).toBe("kept");
    await expect.poll(() => isAlive(serverPid), LIMIT).toBe(false);
  });

  test("one that hangs and so outlived its bot is ended before the next starts", async () => {
    const { bot, redis, serverPid } = await startBot();
    await redis.send("SET", "a", "kept");
    process.kill(serverPid, "SIGSTOP");
    bot.kill("SIGKILL");
    const warned: object[] = [];
    const next = await start({ log: { ...quiet, warn: (fields) => void warned.push(fields) } });
    expect(await next.redis.send("GET", "a")).toBe("kept");
    expect(warned).toEqual([{ pid: serverPid }]);
    expect(isAlive(serverPid)).toBe(false);
  }, 15_000);

  test("a second bot is refused the folder of a live one, with what to do, and does no harm", async () => {
    const { redis } = await startBot();
    await redis.send("SET", "a", "1");
    await expect(start({ patienceMs: 100 })).rejects.toThrow(
      /another latch uses the folder `.*data`: .*LATCH_DATA.*REDIS_URL/u,
    );
    expect(await redis.send("GET", "a")).toBe("1");
  });

  test("of many who start at once one gets the folder", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => start({ patienceMs: 0 })));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("who waits gets the folder as soon as the one before lets go", async () => {
    const first = await start();
    await first.redis.send("SET", "a", "kept");
    const second = start({ patienceMs: 5_000 });
    await first.stop();
    expect(await (await second).redis.send("GET", "a")).toBe("kept");
  });

  test("one that can't start says why, and lets go of the folder", async () => {
    await mkdir(join(folder, "appendonlydir"), { recursive: true });
    await expect(start({ program: { command: ["/bin/sh", "-c", "echo no room for redis; exit 3"] } })).rejects.toThrow(
      "no room for redis",
    );
    await expect(start({ program: { command: ["/no/such/program"] } })).rejects.toThrow("did not start");
    expect(await (await start()).redis.send("PING")).toBe("PONG");
  });
});

describe("finding a server program", () => {
  test("where there is none, the message is one line to type", async () => {
    await expect(
      findServerProgram({ log: quiet, names: ["no-such-redis"], cache: "/dev/null/nowhere" }),
    ).rejects.toThrow(/^no redis server on this machine: set REDIS_URL, or type `[^`]+`$/u);
  });

  // Needs a Debian or Ubuntu and its package mirror.
  test.runIf(process.env.LATCH_TEST_FETCH === "1")(
    "where there is none it is fetched, once, and runs",
    async () => {
      const cache = join(root, "cache");
      const search = { log: quiet, names: [], cache };
      const [program, same] = await Promise.all([findServerProgram(search), findServerProgram(search)]);
      expect(same).toEqual(program);
      const startedAt = performance.now();
      expect(await findServerProgram(search)).toEqual(program);
      expect(performance.now() - startedAt).toBeLessThan(500);
      expect(await (await start({ program })).redis.send("PING")).toBe("PONG");
    },
    120_000,
  );
});
