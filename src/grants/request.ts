/** A stored ask, and the ways it can end. */

import type { TypedEnd } from "../access/duration.ts";
import type { RequestId } from "../access/identifier.ts";
import type { FirewallId } from "../access/machine.ts";
import { type Person, samePerson } from "../access/person.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import type { Cidr } from "../access/source.ts";
import type { EpochMs } from "../access/time.ts";
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
  readonly at: EpochMs;
}

/**
 *     pending ──approve (the last that is needed)──▶ approved
 *        ├──deny───────────────────────────────────▶ denied
 *        ├──withdraw───────────────────────────────▶ withdrawn   (by the requester)
 *        └──time passes────────────────────────────▶ lapsed      (nobody answered before `answerBy`)
 *
 * Only `pending` has ways out.
 */
export type RequestState =
  | { readonly kind: "pending"; readonly approvals: readonly Approval[] }
  | { readonly kind: "approved"; readonly approvals: readonly Approval[]; readonly at: EpochMs }
  | { readonly kind: "denied"; readonly by: Person; readonly at: EpochMs; readonly reason: string }
  | { readonly kind: "withdrawn"; readonly at: EpochMs }
  | { readonly kind: "lapsed"; readonly at: EpochMs };

export interface AccessRequest extends Omit<AccessFacts, "requestId"> {
  readonly id: RequestId;
  /** Grows by one with every write; the ledger writes only over the version before. */
  readonly version: number;
  readonly end: TypedEnd;
  readonly rule: string;
  readonly askedAt: EpochMs;
  /** Answers count before this instant, not at it. */
  readonly answerBy: EpochMs;
  readonly approvalsNeeded: number;
  /** Who may answer, as policy named them when it was asked; for showing only, policy is asked again at the click. */
  readonly approvers: { readonly users: readonly string[]; readonly groups: readonly string[] };
  readonly state: RequestState;
}

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

/** Adds one approval; the last that is needed makes it `approved`. Whether `by` may approve at all is policy's to say, before. */
export const approve = (request: AccessRequest, by: Person, now: EpochMs): AccessRequest | Refusal => {
  const late = whyTooLate(request, now);
  if (late !== undefined) return late;
  if (samePerson(by, request.requester)) return refuse("own-request", {});
  const before = request.state.kind === "pending" ? request.state.approvals : [];
  const mine = before.find((approval) => samePerson(approval.by, by));
  if (mine !== undefined) return refuse("already-answered", { at: mine.at });
  const approvals = [...before, { by, at: now }];
  return next(
    request,
    approvals.length < request.approvalsNeeded
      ? { kind: "pending", approvals }
      : { kind: "approved", approvals, at: now },
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

const next = (request: AccessRequest, state: RequestState): AccessRequest => ({
  ...request,
  state,
  version: request.version + 1,
});
