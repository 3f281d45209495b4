/** What an answer of Azure Resource Manager that isn't success means for us. */

import { Fault } from "../../access/fault.ts";
import type { Clock, DurationMs } from "../../access/time.ts";

/** What can be known of a failure, whichever part of the SDK threw it. */
export interface Problem {
  /** `undefined`: no answer came, or a long-running operation ended badly. */
  readonly status: number | undefined;
  /** ARM's error code, `AnotherOperationInProgress`, or the network's, `ECONNREFUSED`. */
  readonly code: string | undefined;
  readonly kind: "answer" | "operation" | "no-answer";
  readonly afterMs: DurationMs | undefined;
  readonly cause: unknown;
}

/** Thrown by our own time limits. */
export class NoAnswer extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs / 1_000} s`);
    this.name = "NoAnswer";
  }
}

export const readProblem = (error: unknown, clock: Clock): Problem => {
  const { statusCode, code, details, response, message } = (error ?? {}) as ThrownBySdk;
  const known = { afterMs: afterMsOf(response?.headers, clock), cause: error };
  if (typeof statusCode === "number") {
    return { ...known, kind: "answer", status: statusCode, code: text(details?.error?.code) ?? armCode(code) };
  }
  const operation = /^The long-running operation has failed(?:\. (\w+)\.)?/u.exec(text(message) ?? "");
  if (operation !== null) return { ...known, kind: "operation", status: undefined, code: operation[1] };
  // The SDK's poller keeps no code of a canceled operation, only this sentence.
  if (message === "Operation was canceled") return { ...known, kind: "operation", status: undefined, code: "Canceled" };
  return { ...known, kind: "no-answer", status: undefined, code: text(code) };
};

/**
 * The thing asked for is not there. An unknown subscription also answers 404, but says nothing about what is in it: a credential of
 * another tenant sees the same.
 */
export const isGone = ({ status, code }: Problem): boolean =>
  status === 404 && code !== undefined && code.endsWith("NotFound") && !/Subscription|Tenant/u.test(code);

/** A lock on the resource refuses deletes: https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources */
export const isLocked = ({ code }: Problem): boolean => code === "ScopeLocked";

/** Whether the next call would fare no better, as when we are throttled, not let in, or nobody answers. */
export const stopsEverything = ({ kind, status }: Problem): boolean =>
  kind === "no-answer" || status === 429 || status === 401 || status === 403;

/** Somebody else is at work on the same thing; the same write may well be right a moment later. */
export const isConflict = ({ status, code }: Problem): boolean =>
  (code !== undefined && PASSES.has(code)) || status === 409 || status === 412;

/** `what`: ``cannot write rule `x` of `nsg-prod-web` ``. */
export const azureFault = (what: string, problem: Problem): Fault => {
  const { afterMs, cause } = problem;
  const message = `${what}: ${why(problem)}`;
  const code = isGone(problem) ? "not-found" : isQuota(problem) ? "quota" : "azure";
  const retry = mayWorkLater(problem) ? "later" : "never";
  return new Fault(code, message, {
    retry,
    cause,
    unanswered: problem.kind === "no-answer",
    ...(afterMs === undefined ? {} : { afterMs }),
  });
};

/** Conflicts with what others do at the same time, whatever status they come with: https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors */
const PASSES = new Set([
  "AnotherOperationInProgress",
  "Canceled",
  "CanceledAndSupersededDueToAnotherOperation",
  "OperationPreempted",
  "PreconditionFailed",
  "RetryableError",
  "RetryableErrorDueToAnotherOperation",
  // Somebody took the priority since we read: the next plan takes another one.
  "SecurityRuleConflict",
  "TooManyRequests",
]);

const mayWorkLater = (problem: Problem): boolean => {
  const { kind, status, code } = problem;
  if (kind === "no-answer" || (code !== undefined && PASSES.has(code))) return true;
  if (isLocked(problem) || isQuota(problem)) return false;
  if (kind === "operation") return !/^Invalid|Unauthorized$|AuthorizationFailed$/u.test(code ?? "");
  // 401: a token that just ran out is replaced by the next call. 404 without a code of ARM's comes from something in between.
  return (
    status === undefined ||
    status >= 500 ||
    [401, 408, 409, 412, 429].includes(status) ||
    (status === 404 && code === undefined)
  );
};

const isQuota = ({ status, code }: Problem): boolean =>
  status !== 429 && code !== undefined && /(?:Quota|Limit|Count)\w*(?:Exceeded|Reached)$/u.test(code);

const why = ({ kind, status, code, cause }: Problem): string => {
  switch (kind) {
    case "answer":
      return code === undefined ? `${status}` : `${status} ${code}`;
    case "operation":
      return `the operation ended with ${code ?? "a failure"}`;
    case "no-answer":
      return cause instanceof NoAnswer ? cause.message : (code ?? nameOf(cause));
  }
};

/** `CredentialUnavailableError`, `AbortError`: the name is enough, the message may hold what belongs in no log. */
const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : "no answer");

/** `Retry-After` in seconds or as a date, or Azure's own headers in milliseconds. */
const afterMsOf = (headers: SdkHeaders | undefined, clock: Clock): DurationMs | undefined => {
  const ms = Number(headers?.get("x-ms-retry-after-ms") ?? headers?.get("retry-after-ms") ?? Number.NaN);
  if (ms >= 0) return ms as DurationMs;
  const after = headers?.get("retry-after");
  if (after === undefined || after === null) return undefined;
  const wait = /^\d+$/u.test(after) ? Number(after) * 1_000 : Date.parse(after) - clock.now();
  return Number.isNaN(wait) ? undefined : (Math.max(0, wait) as DurationMs);
};

/** The SDK puts a code of its own where a page of HTML came instead of ARM's error. */
const armCode = (code: unknown): string | undefined => (code === "PARSE_ERROR" ? undefined : text(code));

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** `RestError` of the SDK's two generations, a poller's `Error`, or Node's own: nothing of it is certain. */
interface ThrownBySdk {
  readonly statusCode?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly details?: { readonly error?: { readonly code?: unknown } };
  readonly response?: { readonly headers?: SdkHeaders };
}

interface SdkHeaders {
  readonly get: (name: string) => string | null | undefined;
}
