/** Every access as one row, put together from what the audit log says of it. */

import type { RequestId } from "../access/identifier.ts";
import { type Person, samePerson } from "../access/person.ts";
import { type DurationMs, type EpochMs, later } from "../access/time.ts";
import type { AccessFacts, AuditEvent } from "./event.ts";

/** How it stands or ended: `closing` is over and not yet seen closed, `closed` was ended early by a person, `superseded` by one from another source. */
export type AccessState =
  | "waiting"
  | "denied"
  | "withdrawn"
  | "lapsed"
  | "opening"
  | "open"
  | "closing"
  | "expired"
  | "closed"
  | "failed"
  | "not-allowed"
  | "superseded"
  | "lockdown";

export interface AccessRow extends Pick<AccessFacts, "machine" | "services" | "ports" | "sources" | "justification"> {
  readonly id: RequestId;
  readonly requester: Person;
  /** Of the policy; `undefined`: not on record. */
  readonly rule: string | undefined;
  /** When it was given; of what wasn't, when it was asked. `undefined`: before all that was read. */
  readonly from: EpochMs | undefined;
  /** Given until then; of what wasn't given, as long as was asked. */
  readonly until: EpochMs | undefined;
  /** Who said yes, each once. */
  readonly approvers: readonly Person[];
  readonly brokeGlass: boolean;
  readonly openedAt: EpochMs | undefined;
  readonly closedAt: EpochMs | undefined;
  /** From its end to when the cloud was seen without it. */
  readonly lagMs: DurationMs | undefined;
  readonly state: AccessState;
  /** When the latest of it happened. */
  readonly lastAt: EpochMs;
}

export interface AccessRows {
  /** Takes events, the latest first; what isn't about an access is passed over. `isNew: false`: only of those that are here already. */
  readonly add: (event: AuditEvent, isNew: boolean) => void;
  readonly has: (id: RequestId) => boolean;
  /** Whether something is here whose beginning hasn't been seen. */
  readonly isLacking: () => boolean;
  /** The latest first, by when they began. */
  readonly rows: (now: EpochMs) => readonly AccessRow[];
}

export const createAccessRows = (wanted: (facts: AccessFacts) => boolean): AccessRows => {
  const drafts = new Map<RequestId, Draft>();
  /** Requests to make an access longer that did: they are part of its row. */
  const parts = new Set<RequestId>();

  return {
    add: (event, isNew) => {
      if (!isOfAccess(event)) return;
      if (event.kind === "grant.extended" && event.asked !== undefined) parts.add(event.asked);
      const known = drafts.get(event.requestId);
      if (known === undefined && (!isNew || !wanted(event))) return;
      const draft = known ?? begin(event);
      if (known === undefined) drafts.set(event.requestId, draft);
      take(draft, event);
    },
    has: (id) => drafts.has(id),
    isLacking: () => [...drafts.values()].some((draft) => !isWhole(draft)),
    rows: (now) =>
      [...drafts.values()]
        .filter(({ facts }) => !parts.has(facts.requestId))
        .map((draft) => rowOf(draft, now))
        .toSorted((a, b) => (b.from ?? 0) - (a.from ?? 0) || b.lastAt - a.lastAt),
  };
};

type OfAccess = Extract<AuditEvent, AccessFacts>;

/** The latest that is known of each; what came later isn't overwritten by what was before. */
interface Draft {
  readonly facts: AccessFacts;
  readonly lastAt: EpochMs;
  askedAt?: EpochMs;
  givenAt?: EpochMs;
  until?: EpochMs;
  wouldEndAt?: EpochMs;
  rule?: string;
  openedAt?: EpochMs | undefined;
  closedAt?: EpochMs;
  lagMs?: DurationMs;
  end?: AccessState;
  brokeGlass: boolean;
  approvers: readonly Person[];
}

const isOfAccess = (event: AuditEvent): event is OfAccess => "requestId" in event && "sources" in event;

const begin = (event: OfAccess): Draft => ({
  facts: event,
  lastAt: event.at,
  brokeGlass: false,
  approvers: [],
});

const take = (draft: Draft, event: OfAccess): void => {
  switch (event.kind) {
    case "request.submitted":
      draft.askedAt = event.at;
      draft.wouldEndAt ??= later(event.at, event.durationMs);
      draft.rule ??= event.rule;
      return;
    case "review.given":
      if (event.actor.kind === "person") approvedBy(draft, [event.actor.person]);
      return;
    case "request.approved":
      given(draft, event.at, event.expiresAt, event.rule);
      approvedBy(draft, event.approvers);
      return;
    case "break-glass.used":
      given(draft, event.at, event.expiresAt, event.rule);
      draft.brokeGlass = true;
      return;
    case "grant.adopted":
      // Our memory had lost it; what was written before it did is still the beginning.
      draft.until ??= event.expiresAt;
      draft.givenAt ??= event.at;
      return;
    case "grant.extended":
      draft.until ??= event.expiresAt;
      approvedBy(draft, event.approvers);
      return;
    case "grant.opened":
      draft.until ??= event.expiresAt;
      draft.openedAt = event.at;
      return;
    case "grant.ended":
      draft.closedAt ??= event.at;
      draft.lagMs ??= event.lagMs;
      draft.openedAt ??= event.openedAt;
      draft.end ??= event.cause === "revoked" ? "closed" : event.cause;
      return;
    case "request.denied":
      draft.end ??= "denied";
      return;
    case "request.withdrawn":
      draft.end ??= "withdrawn";
      return;
    case "request.lapsed":
      draft.end ??= "lapsed";
      return;
    default:
  }
};

const given = (draft: Draft, at: EpochMs, expiresAt: EpochMs, rule: string): void => {
  draft.givenAt = at;
  draft.until ??= expiresAt;
  draft.rule ??= rule;
};

/** Before those who said yes later. */
const approvedBy = (draft: Draft, people: readonly Person[]): void => {
  const others = draft.approvers.filter((known) => !people.some((person) => samePerson(person, known)));
  draft.approvers = [...people, ...others];
};

const isWhole = ({ givenAt, askedAt, openedAt, closedAt, until }: Draft): boolean =>
  givenAt !== undefined ||
  (askedAt !== undefined && openedAt === undefined && closedAt === undefined && until === undefined);

const rowOf = (draft: Draft, now: EpochMs): AccessRow => {
  const { facts, lastAt, givenAt, askedAt, until, wouldEndAt, rule, openedAt, closedAt, lagMs, brokeGlass } = draft;
  const { requestId: id, requester, machine, services, ports, sources, justification } = facts;
  return {
    id,
    requester,
    machine,
    services,
    ports,
    sources,
    justification,
    rule,
    from: givenAt ?? askedAt,
    until: until ?? wouldEndAt,
    approvers: draft.approvers,
    brokeGlass,
    openedAt,
    closedAt,
    lagMs,
    state: stateOf(draft, now),
    lastAt,
  };
};

const stateOf = ({ end, givenAt, until, openedAt }: Draft, now: EpochMs): AccessState => {
  if (end !== undefined) return end;
  if (givenAt === undefined && until === undefined) return "waiting";
  if (until !== undefined && until <= now) return "closing";
  return openedAt === undefined ? "opening" : "open";
};
