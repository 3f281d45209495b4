/** A Slack workspace on this machine that speaks Slack's real protocols: a Bolt app works against it unmodified. */

import { createServer, type Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Clock } from "../../access/time.ts";
import type { Faults } from "../faults.ts";
import { eventsOf } from "./change-events.ts";
import { type Change, createChanges, type WaitOptions } from "./changes.ts";
import { type TypedCommand, typeCommand } from "./commands.ts";
import { type Ack, createDelivery, type RequestUrls, type SignedRequest } from "./delivery.ts";
import type { Entry } from "./element-values.ts";
import { SLACKS_RETRIES_MS, sendEvent, verifyUrl } from "./events-api.ts";
import { createFiles, type UploadedFile } from "./files.ts";
import { close, type Submission, type Submitted, submit } from "./forms.ts";
import type { Json } from "./json.ts";
import type { Message } from "./message.ts";
import { type Press, press, type Suggestions, suggest } from "./presses.ts";
import { createRateLimits, type RateLimitOptions } from "./rate-limits.ts";
import { createResponseUrls } from "./response-urls.ts";
import { type MessageShortcut, type Shortcut, useMessageShortcut, useShortcut } from "./shortcuts.ts";
import { type Sight, see } from "./sight.ts";
import { createSocketMode, type SocketMode } from "./socket-mode.ts";
import { createTell } from "./tell.ts";
import { createTriggers } from "./triggers.ts";
import { createViewStacks } from "./view-stacks.ts";
import { createWebApi } from "./web-api.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";
import type { SlackWorld } from "./world.ts";

export interface SlackServerOptions {
  readonly clock: Clock;
  readonly world: SlackWorld;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly faults: Faults;
  /** 0 or not given: any. */
  readonly port?: number;
  readonly rateLimits?: RateLimitOptions | false;
  /** Where the app listens, when it is already known; see `deliverTo`. */
  readonly requestUrls?: RequestUrls;
  /** Slack's three seconds; shorter in tests that wait for it. */
  readonly ackLimitMs?: number;
  /** Slack's are 0, one minute, five minutes. */
  readonly eventRetriesMs?: readonly number[];
}

export interface SlackServer {
  /** `http://127.0.0.1:4242` */
  readonly url: string;
  /** For `slackApiUrl`: ends in `/api/`. */
  readonly apiUrl: string;
  readonly port: number;

  /** Where the app's manifest says it listens. Sockets, when open, come first. */
  readonly deliverTo: (urls: RequestUrls | undefined) => void;
  readonly verifyUrl: (url?: string) => Promise<boolean>;

  readonly command: (typed: TypedCommand) => Promise<Ack>;
  readonly click: (pressed: Press) => Promise<Ack>;
  readonly submitView: (submission: Submission) => Promise<Submitted>;
  readonly closeView: (which: { readonly user: string; readonly viewId?: string }) => Promise<Ack | undefined>;
  readonly blockSuggestion: (typed: Press & { readonly value: string }) => Promise<Suggestions>;
  /** A global one: from the composer or the search. */
  readonly shortcut: (used: Shortcut) => Promise<Ack>;
  /** From a message's menu. */
  readonly messageShortcut: (used: MessageShortcut) => Promise<Ack>;
  /** `{ type: "app_mention", user, … }`: sent until acknowledged; every attempt. */
  readonly event: (event: Json) => Promise<readonly Ack[]>;
  /** Opens the app's Home, which tells the app. */
  readonly openHome: (user: string) => Promise<readonly Ack[]>;
  /** A person writes something. Nobody is told but who reads. */
  readonly say: (said: { readonly user: string; readonly channel: string; readonly text: string }) => Message;
  /** Any body, signed rightly or wrongly, to where events go or to `url`. */
  readonly sendSigned: (body: string, request?: SignedRequest) => Promise<Ack>;

  readonly see: (user: string) => Sight;
  /** Everything in a channel, ephemeral ones too, in order. A user's id: their direct message. */
  readonly messages: (channel: string) => readonly Message[];
  /** Once it was shared or completed. */
  readonly file: (id: string) => UploadedFile | undefined;
  readonly people: Pick<
    Workspace,
    | "team"
    | "bot"
    | "users"
    | "user"
    | "groups"
    | "channels"
    | "changeUser"
    | "changeChannel"
    | "changeGroup"
    | "writeProfile"
    | "changeProfileField"
  >;
  readonly sockets: Pick<SocketMode, "open" | "refresh" | "cut">;
  readonly subscribe: (listener: (change: Change) => void) => () => void;
  /** What `look` returns, once it is neither `undefined` nor `false`; rejects after `limitMs` (5 s). */
  readonly waitFor: <T>(look: () => T | undefined | false, options?: WaitOptions) => Promise<T>;

