/** Everything that is kept in Redis, opened together: the one that is named, or one of our own. */

import { join } from "node:path";
import type { CloudName } from "../access/machine.ts";
import type { Clock, EpochMs } from "../access/time.ts";
import type { AuditEvent, AuditLog } from "../audit/event.ts";
import type { WithheldMemory } from "../cloud/withheld.ts";
import type { Ledger } from "../grants/ledger.ts";
import type { Links } from "../identity/links.ts";
import type { Homes } from "../notices/homes.ts";
import type { Outbox } from "../notices/outbox.ts";
import type { Pace } from "../notices/pace.ts";
import type { PostureMemory } from "../posture/posture-memory.ts";
import { createRememberedGrants, type RememberedGrants } from "../reconcile/remembered-grants.ts";
import { createRememberingLedger } from "../reconcile/remembering-ledger.ts";
import type { Wakeups } from "../reconcile/wakeups.ts";
import type { AddressMemory } from "../workflow/my-address/address-memory.ts";
import { createRedisAddresses } from "./address-memory.ts";
import { createRedisAuditLog, type RedisAuditLog } from "./audit-log.ts";
import { connectRedis, type RedisLog } from "./connect.ts";
import type { RedisConnection } from "./connection.ts";
import { createDue } from "./due.ts";
import { startEmbeddedRedis } from "./embedded-server.ts";
import { createRedisHomes } from "./homes.ts";
import { keyPrefixOf, toldCloudKey } from "./keys.ts";
import { createRedisLedger } from "./ledger.ts";
import { createRedisLinks } from "./links.ts";
import { createLockdownReasons, type LockdownReasons } from "./lockdown-reasons.ts";
import { createRedisOutbox } from "./outbox.ts";
import { createRedisPace } from "./pace.ts";
import { createPostureMemory } from "./posture-memory.ts";
import { createReplayGuard } from "./replays.ts";
import { createToldConfig, type ToldConfig } from "./told-config.ts";
import { createRedisWakeups } from "./wakeups.ts";
import { createWithheldMemory } from "./withheld.ts";

export interface MemoryDeps {
  readonly redisUrl: string | undefined;
  /** Of the embedded server. */
  readonly dataFolder: string;
  readonly installation: string;
  readonly clock: Clock;
  readonly log: RedisLog;
  readonly onAppended: (event: AuditEvent) => void;
  /** Called after each commit of this process: something may have become due. */
  readonly committed: () => void;
}

export interface Memory {
  readonly redis: RedisConnection;
  readonly ledger: Ledger;
  readonly auditLog: AuditLog;
  /** The audit log, the latest event first. */
  readonly readBack: RedisAuditLog["readBack"];
  readonly outbox: Outbox;
  readonly homes: Homes;
  /** How many firewalls and destinations of messages are to be looked at by then. */
  readonly due: (at: EpochMs) => Promise<{ readonly firewalls: number; readonly notices: number }>;
  readonly pace: Pace;
  readonly links: Links;
  readonly addresses: AddressMemory;
  readonly remembered: RememberedGrants;
  readonly postures: PostureMemory;
  readonly withheld: WithheldMemory;
  readonly lockdownReasons: LockdownReasons;
  readonly toldConfig: ToldConfig;
  readonly toldCloud: (cloud: CloudName) => ToldConfig;
  readonly wakeups: (queue: string) => Wakeups;
  readonly firstTime: (signature: string, seconds: number) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** Doesn't wait for a named Redis to be there. Throws when the embedded one can't be started. */
export const openMemory = async (deps: MemoryDeps): Promise<Memory> => {
  const { redisUrl, dataFolder, installation, clock, log, onAppended, committed } = deps;
  const embedded =
    redisUrl === undefined ? await startEmbeddedRedis({ folder: join(dataFolder, "redis"), log }) : undefined;
  const redis = connectRedis(redisUrl ?? embedded?.url ?? "", { log });
  const prefix = keyPrefixOf(installation);
  const remembered = createRememberedGrants();
  const ledger = createRedisLedger(redis, prefix, { clock, onAppended });
  const auditLog = createRedisAuditLog(redis, prefix, { clock, onAppended });
  const outbox = createRedisOutbox(redis, prefix, { clock });
  return {
    redis,
    remembered,
    ledger: createRememberingLedger(ledger, remembered, committed),
    auditLog,
    readBack: auditLog.readBack,
    addresses: createRedisAddresses(redis, prefix, { clock, onAppended }),
    links: createRedisLinks(redis, prefix, { clock, onAppended }),
    outbox: {
      ...outbox,
      call: async (deliveries) => {
        await outbox.call(deliveries);
        committed();
      },
    },
    homes: createRedisHomes(redis, prefix),
    due: createDue(redis, prefix),
    pace: createRedisPace(redis, prefix, { clock }),
    postures: createPostureMemory(redis, prefix),
    withheld: createWithheldMemory(redis, prefix),
    lockdownReasons: createLockdownReasons(redis, prefix),
    toldConfig: createToldConfig(redis, prefix, { clock, onAppended }),
    toldCloud: (cloud) => createToldConfig(redis, prefix, { clock, onAppended }, toldCloudKey(prefix, cloud)),
    wakeups: (queue) => createRedisWakeups(redis, prefix, queue),
    firstTime: createReplayGuard(redis, prefix).firstTime,
    close: async () => {
      redis.close();
      await embedded?.stop();
    },
  };
};
