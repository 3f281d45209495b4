/** Asks IAM what a principal may do to a machine: all actions, all pages, within one time limit. */

import {
  type ContextEntry,
  type EvaluationResult,
  type IAMClient,
  SimulatePrincipalPolicyCommand,
} from "@aws-sdk/client-iam";
import { Fault } from "../../../access/fault.ts";
import type { Machine } from "../../../access/machine.ts";
import { orAborted } from "../../../access/or-aborted.ts";
import { toFault } from "../aws-fault.ts";

export interface Simulation {
  readonly principal: string;
  readonly actions: readonly string[];
  readonly resource: string;
  readonly context: readonly ContextEntry[];
}

/** Throws a `Fault`, whose cause is what the SDK threw. */
export const simulate = async (
  client: IAMClient,
  { principal, actions, resource, context }: Simulation,
  signal: AbortSignal,
): Promise<readonly EvaluationResult[]> => {
  const doing = `ask IAM what \`${principal}\` may do`;
  const ask = async (names: readonly string[]): Promise<readonly EvaluationResult[]> => {
    const results: EvaluationResult[] = [];
    let marker: string | undefined;
    do {
      const page = await client.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: principal,
          ActionNames: [...names],
          ResourceArns: [resource],
          ContextEntries: [...context],
          ...(marker === undefined ? {} : { Marker: marker }),
        }),
        { abortSignal: signal },
      );
      results.push(...(page.EvaluationResults ?? []));
      // Whatever is missing might be a deny.
      if (page.IsTruncated === true && (!page.Marker || page.Marker === marker)) {
        throw new Fault("aws", `cannot ${doing}: the answer is cut off`, { retry: "later" });
      }
      marker = page.IsTruncated === true ? page.Marker : undefined;
    } while (marker !== undefined);
    return results;
  };

  try {
    signal.throwIfAborted();
    const batches = Array.from({ length: Math.ceil(actions.length / BATCH) }, (_, i) =>
      actions.slice(i * BATCH, (i + 1) * BATCH),
    );
    // The SDK hears the signal while it waits for an answer, but not while it waits for credentials or for the rest of a body.
    const answers = await orAborted(Promise.all(batches.map(ask)), signal);
    return answers.flat();
  } catch (error) {
    throw toFault(error, doing);
  }
};

/** Whether IAM says that there is no such principal. */
export const isUnknownPrincipal = (error: unknown): boolean =>
  error instanceof Fault && error.cause instanceof Error && error.cause.name.startsWith("NoSuchEntity");

/**
 * What is true of any call upon this machine. Where it is called from, when, and with which session isn't known, and isn't made up.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html#amazonec2-policy-keys
 */
export const contextOf = ({ region, tags }: Machine): readonly ContextEntry[] => {
  const known = { "ec2:Region": region, "aws:RequestedRegion": region };
  const tagged = Object.entries(tags).flatMap(([key, value]) => [
    [`ec2:ResourceTag/${key}`, value] as const,
    [`aws:ResourceTag/${key}`, value] as const,
  ]);
  return [...Object.entries(known), ...tagged].map(([ContextKeyName, value]) => ({
    ContextKeyName,
    ContextKeyValues: [value],
    ContextKeyType: "string",
  }));
};

/** Nobody names as many; it keeps one request small beside up to 50 tags. */
const BATCH = 50;
