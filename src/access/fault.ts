/** Something outside failed. A "no" of ours is a `Refusal`; this is a breakage, and is thrown. */

import type { DurationMs } from "./time.ts";

export type FaultCode =
  | "azure" // an answer of Azure Resource Manager that isn't success
  | "aws" // an answer of EC2 that isn't success
  | "slack" // an answer of Slack that isn't success
  | "openid" // the provider where people sign in doesn't answer
  | "redis" // Redis is away, or answers with an error
  | "lease-lost" // another worker has this firewall now, or what is desired changed under us: look again
  | "no-effect" // the cloud said it was done, and reading back shows otherwise
  | "quota" // the cloud has no room for what we want to add
  | "not-found"; // what we were to configure is gone

export interface FaultOptions {
  /** `later`: the same call may work another time. `never`: it won't until a person changes something. */
  readonly retry: "later" | "never";
  /** How long the other side asked us to wait. */
  readonly afterMs?: DurationMs;
  /** No answer came: what was asked for may still happen. */
  readonly unanswered?: boolean;
  readonly cause?: unknown;
}

/** Messages: lower case, no full stop, values in backticks, no secrets. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly retry: "later" | "never";
  readonly afterMs: DurationMs | undefined;
  readonly unanswered: boolean;

  constructor(code: FaultCode, message: string, options: FaultOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Fault";
    this.code = code;
    this.retry = options.retry;
    this.afterMs = options.afterMs;
    this.unanswered = options.unanswered ?? false;
  }
}

export const isFault = (error: unknown): error is Fault => error instanceof Fault;
