/** Past asks from where the bot keeps its audit log. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../access/time.ts";
import { createRedisAuditLog } from "../redis/audit-log.ts";
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

/** Reads only. `undefined`: no Redis is named, and no bot ever had one in that folder. Throws when there is one and it can't be read. */
export const readStoredLog = async (deps: StoredLogDeps): Promise<readonly JudgedEvent[] | undefined> => {
  if (deps.redisUrl !== undefined) return readFrom(deps.redisUrl, deps);
  const folder = join(deps.dataFolder, "redis");
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  const embedded = await startEmbeddedRedis({ folder, log: quiet, patienceMs: 0 });
  try {
    return await readFrom(embedded.url, deps);
  } finally {
    await embedded.stop();
  }
};

const readFrom = async (url: string, { installation, clock }: StoredLogDeps): Promise<readonly JudgedEvent[]> => {
  const redis = connectRedis(url, { log: quiet });
  try {
    await redis.untilReady(PATIENCE_MS);
    const log = createRedisAuditLog(redis, keyPrefixOf(installation), { clock, onAppended: () => undefined });
    const events: JudgedEvent[] = [];
    let after: string | undefined;
    for (;;) {
      const page = await log.read({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      events.push(...page.map(({ event }) => event).filter(isJudged));
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return inOrder(events);
      after = last.entry;
    }
  } finally {
    redis.close();
  }
};

const PAGE = 1_000;
const PATIENCE_MS = 5_000;

const quiet = { info: () => undefined, warn: () => undefined };
