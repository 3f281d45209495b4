/** What went wrong between us and EC2, as a `Fault` that says whether trying again can help. */

import { Fault } from "../../access/fault.ts";
import { type DurationMs, SECOND } from "../../access/time.ts";

/** ``cannot revoke rules of `latch-acme-eni-0a1`: RequestLimitExceeded``. A `Fault` stays as it is. */
export const toFault = (error: unknown, doing: string): Fault => {
  if (error instanceof Fault) return error;
  const code = codeOf(error) ?? "no answer";
  const message = `cannot ${doing}: ${code}`;
  if (QUOTA.test(code)) return new Fault("quota", message, { retry: "never", cause: error });
  const afterMs = waitNamedBy(error);
  return new Fault("aws", message, {
    retry: mayWorkLater(error, code) ? "later" : "never",
    cause: error,
    unanswered: !isAnswer(error),
    ...(afterMs === undefined ? {} : { afterMs }),
  });
};

/** Whether EC2 says that the group already has such a rule. */
export const isDuplicate = (error: unknown): boolean => codeOf(error) === "InvalidPermission.Duplicate";

/** Whether EC2 says that a group, a rule, an interface or a prefix list doesn't exist (yet, or any more). */
export const isMissing = (error: unknown, what: "group" | "rule" | "interface" | "prefix-list"): boolean =>
  MISSING[what].test(codeOf(error) ?? "");

/** EC2's name for the error, or the system's (`ECONNREFUSED`), also of one that became a `Fault`. */
const codeOf = (error: unknown): string | undefined => {
  if (error instanceof Fault) return codeOf(error.cause);
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string" && !isAnswer(error)) return error.code;
  return error.name;
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const mayWorkLater = (error: unknown, code: string): boolean => {
  // Nothing came back, or nothing that can be read: the network, a time limit, credentials that couldn't be fetched just now.
  if (!isAnswer(error)) return true;
  const status = error.$metadata.httpStatusCode ?? 500;
  return status >= 500 || status === 429 || status < 400 || LATER.test(code);
};

interface Answer extends Error {
  readonly $metadata: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

const isAnswer = (error: unknown): error is Answer =>
  error instanceof Error &&
  "$fault" in error &&
  "$metadata" in error &&
  typeof error.$metadata === "object" &&
  error.$metadata !== null;

const waitNamedBy = (error: unknown): DurationMs | undefined => {
  const seconds = isAnswer(error) ? Number(error.$response?.headers?.["retry-after"]) : Number.NaN;
  return seconds > 0 ? ((seconds * SECOND) as DurationMs) : undefined;
};

const QUOTA =
  /^(?:RulesPerSecurityGroup|SecurityGroupsPer(?:Interface|Instance)|SecurityGroup|Tag|Resource)LimitExceeded$/u;

// The world changed since we read it (Duplicate, NotFound), something still hangs on what we delete (DependencyViolation, said for
// some seconds after a detach as well), or the keys we signed with ran out and are being renewed.
const LATER =
  /^(?:RequestLimitExceeded|Throttling.*|RequestThrottled.*|TooManyRequests.*|RequestTimeout.*|RequestExpired|ExpiredToken.*|.*\.NotFound|.*\.Duplicate|DependencyViolation|.*\.InUse|IncorrectState|ConcurrentModification.*|OperationInProgress.*)$/u;

const MISSING = {
  group: /^Invalid(?:Group|SecurityGroupI[dD]|GroupI[dD])\.NotFound$/u,
  rule: /^InvalidSecurityGroupRuleI[dD]\.NotFound$/u,
  "prefix-list": /^InvalidPrefixListI[dD]\.NotFound$/u,
  interface: /^InvalidNetworkInterfaceI[dD]\.NotFound$/u,
} as const;
