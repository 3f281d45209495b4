/** Long-running operations as ARM shows them: https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations */

import { randomUUID } from "node:crypto";
import type { Clock } from "../../access/time.ts";
import type { ArmAnswer } from "./arm-errors.ts";
import { armError } from "./arm-errors.ts";

export type OperationEnd = "Succeeded" | "Failed" | "Canceled";

export interface Operation {
  readonly id: string;
  readonly subscription: string;
  readonly location: string;
  /** As error messages name it: `PutSecurityRuleOperation`. */
  readonly name: string;
  /** When to ask again, if it has a pace of its own; 0: nothing is said. */
  readonly retryAfterSeconds?: number;
}

export interface NewOperation {
  readonly subscription: string;
  readonly location: string;
  readonly name: string;
  /** The call that asked for it, `PUT /subscriptions/…`: patterns are tried on it as asked and in lower case. */
  readonly call: string;
  /** How long it runs, when not as long as all do. */
  readonly takes?: Duration;
  /** Called once, when it ends, in whichever way. */
  readonly settle: (end: OperationEnd, operation: Operation) => void;
}

/** By the machine's own time, or by the sandbox's clock, which a test can move. */
export interface Duration {
  readonly ms: number;
  readonly by: "machine" | "clock";
  readonly retryAfterSeconds: number;
}

/** `Retry-After` in whole seconds; what takes less says nothing, so that clients keep to their own pace. */
export const retryAfterHeader = (seconds: number): Readonly<Record<string, string>> =>
  seconds === 0 ? {} : { "retry-after": String(seconds) };

/** For tests: how operations end. */
export interface OperationControls {
  /** The next operation (or `times` of them) asked for by a matching call doesn't succeed. The latest added that matches wins. */
  readonly nextEnds: (end: "Canceled" | "Failed" | "never", calls?: RegExp, times?: number) => void;
  /** Ends every operation that runs now, also those that would never end. */
  readonly endRunning: (end: OperationEnd) => void;
  /** How many run now. */
  readonly running: () => number;
}

export interface Operations extends OperationControls {
  readonly start: (operation: NewOperation) => Operation;
  /** Ends an earlier one because a later one took its place. */
  readonly supersede: (earlierId: string, laterName: string, laterId: string) => void;
  readonly status: (id: string, retryAfter: Readonly<Record<string, string>>) => ArmAnswer;
  readonly result: (id: string, headers: Readonly<Record<string, string>>) => ArmAnswer;
  /** Ends those whose time has come by the sandbox's clock. They end by themselves too, a little later. */
  readonly catchUp: () => void;
}

type Running = {
  readonly operation: Operation;
  status: "InProgress" | OperationEnd;
  error?: unknown;
  end: (end: OperationEnd) => void;
};

export const createOperations = (operationMs: number, clock: Clock): Operations => {
  const all = new Map<string, Running>();
  const plans: { end: "Canceled" | "Failed" | "never"; calls: RegExp; left: number }[] = [];

  const planned = (call: string): OperationEnd | "never" => {
    const plan = plans.find(({ calls, left }) => left > 0 && (calls.test(call.toLowerCase()) || calls.test(call)));
    if (plan === undefined) return "Succeeded";
    plan.left -= 1;
    return plan.end;
  };

  const byClock = new Map<string, { readonly at: number; readonly end: () => void }>();
  let beat: NodeJS.Timeout | undefined;
  const catchUp = (): void => {
    for (const [id, { at, end }] of byClock) {
      if (clock.now() < at) continue;
      byClock.delete(id);
      end();
    }
    if (byClock.size > 0) return;
    clearInterval(beat);
    beat = undefined;
  };

  const running = (): readonly Running[] => [...all.values()].filter(({ status }) => status === "InProgress");

  return {
    start: ({ subscription, location, name, call, takes, settle }) => {
      const pace = takes === undefined ? {} : { retryAfterSeconds: takes.retryAfterSeconds };
      const operation: Operation = { id: randomUUID(), subscription, location, name, ...pace };
      const end = (how: OperationEnd): void => {
        if (entry.status !== "InProgress") return;
        entry.status = how;
        entry.error ??= errorOf(how, operation, operation.name, randomUUID());
        settle(how, operation);
      };
      const entry: Running = { operation, status: "InProgress", end };
      all.set(operation.id, entry);
      const how = planned(call);
      // Timers are unreferenced: a test run must not wait for an operation nobody looks at.
      if (how !== "never" && takes?.by === "clock") {
        byClock.set(operation.id, { at: clock.now() + takes.ms, end: () => end(how) });
        beat ??= setInterval(catchUp, BEAT_MS).unref();
      } else if (how !== "never") setTimeout(() => end(how), takes?.ms ?? operationMs).unref();
      return operation;
    },
    supersede: (earlierId, laterName, laterId) => {
      const earlier = all.get(earlierId);
      if (earlier === undefined || earlier.status !== "InProgress") return;
      earlier.error = errorOf("Canceled", earlier.operation, laterName, laterId);
      earlier.end("Canceled");
    },
    status: (id, retryAfter) => {
      const found = all.get(id);
      if (found === undefined) return notFound(id);
      if (found.status === "InProgress") {
        const own = found.operation.retryAfterSeconds;
        const headers = own === undefined ? retryAfter : retryAfterHeader(own);
        return { status: 200, body: { status: "InProgress" }, headers };
      }
      return {
        status: 200,
        body: { status: found.status, ...(found.error === undefined ? {} : { error: found.error }) },
      };
    },
    result: (id, headers) => {
      const found = all.get(id);
      if (found === undefined) return notFound(id);
      if (found.status === "InProgress") return { status: 202, headers };
      if (found.status === "Succeeded") return { status: 204 };
      return { status: found.status === "Canceled" ? 409 : 500, body: { error: found.error } };
    },
    nextEnds: (end, calls = /./u, times = 1) => {
      plans.unshift({ end, calls, left: times });
    },
    endRunning: (end) => {
      for (const entry of running()) entry.end(end);
    },
    running: () => running().length,
    catchUp,
  };
};

/** How soon a clock that jumped is noticed. */
const BEAT_MS = 10;

const notFound = (id: string): ArmAnswer => armError(404, "NotFound", `Operation ${id} not found.`, []);

const errorOf = (end: OperationEnd, operation: Operation, byName: string, byId: string): unknown => {
  if (end === "Succeeded") return undefined;
  if (end === "Failed") return { code: "InternalServerError", message: "An error occurred.", details: [] };
  return {
    code: "Canceled",
    message: "Operation was canceled.",
    details: [
      {
        code: "CanceledAndSupersededDueToAnotherOperation",
        message: `Operation ${operation.name} (${operation.id}) was canceled and superseded by operation ${byName} (${byId}).`,
      },
    ],
  };
};
