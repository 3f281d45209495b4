/** What happened to requests. */

import type { AskedFacts } from "../access/asked-facts.ts";
import type { RequestId } from "../access/identifier.ts";
import type { Person } from "../access/person.ts";
import type { RefusalCode } from "../access/refusal.ts";
import type { Cidr } from "../access/source.ts";
import type { DurationMs, EpochMs } from "../access/time.ts";
import type { AccessFacts } from "./access-facts.ts";

export interface RequestEvents {
  /** What was known when somebody asked, and what came of it: so that it can be asked again of another policy. */
  readonly "request.judged": {
    readonly requester: Person;
    readonly requestId: RequestId | undefined;
    readonly asked: AskedFacts;
    readonly outcome: "allow" | "needs-approval" | "break-glass" | "deny";
    readonly rule: string | undefined;
    readonly codes: readonly RefusalCode[];
  };
  readonly "request.submitted": AccessFacts & {
    readonly rule: string;
    readonly durationMs: DurationMs;
    readonly answerBy: EpochMs;
  };
  /** A step waits for these users, who don't read the channel. */
  readonly "approvers.told": AccessFacts & {
    readonly step: number;
    readonly users: readonly string[];
    readonly answerBy: EpochMs;
  };
  /** Nobody has answered yet; `escalated`: those of the next step, or security, hear of it too. `users`: whom to tell directly. */
  readonly "request.reminded": AccessFacts & {
    readonly how: "reminded" | "escalated";
    readonly users: readonly string[];
    /** No step comes after it, so security hears of it. */
    readonly isLast: boolean;
    readonly answerBy: EpochMs;
  };
  /** An approver gave less than was asked: what is said of the access is what is left, `before` what was asked. */
  readonly "request.narrowed": AccessFacts & {
    readonly before: Pick<AccessFacts, "services" | "ports" | "sources"> & { readonly durationMs: DurationMs };
    readonly durationMs: DurationMs;
  };
  readonly "request.refused": {
    readonly requester: Person;
    readonly text: string;
    readonly codes: readonly RefusalCode[];
  };
  readonly "review.given": AccessFacts & { readonly verdict: "approve"; readonly step: number };
  readonly "review.refused": {
    readonly requestId: RequestId;
    readonly reviewer: Person;
    /** `reviewed`: of a break-glass. */
    readonly verdict: "approve" | "deny" | "reviewed";
    readonly code: RefusalCode;
  };
  readonly "request.approved": AccessFacts & {
    readonly rule: string;
    readonly approvers: readonly Person[];
    readonly expiresAt: EpochMs;
  };
  /** Opened past approvals. `skipped`: Slack ids of users and groups who would have been asked; `tell`: of whoever else hears of it, channels too. */
  readonly "break-glass.used": AccessFacts & {
    readonly rule: string;
    readonly skipped: readonly string[];
    readonly tell: readonly string[];
    readonly expiresAt: EpochMs;
    /** It was open already, from there. Absent: it wasn't. */
    readonly movedFrom?: readonly Cidr[];
  };
  readonly "break-glass.unreviewed": AccessFacts & { readonly usedAt: EpochMs; readonly tell: readonly string[] };
  readonly "break-glass.reviewed": AccessFacts;
  /** Schedules that don't say who is on call; others answer instead. */
  readonly "schedule.silent": AccessFacts & {
    readonly schedules: readonly string[];
    readonly instead: readonly string[];
  };
  readonly "request.denied": AccessFacts & { readonly reason: string };
  readonly "request.withdrawn": AccessFacts;
  /** `because`: what it was to make longer is over. Absent: nobody answered in time. */
  readonly "request.lapsed": AccessFacts & { readonly because?: "access-over" };
}
