/** An Azure Resource Manager on loopback: virtual machines, networks and their security groups, with Azure's answers and refusals. */

import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import type { Clock, EpochMs } from "../../access/time.ts";
import type { Faults } from "../faults.ts";
import { armAnswers, requestKind, wordOf } from "./arm-answers.ts";
import { type ArmAnswer, throttled } from "./arm-errors.ts";
import { createOperations, type OperationControls } from "./asynchronous-operations.ts";
import { misbehave } from "./misbehaviour.ts";
import { createSecurityGroups } from "./network-security-groups.ts";
import { subscriptionOf } from "./resource-identifiers.ts";
import { exportGroup, type SecurityGroupExport } from "./security-group-shapes.ts";
import type { WhenBusy } from "./security-group-writes.ts";
import { AZURE_LIMITS, type ThrottlingLimits } from "./throttling.ts";
import type { ArmId, AzureState, AzureWorld, SecurityRule, WrittenRule } from "./world.ts";

export interface AzureServerOptions {
  readonly clock: Clock;
  /**
   * Calls are named by method and path, `put /subscriptions/…` without the query: patterns are tried on the path in lower case first,
   * then as it was asked.
   */
  readonly faults: Faults;
  /** The one bearer token that is let in. */
  readonly token: string;
  readonly world: AzureWorld;
  /** 0 or absent: any. */
  readonly port?: number;
  /** How long a write takes to come into effect, in real milliseconds. Default 30. */
  readonly operationMs?: number;
  /** Default 50. */
  readonly pageSize?: number;
  /** Default: a conflict, 409. */
  readonly whenBusy?: WhenBusy;
  /** What links in headers and `nextLink` begin with. Default `http`; the real one says `https`. */
  readonly linkScheme?: "http" | "https";
  /** Default Azure's own; `off` never throttles. */
  readonly throttling?: ThrottlingLimits | "off";
}

export interface RecordedCall {
  readonly at: EpochMs;
  readonly method: string;
  /** As asked, without the query. */
  readonly path: string;
  readonly query: string;
  readonly ifMatch: string | undefined;
  /** Absent while it isn't answered, and when it never was. */
  readonly status: number | undefined;
}

export interface AzureServer {
  /** `http://127.0.0.1:…`, for `endpoint`. */
  readonly url: string;
  readonly operations: OperationControls;
  /** What a user set in this group, as a GET would show it now; equal before and after when everything was put back. */
  readonly export: (networkSecurityGroup: ArmId) => SecurityGroupExport;
  /** What the network obeys now. */
  readonly state: () => AzureState;
  /** A colleague in the portal: takes effect at once, with new etags. Throws when Azure would refuse these rules. */
  readonly editAsSomeoneElse: (group: ArmId, edit: (rules: readonly SecurityRule[]) => readonly WrittenRule[]) => void;
  /** Told whenever what the network obeys has changed. Returns a function that stops it. */
  readonly onChange: (listener: (networkSecurityGroup: ArmId) => void) => () => void;
  /** Everything that was asked since the start, refused or not. */
  readonly calls: readonly RecordedCall[];
  /** Closes every connection; the cloud goes on. */
  readonly stop: () => Promise<void>;
  /** Is there again, on the same port. */
  readonly restart: () => Promise<void>;
}

export const createAzureServer = async (options: AzureServerOptions): Promise<AzureServer> => {
  const { clock, faults, world } = options;
  const operations = createOperations(options.operationMs ?? 30);
  const groups = createSecurityGroups(world.networkSecurityGroups);
  const throttling = options.throttling ?? AZURE_LIMITS;
  const answers = armAnswers({
    clock,
    world,
    groups,
    operations,
    token: options.token,
    operationMs: options.operationMs ?? 30,
    pageSize: options.pageSize ?? 50,
    whenBusy: options.whenBusy ?? "AnotherOperationInProgress",
    linkScheme: options.linkScheme ?? "http",
    limits: throttling === "off" ? undefined : throttling,
  });
  const calls: (RecordedCall & { status: number | undefined })[] = [];

  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all("*", async (c) => {
    // The path as it was sent: hono's own is decoded in part.
    const url = new URL(c.req.url);
    const { method } = c.req;
    const call = `${method} ${url.pathname}`;
    const ifMatch = c.req.header("if-match");
    const recorded: (typeof calls)[number] = {
      at: clock.now(),
      method,
      path: url.pathname,
      query: url.search,
      ifMatch,
      status: undefined,
    };
    calls.push(recorded);
    const does = faults.next(`${method} ${url.pathname.toLowerCase()}`) ?? faults.next(call);
    const text = await c.req.text();
    const answer = await misbehave(does, {
      answer: (lie) =>
        answers({
          method,
          call,
          path: url.pathname,
          query: url.searchParams,
          host: c.req.header("host") ?? url.host,
          authorization: c.req.header("authorization"),
          ifMatch,
          ifNoneMatch: c.req.header("if-none-match"),
          text,
          lie,
        }),
      throttled: (seconds) => throttled(wordOf[requestKind(method)], subscriptionOf(url.pathname), seconds),
      released: faults.released(),
    });
    if (answer === "nothing") {
      c.env.incoming.socket.destroy();
      return RESPONSE_ALREADY_SENT;
    }
    recorded.status = answer.status;
    return respond(answer);
  });

  const listener = createListener(app, options.port ?? 0);
  await listener.start();

  return {
    url: `http://127.0.0.1:${listener.port()}`,
    operations,
    export: (id) => {
      const group = groups.get(id);
      if (group === undefined) throw new Error(`no network security group \`${id}\` in the sandbox`);
      return exportGroup(group, world);
    },
    state: () => ({ ...world, networkSecurityGroups: groups.obeyed() }),
    editAsSomeoneElse: groups.edit,
    onChange: groups.onChange,
    calls,
    stop: listener.stop,
    restart: async () => {
      await listener.stop();
      await listener.start();
    },
  };
};

const respond = ({ status, body, headers }: ArmAnswer): Response => {
  const all = new Headers({
    "cache-control": "no-cache",
    pragma: "no-cache",
    expires: "-1",
    "x-ms-request-id": randomUUID(),
    "x-ms-correlation-request-id": randomUUID(),
    ...(body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
  });
  for (const [name, value] of Object.entries(headers ?? {})) all.set(name, value);
  return new Response(body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: all,
  });
};

const createListener = (app: Hono<{ Bindings: HttpBindings }>, wanted: number) => {
  const listen = getRequestListener(app.fetch);
  let port = wanted;
  let server: Server | undefined;
  return {
    port: () => port,
    start: async (): Promise<void> => {
      const started = createServer((incoming, outgoing) => void listen(incoming, outgoing));
      await new Promise<void>((resolve, reject) => {
        started.once("error", reject);
        started.listen(port, "127.0.0.1", resolve);
      });
      const address = started.address();
      if (address !== null && typeof address === "object") port = address.port;
      server = started;
    },
    stop: async (): Promise<void> => {
      const stopping = server;
      server = undefined;
      if (stopping === undefined) return;
      await new Promise<void>((resolve) => {
        stopping.close(() => resolve());
        stopping.closeAllConnections();
      });
    },
  };
};
