/** A stored ask, and the ways it can end. */

import type { TypedEnd } from "../access/duration.ts";
import type { GrantId, RequestId } from "../access/identifier.ts";
import type { FirewallId } from "../access/machine.ts";
import { type Person, samePerson } from "../access/person.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import type { Cidr } from "../access/source.ts";
import { between, DAY, type DurationMs, type EpochMs, HOUR, later } from "../access/time.ts";
import type { AccessFacts } from "../audit/event.ts";

/** Which addresses of the machine a firewall stands before: what a grant changes there. */
export interface Target {
  readonly firewall: FirewallId;
  readonly addresses: readonly string[];
  /** Who is let in beside the grant's own sources: firewalls that send on what they let in. Absent: nobody. */
  readonly senders?: readonly Cidr[];
}

export interface Approval {
  readonly by: Person;
  /** Who they were known to be elsewhere when they gave it. Absent: nobody, or it is older than that is kept. */
  readonly known?: readonly string[];
  readonly at: EpochMs;
  /** Which of the request's steps it counts in, from 0. */
  readonly step: number;
}

/** So many approvals of these people, as policy named them when it was asked. For showing; policy is asked again at the click. */
export interface RequestStep {
  readonly needed: number;
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** On-call schedules that didn't say who is on call, so that others are asked: `pagerduty:PABC123`. Absent: none. */
  readonly silent?: readonly string[];
  /** Users whom policy names and who are no longer here, so that nobody waits for them. Absent: none. */
  readonly gone?: readonly string[];
}

/** An approver gave less than was asked: what was asked before. */
export interface Narrowed extends Pick<AccessFacts, "services" | "ports" | "sources"> {
  readonly by: Person;
  readonly at: EpochMs;
  readonly end: TypedEnd;
}

/** Who was told directly that a step waits for them, because they don't read the channel. */
export interface Told {
  readonly step: number;
  /** Slack ids of users. */
  readonly users: readonly string[];
}

/** An access that was opened past approvals. */
export interface BreakGlassUse {
  /** Who would have been asked. */
  readonly skipped: readonly RequestStep[];
  /** Who hears of it beside them: Slack ids of users, user groups and channels. */
  readonly tell: readonly string[];
  /** Somebody else looked at it afterwards. Absent: not yet. */
  readonly reviewed?: { readonly by: Person; readonly at: EpochMs };
  /** When somebody was last asked to. */
  readonly remindedAt?: EpochMs;
  /** It goes on from elsewhere under this request, which is the one to review. Absent: it doesn't. */
  readonly movedTo?: RequestId;
}

/**
 *     pending ──approve (the last that is needed)──▶ approved
 *        ├──deny───────────────────────────────────▶ denied
 *        ├──withdraw───────────────────────────────▶ withdrawn   (by the requester)
 *        └──time passes────────────────────────────▶ lapsed      (nobody answered before `answerBy`, or what it was to make longer is over)
 *
 * Only `pending` has ways out.
 */
export type RequestState =
  | { readonly kind: "pending"; readonly approvals: readonly Approval[] }
  | { readonly kind: "approved"; readonly approvals: readonly Approval[]; readonly at: EpochMs }
  | { readonly kind: "denied"; readonly by: Person; readonly at: EpochMs; readonly reason: string }
  | { readonly kind: "withdrawn"; readonly at: EpochMs }
  /** `because`: what it was to make longer is over. Absent: nobody answered in time. */
  | { readonly kind: "lapsed"; readonly at: EpochMs; readonly because?: "access-over" };

export interface AccessRequest extends Omit<AccessFacts, "requestId"> {
  readonly id: RequestId;
  /** Grows by one with every write; the ledger writes only over the version before. */
  readonly version: number;
  /** Who the requester was known to be elsewhere when they asked: what they take back since doesn't count. Absent: nobody else is asked, or it is older than that is kept. */
  readonly requesterKnown?: readonly string[];
  readonly end: TypedEnd;
  readonly rule: string;
  readonly askedAt: EpochMs;
  /** Answers count before this instant, not at it. */
  readonly answerBy: EpochMs;
  /** One after the other; none: nobody has to approve. Approved by nobody all the same: at that hour it needed none of them. */
  readonly steps: readonly RequestStep[];
  /** Its source is where our page saw the requester, just then or lately. Absent: it was named, by them or by the rule. */
  readonly address?: "seen" | "remembered";
  /** Absent: it went the usual way. */
  readonly breakGlass?: BreakGlassUse;
  /** It asks to make this grant longer, up to `end`. Absent: it asks for a new one. */
  readonly extends?: GrantId;
  /** It asks to put another source in the place of this grant's. Absent: it doesn't. */
  readonly moves?: GrantId;
  /** From where that was open, and from where people answered the ask in the beginning. Absent: it doesn't move any. */
  readonly movedFrom?: readonly Cidr[];
  readonly answeredFrom?: readonly Cidr[];
  /** The first time that somebody gave less. Absent: nobody did. */
  readonly narrowed?: Narrowed;
  /** Absent: nobody yet. */
  readonly told?: readonly Told[];
  /** How far people were reminded that it waits. Absent: not yet. */
  readonly reminded?: "reminded" | "escalated";
  readonly state: RequestState;
}

