/** Which Homes were opened lately, as a sorted set, and what was drawn on them. */

import { later } from "../access/time.ts";
import { type DrawnHome, type Homes, REMEMBERED_FOR } from "../notices/homes.ts";
import { asJson, asList, asTexts, lua, type RedisConnection } from "./connection.ts";
import { homeKeys } from "./keys.ts";

export const createRedisHomes = (redis: RedisConnection, keyPrefix: string): Homes => {
  const keys = homeKeys(keyPrefix);
  return {
    opened: async (user, at) => {
      const forgotten = later(at, -REMEMBERED_FOR as typeof REMEMBERED_FOR);
      await redis.run(OPENED, [keys.opened, keys.drawn], [user, at, forgotten, REMEMBERED_FOR]);
    },
    drawn: async (user, drawn) => {
      await redis.run(DRAWN, [keys.opened, keys.drawn], [user, JSON.stringify(drawn)]);
    },
    since: async (at) => {
      const users = asTexts(await redis.send("ZRANGEBYSCORE", keys.opened, `(${at}`, "+inf"));
      if (users.length === 0) return [];
      const drawn = asList(await redis.send("HMGET", keys.drawn, ...users));
      return users.map((user, i) => {
        const known = asJson(drawn[i]) as DrawnHome | undefined;
        return { user, ...(known === undefined ? {} : { drawn: known }) };
      });
    },
  };
};

const OPENED = lua`
-- KEYS: 1 opened, 2 drawn
-- ARGV: 1 user, 2 now, 3 whoever opened theirs before is forgotten, 4 how long to keep all of it, in ms
local old = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
for _, user in ipairs(old) do
  redis.call('ZREM', KEYS[1], user)
  redis.call('HDEL', KEYS[2], user)
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1
`;

const DRAWN = lua`
-- KEYS: 1 opened, 2 drawn
-- ARGV: 1 user, 2 JSON
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], redis.call('PTTL', KEYS[1]))
return 1
`;
