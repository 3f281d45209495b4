/** Whether an open access may still be made longer, and the one write that makes it so. */

import type { TypedEnd } from "../access/duration.ts";
import type { GrantId } from "../access/identifier.ts";
import type { Person } from "../access/person.ts";
import { isRefusal, type Refusal, refuse } from "../access/refusal.ts";
import { between, type DurationMs, type EpochMs, earliest, later } from "../access/time.ts";
import { auditEvent } from "../audit/event.ts";
import { factsOf } from "../grants/facts.ts";
import { endOf, firewallsOf, type Grant, isActive } from "../grants/grant.ts";
import type { Ledger, Write } from "../grants/ledger.ts";
import { type AccessRequest, nextReminder, whoHears } from "../grants/request.ts";
import { WARN_BEFORE } from "./grant-access.ts";
import { isOnItsWay } from "./my-address/on-its-way.ts";

/** An access as it can be judged for going on. */
export interface Extendable {
  readonly grant: Grant;
  /** The request that it came from. */
  readonly request: AccessRequest;
  /** For so long it is open at `now`, also from wherever it was moved. */
  readonly openForMs: DurationMs;
  /** The length that was first given. */
  readonly firstMs: DurationMs;
}

/** One that is over can't be made longer; nor one on its way elsewhere; nor one of which nobody knows any more what it was given for, or since when. */
export const extendable = async (
  grant: Grant,
  now: EpochMs,
  ledger: Pick<Ledger, "grant" | "request">,
): Promise<Extendable | Refusal> => {
  const { machine, expiresAt } = grant;
  if (!isActive(grant, now) || grant.endedAt !== undefined)
    return refuse("access-over", { machine: machine.name, at: endOf(grant) });
  // What is longer then would be closed for what ends as before.
  if (await isOnItsWay(grant, now, ledger)) return refuse("moving-already", { machine: machine.name });
  const request = grant.adopted ? undefined : await ledger.request(grant.requestId);
  const first = await firstOf(grant, ledger);
  if (request === undefined || first === undefined)
    return refuse("origin-lost", { machine: machine.name, until: expiresAt });
  return {
    grant,
    request,
    openForMs: between(first.startsAt, now),
    firstMs: between(first.startsAt, first.extensions?.[0]?.from ?? first.expiresAt),
  };
};

/** What a request asks to make longer, where it still can be and would be; `undefined`: it asks for something else. */
export const extendedBy = async (
  { extends: id, end, machine }: AccessRequest,
  now: EpochMs,
  { ledger }: { readonly ledger: Pick<Ledger, "grant" | "request"> },
): Promise<Extendable | Refusal | undefined> => {
  if (id === undefined) return undefined;
  const grant = await ledger.grant(id);
  if (grant === undefined) return refuse("access-over", { machine: machine.name, at: now });
  const open = await extendable(grant, now, ledger);
  if (isRefusal(open)) return open;
  return grant.expiresAt < endFrom(end, grant)
    ? open
    : refuse("not-longer", { machine: machine.name, until: grant.expiresAt });
};

/** A length is added to what is left. */
export const endFrom = (end: TypedEnd, { expiresAt }: Pick<Grant, "expiresAt">): EpochMs =>
  end.kind === "until" ? end.at : later(expiresAt, end.durationMs);

/**
 * The same rules with a later end; each mark in the clouds is written anew, because the firewalls are due. What was seen closed in the moment of its end counts
 * no more. A break-glass is told of as at first, and who looked at it looks again.
 */
export const extensionWrite = (
  { grant, request }: Pick<Extendable, "grant" | "request">,
  expiresAt: EpochMs,
  now: EpochMs,
  approved?: AccessRequest,
): Write & { readonly grant: Grant } => {
  const approvers = approved?.state.kind === "approved" ? approved.state.approvals.map(({ by }) => by) : [];
  const extended: Grant = {
    ...grant,
    version: grant.version + 1,
    expiresAt,
    warnedAt: undefined,
    seenClosed: [],
    extensions: [...(grant.extensions ?? []), { at: now, approvers, from: grant.expiresAt }],
  };
  const facts = {
    ...factsOf(extended),
    grantId: grant.id,
    before: grant.expiresAt,
    expiresAt,
    approvers,
    ...(approved === undefined ? {} : { asked: approved.id }),
    ...(grant.openedAt === undefined ? { opening: true as const } : {}),
    ...(request.breakGlass === undefined ? {} : whoHears(request.breakGlass)),
  };
  const by: Person | "bot" = approvers.at(-1) ?? grant.requester;
  const unreviewed = askedAgain(request, now);
  return {
    grant: extended,
    ...(unreviewed === undefined ? {} : { request: unreviewed }),
    events: [auditEvent("grant.extended", `${grant.id}/${extended.version}`, now, by, facts)],
    firewallsDue: firewallsOf(extended).map((firewall) => ({ firewall, at: now })),
    requestDue:
      earliest(
        later(expiresAt, -WARN_BEFORE as DurationMs),
        unreviewed === undefined ? undefined : nextReminder(unreviewed),
      ) ?? expiresAt,
  };
};

/** They are told in this moment, so they are reminded only later. */
const askedAgain = (request: AccessRequest, now: EpochMs): AccessRequest | undefined => {
  if (request.breakGlass === undefined) return undefined;
  const { skipped, tell } = request.breakGlass;
  return { ...request, version: request.version + 1, breakGlass: { skipped, tell, remindedAt: now } };
};

/** Where it began: one that was moved goes on from elsewhere. */
const firstOf = async (grant: Grant, ledger: Pick<Ledger, "grant">): Promise<Grant | undefined> => {
  const seen = new Set<GrantId>();
  for (let each: Grant | undefined = grant; each !== undefined; each = await ledger.grant(each.supersedes)) {
    if (each.supersedes === undefined || seen.has(each.id)) return each;
    seen.add(each.id);
  }
  return undefined;
};
