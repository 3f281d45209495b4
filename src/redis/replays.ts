/** Remembers what was seen once, so that a recorded Slack request can't be played again. */

import type { RedisConnection } from "./connection.ts";
import { replayKey } from "./keys.ts";

export interface ReplayGuard {
  /** `true` for one caller only, until `ttlSeconds` have passed. Throws a `Fault` of code `redis` when memory is away. */
  readonly firstTime: (signature: string, ttlSeconds: number) => Promise<boolean>;
}

export const createReplayGuard = (redis: RedisConnection, keyPrefix: string): ReplayGuard => ({
  firstTime: async (signature, ttlSeconds) =>
    (await redis.send("SET", replayKey(keyPrefix, signature), "1", "NX", "EX", Math.ceil(ttlSeconds))) === "OK",
});
