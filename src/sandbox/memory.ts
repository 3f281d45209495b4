/** The bot's memory, started by the sandbox: so that it can be wiped, and looked into. */

import { Redis } from "ioredis";
import { startEmbeddedRedis } from "../redis/embedded-server.ts";
import { keyPrefixOf, outboxKeys } from "../redis/keys.ts";

export interface Memory {
  /** As `REDIS_URL`. */
  readonly url: string;
  /** All of it is gone at once. */
  readonly wipe: () => Promise<void>;
  /** How many messages to people and cards are still to be sent. */
  readonly noticesWaiting: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** `installation` as in the bot's configuration. */
export const startMemory = async (folder: string, installation: string): Promise<Memory> => {
  const server = await startEmbeddedRedis({ folder, log: { info: () => undefined, warn: () => undefined } });
  const redis = new Redis(server.url);
  const { deliveries } = outboxKeys(keyPrefixOf(installation));
  return {
    url: server.url,
    wipe: async () => {
      await redis.flushall();
    },
    noticesWaiting: () => redis.hlen(deliveries),
    stop: async () => {
      redis.disconnect();
      await server.stop();
    },
  };
};
