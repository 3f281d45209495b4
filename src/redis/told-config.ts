/** Which configuration, or which state of a cloud, the audit log spoke of last: so that each change is on record once, whichever replica sees it first. */

import type { AuditEvent } from "../audit/event.ts";
import { type ChainedWriteDeps, createChainedWrite } from "./chained-write.ts";
import type { RedisConnection } from "./connection.ts";
import { toldConfigKey } from "./keys.ts";

export interface ToldConfig {
  /**
   * Records that it is `state` now, and the event that says so, in one write. `false`, and nothing written, when that is known already; `event` gets what was
   * known before, if anything, and returns nothing where there is nothing to tell.
   */
  readonly tell: (state: string, event: (before: string | undefined) => AuditEvent | undefined) => Promise<boolean>;
}

export const createToldConfig = (
  redis: RedisConnection,
  keyPrefix: string,
  deps: ChainedWriteDeps,
  key = toldConfigKey(keyPrefix),
): ToldConfig => {
  const write = createChainedWrite(redis, keyPrefix, deps);
  return {
    tell: async (state, event) => {
      const reply = await redis.send("GET", key);
      const before = typeof reply === "string" ? reply : undefined;
      if (before === state) return false;
      const told = event(before);
      return write(
        [key],
        // Another replica told it in this very moment.
        ([now]) => (now === before ? [["SET", key, state]] : undefined),
        told === undefined ? [] : [told],
      );
    },
  };
};
