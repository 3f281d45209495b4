/** Who people are elsewhere, as they showed, and the short-lived secrets by which they show it. */

import { personKey } from "../access/person.ts";
import { hashOf } from "../access/signed-secret.ts";
import { between, type EpochMs, later } from "../access/time.ts";
import type { Invitation, Link, Links, Proof, Visit } from "../identity/links.ts";

import { type ChainedWriteDeps, createChainedWrite } from "./chained-write.ts";
import { asJson, asText, lua, type RedisConnection } from "./connection.ts";
import { KEPT_AFTER_END, linkKeys } from "./keys.ts";

export const createRedisLinks = (redis: RedisConnection, keyPrefix: string, deps: ChainedWriteDeps): Links => {
  const { clock } = deps;
  const keys = linkKeys(keyPrefix);
  const write = createChainedWrite(redis, keyPrefix, deps);
  /** They go by themselves; that they are over is decided by their `until`. */
  const lasting = (until: EpochMs): number => Math.max(1, between(clock.now(), until));
  const keep = async (key: string, value: Invitation | Visit): Promise<void> => {
    await redis.send("SET", key, JSON.stringify(value), "PX", lasting(value.until));
  };

  return {
    linkOf: async (person) => asJson(await redis.send("GET", keys.of(personKey(person)))) as Link | undefined,
    formerOf: async (person) =>
      lately(asJson(await redis.send("GET", keys.former(personKey(person)))), clock.now()).map(({ link }) => link),
    add: async (link, event) => {
      const owner = personKey(link.person);
      const [own, subject] = [keys.of(owner), keys.subject(subjectHash(link))];
      let outcome: Awaited<ReturnType<Links["add"]>> = "added";
      await write(
        [own, subject],
        ([before, whose]) => {
          outcome =
            before !== undefined
              ? "already-linked"
              : whose !== undefined && whose !== owner
                ? "identity-taken"
                : "added";
          return outcome === "added"
            ? [
                ["SET", own, JSON.stringify(link)],
                ["SET", subject, owner],
              ]
            : undefined;
        },
        [event],
      );
      return outcome;
    },
    remove: async (person, event, { remembers }) => {
      const owner = personKey(person);
      const [own, taken] = [keys.of(owner), keys.former(owner)];
      const found = asText(await redis.send("GET", own));
      if (found === undefined) return undefined;
      const link = asJson(found) as Link;
      const subject = keys.subject(subjectHash(link));
      const now = clock.now();
      const removed = await write(
        [own, subject, taken],
        ([before, whose, others]) => {
          // Somebody else was first.
          if (before !== found) return undefined;
          const kept = lately(asJson(others), now).filter((each) => subjectHash(each.link) !== subjectHash(link));
          const former: readonly Former[] = [...kept, { link, until: later(now, KEPT_AFTER_END) }];
          return [
            ["DEL", own],
            ...(whose === owner ? [["DEL", subject] as const] : []),
            ...(remembers ? [["SET", taken, JSON.stringify(former), "PX", KEPT_AFTER_END] as const] : []),
          ];
        },
        [event(link)],
      );
      return removed ? link : undefined;
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

interface Former {
  readonly link: Link;
  readonly until: EpochMs;
}

const lately = (kept: unknown, now: EpochMs): readonly Former[] =>
  ((kept ?? []) as readonly Former[]).filter(({ until }) => now < until);

const subjectHash = ({ issuer, subject }: Link): string => hashOf(JSON.stringify([issuer, subject]));

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
