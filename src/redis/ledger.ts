/** Requests, grants and protections as JSON values, and sets of the ids of those that have not ended. */

import { personKey } from "../access/person.ts";
import type { EpochMs } from "../access/time.ts";
import type { Grant } from "../grants/grant.ts";
import type { Ledger, Write } from "../grants/ledger.ts";
import type { Lockdown } from "../grants/lockdown.ts";
import { firewallsBlocked, isLive, liftsByHand, type Protection } from "../grants/protection.ts";
import { type AccessRequest, isUnreviewed } from "../grants/request.ts";
import { type ChainedWriteDeps, type Command, createChainedWrite } from "./chained-write.ts";
import { asJson, asList, asText, asTexts, type RedisConnection } from "./connection.ts";
import { countCommands, countedBy, isBelow, limitKey, readCounts } from "./counts.ts";
import { entityKeys, KEPT_AFTER_END, LOCKDOWN_ID, QUEUES, queueKeys } from "./keys.ts";

export const createRedisLedger = (redis: RedisConnection, keyPrefix: string, deps: ChainedWriteDeps): Ledger => {
  const keys = entityKeys(keyPrefix);
  const firewallsDue = queueKeys(keyPrefix, QUEUES.firewalls).due;
  const requestsDue = queueKeys(keyPrefix, QUEUES.requests).due;
  const watchesDue = queueKeys(keyPrefix, QUEUES.watches).due;
  const write = createChainedWrite(redis, keyPrefix, deps);

  /** What an index names, as it is now: between two reads something may have ended or gone. */
  const indexed = async <T>(index: string, keyOf: (id: string) => string): Promise<readonly T[]> => {
    const ids = asTexts(await redis.send("SMEMBERS", index));
    if (ids.length === 0) return [];
    const values = asList(await redis.send("MGET", ...ids.map(keyOf)));
    return values.map((value) => asJson(value) as T | undefined).filter((value) => value !== undefined);
  };
  const grantKey = (id: string): string => keys.grant(id as Grant["id"]);
  const protectionKey = (id: string): string => keys.protection(id as Protection["id"]);
  const requestKey = (id: string): string => keys.request(id as AccessRequest["id"]);

  const pendingIn = async (index: string): Promise<readonly AccessRequest[]> =>
    (await indexed<AccessRequest>(index, requestKey)).filter(({ state }) => state.kind === "pending");

  const requestCommands = (request: AccessRequest, grant: Grant | undefined): Command[] => [
    store(keys.request(request.id), request, isOver(request, grant)),
    ...(request.version === 1 ? latestCommands(keys.requestsOf(personKey(request.requester)), request) : []),
    ...[keys.pending, keys.pendingOf(personKey(request.requester))].map(
      (index): Command => [request.state.kind === "pending" ? "SADD" : "SREM", index, request.id],
    ),
  ];

  const grantCommands = (grant: Grant, before: Grant | undefined, request: AccessRequest | undefined): Command[] => {
    const live = grant.endedAt === undefined;
    const on = new Set(live ? grant.targets.map(({ firewall }) => firewall) : []);
    const noLongerOn = [...(before?.targets ?? []), ...grant.targets]
      .map(({ firewall }) => firewall)
      .filter((firewall) => !on.has(firewall));
    return [
      store(keys.grant(grant.id), grant, !live),
      [live ? "SADD" : "SREM", keys.liveGrants, grant.id],
      ...[...on].map((firewall): Command => ["SADD", keys.grantsOn(firewall), grant.id]),
      ...noLongerOn.map((firewall): Command => ["SREM", keys.grantsOn(firewall), grant.id]),
      // The request explains the grant, so it stays as long; one that is to be reviewed stays until it is.
      ...(live || (request !== undefined && isUnreviewed(request))
        ? []
        : [["PEXPIRE", keys.request(grant.requestId), KEPT_AFTER_END] satisfies Command]),
    ];
  };

  const protectionCommands = (protection: Protection, before: Protection | undefined): Command[] => {
    const live = isLive(protection);
    const on = new Set(live ? firewallsBlocked(protection) : []);
    const noLongerOn = [...(before === undefined ? [] : firewallsBlocked(before)), ...firewallsBlocked(protection)];
    return [
      // A proposal that nobody confirms is forgotten like what is over.
      store(keys.protection(protection.id), protection, !live),
      [live ? "SADD" : "SREM", keys.liveProtections, protection.id],
      ...[...on].map((firewall): Command => ["SADD", keys.protectionsOn(firewall), protection.id]),
      ...noLongerOn
        .filter((firewall) => !on.has(firewall))
        .map((firewall): Command => ["SREM", keys.protectionsOn(firewall), protection.id]),
    ];
  };

  const lockdownCommands = ({ lockdown }: Write, before: Lockdown | undefined): Command[] => {
    if (lockdown === undefined) return [];
    const wake: Command = ["ZADD", watchesDue, "LT", deps.clock.now(), LOCKDOWN_ID];
    if (lockdown !== "lifted") return [["SET", keys.lockdown, JSON.stringify(lockdown)], wake];
    // Who remembers it is to know that it wasn't lost.
    return [["DEL", keys.lockdown], ["SET", keys.liftedLockdown, before?.at ?? deps.clock.now()], wake];
  };

  const wakeCommands = ({ request, grant, firewallsDue: due = [], requestDue }: Write): Command[] => {
    const id = request?.id ?? grant?.requestId;
    return [
      ...due.map(({ firewall, at }): Command => ["ZADD", firewallsDue, "LT", at, firewall]),
      ...(requestDue === undefined || id === undefined
        ? []
        : [["ZADD", requestsDue, "LT", requestDue, id] satisfies Command]),
    ];
  };

  return {
    request: async (id) => asJson(await redis.send("GET", keys.request(id))) as AccessRequest | undefined,
    grant: async (id) => asJson(await redis.send("GET", keys.grant(id))) as Grant | undefined,
    pendingOf: (requester) => pendingIn(keys.pendingOf(requester)),
    allPending: () => pendingIn(keys.pending),
    asksOf: async (requester, after) =>
      [...readCounts(asText(await redis.send("GET", keys.asksOf(requester)))).values()]
        .filter((at) => at > after)
        .toSorted((a, b) => a - b),
    latestRequests: async (requester, most) => {
      const ids = asTexts(await redis.send("ZRANGE", keys.requestsOf(requester), 0, most - 1, "REV"));
      if (ids.length === 0) return [];
      const values = asList(await redis.send("MGET", ...ids.map(requestKey)));
      return values.map((value) => asJson(value) as AccessRequest | undefined).filter((each) => each !== undefined);
    },
    lockdown: async () => asJson(await redis.send("GET", keys.lockdown)) as Lockdown | undefined,
    liftedLockdown: async () => asJson(await redis.send("GET", keys.liftedLockdown)) as EpochMs | undefined,
    grantsOn: async (firewall) =>
      (await indexed<Grant>(keys.grantsOn(firewall), grantKey)).filter(
        ({ endedAt, targets }) => endedAt === undefined && targets.some((target) => target.firewall === firewall),
      ),
    liveGrants: async () =>
      (await indexed<Grant>(keys.liveGrants, grantKey)).filter(({ endedAt }) => endedAt === undefined),
    protection: async (id) => asJson(await redis.send("GET", keys.protection(id))) as Protection | undefined,
    protectionsOn: async (firewall) =>
      (await indexed<Protection>(keys.protectionsOn(firewall), protectionKey)).filter(
        (protection) => isLive(protection) && firewallsBlocked(protection).includes(firewall),
      ),
    liveProtections: async () => (await indexed<Protection>(keys.liveProtections, protectionKey)).filter(isLive),
    commit: (change) => {
      const { request, grant, replaced, protection, events, limits = [] } = change;
      const id = request?.id ?? grant?.requestId;
      const counted = countedBy(change, keys);
      const limited = limits.map((limit) => limitKey(limit, keys));
      const read = [
        ...new Set([
          // How long one of them is kept hangs on the other.
          ...(id === undefined ? [] : [keys.request(id), keys.grant(grant?.id ?? (id as string as Grant["id"]))]),
          ...(replaced === undefined ? [] : [keys.grant(replaced.id)]),
          ...(protection === undefined ? [] : [keys.protection(protection.id)]),
          ...(grant === undefined && protection === undefined && change.lockdown === undefined ? [] : [keys.lockdown]),
          ...counted.map(({ key }) => key),
          ...limited,
        ]),
      ];
      return write(
        read,
        (values) => {
          const found = new Map(read.map((key, at) => [key, values[at]]));
          const stored = (key: string): unknown => asJson(found.get(key));
          const requestBefore = id === undefined ? undefined : (stored(keys.request(id)) as AccessRequest | undefined);
          const grantBefore = id === undefined ? undefined : (stored(grantKey(grant?.id ?? id)) as Grant | undefined);
          const replacedBefore =
            replaced === undefined ? undefined : (stored(keys.grant(replaced.id)) as Grant | undefined);
          const protectionBefore =
            protection === undefined ? undefined : (stored(keys.protection(protection.id)) as Protection | undefined);
          const isNext =
            follows(request, requestBefore) &&
            follows(grant, grantBefore) &&
            follows(replaced, replacedBefore) &&
            follows(protection, protectionBefore);
          const isFree = limits.every((limit) => isBelow(limit, readCounts(found.get(limitKey(limit, keys)))));
          const lockdownBefore = stored(keys.lockdown) as Lockdown | undefined;
          const isLocked = lockdownBefore !== undefined;
          const letsIn = opens(grant, grantBefore) || liftsByHand(protection, protectionBefore);
          if (!isNext || !isFree || (isLocked && letsIn)) return undefined;
          if (change.lockdown !== undefined && isLocked !== (change.lockdown === "lifted")) return undefined;
          return [
            ...(request === undefined ? [] : requestCommands(request, grant ?? grantBefore)),
            ...(grant === undefined ? [] : grantCommands(grant, grantBefore, request ?? requestBefore)),
            ...(replaced === undefined ? [] : grantCommands(replaced, replacedBefore, undefined)),
            ...(protection === undefined ? [] : protectionCommands(protection, protectionBefore)),
            ...counted.flatMap((count) => countCommands(count, found.get(count.key))),
            ...lockdownCommands(change, lockdownBefore),
            ...wakeCommands(change),
          ];
        },
        events,
      );
    },
  };
};

