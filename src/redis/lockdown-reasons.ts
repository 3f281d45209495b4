/** Why somebody is about to lock everything down: typed with the command, wanted when its button is pressed, by whichever replica. */

import { MINUTE } from "../access/time.ts";
import { asText, type RedisConnection } from "./connection.ts";
import { lockdownReasonKey } from "./keys.ts";

export interface LockdownReasons {
  readonly keep: (id: string, because: string) => Promise<void>;
  /** Empty where it is too old, or was none. */
  readonly find: (id: string) => Promise<string>;
}

export const createLockdownReasons = (redis: RedisConnection, keyPrefix: string): LockdownReasons => ({
  keep: async (id, because) => {
    await redis.send("SET", lockdownReasonKey(keyPrefix, id), because, "PX", KEPT);
  },
  find: async (id) => asText(await redis.send("GET", lockdownReasonKey(keyPrefix, id))) ?? "",
});

const KEPT = 30 * MINUTE;
