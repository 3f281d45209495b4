/** Reads JSON over HTTP, or throws what an operator needs to know. */

import type { EpochMs } from "../access/time.ts";

/** What a service is asked. */
export interface OnCallQuestion {
  readonly token: string;
  readonly address: string;
  /** The service's own id of the schedule. */
  readonly schedule: string;
  readonly at: EpochMs;
  readonly signal: AbortSignal;
}

export type Json = { readonly [name: string]: unknown };

/** `doing` completes "cannot …". Nothing of the answer's text is in the error, and nothing of the question's headers. */
export const getJson = async (
  doing: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Json> => {
  let response: Response;
  let body: string;
  try {
    // A token isn't carried to wherever an answer points.
    response = await fetch(url, { headers, signal, redirect: "error" });
    body = await response.text();
  } catch (cause) {
    throw new Error(`cannot ${doing}: ${signal.aborted ? "no answer in time" : "no answer"}`, { cause });
  }
  if (response.status !== 200) {
    const wait = response.headers.get("retry-after");
    throw new Error(`cannot ${doing}: ${response.status}${wait === null ? "" : `, to be asked again in ${wait} s`}`);
  }
  const value = parsed(body);
  if (value === undefined) throw malformed(doing);
  return value;
};

export const malformed = (doing: string): Error => new Error(`cannot ${doing}: the answer isn't as documented`);

export const asObject = (value: unknown): Json | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;

export const asList = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

/** A text with something in it. */
export const asId = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** `address` may have a path of its own, and a slash at its end. */
export const urlOf = (address: string, path: string): URL => new URL(`${address.replace(/\/+$/u, "")}${path}`);

const parsed = (text: string): Json | undefined => {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
};
