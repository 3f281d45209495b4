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
import { type AfterFailure, createAzureFirewalls } from "./azure-firewalls.ts";
import { type FirewallUpdate, firewallDurations } from "./firewall-durations.ts";
import { exportFirewall, type FirewallExport } from "./firewall-shapes.ts";
import type { FirewallContent, WrittenCollections } from "./firewall-world.ts";
import { misbehave } from "./misbehaviour.ts";
import { createSecurityGroups } from "./network-security-groups.ts";
import { sameId, subscriptionOf } from "./resource-identifiers.ts";
import { createRoleWorld, type RoleWorld } from "./roles/role-world.ts";
import { exportGroup, type SecurityGroupExport } from "./security-group-shapes.ts";
import { serviceTagPrefixes } from "./service-tag-table.ts";
import { AZURE_LIMITS, type ThrottlingLimits } from "./throttling.ts";
import type { ArmId, AzureState, AzureWorld, SecurityRule, WrittenRule } from "./world.ts";
import { withoutMachine } from "./world-changes.ts";
import type { WhenBusy } from "./write-preconditions.ts";

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
  /** The same of an Azure Firewall. Default `operationMs`, by the machine's time. */
  readonly firewallUpdate?: FirewallUpdate;
  /** What a GET shows of an Azure Firewall after a write that failed. Default `old`. What the network obeys is old either way. */
  readonly afterFirewallFailure?: AfterFailure;
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
  /** Who has which role where; nobody has one at the start. */
  readonly roles: RoleWorld;
  /** What a user set in this group, as a GET would show it now; equal before and after when everything was put back. */
  readonly export: (networkSecurityGroup: ArmId) => SecurityGroupExport;
  /** The same of an Azure Firewall. */
  readonly exportFirewall: (azureFirewall: ArmId) => FirewallExport;
  /** How many PUTs of this Azure Firewall were taken: those with a lost answer too, refused ones and lies not. */
  readonly firewallPuts: (azureFirewall: ArmId) => number;
  /** What the network obeys now. */
  readonly state: () => AzureState;
  /** A colleague in the portal: takes effect at once, with new etags. Throws when Azure would refuse these rules. */
  readonly editAsSomeoneElse: (group: ArmId, edit: (rules: readonly SecurityRule[]) => readonly WrittenRule[]) => void;
  /** The same on an Azure Firewall: the collections that `edit` returns take the place of those that were there. */
  readonly editFirewallAsSomeoneElse: (
    azureFirewall: ArmId,
    edit: (content: FirewallContent) => WrittenCollections,
  ) => void;
  /** Everything that has no rules (machines, interfaces, route tables, IP groups, …) as it shall be from now on. */
  readonly changeWorld: (change: (world: AzureWorld) => AzureWorld) => void;
  /** Deletes a machine by its name or id, with its interfaces and public addresses. Its rules stay where they are. */
  readonly deleteMachine: (machine: string) => void;
  /** What service tags stand for, by lower-case name: the same that is asked for as `…/serviceTags`. */
  readonly serviceTags: Readonly<Record<string, readonly string[]>>;
  /** Told whenever what the network obeys has changed, with the id of what did. Returns a function that stops it. */
  readonly onChange: (listener: (changed: ArmId) => void) => () => void;
  /** Everything that was asked since the start, refused or not. */
  readonly calls: readonly RecordedCall[];
  /** Closes every connection; the cloud goes on. */
  readonly stop: () => Promise<void>;
  /** Is there again, on the same port. */
  readonly restart: () => Promise<void>;
}

export const createAzureServer = async (options: AzureServerOptions): Promise<AzureServer> => {
  const { clock, faults } = options;
  let { world } = options;
  const operationMs = options.operationMs ?? 30;
  const operations = createOperations(operationMs, clock);
  const roles = createRoleWorld(clock);
  const groups = createSecurityGroups(world.networkSecurityGroups);
  const listeners = new Set<(changed: ArmId) => void>();
  const changed = (id: ArmId): void => {
    for (const tell of listeners) tell(id);
  };
  groups.onChange(changed);
  const firewalls = createAzureFirewalls({
    world: () => world,
    afterFailure: options.afterFirewallFailure ?? "old",
    changed,
  });
  const durations = firewallDurations(options.firewallUpdate ?? { ms: operationMs });
  const puts: ArmId[] = [];
  const throttling = options.throttling ?? AZURE_LIMITS;
  const answers = armAnswers({
    clock,
    get world() {
      return world;
    },
    groups,
    firewalls: {
      ...firewalls,
      put: (firewall) => {
        puts.push(firewall.id);
        firewalls.put(firewall);
      },
    },
    nextFirewallDuration: durations,
    operations,
    roles: roles.state,
    token: options.token,
    operationMs,
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
    operations.catchUp();
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
    roles: roles.world,
    export: (id) => {
      const group = groups.get(id);
      if (group === undefined) throw new Error(`no network security group \`${id}\` in the sandbox`);
      return exportGroup(group, world);
    },
    exportFirewall: (id) => {
      const firewall = firewalls.get(id);
      if (firewall === undefined) throw new Error(`no Azure Firewall \`${id}\` in the sandbox`);
      return exportFirewall(firewall);
    },
    firewallPuts: (id) => puts.filter((each) => sameId(each, id)).length,
    state: () => {
      operations.catchUp();
      return { ...world, networkSecurityGroups: groups.obeyed(), azureFirewalls: firewalls.obeyed() };
    },
    editAsSomeoneElse: groups.edit,
    editFirewallAsSomeoneElse: firewalls.edit,
    changeWorld: (change) => {
      world = change(world);
      changed("");
    },
    deleteMachine: (machine) => {
      world = withoutMachine(world, machine);
      changed(machine);
    },
    serviceTags: serviceTagPrefixes,
    onChange: (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
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
