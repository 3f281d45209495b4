/** The calls that one network security group needs. */

import type { Arm, Outcome } from "../arm.ts";
import type { Problem } from "../azure-fault.ts";
import type { ResourcePath } from "../resource-id.ts";
import { type NsgDocument, readNsg } from "./nsg-document.ts";
import type { RuleProperties } from "./security-rule.ts";

export interface NsgApi {
  readonly read: (signal: AbortSignal) => Promise<Outcome<NsgDocument>>;
  /** Writes end when Azure says that the operation is done. */
  readonly putRule: (name: string, properties: RuleProperties, signal: AbortSignal) => Promise<Outcome<void>>;
  /** A rule that is gone already counts as deleted. */
  readonly deleteRule: (name: string, signal: AbortSignal) => Promise<Outcome<void>>;
  /** Replaces every rule, if the NSG still is as it was when it had this etag. */
  readonly replace: (body: string, etag: string, signal: AbortSignal) => Promise<Outcome<void>>;
}

export const createNsgApi = (arm: Arm, { subscription, resourceGroup, name: nsg }: ResourcePath): NsgApi => {
  const { securityRules, networkSecurityGroups } = arm.network(subscription);
  const write = async (start: (options: WriteOptions) => Poller, signal: AbortSignal): Promise<Outcome<void>> =>
    arm.ask(
      async (limited) => {
        const poller = start({ updateIntervalInMs: arm.limits.pollMs, abortSignal: limited });
        await poller.pollUntilDone({ abortSignal: limited });
      },
      signal,
      arm.limits.writeMs,
    );

  return {
    read: async (signal) =>
      arm.ask(
        async (limited) => {
          let body = "";
          await networkSecurityGroups.get(resourceGroup, nsg, {
            abortSignal: limited,
            onResponse: ({ bodyAsText }) => {
              body = bodyAsText ?? "";
            },
          });
          return readNsg(body);
        },
        signal,
        arm.limits.callMs,
      ),
    putRule: async (name, properties, signal) => {
      const outcome = await write(
        (options) => securityRules.createOrUpdate(resourceGroup, nsg, name, properties, options),
        signal,
      );
      // A write ends with reading the rule. That it isn't there after all is no final answer; that its NSG isn't shows when we read again.
      return outcome.kind === "failed" && isRuleGone(outcome.problem)
        ? { kind: "failed", problem: { ...outcome.problem, code: undefined } }
        : outcome;
    },
    deleteRule: async (name, signal) => {
      const outcome = await write((options) => securityRules.delete(resourceGroup, nsg, name, options), signal);
      return outcome.kind === "failed" && isRuleGone(outcome.problem) ? { kind: "done", value: undefined } : outcome;
    },
    replace: async (body, etag, signal) =>
      write((options) => {
        const requestOptions = { headers: { "If-Match": etag, ...arm.sendAsIs(body) } };
        return networkSecurityGroups.createOrUpdate(resourceGroup, nsg, {}, { ...options, requestOptions });
      }, signal),
  };
};

/** Whatever is missing, the rule or all of its NSG: it isn't there any more. The caller reads again before it says so to anyone. */
const isRuleGone = ({ status }: Problem): boolean => status === 404;

interface WriteOptions {
  readonly updateIntervalInMs: number;
  readonly abortSignal: AbortSignal;
}

interface Poller {
  readonly pollUntilDone: (options: { abortSignal: AbortSignal }) => Promise<unknown>;
}
