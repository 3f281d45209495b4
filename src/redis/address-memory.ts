/** Links to the page that sees where people are, and where it saw them. */

import { personKey } from "../access/person.ts";
import { hashOf } from "../access/signed-secret.ts";
import type { Cidr } from "../access/source.ts";
import { between, type DurationMs, type EpochMs, HOUR, later } from "../access/time.ts";
import type { AddressMemory, Offer } from "../workflow/my-address/address-memory.ts";
import { type ChainedWriteDeps, createChainedWrite } from "./chained-write.ts";
import { asJson, asText, type RedisConnection } from "./connection.ts";
import { addressKeys } from "./keys.ts";

export const createRedisAddresses = (
  redis: RedisConnection,
  keyPrefix: string,
  deps: ChainedWriteDeps,
): AddressMemory => {
  const { clock } = deps;
  const keys = addressKeys(keyPrefix);
  const write = createChainedWrite(redis, keyPrefix, deps);
  /** They go by themselves; that they are over is decided by their `until`. */
  const lasting = (until: EpochMs): number => Math.max(1, between(clock.now(), until));

  return {
    offer: async (token, offer) => {
      const json = JSON.stringify(offer);
      await redis.send("SET", keys.offer(hashOf(token)), json, "PX", lasting(later(offer.until, KEPT_AFTER)));
    },
    offered: async (token) => asJson(await redis.send("GET", keys.offer(hashOf(token)))) as Offer | undefined,
    claim: async (token, browser) => {
      const [key, mine] = [keys.browser(hashOf(token)), hashOf(browser)];
      await redis.send("SET", key, mine, "NX", "PX", LONGEST);
      return asText(await redis.send("GET", key)) === mine;
    },
    isUsed: async (token) => (await redis.send("GET", keys.used(hashOf(token)))) !== null,
    use: async (token) => (await redis.send("SET", keys.used(hashOf(token)), "1", "NX", "PX", LONGEST)) !== null,
    giveBack: async (token) => {
      await redis.send("DEL", keys.used(hashOf(token)));
    },
    remember: async (person, addresses, until, event) => {
      const value = JSON.stringify({ addresses, until } satisfies Remembered);
      await write([], () => [["SET", keys.of(personKey(person)), value, "PX", lasting(until)]], [event]);
    },
    remembered: async (person) => {
      const found = asJson(await redis.send("GET", keys.of(personKey(person)))) as Remembered | undefined;
      return found === undefined || clock.now() >= found.until ? [] : found.addresses;
    },
  };
};

interface Remembered {
  readonly addresses: readonly Cidr[];
  readonly until: EpochMs;
}

const KEPT_AFTER = HOUR;
/** Longer than any link is remembered. */
const LONGEST = (2 * HOUR) as DurationMs;
