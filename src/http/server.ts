/** The bot's own HTTP: Slack's requests come in here, and whoever runs it asks how it is. */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { type AddressRoutesDeps, createAddressRoutes } from "./address-routes.ts";
import { createLinkRoutes, type LinkRoutesDeps } from "./link-routes.ts";

export interface HttpServerDeps {
  readonly port: number;
  /** The address or name to listen on; all without it. */
  readonly host?: string | undefined;
  /** What keeps the bot from being ready, one line each: `redis: connection refused`. Empty: ready. */
  readonly notReady: () => readonly string[] | Promise<readonly string[]>;
  /** What is out of order and keeps nobody from being answered, likewise. */
  readonly doubts?: () => readonly string[];
  /** Absent where people don't reach us. */
  readonly links?: LinkRoutesDeps;
  readonly addresses?: AddressRoutesDeps;
  /** Absent with Socket Mode. */
  readonly slackEvents?: (request: {
    readonly body: string;
    readonly header: (name: string) => string | undefined;
  }) => Promise<{ readonly status: number; readonly body: string }>;
}

export interface HttpServer {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export const startHttpServer = async (deps: HttpServerDeps): Promise<HttpServer> => {
  const app = new Hono();
  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/readyz", async (c) => {
    const missing = await deps.notReady();
    const isReady = missing.length === 0;
    const lines = [isReady ? "ready" : "not ready", ...missing, ...(deps.doubts?.() ?? [])];
    return c.text(`${lines.join("\n")}\n`, isReady ? 200 : 503);
  });
  const { slackEvents } = deps;
  if (slackEvents !== undefined) {
    app.post("/slack/events", bodyLimit({ maxSize: LARGEST_BODY }), async (c) => {
      const answer = await slackEvents({ body: await c.req.text(), header: (name) => c.req.header(name) });
      const type = answer.body.startsWith("{") ? "application/json" : "text/plain";
      return new Response(answer.body, { status: answer.status, headers: { "content-type": type } });
    });
  }

  if (deps.links !== undefined) app.route("/", createLinkRoutes(deps.links));

  if (deps.addresses !== undefined) app.route("/", createAddressRoutes(deps.addresses));

  const listener = getRequestListener(app.fetch);
  const server: Server = createServer((request, response) => void listener(request, response));
  server.listen({ port: deps.port, host: deps.host });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};

/** Far above what Slack sends, far below what could hurt. */
const LARGEST_BODY = 1024 * 1024;
