/** Who people are elsewhere, as they showed, and the short-lived secrets by which they show it. */

import { personKey } from "../access/person.ts";
import { between, type Clock, type EpochMs } from "../access/time.ts";
import type { Invitation, Link, Links, Proof, Visit } from "../identity/links.ts";
import { hashOf } from "../identity/secrets.ts";
import { asJson, asText, lua, type RedisConnection } from "./connection.ts";
import { linkKeys } from "./keys.ts";

export const createRedisLinks = (
  redis: RedisConnection,
  keyPrefix: string,
  { clock }: { readonly clock: Clock },
): Links => {
  const keys = linkKeys(keyPrefix);
  /** They go by themselves; that they are over is decided by their `until`. */
  const lasting = (until: EpochMs): number => Math.max(1, between(clock.now(), until));
  const keep = async (key: string, value: Invitation | Visit): Promise<void> => {
    await redis.send("SET", key, JSON.stringify(value), "PX", lasting(value.until));
  };

  return {
    linkOf: async (person) => asJson(await redis.send("GET", keys.of(personKey(person)))) as Link | undefined,
    add: async (link) => {
      const owner = personKey(link.person);
      const said = await redis.run(
        ADD,
        [keys.of(owner), keys.subject(subjectHash(link))],
        [JSON.stringify(link), owner],
      );
      return asText(said) as Awaited<ReturnType<Links["add"]>>;
    },
    remove: async (person) => {
      const owner = personKey(person);
      const link = asJson(await redis.send("GET", keys.of(owner))) as Link | undefined;
      if (link === undefined) return undefined;
      const removed = await redis.run(
        REMOVE,
        [keys.of(owner), keys.subject(subjectHash(link))],
        [owner, JSON.stringify(link)],
      );
      return removed === 1 ? link : undefined;
    },

    invite: (token, invitation) => keep(keys.invitation(hashOf(token)), invitation),
    invitation: async (token) =>
      asJson(await redis.send("GET", keys.invitation(hashOf(token)))) as Invitation | undefined,
    takeInvitation: async (token) =>
      asJson(await redis.send("GETDEL", keys.invitation(hashOf(token)))) as Invitation | undefined,
    keepVisit: (state, visit) => keep(keys.visit(hashOf(state)), visit),
    takeVisit: async (state) => asJson(await redis.send("GETDEL", keys.visit(hashOf(state)))) as Visit | undefined,

    keepProof: async (proof, code, tries) => {
      const key = keys.proof(personKey(proof.person));
      await redis.run(KEEP_PROOF, [key], [hashOf(code), tries, JSON.stringify(proof), lasting(proof.until)]);
    },
    takeProof: async (person, code) =>
      asJson(await redis.run(TAKE_PROOF, [keys.proof(personKey(person))], [hashOf(code)])) as Proof | undefined,
  };
};

const subjectHash = ({ issuer, subject }: Link): string => hashOf(JSON.stringify([issuer, subject]));

const ADD = lua`
-- KEYS: 1 link of the person, 2 whose the subject is
-- ARGV: 1 link, 2 person
if redis.call('EXISTS', KEYS[1]) == 1 then return 'already-linked' end
local owner = redis.call('GET', KEYS[2])
if owner and owner ~= ARGV[2] then return 'identity-taken' end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2])
return 'added'
`;

const REMOVE = lua`
-- KEYS: 1 link of the person, 2 whose the subject is
-- ARGV: 1 person, 2 the link as it was read
-- Returns 1 when it was still that one
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1
`;

const KEEP_PROOF = lua`
-- KEYS: 1 proof
-- ARGV: 1 hash of its code, 2 tries, 3 proof, 4 milliseconds
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'code', ARGV[1], 'tries', ARGV[2], 'proof', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`;

const TAKE_PROOF = lua`
-- KEYS: 1 proof
-- ARGV: 1 hash of the code that was typed
-- Returns the proof when it is its code
local code = redis.call('HGET', KEYS[1], 'code')
if not code then return false end
if code == ARGV[1] then
  local proof = redis.call('HGET', KEYS[1], 'proof')
  redis.call('DEL', KEYS[1])
  return proof
end
if redis.call('HINCRBY', KEYS[1], 'tries', -1) <= 0 then redis.call('DEL', KEYS[1]) end
return false
`;
