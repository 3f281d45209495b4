/** The write that gives access: the close is certain before the first cloud write. */

import { lengthOf } from "../access/duration.ts";
import type { GrantId } from "../access/identifier.ts";
import { type DurationMs, type EpochMs, later, MINUTE } from "../access/time.ts";
import { auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import { firewallsOf, type Grant, UNSEEN } from "../grants/grant.ts";
import type { Write } from "../grants/ledger.ts";
import type { AccessRequest, Target } from "../grants/request.ts";

/** How long before the end the requester is told that it comes. */
export const WARN_BEFORE = (10 * MINUTE) as DurationMs;

/**
 * The approved request, its grant, the event, and the firewalls to look at now: all in one write. What the cloud is told later follows from the grant alone, so
 * a crash right after this loses neither the opening nor the closing.
 */
export const grantAccess = (approved: AccessRequest, targets: readonly Target[], now: EpochMs): Write => {
  const expiresAt = later(now, lengthOf(approved.end, now));
  const { requester, machine, services, ports, sources, justification, channel, rule } = approved;
  const grant: Grant = {
    ...UNSEEN,
    id: approved.id as string as GrantId,
    requestId: approved.id,
    requester,
    machine,
    services,
    ports,
    sources,
    justification,
    channel,
    targets,
    startsAt: now,
    expiresAt,
  };
  const approvers = approved.state.kind === "approved" ? approved.state.approvals.map((approval) => approval.by) : [];
  const facts = { ...factsOf(approved), rule, approvers, expiresAt };
  return {
    request: approved,
    grant,
    events: [auditEvent("request.approved", approved.id, now, approvers.at(-1) ?? "bot", facts)],
    firewallsDue: firewallsOf(grant).map((firewall) => ({ firewall, at: now })),
    requestDue: later(expiresAt, -WARN_BEFORE as DurationMs),
  };
};
