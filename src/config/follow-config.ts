/** Follows the configuration file: a good one counts from now on, a bad one doesn't, and people are told of both. */

import { createHash } from "node:crypto";
import type { Logger } from "pino";
import { type Clock, HOUR } from "../access/time.ts";
import { type AuditLog, auditEvent } from "../audit/event.ts";
import { problemOf } from "../operator-log.ts";
import type { CurrentConfig, Taken } from "./current-config.ts";
import { watchConfig } from "./watch.ts";

interface FollowDeps {
  readonly file: string;
  readonly current: CurrentConfig;
  readonly auditLog: AuditLog;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Following {
  /** Looks at once, as SIGHUP asks for. */
  readonly look: () => void;
  readonly stop: () => void;
}

export const followConfig = ({ file, current, auditLog, clock, log }: FollowDeps): Following => {
  const tell = async (taken: Taken, text: string): Promise<void> => {
    if (taken.kind === "same") return;
    // Every replica sees the same change within the hour, and it is told once.
    const about = `${fingerprint(text)}/${Math.floor(clock.now() / HOUR)}`;
    if (taken.kind === "refused") {
      log.error({ problems: taken.problems }, "the new configuration can't be used: the one before still counts");
      const facts = { problems: taken.problems.slice(0, MOST_TOLD) };
      await auditLog.append(auditEvent("policy.refused", about, clock.now(), "bot", facts));
      return;
    }
    const later = taken.later.map((part) => `${part}: only after the bot is started again`);
    log.info({ changes: taken.changes, later: taken.later }, "the new configuration counts");
    const facts = { changes: [...later, ...taken.changes].slice(0, MOST_TOLD) };
    await auditLog.append(auditEvent("policy.changed", about, clock.now(), "bot", facts));
  };

  const stopping = new AbortController();
  const { look } = watchConfig({
    file,
    known: current.text(),
    signal: stopping.signal,
    changed: async (reading, text) =>
      tell(await current.take(reading, text), text).catch((error: unknown) =>
        log.warn(problemOf(error), "a change of the configuration wasn't told"),
      ),
  });
  return { look, stop: () => stopping.abort() };
};

const fingerprint = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

const MOST_TOLD = 50;
