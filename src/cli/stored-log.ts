/** The audit log, from where the bot keeps it. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../access/time.ts";
import { createRedisAuditLog, type LogEntry } from "../redis/audit-log.ts";
import { connectRedis } from "../redis/connect.ts";
import { startEmbeddedRedis } from "../redis/embedded-server.ts";
import { keyPrefixOf } from "../redis/keys.ts";
import { inOrder, isJudged, type JudgedEvent } from "./judged-log.ts";

export interface StoredLogDeps {
  readonly redisUrl: string | undefined;
  /** The bot's own folder, with the embedded server's in it. */
  readonly dataFolder: string;
  readonly installation: string;
  readonly clock: Clock;
}

/** Past asks. `undefined`: no Redis is named, and no bot ever had one in that folder. Throws when there is one and it can't be read. */
export const readStoredLog = async (deps: StoredLogDeps): Promise<readonly JudgedEvent[] | undefined> => {
  const events: JudgedEvent[] = [];
  const isThere = await eachStored(deps, (page) => {
    events.push(...page.map(({ event }) => event).filter(isJudged));
  });
  return isThere ? inOrder(events) : undefined;
};

/** Reads only: all of it, the oldest first, in pages. `false`: there is none. Throws as above. */
export const eachStored = async (deps: StoredLogDeps, take: (page: readonly LogEntry[]) => void): Promise<boolean> => {
  if (deps.redisUrl !== undefined) return readFrom(deps.redisUrl, deps, take);
  const folder = join(deps.dataFolder, "redis");
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  if (!isThere) return false;
  const embedded = await startEmbeddedRedis({ folder, log: quiet, patienceMs: 0 });
  try {
    return await readFrom(embedded.url, deps, take);
  } finally {
    await embedded.stop();
  }
};

const readFrom = async (
  url: string,
  { installation, clock }: StoredLogDeps,
  take: (page: readonly LogEntry[]) => void,
): Promise<true> => {
  const redis = connectRedis(url, { log: quiet });
  try {
    await redis.untilReady(PATIENCE_MS);
    const log = createRedisAuditLog(redis, keyPrefixOf(installation), { clock, onAppended: () => undefined });
    let after: string | undefined;
    for (;;) {
      const page = await log.read({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      take(page);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return true;
      after = last.entry;
    }
  } finally {
    redis.close();
  }
};

const PAGE = 1_000;
const PATIENCE_MS = 5_000;

const quiet = { info: () => undefined, warn: () => undefined };
