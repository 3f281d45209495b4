import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, test } from "vitest";

import { isFault } from "../../src/access/fault.ts";
import { MINUTE } from "../../src/access/time.ts";
import { connectRedis, type RedisLog } from "../../src/redis/connect.ts";
import type { RedisConnection } from "../../src/redis/connection.ts";
import { createRedisLedger } from "../../src/redis/ledger.ts";
import { createRedisWakeups } from "../../src/redis/wakeups.ts";
import { aGrant, NOW } from "../contracts/samples.ts";
import { createRawRedis, freePort, type RawRedis } from "./raw-redis.ts";
import { quiet } from "./real-redis.ts";

const folders: string[] = [];
const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), "latch-raw-"));
  folders.push(made);
  return made;
};
const opened: { redis: RedisConnection[]; servers: RawRedis[] } = { redis: [], servers: [] };
const connect = (url: string, log: RedisLog = quiet): RedisConnection => {
  const redis = connectRedis(url, { log });
  opened.redis.push(redis);
  return redis;
};
const serve = async (...settings: string[]): Promise<RawRedis> => {
  const server = await createRawRedis(...settings);
  opened.servers.push(server);
  await server.start();
  return server;
};
afterEach(async () => {
  for (const redis of opened.redis.splice(0)) redis.close();
  for (const server of opened.servers.splice(0)) await server.kill();
  for (const made of folders.splice(0)) await rm(made, { recursive: true, force: true });
});

/** The fault it ends in, and after how long. */
const failure = async (attempt: Promise<unknown>): Promise<{ error: unknown; ms: number }> => {
  const startedAt = performance.now();
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, ms: performance.now() - startedAt };
};

const expectFault = ({ error, ms }: { error: unknown; ms: number }): void => {
  expect(isFault(error) && [error.code, error.retry]).toEqual(["redis", "later"]);
  expect(ms).toBeLessThan(2_200);
};