interface Versioned {
  readonly version: number;
}

const follows = (next: Versioned | undefined, before: Versioned | undefined): boolean =>
  next === undefined || next.version === (before?.version ?? 0) + 1;

/** What was found in a cloud is open already, and has to be known to be closed. */
const opens = (grant: Grant | undefined, before: Grant | undefined): boolean =>
  grant !== undefined &&
  grant.revoked === undefined &&
  (before === undefined ? !grant.adopted : grant.expiresAt > before.expiresAt);

const latestCommands = (key: string, { id, askedAt }: AccessRequest): readonly Command[] => [
  ["ZADD", key, askedAt, id],
  ["ZREMRANGEBYRANK", key, 0, -MOST_KEPT - 1],
  ["PEXPIRE", key, KEPT_AFTER_END],
];

/** Of one person's latest requests. */
const MOST_KEPT = 100;

/** An approved request is over when its grant is, and when it was reviewed where it has to be; one that made a grant longer at once, because that keeps what came of it. */
const isOver = (request: AccessRequest, grant: Grant | undefined): boolean => {
  const { kind } = request.state;
  if (kind !== "approved") return kind !== "pending";
  if (request.extends !== undefined) return true;
  const isGrantOver = grant === undefined || grant.endedAt !== undefined;
  return request.breakGlass !== undefined && !isUnreviewed(request) && isGrantOver;
};

/** `SET` without an expiry also takes away one that was there. */
const store = (key: string, value: unknown, over: boolean): Command =>
  over ? ["SET", key, JSON.stringify(value), "PX", KEPT_AFTER_END] : ["SET", key, JSON.stringify(value)];
