/** EC2 in one region of one account: each call has a time limit, fails as a `Fault`, and is made once. */

import { EC2Client, type EC2ClientConfig } from "@aws-sdk/client-ec2";
import { Fault } from "../../access/fault.ts";
import { orAborted } from "../../access/or-aborted.ts";
import type { DurationMs } from "../../access/time.ts";
import { toFault } from "./aws-fault.ts";

/** Makes one call. `doing` completes "cannot …", with names in backticks. */
export type Ask = <T>(doing: string, send: (client: EC2Client, options: SendOptions) => Promise<T>) => Promise<T>;

export interface SendOptions {
  readonly abortSignal: AbortSignal;
}

export interface Ec2 {
  readonly region: string;
  readonly within: (signal: AbortSignal) => Ask;
}

export type Credentials = NonNullable<EC2ClientConfig["credentials"]>;

export interface Ec2Deps {
  readonly region: string;
  /** Without it as the SDK finds it: `AWS_ENDPOINT_URL_EC2`, or AWS. */
  readonly endpoint?: string;
  /** Without them as the SDK finds them. */
  readonly credentials?: Credentials;
  readonly answerWithinMs: DurationMs;
}

export const createEc2 = ({ region, endpoint, credentials, answerWithinMs }: Ec2Deps): Ec2 => {
  const client = new EC2Client({
    region,
    // The reconcile loop reads and plans again; a repeated write would act on what was true before.
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  return {
    region,
    within: (signal) => async (doing, send) => {
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
        limit.throwIfAborted();
        // The SDK hears the signal while it waits for an answer, but not while it waits for credentials or for the rest of a body.
        return await orAborted(send(client, { abortSignal: limit }), limit);
      } catch (error) {
        throw toFault(error, doing);
      }
    },
  };
};

/**
 * What a description lists, from all of its pages, in order. EC2 answers an empty list where there is nothing; an answer without the list
 * (an empty body, a proxy's page) isn't one, and throws: taken for "nothing there", it would let us say that a port is closed.
 */
export const allPages = async <
  Page extends {
    readonly NextToken?: string | undefined;
    readonly $metadata?: { readonly requestId?: string | undefined };
  },
  Item,
>(
  ask: Ask,
  doing: string,
  send: (client: EC2Client, options: SendOptions, at: { readonly NextToken?: string }) => Promise<Page>,
  pick: (page: Page) => readonly Item[] | undefined,
): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let at: { readonly NextToken?: string } | undefined = {};
  while (at !== undefined) {
    const here: { readonly NextToken?: string } = at;
    const page: Page = await ask(doing, (client, options) => send(client, options, here));
    const listed = pick(page);
    // EC2 signs each answer with a request id; a 200 without one came from something in between, and says nothing of what is there.
    if (listed === undefined && page.$metadata?.requestId === undefined) {
      throw new Fault("aws", `cannot ${doing}: the answer is empty`, { retry: "later" });
    }
    items.push(...(listed ?? []));
    at = page.NextToken ? { NextToken: page.NextToken } : undefined;
  }
  return items;
};

/** A name in a message: `` `eni-0a1` ``. */
export const quoted = (name: string): string => `\`${name}\``;
