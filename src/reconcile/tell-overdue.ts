/** After a look at a firewall failed: people are told, once, that a closing is overdue. */

import type { FirewallId } from "../access/machine.ts";
import { type Clock, type DurationMs, type EpochMs, earliest, later, MINUTE } from "../access/time.ts";
import { type AuditLog, auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import { endOf, type Grant, nextInstant } from "../grants/grant.ts";
import type { Ledger } from "../grants/ledger.ts";

export interface TellOverdueDeps {
  readonly ledger: Ledger;
  readonly auditLog: AuditLog;
  readonly clock: Clock;
  /** How long after its end a grant may still be open before people are told. */
  readonly overdueAfter: DurationMs;
}

export const OVERDUE_AFTER = (2 * MINUTE) as DurationMs;

/**
 * Appends `closing.overdue`, once per grant, for those that should have ended on this firewall long enough ago. Returns the next start or end of a
 * grant on it, which the next look must not miss, however long it backs off.
 *
 * Memory may be what failed: then there is nothing to do but to come back.
 */
export const createTellOverdue =
  (deps: TellOverdueDeps) =>
  async (firewall: FirewallId, problem: string): Promise<EpochMs | undefined> => {
    const here = await deps.ledger.grantsOn(firewall).catch((): readonly Grant[] => []);
    const grants = here.filter((grant) => !grant.seenClosed.includes(firewall));
    const now = deps.clock.now();
    for (const grant of grants.filter((each) => later(endOf(each), deps.overdueAfter) <= now)) {
      const facts = { ...factsOf(grant), grantId: grant.id, firewall, since: endOf(grant), problem };
      await deps.auditLog.append(auditEvent("closing.overdue", grant.id, now, "bot", facts)).catch(() => undefined);
    }
    const overdueAt = grants.map((grant) => later(endOf(grant), deps.overdueAfter)).filter((at) => at > now);
    return earliest(nextInstant(grants, now), ...overdueAt);
  };