/** A line to a port that can be made to swallow everything on the connections it has; new ones work. */
const createLine = async (port: number): Promise<{ url: string; deaden: () => void; close: () => void }> => {
  const sockets = new Set<Socket>();
  const line = createServer((near) => {
    const far = createConnection(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
    near.pipe(far);
    far.pipe(near);
  });
  const listening = await freePort();
  await new Promise<void>((resolve) => line.listen(listening, "127.0.0.1", resolve));
  return {
    url: `redis://127.0.0.1:${listening}`,
    deaden: () => {
      for (const socket of sockets) {
        socket.unpipe();
        socket.resume();
      }
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      line.close();
    },
  };
};

/** Asks until Redis answers; how long that took. */
const untilBack = async (redis: RedisConnection, limitMs = 10_000): Promise<number> => {
  const startedAt = performance.now();
  while (performance.now() - startedAt < limitMs) {
    if ((await redis.send("PING").catch(() => undefined)) === "PONG") return performance.now() - startedAt;
  }
  throw new Error("redis did not come back");
};

describe("a redis that goes and comes", () => {
  test("killed: every call is a fault within two seconds, and works again soon after redis is back", async () => {
    const server = await serve();
    const redis = connect(server.url);
    const wakeups = createRedisWakeups(redis, "{t}:", "firewalls");
    const ledger = createRedisLedger(redis, "{t}:", { clock: { now: () => NOW } });
    await wakeups.wake("a", NOW);

    await server.kill();
    const calls = [
      wakeups.wake("a", NOW),
      wakeups.take(NOW, 10, MINUTE),
      wakeups.nextAt(),
      ledger.liveGrants(),
      ledger.commit({ grant: aGrant(), events: [] }),
    ];
    for (const outcome of await Promise.all(calls.map(failure))) expectFault(outcome);
    await expect.poll(() => redis.isReady()).toBe(false);

    await server.start();
    expect(await untilBack(redis)).toBeLessThan(1_600);
    // Nothing that was refused happens afterwards.
    expect(await wakeups.nextAt()).toBeUndefined();
    expect(await ledger.liveGrants()).toEqual([]);
    expect(await ledger.commit({ grant: aGrant(), events: [] })).toBe(true);
  });

  test("calls on their way when it is killed are faults too", async () => {
    const server = await serve();
    const redis = connect(server.url);
    await redis.send("PING");
    server.signal("SIGSTOP");
    const calls = Array.from({ length: 20 }, (_, i) => failure(redis.send("SET", `{t}:${i}`, "x")));
    await server.kill();
    for (const outcome of await Promise.all(calls)) expectFault(outcome);
  });

  test("hanging: every call is a fault within two seconds, for as long as it hangs, and works again soon after", async () => {
    const server = await serve();
    const redis = connect(server.url);
    await redis.send("PING");
    server.signal("SIGSTOP");
    const until = performance.now() + 6_000;
    while (performance.now() < until) expectFault(await failure(redis.send("PING")));
    server.signal("SIGCONT");
    expect(await untilBack(redis)).toBeLessThan(2_600);
  }, 20_000);

  test("a peer that vanished without a word is given up, and a new connection is made", async () => {
    const server = await serve();
    const line = await createLine(Number(new URL(server.url).port));
    try {
      const redis = connect(line.url);
      await redis.send("PING");
      line.deaden();
      expectFault(await failure(redis.send("PING")));
      expect(await untilBack(redis)).toBeLessThan(2_600);
    } finally {
      line.close();
    }
  });

  test("away from the start: the connection comes up when redis does", async () => {
    const server = await createRawRedis();
    opened.servers.push(server);
    const redis = connect(server.url);
    expectFault(await failure(redis.send("PING")));
    expectFault(await failure(redis.untilReady(100)));
    await server.start();
    expect(await untilBack(redis)).toBeLessThan(1_600);
  });

  test("a cluster that is away is a fault within two seconds", async () => {
    const redis = connect(`redis://127.0.0.1:${await freePort()},127.0.0.1:${await freePort()}`);
    expectFault(await failure(redis.send("GET", "{t}:a")));
  });

  test("the log says once that it went and once that it is back", async () => {
    const said: string[] = [];
    const say = (_fields: object, sentence: string): void => void said.push(sentence);
    const server = await serve();
    const redis = connect(server.url, { info: say, warn: say });
    await redis.send("PING");
    await server.kill();
    await failure(redis.send("PING"));
    await failure(redis.send("PING"));
    await server.start();
    await untilBack(redis);
    expect(said).toEqual(["redis is away", "redis is back"]);
  });

  test("a script that the server has forgotten is sent again", async () => {
    const server = await serve();
    const redis = connect(server.url);
    const wakeups = createRedisWakeups(redis, "{t}:", "firewalls");
    await wakeups.take(NOW, 1, MINUTE);
    await redis.send("SCRIPT", "FLUSH");
    expect(await wakeups.take(NOW, 1, MINUTE)).toEqual([]);
  });

  test("after `close` a call is a fault at once", async () => {
    const server = await serve();
    const redis = connect(server.url);
    await redis.send("PING");
    redis.close();
    const outcome = await failure(redis.send("PING"));
    expectFault(outcome);
    expect(outcome.ms).toBeLessThan(100);
  });
});

describe("refusals of redis", () => {
  test("a wrong password is a fault that doesn't tell the password", async () => {
    const server = await serve("--requirepass", "right");
    const redis = connect(server.url.replace("redis://", "redis://:wr0ng-secret@"));
    const { error } = await failure(redis.send("PING"));
    expect(isFault(error) && error.code).toBe("redis");
    expect(String(error)).not.toContain("wr0ng-secret");
  });

  test("a full redis refuses a commit as a whole", async () => {
    const server = await serve("--maxmemory", "1", "--maxmemory-policy", "noeviction");
    const redis = connect(server.url);
    const ledger = createRedisLedger(redis, "{t}:", { clock: { now: () => NOW } });
    expectFault(await failure(ledger.commit({ grant: aGrant(), events: [] })));
    expect(await ledger.liveGrants()).toEqual([]);
    expect(await redis.send("DBSIZE")).toBe(0);
  });

  test("a value that isn't ours is a fault, not nonsense", async () => {
    const server = await serve();
    const redis = connect(server.url);
    const ledger = createRedisLedger(redis, "{t}:", { clock: { now: () => NOW } });
    await redis.send("SET", "{t}:grant:k7f3q2xd", "{broken");
    expectFault(await failure(ledger.grant(aGrant().id)));
  });
});

const warningsOf = async (...settings: string[]): Promise<readonly string[]> =>
  connect((await serve(...settings)).url).warnings();

describe("how redis keeps data", () => {
  test("a redis that writes every change down and evicts nothing calls for no warning", async () => {
    expect(await warningsOf("--appendonly", "yes", "--dir", await folder())).toEqual([]);
  });
  test("no persistence, snapshots only and eviction are warned of", async () => {
    expect(await warningsOf()).toEqual([expect.stringContaining("keeps nothing on disk")]);
    expect(await warningsOf("--save", "3600", "1", "--dir", await folder())).toEqual([
      expect.stringContaining("snapshots only"),
    ]);
    expect(await warningsOf("--maxmemory-policy", "allkeys-lru")).toEqual([
      expect.stringContaining("keeps nothing"),
      expect.stringContaining("`allkeys-lru`"),
    ]);
  });
  test("a managed server that refuses CONFIG is not warned of", async () => {
    expect(await warningsOf("--rename-command", "CONFIG", "")).toEqual([]);
  });
});
