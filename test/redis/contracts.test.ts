import { describe } from "vitest";

import type { Clock } from "../../src/access/time.ts";
import { createRedisAuditLog } from "../../src/redis/audit-log.ts";
import { QUEUES } from "../../src/redis/keys.ts";
import { createRedisLedger } from "../../src/redis/ledger.ts";
import { createRedisOutbox } from "../../src/redis/outbox.ts";
import { createRedisPace } from "../../src/redis/pace.ts";
import { createRedisWakeups } from "../../src/redis/wakeups.ts";
import { ledgerContract } from "../contracts/ledger-contract.ts";
import { outboxContract } from "../contracts/outbox-contract.ts";
import { paceContract } from "../contracts/pace-contract.ts";
import { NOW } from "../contracts/samples.ts";
import { wakeupsContract } from "../contracts/wakeups-contract.ts";
import { createMemoryLedger } from "../fakes/memory-ledger.ts";
import { createMemoryOutbox } from "../fakes/memory-outbox.ts";
import { createMemoryPace } from "../fakes/memory-pace.ts";
import { createMemoryWakeups } from "../fakes/memory-wakeups.ts";
import { useRealRedis } from "./real-redis.ts";

const clock: Clock = { now: () => NOW };

describe("redis", () => {
  const real = useRealRedis();

  const everything = () => {
    const redis = real.redis();
    const prefix = real.freshPrefix();
    const queue = (name: string) => createRedisWakeups(redis, prefix, name);
    const auditLog = createRedisAuditLog(redis, prefix, { clock });
    return {
      ledger: createRedisLedger(redis, prefix, { clock }),
      auditLog,
      outbox: createRedisOutbox(redis, prefix, { clock }),
      firewalls: queue(QUEUES.firewalls),
      requests: queue(QUEUES.requests),
      events: queue(QUEUES.outboxEvents),
      destinations: queue(QUEUES.destinations),
      log: async () => (await auditLog.read({ limit: 1_000 })).map(({ event }) => event),
      clear: () => real.clear(prefix),
    };
  };

  wakeupsContract(async () => {
    const { firewalls, clear } = everything();
    return { wakeups: firewalls, clear };
  });
  ledgerContract(async () => everything());
  outboxContract(async () => everything());
  paceContract((moving) => createRedisPace(real.redis(), real.freshPrefix(), { clock: moving }));
});

describe("memory", () => {
  const everything = () => {
    const [firewalls, requests, events, destinations] = [
      createMemoryWakeups(),
      createMemoryWakeups(),
      createMemoryWakeups(),
      createMemoryWakeups(),
    ] as const;
    const outbox = createMemoryOutbox({ clock, destinations, events });
    const { ledger, auditLog, log, clear } = createMemoryLedger({ firewalls, requests, hand: outbox.hand });
    return {
      ledger,
      auditLog,
      outbox,
      firewalls,
      requests,
      events,
      destinations,
      log: async () => log(),
      clear: async () => {
        for (const memory of [firewalls, requests, events, destinations, outbox, { clear }]) memory.clear();
      },
    };
  };

  wakeupsContract(async () => {
    const { firewalls, clear } = everything();
    return { wakeups: firewalls, clear };
  });
  ledgerContract(async () => everything());
  outboxContract(async () => everything());
  paceContract(createMemoryPace);
});
