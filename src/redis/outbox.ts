/** The outbox: a stream of unheard events, and for each destination a sorted set of what waits for it. */

import type { Clock, EpochMs } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { Outbox, SentRef, WaitingDelivery } from "../notices/outbox.ts";
import { fieldsOf } from "./chained-write.ts";
import { asJson, asList, asNumber, asText, asTexts, lua, type RedisConnection } from "./connection.ts";
import { eventKeys, KEPT_AS_DONE, outboxKeys, QUEUES, queueKeys } from "./keys.ts";

export const createRedisOutbox = (
  redis: RedisConnection,
  keyPrefix: string,
  { clock }: { readonly clock: Clock },
): Outbox => {
  const keys = outboxKeys(keyPrefix);
  const { unheard } = eventKeys(keyPrefix);
  const { due } = queueKeys(keyPrefix, QUEUES.destinations);

  const settle = async (
    { destination, id, round }: WaitingDelivery,
    how: string,
    ref: SentRef | undefined,
  ): Promise<void> => {
    await redis.run(
      SETTLE,
      [keys.waiting(destination), keys.deliveries, keys.rounds, keys.attempts, keys.done(id), keys.ref(id)],
      [id, round, KEPT_AS_DONE, how, ref === undefined ? "" : JSON.stringify(ref)],
    );
  };

  const fanOut: Outbox["fanOut"] = async (entry, deliveries) => {
    const each = deliveries.flatMap(({ id, destination }) => [keys.done(id), keys.waiting(destination)]);
    await redis.run(
      FAN_OUT,
      [unheard, due, keys.deliveries, keys.rounds, keys.age, ...each],
      [
        entry,
        clock.now(),
        ...deliveries.flatMap((delivery) => [
          delivery.id,
          delivery.destination,
          delivery.urgency,
          delivery.kind,
          JSON.stringify(delivery),
        ]),
      ],
    );
  };

  return {
    nextEvents: async (limit) => {
      const found = await redis.send("XRANGE", unheard, "-", "+", "COUNT", limit);
      return asList(found).map((item) => {
        const [entry, fields] = asList(item);
        return { entry: asText(entry) ?? "", event: asJson(fieldsOf(fields).get("event")) as AuditEvent };
      });
    },
    fanOut,
    call: (deliveries) => fanOut(NO_EVENT, deliveries),
    waiting: async (destination, limit = 100) => {
      const found = asList(await redis.send("ZRANGE", keys.waiting(destination), 0, limit - 1, "WITHSCORES"));
      // Pairs, or one after another: it depends on the protocol that was agreed on.
      const placed = found.flatMap((each) => (Array.isArray(each) ? asList(each) : [each]));
      const ids = asTexts(placed.filter((_, i) => i % 2 === 0));
      const urgencies = placed.filter((_, i) => i % 2 === 1).map((score) => Math.floor((asNumber(score) ?? 0) / AGES));
      if (ids.length === 0) return [];
      const [bodies, rounds] = await Promise.all([
        redis.send("HMGET", keys.deliveries, ...ids),
        redis.send("HMGET", keys.rounds, ...ids),
      ]);
      const rounded = asList(rounds);
      return asList(bodies).flatMap((body, i) =>
        body === null
          ? []
          : [
              {
                ...(asJson(body) as Omit<WaitingDelivery, "round">),
                urgency: urgencies[i] ?? 0,
                round: asNumber(rounded[i]) ?? 0,
              },
            ],
      );
    },
    attempt: async (id, at) => {
      await redis.send("HSET", keys.attempts, id, at);
    },
    attemptOf: async (id) => asNumber(await redis.send("HGET", keys.attempts, id)) as EpochMs | undefined,
    delivered: (delivery, ref) => settle(delivery, "delivered", ref),
    drop: (delivery, why) => settle(delivery, `dropped: ${why}`, undefined),
    sentRef: async (id) => asJson(await redis.send("GET", keys.ref(id))) as SentRef | undefined,
  };
};

/** As in the script below. */
const AGES = 1_000_000_000_000;

/** No entry of a stream has it. https://redis.io/docs/latest/commands/xadd/ */
const NO_EVENT = "0-0";

const FAN_OUT = lua`
-- KEYS: 1 unheard events, 2 due destinations, 3 deliveries, 4 rounds, 5 age,
--       then for each delivery: how it ended, what waits for its destination
-- ARGV: 1 entry of the event, 2 now, then for each delivery: id, destination, urgency, kind, JSON
redis.call('XDEL', KEYS[1], ARGV[1])
for i = 0, (#ARGV - 2) / 5 - 1 do
  local done, waiting = KEYS[6 + 2 * i], KEYS[7 + 2 * i]
  local id, destination, urgency, kind, json = unpack(ARGV, 3 + 5 * i, 7 + 5 * i)
  local waits = redis.call('HEXISTS', KEYS[3], id) == 1
  if kind == 'card' or (not waits and redis.call('EXISTS', done) == 0) then
    -- Ages never repeat, so a sender from before the last delivery can't settle what was called for after it.
    local age = redis.call('INCR', KEYS[5])
    redis.call('HSET', KEYS[3], id, json)
    redis.call('HSET', KEYS[4], id, age)
    -- Whole numbers up to 2^53 are exact: 999 urgencies of 10^12 ages each fit.
    -- What waits already keeps its place, unless it is more urgent now.
    redis.call('ZADD', waiting, 'LT', string.format('%.0f', tonumber(urgency) * 1000000000000 + age), id)
    redis.call('ZADD', KEYS[2], 'LT', ARGV[2], destination)
  end
end
return 1
`;

const SETTLE = lua`
-- KEYS: 1 what waits for the destination, 2 deliveries, 3 rounds, 4 attempts, 5 how it ended, 6 where it is
-- ARGV: 1 id, 2 round that was sent, 3 how long to keep what follows, in ms, 4 how it ended, 5 JSON of where it is, or empty for where it was
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('SET', KEYS[5], ARGV[4], 'PX', ARGV[3])
if ARGV[5] == '' then redis.call('PEXPIRE', KEYS[6], ARGV[3]) else redis.call('SET', KEYS[6], ARGV[5], 'PX', ARGV[3]) end
local round = redis.call('HGET', KEYS[3], ARGV[1])
-- A later round: something happened that what was sent doesn't show.
if round and round ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
return 1
`;
