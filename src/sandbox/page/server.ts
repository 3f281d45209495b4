/** A page on this machine that shows the sandbox as it lives, and lets people act in it. */

import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { Clock } from "../../access/time.ts";
import type { MovableClock } from "../movable-clock.ts";
import type { Sandbox } from "../sandbox.ts";
import { isObject } from "../slack/json.ts";
import type { SlackServer } from "../slack/server.ts";
import { act } from "./acts.ts";
import { asset } from "./assets.ts";
import type { Controls } from "./controls.ts";
import { type LivePart, liveSight } from "./live.ts";
import { actAtMachines } from "./machines/acts.ts";
import { createConnections } from "./machines/connections.ts";
import { machinesPart } from "./machines/machines-part.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { pageState, peopleIn } from "./show.ts";

export interface PageOptions {
  readonly slack: SlackServer;
  readonly clock: Clock | MovableClock;
  /** The machines beside Slack; without it there is only Slack to see. */
  readonly sandbox?: Pick<Sandbox, "network" | "azure" | "ec2" | "bots">;
  /** Its time and its troubles; without them it can only be looked at. */
  readonly controls?: Controls;
  /** Another one when it is taken. 0 or not given: any. */
  readonly port?: number;
}

export interface Page {
  /** `http://127.0.0.1:4300` */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export const createPage = async ({ slack, clock, sandbox, controls, port = 0 }: PageOptions): Promise<Page> => {
  const machines =
    sandbox === undefined
      ? undefined
      : { ...sandbox, clock, connections: createConnections({ network: sandbox.network, clock }) };
  const parts = [
    slackPart(slack, await readManifest(), clock),
    ...(machines === undefined ? [] : [machinesPart(machines)]),
    ...(controls === undefined ? [] : [controls.part]),
  ];
  const routes = new Hono();

  routes.use(async (c, next) => {
    if (!isFromHere(c.req.raw)) return c.text("not from here", 403);
    const isJson = /^application\/json(?:;|$)/iu.test(c.req.header("content-type") ?? "");
    if (!READING.includes(c.req.method) && !isJson) return c.text("only JSON", 415);
    await next();
    c.header("x-content-type-options", "nosniff");
    return undefined;
  });

  routes.get("/live", (c) => {
    const people = peopleIn(slack);
    const user = people.find(({ id }) => id === c.req.query("as")) ?? people[0];
    if (user === undefined) return c.text("nobody is here", 404);
    return new Response(liveSight(user.id, parts), {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
  });

  routes.post("/act", async (c) => {
    const what: unknown = await c.req.json().catch(() => undefined);
    if (!isObject(what)) return c.json({ error: "not an act" }, 400);
    try {
      return c.json(await act(slack, what));
    } catch (error) {
      return c.json({ error: error instanceof Error ? error.message : String(error) }, 409);
    }
  });

  routes.post("/machines", async (c) => {
    const what: unknown = await c.req.json().catch(() => undefined);
    if (!isObject(what) || machines === undefined) return c.json({ error: "not an act" }, 400);
    try {
      await actAtMachines(what, machines);
      return c.json({});
    } catch (error) {
      return c.json({ error: error instanceof Error ? error.message : String(error) }, 409);
    }
  });

  routes.post("/controls", async (c) => {
    const what: unknown = await c.req.json().catch(() => undefined);
    if (!isObject(what) || controls === undefined) return c.json({ error: "not an act" }, 400);
    try {
      return c.json(await controls.act(what));
    } catch (error) {
      return c.json({ error: error instanceof Error ? error.message : String(error) }, 409);
    }
  });

  routes.get("/files/:id", (c) => {
    const file = slack.file(c.req.param("id"));
    if (file?.content === undefined) return c.text("no such file", 404);
    // As a download, whatever is in it: nothing that was uploaded runs in this page.
    const headers = { "content-type": "text/plain; charset=utf-8", "content-disposition": downloadAs(file.name) };
    return new Response(new Uint8Array(file.content), { headers });
  });

  routes.get("*", async (c) => (await asset(c.req.path)) ?? c.text("there is no such page", 404));

  const server = await listen(routes, port).catch(() => listen(routes, 0));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the page has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/**
 * Another site that is open in the same browser has no business here, by whatever name it calls this machine; a link to the page
 * is all it may have. Not all browsers send both headers:
 * https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
const isFromHere = ({ method, url, headers }: Request): boolean => {
  const { hostname, origin, pathname } = new URL(url);
  if (!["127.0.0.1", "localhost"].includes(hostname)) return false;
  if (READING.includes(method) && pathname === "/") return true;
  if (!["none", "same-origin"].includes(headers.get("sec-fetch-site") ?? "none")) return false;
  return READING.includes(method) || (headers.get("origin") ?? origin) === origin;
};

const READING = ["GET", "HEAD"];

const slackPart = (slack: SlackServer, manifest: Manifest, clock: Clock | MovableClock): LivePart => ({
  name: "slack",
  read: (user) => pageState(user, slack, manifest, clock.now()),
  subscribe: (changed) => {
    const unsubscribe = slack.subscribe(({ kind }) => {
      // What only says that something was called changes nothing to see.
      if (kind !== "called" && kind !== "misbehaved") changed();
    });
    const unfollow = "follow" in clock ? clock.follow(async () => changed()) : undefined;
    return () => {
      unsubscribe();
      unfollow?.();
    };
  },
});

const downloadAs = (name: string): string => `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;

const listen = (routes: Hono, port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const answer = getRequestListener(routes.fetch, { overrideGlobalObjects: false });
    const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
