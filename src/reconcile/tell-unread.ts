/** Security is told, once, that a cloud's machines couldn't be read for long, and once that they can be again. */

import type { CloudName } from "../access/machine.ts";
import { between, type Clock, type DurationMs, isoSeconds, MINUTE } from "../access/time.ts";
import { type AuditEvent, auditEvent } from "../audit/event.ts";
import type { CloudReading, Machines } from "../cloud/machines.ts";

export interface TellUnreadDeps {
  readonly machines: Pick<Machines, "readings">;
  readonly clock: Clock;
  /** What was told of this cloud last, by any of us and before we started: the same isn't told twice. `event` gets it, and returns nothing where there is nothing to tell. */
  readonly told: (cloud: CloudName) => {
    readonly tell: (
      state: CloudState,
      event: (before: string | undefined) => AuditEvent | undefined,
    ) => Promise<boolean>;
  };
}

export type CloudState = "read" | "unread";

export const TELL_UNREAD_AFTER = (10 * MINUTE) as DurationMs;

/** One look, safe to repeat. Throws a `Fault` when memory is away; the next look tells it then. */
export const createTellUnread = ({ machines, told, clock }: TellUnreadDeps): (() => Promise<void>) => {
  const startedAt = clock.now();
  /** Of those that can read a cloud and those that can't, each speaks only when that changes, not in turns for ever. */
  const known = new Map<CloudName, CloudState>();

  return async () => {
    for (const reading of machines.readings()) {
      const { cloud, readAt } = reading;
      const at = clock.now();
      const isUnread = between(readAt ?? startedAt, at) >= TELL_UNREAD_AFTER;
      if (!isUnread && readAt === undefined) continue;
      const state = isUnread ? "unread" : "read";
      if (known.get(cloud) === state) continue;
      const about = `${cloud}/${isoSeconds(at)}`;
      await told(cloud).tell(state, (before) => {
        if (isUnread) return auditEvent("inventory.stale", about, at, "bot", staleFacts(reading));
        return before === "unread" ? auditEvent("inventory.read-again", about, at, "bot", { cloud }) : undefined;
      });
      known.set(cloud, state);
    }
  };
};

const staleFacts = ({ cloud, readAt, fault }: CloudReading) => ({
  cloud,
  since: readAt,
  problem: fault?.message ?? "no answer yet",
});
