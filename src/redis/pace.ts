/** When calls were made, in a list for each lane: so that all replicas together keep to the pace, also right after a restart. */

import type { Clock, EpochMs } from "../access/time.ts";
import type { Pace } from "../notices/pace.ts";
import { asNumber, lua, type RedisConnection } from "./connection.ts";
import { paceKey } from "./keys.ts";

export const createRedisPace = (
  redis: RedisConnection,
  keyPrefix: string,
  { clock }: { readonly clock: Clock },
): Pace => ({
  take: async (lanes) => {
    const again = await redis.run(
      TAKE,
      lanes.map(({ key }) => paceKey(keyPrefix, key)),
      [clock.now(), ...lanes.flatMap(({ within, most }) => [within, Math.floor(most)])],
    );
    const at = asNumber(again) ?? 0;
    return at === 0 ? undefined : (at as EpochMs);
  },
});

const TAKE = lua`
-- KEYS: the lanes
-- ARGV: 1 now, then for each lane: its length in ms, at most how many calls
-- Returns 0 when the call was counted, else when to try again
local now, again = tonumber(ARGV[1]), 0
for i, key in ipairs(KEYS) do
  local within, most = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local latest = tonumber(redis.call('LINDEX', key, -1) or '0')
  -- A clock that was set back mustn't keep everything waiting.
  if latest > now + within then redis.call('DEL', key) end
  local oldest = tonumber(redis.call('LINDEX', key, -most) or '0')
  if oldest > now - within then again = math.max(again, oldest + within) end
end
if again > 0 then return string.format('%.0f', again) end
for i, key in ipairs(KEYS) do
  redis.call('RPUSH', key, ARGV[1])
  -- Others may count more calls in the same lane.
  redis.call('LTRIM', key, -1000, -1)
  redis.call('PEXPIRE', key, ARGV[2 * i] * 2)
end
return 0
`;
