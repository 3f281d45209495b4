/** What was taken out of each firewall of somebody else's, as its adapter wrote it down. */

import type { WithheldMemory } from "../cloud/withheld.ts";
import { asText, type RedisConnection } from "./connection.ts";
import { entityKeys } from "./keys.ts";

export const createWithheldMemory = (redis: RedisConnection, keyPrefix: string): WithheldMemory => {
  const { withheldFrom } = entityKeys(keyPrefix);
  return {
    read: async (firewall) => asText(await redis.send("GET", withheldFrom(firewall))),
    remember: async (firewall, what) => {
      await (what === undefined
        ? redis.send("DEL", withheldFrom(firewall))
        : redis.send("SET", withheldFrom(firewall), what));
    },
  };
};
