/** EC2 in one region of one account: each call has a time limit, fails as a `Fault`, and is made once. */

import { EC2Client, type EC2ClientConfig } from "@aws-sdk/client-ec2";
import type { DurationMs } from "../../access/time.ts";
import { toFault } from "./aws-fault.ts";

/** Makes one call. `doing` completes "cannot …", with names in backticks. */
export type Ask = <T>(
  doing: string,
  send: (client: EC2Client, options: { readonly abortSignal: AbortSignal }) => Promise<T>,
) => Promise<T>;

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
        return await Promise.race([send(client, { abortSignal: limit }), rejectedBy(limit)]);
      } catch (error) {
        throw toFault(error, doing);
      }
    },
  };
};

/** All pages of a description, in order. */
export const allPages = async <Page extends { readonly NextToken?: string | undefined }>(
  read: (at: { readonly NextToken?: string }) => Promise<Page>,
): Promise<readonly Page[]> => {
  const pages: Page[] = [];
  for (let token: string | undefined; pages.length === 0 || token !== undefined; ) {
    const page = await read(token === undefined ? {} : { NextToken: token });
    pages.push(page);
    token = page.NextToken === "" ? undefined : page.NextToken;
  }
  return pages;
};

/** A name in a message: `` `eni-0a1` ``. */
export const quoted = (name: string): string => `\`${name}\``;

const rejectedBy = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
