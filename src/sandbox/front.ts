/** What stands before the bot: a proxy that says in `X-Forwarded-For` where people come from, as the company's would. */

import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface Front {
  readonly url: string;
  /** Asked at each request, because a bot may not run yet, or no longer. */
  readonly forwardTo: (url: () => string) => void;
  /** Where everybody is who doesn't say it. */
  readonly standAt: (address: string) => void;
  /** One request as somebody at this address makes it. The front believes its own people; what else they send goes on as it is. */
  readonly visit: (address: string, url: string | URL, init?: RequestInit) => Promise<Response>;
  readonly stop: () => Promise<void>;
}

export const createFront = async (address: string): Promise<Front> => {
  let target = (): string => {
    throw new Error("there is no bot yet");
  };
  let standing = address;

  const server = createServer((incoming, outgoing) => {
    const { [CLIENT]: client, "x-forwarded-for": forwarded, ...headers } = incoming.headers;
    const from = typeof client === "string" ? client : standing;
    const url = new URL(incoming.url ?? "/", target());
    const onward = request(url, {
      method: incoming.method,
      // Each line that came stays a line of its own, and ours is the last.
      headers: {
        ...headers,
        host: url.host,
        "x-forwarded-for": [...linesOf(incoming.headersDistinct, forwarded), from],
      },
    });
    onward.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.writeHead(502).end("nobody is there\n"));
    incoming.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo: (url) => {
      target = url;
    },
    standAt: (where) => {
      standing = where;
    },
    visit: (from, url, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set(CLIENT, from);
      return fetch(url, { redirect: "manual", ...init, headers });
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};

const linesOf = (distinct: NodeJS.Dict<string[]>, joined: string | string[] | undefined): readonly string[] =>
  distinct["x-forwarded-for"] ?? (joined === undefined ? [] : [joined].flat());

const CLIENT = "x-sandbox-client";
