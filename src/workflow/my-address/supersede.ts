/** Closes what an access takes the place of. */

import type { GrantId } from "../../access/identifier.ts";
import type { Clock } from "../../access/time.ts";
import { auditEvent } from "../../audit/event.ts";
import { changeGrant } from "../../grants/change.ts";
import { factsOf } from "../../grants/facts.ts";
import { firewallsOf, isActive } from "../../grants/grant.ts";
import type { Ledger } from "../../grants/ledger.ts";

/**
 * Once the newer one was seen to let the requester in, and not before. Safe to repeat: whoever dies before it or in the middle of it leaves it to the next look, and the write that says
 * "seen open" is the one that calls for that look. Until then both go on to their common end.
 */
export const supersede = async (id: GrantId, ledger: Ledger, clock: Clock): Promise<void> => {
  const grant = await ledger.grant(id);
  if (grant?.supersedes === undefined || grant.openedAt === undefined || !isActive(grant, clock.now())) return;
  const before = grant.supersedes;
  await changeGrant(ledger, before, (current) => {
    const at = clock.now();
    if (!isActive(current, at)) return undefined;
    const facts = { ...factsOf(grant), grantId: id, before, from: current.sources, expiresAt: grant.expiresAt };
    return {
      grant: { ...current, revoked: { kind: "superseded", at, by: id } },
      events: [auditEvent("grant.moved", id, at, grant.requester, facts)],
      firewallsDue: firewallsOf(current).map((firewall) => ({ firewall, at })),
    };
  });
};
