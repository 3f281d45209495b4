/** Connects to a Redis of any kind: quick to say that it is away, quick to notice that it is back. */

import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { asText, asTexts, type RedisConnection, redisFault } from "./connection.ts";
import { parseRedisUrl, type RedisAddress } from "./redis-url.ts";

/** A pino logger is one. */
export interface RedisLog {
  readonly info: (fields: object, sentence: string) => void;
  readonly warn: (fields: object, sentence: string) => void;
}

export interface ConnectDeps {
  readonly log: RedisLog;
}

/** From the call to the fault. */
const DEADLINE_MS = 2_000;
/** A connection that broke is usually back at once, so a command waits this long for it; the rest of the time is for the answer. */
const BLIP_MS = 500;
const RECONNECT_MS = 1_000;

/**
 * Returns at once and connects in the background, again and again without end. Throws when the URL can't be read; see `parseRedisUrl` for its forms.
 *
 * No command is kept for later or sent twice: what was refused doesn't happen behind its caller's back, and a write whose answer was lost isn't
 * repeated against its own effect.
 */
export const connectRedis = (url: string, { log }: ConnectDeps): RedisConnection => {
  const address = parseRedisUrl(url);
  if (address === undefined)
    throw new Error(
      "`REDIS_URL` is none of `redis://host`, `rediss://host`, `redis://host,host`, `redis+sentinel://host/master`",
    );
  const client = createClient(address);

  let lastProblem: unknown;
  let away = false;
  let closed = false;
  const waiting = new Set<() => void>();

  // Without a listener ioredis prints every error of every attempt.
  client.on("error", (error: unknown) => {
    lastProblem = error;
  });
  client.on("close", () => {
    if (away || closed) return;
    away = true;
    log.warn({ problem: lastProblem instanceof Error ? lastProblem.message : undefined }, "redis is away");
  });
  client.on("ready", () => {
    if (away) log.info({}, "redis is back");
    away = false;
    for (const wake of waiting) wake();
  });

  const isReady = (): boolean => client.status === "ready";

  const untilReady = (withinMs: number): Promise<void> =>
    isReady()
      ? Promise.resolve()
      : new Promise((resolve, reject) => {
          const settle = (): void => {
            clearTimeout(timer);
            waiting.delete(settle);
            if (isReady()) resolve();
            else reject(redisFault("redis is away", lastProblem));
          };
          const timer = setTimeout(settle, closed ? 0 : withinMs);
          waiting.add(settle);
        });

  const call = async (command: string, args: readonly (string | number)[]): Promise<unknown> => {
    const startedAt = performance.now();
    await untilReady(BLIP_MS);
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => timeout.reject(redisFault(`redis does not answer \`${command}\``)),
      DEADLINE_MS - (performance.now() - startedAt),
    );
    try {
      return await Promise.race([client.call(command, ...args), timeout.promise]);
    } finally {
      clearTimeout(timer);
    }
  };

  const send: RedisConnection["send"] = async (command, ...args) => {
    try {
      return await call(command, args);
    } catch (cause) {
      throw faultOf(command, cause);
    }
  };

  return {
    send,
    run: async (script, keys, args) => {
      try {
        return await call("EVALSHA", [script.sha, keys.length, ...keys, ...args]);
      } catch (cause) {
        // A restart or another node: scripts are a cache. https://redis.io/docs/latest/develop/programmability/eval-intro/#script-cache
        if (!(cause instanceof Error) || !cause.message.startsWith("NOSCRIPT")) throw faultOf("EVALSHA", cause);
      }
      return send("EVAL", script.text, keys.length, ...keys, ...args);
    },
    isReady,
    untilReady,
    warnings: () => storageWarnings(send),
    close: () => {
      closed = true;
      client.disconnect();
      for (const wake of waiting) wake();
    },
  };
};

const createClient = (address: RedisAddress): Redis | Cluster => {
  const options = {
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.tls ? { tls: {} } : {}),
    replyMapping: "legacy",
    connectTimeout: DEADLINE_MS,
    // Asks the kernel nothing: a peer that vanished without a word is noticed by the first command it leaves unanswered.
    socketTimeout: DEADLINE_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A replica that was our master until a moment ago: connect anew, to whoever is master now.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  } satisfies RedisOptions;
  const reconnecting = { enableOfflineQueue: false, retryStrategy: backoff } satisfies RedisOptions;

  switch (address.kind) {
    case "single":
      return new Redis({ ...options, ...reconnecting, ...address.host, db: address.db });
    case "sentinel":
      return new Redis({
        ...options,
        ...reconnecting,
        db: address.db,
        name: address.master,
        sentinels: [...address.hosts],
        sentinelRetryStrategy: backoff,
        sentinelCommandTimeout: DEADLINE_MS,
        enableTLSForSentinelMode: address.tls,
        ...(address.sentinelPassword === undefined ? {} : { sentinelPassword: address.sentinelPassword }),
      });
    case "cluster": {
      return new Cluster([...address.hosts], {
        redisOptions: options,
        enableOfflineQueue: false,
        clusterRetryStrategy: backoff,
        slotsRefreshTimeout: DEADLINE_MS,
        // With any other value a command whose connection broke is sent again, though it may have been done.
        retryDelayOnFailover: 0,
        // Node names reach the certificate check unresolved. https://github.com/redis/ioredis#special-note-aws-elasticache-clusters-with-tls
        ...(address.tls ? { dnsLookup: answerUnresolved } : {}),
      });
    }
  }
};

const answerUnresolved: NonNullable<ClusterOptions["dnsLookup"]> = (name, answer) => answer(null, name);

const backoff = (attempt: number): number => Math.min(25 * 2 ** Math.min(attempt, 10), RECONNECT_MS);

const faultOf = (command: string, cause: unknown) => {
  // Its first word is the error's code (`OOM`, `READONLY`, `NOAUTH`); the rest may quote what we sent.
  const code = cause instanceof Error ? /^[A-Z]{2,}\b/u.exec(cause.message)?.[0] : undefined;
  if (cause instanceof Error && cause.name === "Fault") return cause;
  return redisFault(code === undefined ? "redis is away" : `redis refuses \`${command}\` with \`${code}\``, cause);
};

const storageWarnings = async (send: RedisConnection["send"]): Promise<readonly string[]> => {
  const setting = async (name: string): Promise<string | undefined> => {
    try {
      return asText(asTexts(await send("CONFIG", "GET", name))[1]);
    } catch (error) {
      if (error instanceof Error && error.message.includes("refuses")) return undefined; // managed servers keep CONFIG to themselves
      throw error;
    }
  };
  const [appendOnly, save, policy] = [
    await setting("appendonly"),
    await setting("save"),
    await setting("maxmemory-policy"),
  ];
  const warnings: string[] = [];
  if (appendOnly === "no" && save === "") {
    warnings.push("redis keeps nothing on disk: a restart of it forgets requests and grants; set `appendonly yes`");
  } else if (appendOnly === "no") {
    warnings.push("redis keeps snapshots only: a restart of it forgets the last minutes; set `appendonly yes`");
  }
  if (policy !== undefined && policy !== "noeviction") {
    warnings.push(
      `redis may throw away what latch stores when memory is short: set \`maxmemory-policy noeviction\`, it is \`${policy}\``,
    );
  }
  return warnings;
};
