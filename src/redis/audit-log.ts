/** The audit log as a hash-chained stream. */

import type { AuditEvent, AuditLog } from "../audit/event.ts";
import { type ChainedWriteDeps, createChainedWrite, fieldsOf } from "./chained-write.ts";
import { asJson, asList, asText, type RedisConnection } from "./connection.ts";
import { eventKeys } from "./keys.ts";

export interface LogEntry {
  /** Its place in the log: pass it as `after` to read on. */
  readonly entry: string;
  readonly event: AuditEvent;
  /** The event as it was written: what `hash` is of. See `chainHash`. */
  readonly json: string;
  readonly hash: string;
  readonly previous: string;
}

export interface RedisAuditLog extends AuditLog {
  /** The oldest first, from the one after `after`, or from the start. */
  readonly read: (from: { readonly after?: string; readonly limit: number }) => Promise<readonly LogEntry[]>;
  /** The latest event first, page by page, back to the first one. */
  readonly readBack: () => AsyncIterable<readonly AuditEvent[]>;
}

export const createRedisAuditLog = (
  redis: RedisConnection,
  keyPrefix: string,
  deps: ChainedWriteDeps,
): RedisAuditLog => {
  const write = createChainedWrite(redis, keyPrefix, deps);
  const { audit } = eventKeys(keyPrefix);
  const entriesOf = (found: unknown): readonly LogEntry[] =>
    asList(found).map((item): LogEntry => {
      const [entry, fields] = asList(item);
      const { event = "null", hash = "", previous = "" } = Object.fromEntries(fieldsOf(fields));
      return { entry: asText(entry) ?? "", event: asJson(event) as AuditEvent, json: event, hash, previous };
    });
  return {
    append: async (event) => {
      await write([], () => [], [event]);
    },
    read: async ({ after, limit }) => {
      const found = await redis.send("XRANGE", audit, after === undefined ? "-" : `(${after}`, "+", "COUNT", limit);
      return entriesOf(found);
    },
    readBack: async function* () {
      let before: string | undefined;
      for (;;) {
        const end = before === undefined ? "+" : `(${before}`;
        const page = entriesOf(await redis.send("XREVRANGE", audit, end, "-", "COUNT", PAGE));
        const last = page.at(-1);
        if (last === undefined) return;
        before = last.entry;
        yield page.map(({ event }) => event);
      }
    },
  };
};

/** So that others get their turn in between. */
const PAGE = 500;
