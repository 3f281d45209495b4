/** The write that gives access: the close is certain before the first cloud write. */

import { lengthOf } from "../access/duration.ts";
import type { GrantId } from "../access/identifier.ts";
import { type DurationMs, type EpochMs, later, MINUTE } from "../access/time.ts";
import { factsOf } from "../grants/facts.ts";
import type { Grant } from "../grants/grant.ts";
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
  const grant: Grant = {
    id: approved.id as string as GrantId,
    version: 1,
    requestId: approved.id,
    requester: approved.requester,
    machine: approved.machine,
    services: approved.services,
    ports: approved.ports,
    sources: approved.sources,
    justification: approved.justification,
    channel: approved.channel,
    targets,
    startsAt: now,
    expiresAt,
    revoked: undefined,
    adopted: false,
    seenOpen: [],
    seenClosed: [],
    openedAt: undefined,
    warnedAt: undefined,
    endedAt: undefined,
    stillOpen: [],
  };
  const approvers = approved.state.kind === "approved" ? approved.state.approvals.map((approval) => approval.by) : [];
  const last = approvers.at(-1);
  return {
    request: approved,
    grant,
    events: [
      {
        id: `request.approved/${approved.id}`,
        at: now,
        kind: "request.approved",
        actor:
          last === undefined
            ? { kind: "bot" }
            : {
                kind: "person",
                person: last,
              },
        ...factsOf(approved),
        rule: approved.rule,
        approvers,
        expiresAt,
      },
    ],
    firewallsDue: targets.map(({ firewall }) => ({ firewall, at: now })),
    requestDue: later(expiresAt, -WARN_BEFORE as DurationMs),
  };
};
