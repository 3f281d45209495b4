/** How much is to be done by now. */

import type { EpochMs } from "../access/time.ts";
import { asNumber, type RedisConnection } from "./connection.ts";
import { outboxKeys, QUEUES, queueKeys } from "./keys.ts";

export const createDue = (redis: RedisConnection, keyPrefix: string) => {
  const { due } = queueKeys(keyPrefix, QUEUES.firewalls);
  const { deliveries } = outboxKeys(keyPrefix);
  return async (at: EpochMs): Promise<{ readonly firewalls: number; readonly notices: number }> => {
    const [firewalls, notices] = await Promise.all([
      redis.send("ZCOUNT", due, "-inf", at),
      redis.send("HLEN", deliveries),
    ]);
    return { firewalls: asNumber(firewalls) ?? 0, notices: asNumber(notices) ?? 0 };
  };
};
