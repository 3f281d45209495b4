/** Wake-ups in sorted sets, leased with fencing tokens. */

import type { EpochMs } from "../access/time.ts";
import type { Lease, Wakeups } from "../reconcile/wakeups.ts";
import { asList, asNumber, asText, lua, type RedisConnection } from "./connection.ts";
import { queueKeys } from "./keys.ts";

/** `queue` is one of `QUEUES`. */
export const createRedisWakeups = (redis: RedisConnection, keyPrefix: string, queue: string): Wakeups => {
  const { due, leased, holders, token } = queueKeys(keyPrefix, queue);
  return {
    wake: async (id, at) => {
      await redis.send("ZADD", due, "LT", at, id);
    },
    remind: async (id, at) => {
      await redis.run(REMIND, [due, leased], [id, at]);
    },
    take: async (now, limit, lease) => {
      const taken = await redis.run(TAKE, [due, leased, holders, token], [now, limit, now + lease]);
      return asList(taken).map(readLease);
    },
    renew: async (held, now, lease) =>
      (await redis.run(RENEW, [leased, holders], [held.id, held.token, now, now + lease])) === 1,
    finish: async (held, next) => {
      await redis.run(FINISH, [due, leased, holders], [held.id, held.token, next ?? ""]);
    },
    nextAt: async () => asNumber(await redis.run(NEXT_AT, [due, leased], [])) as EpochMs | undefined,
  };
};

const readLease = (reply: unknown): Lease => {
  const [id, token, dueAt] = asList(reply);
  return { id: asText(id) ?? "", token: asNumber(token) ?? 0, dueAt: (asNumber(dueAt) ?? 0) as EpochMs };
};

/**
 * Leases what is due.
 *
 * A token is the server's time in microseconds, or one more than the latest token: so tokens go on growing even after everything
 * in Redis was lost, and a worker from before the loss can't pass for its successor.
 */
const TAKE = lua`
-- KEYS: 1 due, 2 leased, 3 holders, 4 token
-- ARGV: 1 now, 2 at most how many, 3 end of the new leases
-- Returns a list of {id, token, due at}
local now, limit, lease_end = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local lost = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'WITHSCORES')
for i = 1, #lost, 2 do
  redis.call('ZADD', KEYS[1], 'LT', lost[i + 1], lost[i])
  redis.call('ZREM', KEYS[2], lost[i])
  redis.call('HDEL', KEYS[3], lost[i])
end

local time = redis.call('TIME')
local token = time[1] * 1000000 + time[2]
local latest = tonumber(redis.call('GET', KEYS[4]) or '0')
if token <= latest then token = latest + 1 end

-- Wishes for what is leased are in the way; there can't be more of them than there are leases.
local reach = limit + redis.call('ZCARD', KEYS[2])
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, reach)
local taken = {}
for i = 1, #due, 2 do
  if #taken >= limit then break end
  local id = due[i]
  if not redis.call('ZSCORE', KEYS[2], id) then
    local text = string.format('%.0f', token)
    redis.call('ZREM', KEYS[1], id)
    redis.call('ZADD', KEYS[2], lease_end, id)
    redis.call('HSET', KEYS[3], id, text)
    taken[#taken + 1] = {id, text, due[i + 1]}
    token = token + 1
  end
end
if #taken > 0 then redis.call('SET', KEYS[4], string.format('%.0f', token - 1)) end
return taken
`;

const REMIND = lua`
-- KEYS: 1 due, 2 leased
-- ARGV: 1 id, 2 instant
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
return redis.call('ZADD', KEYS[1], 'NX', ARGV[2], ARGV[1])
`;

const RENEW = lua`
-- KEYS: 1 leased, 2 holders
-- ARGV: 1 id, 2 token, 3 now, 4 new end of the lease
-- Returns 1 when the lease stood
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
local lease_end = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not lease_end or tonumber(lease_end) <= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[4], ARGV[1])
return 1
`;

const FINISH = lua`
-- KEYS: 1 due, 2 leased, 3 holders
-- ARGV: 1 id, 2 token, 3 when to look next, or empty
if redis.call('HGET', KEYS[3], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[1], 'LT', ARGV[3], ARGV[1]) end
return 1
`;

const NEXT_AT = lua`
-- KEYS: 1 due, 2 leased
-- A wish for what is leased can't be taken before the lease ends: naming its instant would make a waiting worker spin.
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
local due = redis.call('ZRANGE', KEYS[1], 0, redis.call('ZCARD', KEYS[2]), 'WITHSCORES')
for i = 1, #due, 2 do
  if not redis.call('ZSCORE', KEYS[2], due[i]) then
    if not first or tonumber(due[i + 1]) < tonumber(first) then first = due[i + 1] end
    break
  end
end
return first or false
`;