/** Where a request stands: which step comes next, and how many approvals that needs still. `undefined`: none is missing. */
export const nextStep = (
  steps: readonly RequestStep[],
  approvals: readonly Approval[],
): { readonly index: number; readonly step: RequestStep; readonly missing: number } | undefined => {
  for (const [index, step] of steps.entries()) {
    const missing = step.needed - approvals.filter((approval) => approval.step === index).length;
    if (missing > 0) return { index, step, missing };
  }
  return undefined;
};

/** Opened past approvals, and nobody has looked at it since. */
export const isUnreviewed = ({ breakGlass }: AccessRequest): boolean =>
  breakGlass !== undefined && breakGlass.reviewed === undefined && breakGlass.movedTo === undefined;

/** Slack ids of who would have been asked about a break-glass, each once, and of whoever else hears of it. */
export const whoHears = ({
  skipped,
  tell,
}: BreakGlassUse): { readonly skipped: readonly string[]; readonly tell: readonly string[] } => ({
  skipped: [...new Set(skipped.flatMap(({ users, groups }) => [...users, ...groups]))],
  tell,
});

/** When people are to be asked (again) to review a break-glass: every four hours of its first day, then once a day. `undefined`: nothing is to be reviewed. */
export const nextReminder = (request: AccessRequest): EpochMs | undefined => {
  const { breakGlass, state } = request;
  if (breakGlass === undefined || !isUnreviewed(request) || state.kind !== "approved") return undefined;
  const latest = breakGlass.remindedAt ?? state.at;
  return later(latest, between(state.at, latest) < DAY ? ((4 * HOUR) as DurationMs) : DAY);
};

/** Somebody looked at it. That they may, and that they aren't who used it, is to be seen to before. */
export const review = (request: AccessRequest, by: Person, now: EpochMs): AccessRequest | Refusal => {
  const { breakGlass, state } = request;
  if (breakGlass === undefined) return refuse("nothing-to-review", {});
  const { reviewed } = breakGlass;
  if (reviewed !== undefined) return refuse("nothing-to-review", { by: reviewed.by.user, at: reviewed.at });
  if (samePerson(by, request.requester)) return refuse("own-break-glass", {});
  return { ...next(request, state), breakGlass: { ...breakGlass, reviewed: { by, at: now } } };
};

/** `undefined` while nobody is to be reminded yet. */
export const remind = (request: AccessRequest, now: EpochMs): AccessRequest | undefined => {
  const due = nextReminder(request);
  const { breakGlass, state } = request;
  if (breakGlass === undefined || due === undefined || now < due) return undefined;
  return { ...next(request, state), breakGlass: { ...breakGlass, remindedAt: now } };
};

/** `undefined` while it can still be answered at `now`. */
export const whyTooLate = (request: AccessRequest, now: EpochMs): Refusal | undefined => {
  const { state } = request;
  switch (state.kind) {
    case "pending":
      return now < request.answerBy ? undefined : refuse("too-late", { state: "lapsed", at: request.answerBy });
    case "denied":
      return refuse("too-late", { state: "denied", by: state.by.user, at: state.at });
    case "approved": {
      const by = state.approvals.at(-1)?.by.user;
      return refuse("too-late", { state: "approved", at: state.at, ...(by === undefined ? {} : { by }) });
    }
    case "withdrawn":
    case "lapsed":
      return refuse("too-late", { state: state.kind, at: state.at });
  }
};

/** Adds one approval to the step that comes next; the last that is needed makes it `approved`. Whether `by` may approve at all is policy's to say, before. */
export const approve = (
  request: AccessRequest,
  by: Person,
  now: EpochMs,
  known: readonly string[] = [],
): AccessRequest | Refusal => {
  const late = whyTooLate(request, now);
  if (late !== undefined) return late;
  if (samePerson(by, request.requester)) return refuse("own-request", {});
  const before = request.state.kind === "pending" ? request.state.approvals : [];
  const mine = before.find((approval) => samePerson(approval.by, by));
  if (mine !== undefined) return refuse("already-answered", { at: mine.at });
  const step = nextStep(request.steps, before)?.index ?? request.steps.length;
  const approvals = [...before, { by, ...(known.length === 0 ? {} : { known }), at: now, step }];
  return next(
    request,
    nextStep(request.steps, approvals) === undefined
      ? { kind: "approved", approvals, at: now }
      : { kind: "pending", approvals },
  );
};

export const deny = (request: AccessRequest, by: Person, reason: string, now: EpochMs): AccessRequest | Refusal =>
  whyTooLate(request, now) ??
  (samePerson(by, request.requester)
    ? refuse("own-request", {})
    : next(request, { kind: "denied", by, at: now, reason }));

export const withdraw = (request: AccessRequest, by: Person, now: EpochMs): AccessRequest | Refusal =>
  whyTooLate(request, now) ??
  (samePerson(by, request.requester)
    ? next(request, { kind: "withdrawn", at: now })
    : refuse("not-yours", { what: "request" }));

/** `undefined` while it is not yet time, or when it has ended otherwise. */
export const lapse = (request: AccessRequest, now: EpochMs): AccessRequest | undefined =>
  request.state.kind === "pending" && now >= request.answerBy
    ? next(request, { kind: "lapsed", at: request.answerBy })
    : undefined;

/** What it was to make longer is over. `undefined` when it has ended otherwise. */
export const lapseWithAccess = (request: AccessRequest, now: EpochMs): AccessRequest | undefined =>
  request.state.kind === "pending" ? next(request, { kind: "lapsed", at: now, because: "access-over" }) : undefined;

const next = (request: AccessRequest, state: RequestState): AccessRequest => ({
  ...request,
  state,
  version: request.version + 1,
});
