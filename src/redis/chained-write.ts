/** One atomic write of values together with the events that say why: the only place where the audit log is appended to. */

import type { Clock } from "../access/time.ts";
import { chainHash, GENESIS } from "../audit/chain.ts";
import type { AuditEvent } from "../audit/event.ts";
import { asNumber, asText, asTexts, lua, type RedisConnection } from "./connection.ts";
import { EVENTS_ID, eventKeys, KEPT_AS_DONE, QUEUES, queueKeys } from "./keys.ts";

export interface ChainedWriteDeps {
  readonly clock: Clock;
  /** Told each event once it is written. After an answer was lost it may not be told. */
  readonly onAppended?: (event: AuditEvent) => void;
  /** About how many events the log keeps; without it all. */
  readonly keepEvents?: number;
}

/** A Redis command. The key it works on comes second: `["SADD", key, "k7f3q2xd"]`. */
export type Command = readonly [name: string, key: string, ...args: (string | number)[]];

/**
 * Reads `keys`, asks `change` what to write given these values, and writes it with the events, provided that none of the values has changed in between;
 * else it begins again. `false`, with nothing written, when `change` gives `undefined`.
 *
 * Events whose id was appended in the last 35 days are left out.
 */
export type ChainedWrite = (
  keys: readonly string[],
  change: (values: readonly (string | undefined)[]) => readonly Command[] | undefined,
  events: readonly AuditEvent[],
) => Promise<boolean>;

export const createChainedWrite = (
  redis: RedisConnection,
  keyPrefix: string,
  { clock, onAppended, keepEvents }: ChainedWriteDeps,
): ChainedWrite => {
  const { audit, head, appended, unheard } = eventKeys(keyPrefix);
  const wakeNotices = queueKeys(keyPrefix, QUEUES.outboxEvents).due;

  return async (keys, change, events) => {
    // Of two events with one id in one write the first counts.
    const distinct = [...new Map(events.toReversed().map((event) => [event.id, event])).values()].toReversed();

    // Redis can't hash with SHA-256, so the chain is computed here and written only if it still continues the log. Whoever finds it
    // changed begins again; each time somebody else got through, so this ends.
    for (;;) {
      const read = [head, ...keys, ...distinct.map((event) => appended(event.id))];
      const [latest, ...found] = await readAll(redis, read);
      const values = found.slice(0, keys.length);
      const commands = change(values);
      if (commands === undefined) return false;

      const fresh = distinct.filter((_, i) => found[keys.length + i] === undefined);
      const chain = chained(latest ?? GENESIS, fresh);
      if (commands.length === 0 && chain.length === 0) return true;

      const appending = chain.flatMap(({ event, json, hash, previous }): Command[] => [
        [
          "XADD",
          audit,
          ...(keepEvents === undefined ? [] : ["MAXLEN", "~", keepEvents]),
          "*",
          "event",
          json,
          "hash",
          hash,
          "previous",
          previous,
        ],
        ["XADD", unheard, "*", "event", json],
        ["SET", appended(event.id), "1", "PX", KEPT_AS_DONE],
        ["SET", head, hash],
      ]);
      const waking: Command[] = chain.length === 0 ? [] : [["ZADD", wakeNotices, "LT", clock.now(), EVENTS_ID]];

      // Who appends nothing doesn't care what others append.
      const unchanged = [
        ...(chain.length === 0 ? [] : [[head, latest ?? false]]),
        ...keys.map((key, i) => [key, values[i] ?? false]),
      ];
      const writing = [...commands, ...appending, ...waking].map((command) => command.map(String));
      const touched = [
        ...new Set([...unchanged.map(([key]) => String(key)), ...writing.map(([, key]) => String(key))]),
      ];
      if (asNumber(await redis.run(WRITE, touched, [JSON.stringify(unchanged), JSON.stringify(writing)])) === 1) {
        if (onAppended !== undefined) for (const { event } of chain) onAppended(event);
        return true;
      }
    }
  };
};

const readAll = async (redis: RedisConnection, keys: readonly string[]): Promise<readonly (string | undefined)[]> => {
  const reply = await redis.send("MGET", ...keys);
  return (Array.isArray(reply) ? reply : []).map(asText);
};

const chained = (latest: string, events: readonly AuditEvent[]) => {
  let previous = latest;
  return events.map((event) => {
    const json = JSON.stringify(event);
    const entry = { event, json, previous, hash: chainHash(previous, json) };
    previous = entry.hash;
    return entry;
  });
};

/**
 * Checks and writes in one.
 *
 * It isn't rolled back when a command fails half-way, so nothing is sent here that can fail on a type: each key is only ever written by this folder.
 * Shortage of memory refuses the script as a whole, before its first write.
 * https://redis.io/docs/latest/develop/programmability/eval-intro/#eval-flags
 */
const WRITE = lua`
-- KEYS: every key named below
-- ARGV: 1 JSON list of [key, value it must hold, or false for none]
--       2 JSON list of [command, key, argument ...]
-- Returns 1, or 0 with nothing written when a value differs
for _, expected in ipairs(cjson.decode(ARGV[1])) do
  if redis.call('GET', expected[1]) ~= expected[2] then return 0 end
end
for _, command in ipairs(cjson.decode(ARGV[2])) do
  redis.call(unpack(command))
end
return 1
`;

/** For reading the log: one entry of the stream as `XRANGE` gives it. */
export const fieldsOf = (fields: unknown): ReadonlyMap<string, string> => {
  const texts = asTexts(fields);
  return new Map(texts.flatMap((name, i) => (i % 2 === 0 ? [[name, texts[i + 1] ?? ""] as const] : [])));
};
