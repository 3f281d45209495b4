/** The write that gives access: the close is certain before the first cloud write. */

import { lengthOf } from "../access/duration.ts";
import type { GrantId } from "../access/identifier.ts";
import { type DurationMs, type EpochMs, earliest, later, MINUTE } from "../access/time.ts";
import { type AuditEvent, auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import { firewallsOf, type Grant, UNSEEN } from "../grants/grant.ts";
import type { Write } from "../grants/ledger.ts";
import { type AccessRequest, nextReminder, type Target, whoHears } from "../grants/request.ts";

/** How long before the end the requester is told that it comes. */
export const WARN_BEFORE = (10 * MINUTE) as DurationMs;

/**
 * The approved request, its grant, the event, and the firewalls to look at now: all in one write. What the cloud is told later follows from the grant alone, so
 * a crash right after this loses neither the opening nor the closing.
 */
export const grantAccess = (
  approved: AccessRequest,
  targets: readonly Target[],
  now: EpochMs,
): Write & { readonly request: AccessRequest; readonly grant: Grant } => {
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
    rule,
    targets,
    startsAt: now,
    expiresAt,
  };
  return {
    request: approved,
    grant,
    events: [givenEvent(approved, expiresAt, now)],
    firewallsDue: firewallsOf(grant).map((firewall) => ({ firewall, at: now })),
    requestDue: earliest(later(expiresAt, -WARN_BEFORE as DurationMs), nextReminder(approved)) ?? expiresAt,
  };
};

/** Nobody approved a break-glass, and it isn't told as if somebody had. */
const givenEvent = (approved: AccessRequest, expiresAt: EpochMs, now: EpochMs): AuditEvent => {
  const { id, rule, breakGlass, requester, state } = approved;
  if (breakGlass !== undefined) {
    const facts = { ...factsOf(approved), rule, ...whoHears(breakGlass), expiresAt };
    return auditEvent("break-glass.used", id, now, requester, facts);
  }
  const approvers = state.kind === "approved" ? state.approvals.map((approval) => approval.by) : [];
  const facts = { ...factsOf(approved), rule, approvers, expiresAt };
  return auditEvent("request.approved", id, now, approvers.at(-1) ?? "bot", facts);
};
