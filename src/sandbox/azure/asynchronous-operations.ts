/** Long-running operations as ARM shows them: https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations */

import { randomUUID } from "node:crypto";
import type { ArmAnswer } from "./arm-errors.ts";
import { armError } from "./arm-errors.ts";

export type OperationEnd = "Succeeded" | "Failed" | "Canceled";

export interface Operation {
  readonly id: string;
  readonly subscription: string;
  readonly location: string;
  /** As error messages name it: `PutSecurityRuleOperation`. */
  readonly name: string;
}

export interface NewOperation {
  readonly subscription: string;
  readonly location: string;
  readonly name: string;
  /** The call that asked for it, `PUT /subscriptions/…`: patterns are tried on it as asked and in lower case. */
  readonly call: string;
  /** Called once, when it ends, in whichever way. */
  readonly settle: (end: OperationEnd, operation: Operation) => void;
}

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
}

type Running = {
  readonly operation: Operation;
  status: "InProgress" | OperationEnd;
  error?: unknown;
  end: (end: OperationEnd) => void;
};

export const createOperations = (operationMs: number): Operations => {
  const all = new Map<string, Running>();
  const plans: { end: "Canceled" | "Failed" | "never"; calls: RegExp; left: number }[] = [];

  const planned = (call: string): OperationEnd | "never" => {
    const plan = plans.find(({ calls, left }) => left > 0 && (calls.test(call.toLowerCase()) || calls.test(call)));
    if (plan === undefined) return "Succeeded";
    plan.left -= 1;
    return plan.end;
  };

  const running = (): readonly Running[] => [...all.values()].filter(({ status }) => status === "InProgress");

  return {
    start: ({ subscription, location, name, call, settle }) => {
      const operation: Operation = { id: randomUUID(), subscription, location, name };
      const end = (how: OperationEnd): void => {
        if (entry.status !== "InProgress") return;
        entry.status = how;
        entry.error ??= errorOf(how, operation, "PutNetworkSecurityGroupOperation", randomUUID());
        settle(how, operation);
      };
      const entry: Running = { operation, status: "InProgress", end };
      all.set(operation.id, entry);
      const how = planned(call);
      // Unreferenced: a test run must not wait for an operation nobody looks at.
      if (how !== "never") setTimeout(() => end(how), operationMs).unref();
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
      if (found.status === "InProgress") return { status: 200, body: { status: "InProgress" }, headers: retryAfter };
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
  };
};

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
