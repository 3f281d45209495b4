/** What we put into the SDK's pipeline: time limits, plain http to loopback, answers that may not send our token elsewhere, and bodies as they are. */

import type { NetworkManagementClient } from "@azure/arm-network";
import { isLoopback } from "../../access/loopback.ts";
import { orAborted } from "../../access/or-aborted.ts";
import { NoAnswer } from "./azure-fault.ts";

type Pipeline = NetworkManagementClient["pipeline"];
type Policy = Parameters<Pipeline["addPolicy"]>[0];

export interface Transport {
  readonly endpoint: URL;
  /** For one call, getting the token included. */
  readonly callLimitMs: number;
  /** Bodies to send instead of the SDK's, by the `x-ms-client-request-id` of their request; taken out when sent. */
  readonly bodies: Map<string, string>;
}

export const CLIENT_REQUEST_ID = "x-ms-client-request-id";

/** The base address for the SDK, which signs https requests only. */
export const signedAddress = ({ host }: URL): string => `https://${host}`;

export const equip = (pipeline: Pipeline, { endpoint, callLimitMs, bodies }: Transport): void => {
  const beforeSigning = { beforePolicies: ["bearerTokenAuthenticationPolicy"] };
  pipeline.addPolicy(limitTime(callLimitMs), beforeSigning);
  pipeline.addPolicy(readAgain, beforeSigning);
  pipeline.addPolicy(stayAtHome(endpoint), beforeSigning);
  pipeline.addPolicy(sendAsIs(bodies), beforeSigning);
  if (isLoopback(endpoint)) {
    // A proxy from the environment can't reach our loopback, and needn't read along.
    pipeline.removePolicy({ name: "proxyPolicy" });
    if (endpoint.protocol === "http:") pipeline.addPolicy(overHttp, { afterPhase: "Sign" });
  }
};

/** The SDK's own `timeout` ends with the headers; a body may hang as well, and so may a credential. */
const limitTime = (limitMs: number): Policy => ({
  name: "latchLimitTime",
  sendRequest: async (request, next) => {
    const limit = AbortSignal.timeout(limitMs);
    const given = request.abortSignal as AbortSignal | undefined;
    request.abortSignal = given === undefined ? limit : AbortSignal.any([given, limit]);
    try {
      return await orAborted(next(request), request.abortSignal as AbortSignal);
    } catch (error) {
      throw limit.aborted && given?.aborted !== true ? new NoAnswer(limitMs) : error;
    }
  },
});

/**
 * A connection that was kept may be closed by the other side in the moment it is used again. A read that met this is asked once more, on a fresh one; a write
 * may have had its effect. https://nodejs.org/api/http.html#requestreusedsocket
 */
const readAgain: Policy = {
  name: "latchReadAgain",
  sendRequest: async (request, next) => {
    try {
      return await next(request);
    } catch (error) {
      const isCutOff = error instanceof Error && "code" in error && error.code === "ECONNRESET";
      if (!isCutOff || request.method !== "GET" || request.abortSignal?.aborted === true) throw error;
      return next(request);
    }
  },
};

/**
 * Links to a next page or an operation come out of answers and get our token, so they must lead to where we asked.
 * A server behind something that ends TLS may write http or https, and `localhost` for `127.0.0.1`.
 */
const stayAtHome = (endpoint: URL): Policy => ({
  name: "latchStayAtHome",
  sendRequest: async (request, next) => {
    const url = new URL(request.url);
    const same = isLoopback(endpoint)
      ? isLoopback(url) && (url.port || "443") === (endpoint.port || (endpoint.protocol === "http:" ? "80" : "443"))
      : url.protocol === "https:" && (url.host === endpoint.host || url.host.endsWith(`.${endpoint.host}`));
    if (!same) throw new Error(`an answer of \`${endpoint.host}\` leads to \`${url.host}\``);
    if (isLoopback(endpoint)) request.url = `${signedAddress(endpoint)}${url.pathname}${url.search}`;
    return next(request);
  },
});

const sendAsIs = (bodies: Map<string, string>): Policy => ({
  name: "latchSendAsIs",
  sendRequest: async (request, next) => {
    const id = request.headers.get(CLIENT_REQUEST_ID) ?? "";
    const body = bodies.get(id);
    if (body !== undefined) {
      bodies.delete(id);
      request.body = body;
    }
    return next(request);
  },
});

/** Sends a copy, so that what the SDK remembers of the request (to poll it later) stays https. */
const overHttp: Policy = {
  name: "latchOverHttp",
  sendRequest: async (request, next) => {
    const url = request.url.replace(/^https:/u, "http:");
    return { ...(await next({ ...request, url, allowInsecureConnection: true })), request };
  },
};
