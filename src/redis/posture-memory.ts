/** How each machine stood at the last look, as one JSON value: it is read and written whole. */

import type { MachineId } from "../access/machine.ts";
import type { PostureMemory, PostureSeen } from "../posture/posture-memory.ts";
import { asJson, type RedisConnection } from "./connection.ts";
import { entityKeys } from "./keys.ts";

export const createPostureMemory = (redis: RedisConnection, keyPrefix: string): PostureMemory => {
  const { postures } = entityKeys(keyPrefix);
  return {
    read: async () => {
      const stored = asJson(await redis.send("GET", postures)) ?? {};
      return new Map(Object.entries(stored as Record<MachineId, PostureSeen>) as [MachineId, PostureSeen][]);
    },
    write: async (seen) => {
      await redis.send("SET", postures, JSON.stringify(Object.fromEntries(seen)));
    },
  };
};
