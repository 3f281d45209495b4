/**
 * How late wake-ups are taken: `node test/benchmarks/wakeup-lag.ts`. Not part of the tests.
 *
 * A worker as simple as can be: take what is due, else sleep until the next instant, at most a second.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type DurationMs, type EpochMs, later, SECOND, systemClock } from "../../src/access/time.ts";
import { connectRedis, type RedisLog } from "../../src/redis/connect.ts";
import { startEmbeddedRedis } from "../../src/redis/embedded-server.ts";
import { keyPrefixOf } from "../../src/redis/keys.ts";
import { createRedisWakeups } from "../../src/redis/wakeups.ts";

const log: RedisLog = { info: () => {}, warn: () => {} };
const LEASE = (30 * SECOND) as DurationMs;
const AT_ONCE = 10_000;
const SPREAD = 1_000;

const folder = await mkdtemp(join(tmpdir(), "latch-benchmark-"));

const measure = async (persistence: "every-write" | "none"): Promise<void> => {
  const server = await startEmbeddedRedis({ folder, log, persistence });
  const redis = connectRedis(server.url, { log });
  await redis.untilReady(5_000);
  const wakeups = createRedisWakeups(redis, keyPrefixOf("benchmark"), "firewalls");

  /** Takes and finishes `count` of them; how late each was taken. */
  const work = async (count: number, batch: number): Promise<number[]> => {
    const lags: number[] = [];
    while (lags.length < count) {
      const now = systemClock.now();
      const taken = await wakeups.take(now, batch, LEASE);
      const takenAt = systemClock.now();
      await Promise.all(
        taken.map((lease) => {
          lags.push(takenAt - lease.dueAt);
          return wakeups.finish(lease, undefined);
        }),
      );
      if (taken.length > 0) continue;
      const next = (await wakeups.nextAt()) ?? later(now, SECOND);
      await sleep(Math.max(0, Math.min(next - systemClock.now(), SECOND)));
    }
    return lags.toSorted((a, b) => a - b);
  };
  const wakeAll = (count: number, at: (i: number) => EpochMs): Promise<unknown> =>
    Promise.all(Array.from({ length: count }, (_, i) => wakeups.wake(`firewall-${i}`, at(i))));

  const from = later(systemClock.now(), SECOND);
  await wakeAll(SPREAD, (i) => later(from, (i * 5 + ((i * 7) % 5)) as DurationMs));
  const spread = await work(SPREAD, 100);
  const percentile = (share: number): number => spread[Math.ceil(spread.length * share) - 1] ?? Number.NaN;
  console.log(
    `${persistence}: ${SPREAD} spread over 5 s: p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms, last ${percentile(1)} ms`,
  );

  const due = later(systemClock.now(), (3 * SECOND) as DurationMs);
  await wakeAll(AT_ONCE, () => due);
  await sleep(Math.max(0, due - systemClock.now()));
  const lags = await work(AT_ONCE, 500);
  const last = lags.at(-1) ?? Number.NaN;
  console.log(
    `${persistence}: ${AT_ONCE} due at once: the last taken after ${last} ms, ${Math.round(AT_ONCE / (last / 1_000))}/s`,
  );

  redis.close();
  await server.stop();
};

try {
  await measure("none");
  await measure("every-write");
} finally {
  await rm(folder, { recursive: true, force: true });
}