  /** Away for a while, then back on the same port with the same state. Every connection is cut. */
  readonly restart: (awayMs?: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const createSlackServer = async (options: SlackServerOptions): Promise<SlackServer> => {
  const { clock, faults, botToken, appToken, signingSecret } = options;
  let stopping = new AbortController();
  let url = "";
  const stopped = (): AbortSignal => stopping.signal;
  const ownUrl = (): string => url;

  const changes = createChanges();
  const workspace = createWorkspace({ world: options.world, clock, changes });
  const views = createViewStacks(workspace);
  const triggers = createTriggers(clock);
  const sockets = createSocketMode({ bot: workspace.bot, changes, ownUrl });
  const delivery = createDelivery({
    clock,
    faults,
    sockets,
    signingSecret,
    stopped,
    ackLimitMs: options.ackLimitMs ?? 3_000,
  });
  delivery.deliverTo(options.requestUrls);
  const responseUrls = createResponseUrls({ workspace, faults, ownUrl, stopped });
  const files = createFiles({ faults, ownUrl, stopped });
  const { tell, told } = createTell(workspace);
  const limits = createRateLimits(clock, options.rateLimits ?? {});

  const choices = new Map<string, Record<string, Entry>>();
  const chosen = (key: string): Record<string, Entry> => {
    const found = choices.get(key) ?? {};
    choices.set(key, found);
    return found;
  };
  const interaction = { workspace, views, delivery, triggers, responseUrls, tell, chosen };
  const event = (sent: Json): Promise<readonly Ack[]> =>
    sendEvent(sent, { workspace, delivery, retriesMs: options.eventRetriesMs ?? SLACKS_RETRIES_MS, stopped });

  changes.subscribe((change) => {
    for (const fact of eventsOf(change, workspace)) void event(fact).catch(() => undefined);
  });

  const routes = new Hono<{ Bindings: HttpBindings }>();
  routes.route(
    "/",
    createWebApi({
      workspace,
      views,
      triggers,
      files,
      limits,
      faults,
      botToken,
      appToken,
      stopped,
      ownUrl,
      socketUrl: sockets.ticketUrl,
    }),
  );
  routes.route("/", responseUrls.routes);
  routes.route("/", files.routes);

  let server = await listen(routes, sockets, options.port ?? 0);
  const port = portOf(server);
  url = `http://127.0.0.1:${port}`;

  const down = async (): Promise<void> => {
    stopping.abort();
    sockets.cut();
    await shut(server);
  };

  return {
    url,
    apiUrl: `${url}/api/`,
    port,
    deliverTo: delivery.deliverTo,
    verifyUrl: (at) => verifyUrl(delivery, at),
    command: (typed) => typeCommand(typed, interaction),
    click: (pressed) => press(pressed, interaction),
    submitView: (submission) => submit(submission, interaction),
    closeView: (which) => close(which, interaction),
    blockSuggestion: (typed) => suggest(typed, interaction),
    shortcut: (used) => useShortcut(used, interaction),
    messageShortcut: (used) => useMessageShortcut(used, interaction),
    event,
    openHome: (user) =>
      event({ type: "app_home_opened", user, channel: workspace.directMessage(user).id, tab: "home" }),
    say: ({ user, channel, text }) => {
      const place = workspace.conversation(channel);
      if (place === undefined) throw new Error(`the sandbox's Slack has no channel \`${channel}\``);
      return workspace.post({ channel: place.id, ts: workspace.newTs(), user, byApp: false, text, blocks: [] });
    },
    sendSigned: delivery.sendSigned,
    see: (user) => see(user, { workspace, views, told }),
    messages: (channel) => workspace.messages(workspace.conversation(channel)?.id ?? channel),
    file: (id) => {
      const file = files.file(id);
      return file?.isComplete === true ? file : undefined;
    },
    people: workspace,
    sockets,
    subscribe: changes.subscribe,
    waitFor: changes.waitFor,
    restart: async (awayMs = 0) => {
      await down();
      if (awayMs > 0) await pause(awayMs);
      stopping = new AbortController();
      server = await listen(routes, sockets, port);
    },
    stop: async () => {
      await sockets.leave();
      changes.close();
      await down();
    },
  };
};

const listen = (routes: Hono<{ Bindings: HttpBindings }>, sockets: SocketMode, port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
    const answer = getRequestListener(routes.fetch, { overrideGlobalObjects: false });
    server.on("upgrade", sockets.upgrade);
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });

const shut = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    server.close(() => resolve());
    server.closeAllConnections();
  });

const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the sandbox's Slack has no port");
  return address.port;
};
