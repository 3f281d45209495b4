/** What stands before a write to any resource: etags, and operations that run on it. */

import { type ArmAnswer, armError, preconditionFailed } from "./arm-errors.ts";
import type { Operation } from "./asynchronous-operations.ts";
import { subscriptionOf } from "./resource-identifiers.ts";
import type { ArmId } from "./world.ts";

/** What a second write gets while an operation runs on the group. All four have been seen of Azure. */
export type WhenBusy = "AnotherOperationInProgress" | "RetryableError" | "supersede";

export interface WriteCall {
  /** `PUT /subscriptions/…` as asked. */
  readonly call: string;
  readonly body: unknown;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** Answer as if, and change nothing. */
  readonly lie: boolean;
}

/** Where to follow an operation; `Location` too when asked for. */
export type Links = (operation: Operation, withLocation: boolean) => Readonly<Record<string, string>>;

export interface BusyDeps {
  readonly whenBusy: WhenBusy;
  readonly links: Links;
  readonly retryAfterSeconds: number;
}

/** `current` is absent when there is nothing yet. */
export const checkPreconditions = (
  current: string | undefined,
  { ifMatch, ifNoneMatch }: WriteCall,
): ArmAnswer | undefined => {
  const fits = (header: string): boolean =>
    current !== undefined && header.split(",").some((tag) => tag.trim() === "*" || bare(tag) === bare(current));
  if (ifMatch !== undefined && !fits(ifMatch)) {
    return preconditionFailed(
      current === undefined
        ? `Etag provided in if-match header ${ifMatch} does not match: the resource does not exist.`
        : `Etag provided in if-match header ${ifMatch} does not match etag ${current} of resource in NRP data store.`,
    );
  }
  if (ifNoneMatch !== undefined && fits(ifNoneMatch)) {
    return preconditionFailed(
      `Etag provided in if-none-match header ${ifNoneMatch} matches etag ${current} of resource.`,
    );
  }
  return undefined;
};

/** Without weakness and quotes, which clients are free to drop. */
export const bare = (etag: string): string => etag.trim().replace(/^W\//u, "").replaceAll('"', "");

/** The answer to who writes to a resource on which an operation runs. */
export const busy = (
  resource: { readonly id: ArmId; readonly location: string },
  running: { readonly id: string; readonly name: string },
  deps: BusyDeps,
): ArmAnswer => {
  const headers = { "retry-after": String(Math.max(1, deps.retryAfterSeconds)) };
  if (deps.whenBusy === "RetryableError") {
    const message = `Operation ${running.name} (${running.id}) is updating resource ${resource.id}. The call can be retried in ${headers["retry-after"]} seconds.`;
    const details = [{ code: "RetryableErrorDueToAnotherOperation", message }];
    return armError(429, "RetryableError", "A retryable error occurred.", details, headers);
  }
  const uri = deps.links(
    { id: running.id, name: running.name, subscription: subscriptionOf(resource.id), location: resource.location },
    false,
  )["azure-asyncoperation"];
  const message = `Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri: ${uri}.`;
  return armError(409, "AnotherOperationInProgress", message, [], headers);
};

/** `West Europe` is `westeurope`. */
export const sameLocation = (location: string): string => location.toLowerCase().replaceAll(" ", "");
