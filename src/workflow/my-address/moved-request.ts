/** What is asked, and said, when an open access goes on from elsewhere. */

import type { GrantId, RequestId } from "../../access/identifier.ts";
import { type Cidr, contains } from "../../access/source.ts";
import type { EpochMs } from "../../access/time.ts";
import { type AuditEvent, auditEvent } from "../../audit/event.ts";
import { factsOf } from "../../grants/facts.ts";
import type { Grant } from "../../grants/grant.ts";
import type { Ledger } from "../../grants/ledger.ts";
import { type AccessRequest, type Narrowed, whoHears } from "../../grants/request.ts";

/** The one that people answered: what was moved before goes back to it. Where a link is lost, the oldest that is left, whose sources lie within it. */
export const firstAsked = async (request: AccessRequest, ledger: Pick<Ledger, "request">): Promise<AccessRequest> => {
  let first = request;
  for (const seen = new Set<GrantId>(); first.moves !== undefined && !seen.has(first.moves); ) {
    seen.add(first.moves);
    const before = await ledger.request(first.moves as string as RequestId);
    if (before === undefined) break;
    first = before;
  }
  return first;
};

/** From where an approver let it in, where they chose that; it goes on from nowhere else. */
export const chosenSources = ({
  sources,
  narrowed,
}: AccessRequest): { readonly by: Narrowed["by"]; readonly sources: readonly Cidr[] } | undefined =>
  narrowed === undefined || new Set(narrowed.sources).symmetricDifference(new Set(sources)).size === 0
    ? undefined
    : { by: narrowed.by, sources };

export const isWithin = (source: Cidr, chosen: readonly Cidr[]): boolean =>
  chosen.some((outer) => contains(outer, source));

/** As it was asked and answered, from elsewhere, up to the same end. Nobody has looked at a break-glass from there. */
export const movedRequest = (
  request: AccessRequest,
  first: AccessRequest,
  { id: moves, expiresAt, sources: movedFrom }: Grant,
  sources: readonly Cidr[],
  now: EpochMs,
  id: RequestId,
): AccessRequest => {
  const { requester, requesterKnown, machine, services, ports, justification, channel, rule, steps, breakGlass } =
    request;
  const approvals = request.state.kind === "approved" ? request.state.approvals : [];
  return {
    requester,
    ...(requesterKnown === undefined ? {} : { requesterKnown }),
    machine,
    services,
    ports,
    justification,
    channel,
    rule,
    steps,
    ...(breakGlass === undefined ? {} : { breakGlass: { skipped: breakGlass.skipped, tell: breakGlass.tell } }),
    ...(request.narrowed === undefined ? {} : { narrowed: request.narrowed }),
    id,
    version: 1,
    sources,
    end: { kind: "until", at: expiresAt },
    askedAt: now,
    answerBy: now,
    address: "seen",
    moves,
    movedFrom,
    answeredFrom: first.sources,
    state: { kind: "approved", approvals, at: now },
  };
};

/** Nobody approves once more, and nobody is told so; who heard of a break-glass hears where it is open now. */
export const goesOnEvent = (
  moved: AccessRequest,
  { expiresAt, sources: movedFrom }: Grant,
  now: EpochMs,
): AuditEvent => {
  const facts = { ...factsOf(moved), rule: moved.rule, expiresAt };
  if (moved.breakGlass !== undefined) {
    const told = { ...facts, ...whoHears(moved.breakGlass), movedFrom };
    return auditEvent("break-glass.used", moved.id, now, moved.requester, told);
  }
  const approvers = moved.state.kind === "approved" ? moved.state.approvals.map(({ by }) => by) : [];
  return auditEvent("request.approved", moved.id, now, moved.requester, { ...facts, approvers });
};
