/** Closes what an access takes the place of. */

import type { GrantId, RequestId } from "../../access/identifier.ts";
import type { Clock } from "../../access/time.ts";
import { auditEvent } from "../../audit/event.ts";
import { changeGrant } from "../../grants/change.ts";
import { factsOf } from "../../grants/facts.ts";
import { firewallsOf, type Grant, isActive } from "../../grants/grant.ts";
import type { Ledger } from "../../grants/ledger.ts";
import { isUnreviewed } from "../../grants/request.ts";

/**
 * Once the newer one was seen to let the requester in, and not before; also where that is over again by now. All that it follows on is closed, because somebody may move on before the
 * first move opened. Safe to repeat: whoever dies before it or in the middle of it leaves it to the next look, and the write that says
 * "seen open" is the one that calls for that look. Until then all go on to their common end: so they do too where a crash comes together with an empty Redis, because
 * the marks in the clouds don't say what takes whose place.
 */
export const supersede = async (id: GrantId, ledger: Ledger, clock: Clock): Promise<void> => {
  const grant = await ledger.grant(id);
  if (grant?.openedAt === undefined) return;
  const closed = new Set<GrantId>([id]);
  for (let before = grant.supersedes; before !== undefined && !closed.has(before); ) {
    closed.add(before);
    await close(before, grant, ledger, clock);
    await leaveReview(before, grant, ledger);
    before = (await ledger.grant(before))?.supersedes;
  }
};

const close = async (before: GrantId, by: Grant, ledger: Ledger, clock: Clock): Promise<void> => {
  await changeGrant(ledger, before, (current) => {
    const at = clock.now();
    if (!isActive(current, at)) return undefined;
    const facts = { ...factsOf(by), grantId: by.id, before, from: current.sources, expiresAt: by.expiresAt };
    return {
      grant: { ...current, revoked: { kind: "superseded", at, by: by.id } },
      events: [
        auditEvent("grant.moved", before === by.supersedes ? by.id : `${by.id}/${before}`, at, by.requester, facts),
      ],
      firewallsDue: firewallsOf(current).map((firewall) => ({ firewall, at })),
      requestDue: at,
    };
  });
};

/** Of a break-glass that moved, the newer one is to be reviewed, which tells of both. */
const leaveReview = async (before: GrantId, { requestId }: Grant, ledger: Ledger): Promise<void> => {
  for (;;) {
    const request = await ledger.request(before as string as RequestId);
    if (request?.breakGlass === undefined || !isUnreviewed(request)) return;
    const breakGlass = { ...request.breakGlass, movedTo: requestId };
    if (await ledger.commit({ request: { ...request, version: request.version + 1, breakGlass }, events: [] })) return;
  }
};
