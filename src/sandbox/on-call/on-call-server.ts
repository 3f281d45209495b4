/** What both on-call services on this machine have in common: they listen, misbehave when told to, and remember who asked what. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { createFaults, type Faults } from "../faults.ts";
import { close, listen } from "../network/listening.ts";

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OnCallServer {
  readonly url: string;
  /** A call's name is its method and path: `GET /oncalls`. */
  readonly faults: Faults;
  /** The latest calls with their queries, oldest first: `GET /oncalls?schedule_ids[]=PSCHED1`. */
  readonly calls: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** `throttled` is the service's own answer to who asks too often. */
export const serveOnCall = async (
  answer: (url: URL, request: IncomingMessage) => Reply,
  throttled: (retryAfterSeconds: number) => Reply,
): Promise<OnCallServer> => {
  const faults = createFaults();
  const calls: string[] = [];
  const stopping = new AbortController();

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    calls.push(`${request.method ?? ""} ${url.pathname}${decodeURIComponent(url.search)}`);
    const does = faults.next(`${request.method ?? ""} ${url.pathname}`);
    switch (does?.kind) {
      case "delay":
        await sleep(does.ms, undefined, { signal: stopping.signal });
        return send(response, answer(url, request));
      case "throttle":
        return send(response, throttled(does.retryAfterSeconds ?? 1));
      case "answer":
        response.writeHead(does.status, { "content-type": "application/json", ...does.headers }).end(does.body);
        return;
      case "hang":
      case "hang-after":
        await aborted(AbortSignal.any([faults.released(), stopping.signal]));
        response.destroy();
        return;
      case "drop":
      case "lose-answer":
      case "lie":
        response.destroy();
        return;
      case undefined:
        send(response, answer(url, request));
    }
  };

  const http = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy());
  });
  const port = await listen(http, 0);
  return {
    url: `http://127.0.0.1:${String(port)}`,
    faults,
    calls: () => [...calls],
    stop: () => {
      stopping.abort();
      return close(http);
    },
  };
};

const send = (response: ServerResponse, { status, body, headers }: Reply): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
