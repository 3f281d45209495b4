/** A real Redis for one test file. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll } from "vitest";

import { connectRedis, type RedisLog } from "../../src/redis/connect.ts";
import { lua, type RedisConnection } from "../../src/redis/connection.ts";
import { startEmbeddedRedis } from "../../src/redis/embedded-server.ts";
import { keyPrefixOf } from "../../src/redis/keys.ts";

export const quiet: RedisLog = { info: () => {}, warn: () => {} };

const FLUSH = lua`return redis.call('FLUSHALL')`;

export interface RealRedis {
  readonly url: () => string;
  readonly redis: () => RedisConnection;
  /** Another prefix each time: an installation nobody else uses. */
  readonly freshPrefix: () => string;
  /** Empties the server that holds these keys. */
  readonly clear: (prefix: string) => Promise<void>;
}

/** Call it at the top of a test file. `REDIS_TEST_URL` names another server to test against; it is emptied. */
export const useRealRedis = (): RealRedis => {
  let url = process.env.REDIS_TEST_URL ?? "";
  let connection: RedisConnection | undefined;
  let installation = 0;
  let stop = async (): Promise<void> => {};

  beforeAll(async () => {
    if (url === "") {
      const folder = await mkdtemp(join(tmpdir(), "latch-redis-"));
      const server = await startEmbeddedRedis({ folder, log: quiet, persistence: "none" });
      url = server.url;
      stop = async () => {
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      };
    }
    connection = connectRedis(url, { log: quiet });
    await connection.untilReady(5_000);
  }, 60_000);
  afterAll(async () => {
    connection?.close();
    await stop();
  });

  const redis = (): RedisConnection => {
    if (connection === undefined) throw new Error("redis is there from `beforeAll` on");
    return connection;
  };
  return {
    url: () => url,
    redis,
    freshPrefix: () => {
      installation += 1;
      return keyPrefixOf(`test-${process.pid}-${installation}`);
    },
    clear: async (prefix) => {
      // A script, because on a cluster a bare FLUSHALL goes to any node.
      await redis().run(FLUSH, [`${prefix}any`], []);
    },
  };
};
