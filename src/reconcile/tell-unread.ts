/** Security is told, once, that a cloud's machines couldn't be read for long, and once that they can be again. */

import type { CloudName } from "../access/machine.ts";
import { between, type Clock, type DurationMs, type EpochMs, isoSeconds, MINUTE } from "../access/time.ts";
import { type AuditLog, auditEvent } from "../audit/event.ts";
import type { Machines } from "../cloud/machines.ts";

export interface TellUnreadDeps {
  readonly machines: Pick<Machines, "readings">;
  readonly auditLog: AuditLog;
  readonly clock: Clock;
}

export const TELL_UNREAD_AFTER = (10 * MINUTE) as DurationMs;

/** One look, safe to repeat. Throws a `Fault` when memory is away; the next look tells it then. */
export const createTellUnread = ({ machines, auditLog, clock }: TellUnreadDeps): (() => Promise<void>) => {
  const startedAt = clock.now();
  /** Clouds of which it was told, and since when they weren't read. */
  const told = new Map<CloudName, EpochMs | undefined>();

  return async () => {
    for (const { cloud, readAt, fault } of machines.readings()) {
      const at = clock.now();
      const isUnread = between(readAt ?? startedAt, at) >= TELL_UNREAD_AFTER;
      if (isUnread && !told.has(cloud)) {
        const facts = { cloud, since: readAt, problem: fault?.message ?? "no answer yet" };
        await auditLog.append(auditEvent("inventory.stale", about(cloud, readAt ?? startedAt), at, "bot", facts));
        told.set(cloud, readAt);
      } else if (!isUnread && told.has(cloud)) {
        const since = told.get(cloud);
        const facts = { cloud, since };
        await auditLog.append(auditEvent("inventory.read-again", about(cloud, since ?? startedAt), at, "bot", facts));
        told.delete(cloud);
      }
    }
  };
};

/** The same for all replicas: each reads every cloud at the full minute. */
const about = (cloud: CloudName, since: EpochMs): string =>
  `${cloud}/${isoSeconds((Math.round(since / MINUTE) * MINUTE) as EpochMs)}`;
