/** Socket Mode: up to ten connections, each envelope to one of them. https://docs.slack.dev/apis/events-api/using-socket-mode */

import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Changes } from "./changes.ts";
import { isObject, type Json, parseJson } from "./json.ts";
import { acceptWebSocket, type WebSocketConnection } from "./web-socket.ts";
import type { SlackBot } from "./world.ts";

export interface Envelope {
  readonly type: "slash_commands" | "interactive" | "events_api";
  readonly payload: Json;
  readonly accepts_response_payload: boolean;
  readonly retry_attempt?: number;
  readonly retry_reason?: string;
}

export interface SocketMode {
  /** A fresh address that opens one connection. */
  readonly ticketUrl: () => string;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly open: () => number;
  /** The payload of the acknowledgement; `undefined` when none came within the limit. */
  readonly deliver: (envelope: Envelope, limitMs: number) => Promise<{ readonly payload: unknown } | undefined>;
  /** Tells every connection to reconnect, as Slack does every few hours, and ends it. `warning` only tells. */
  readonly refresh: (reason?: "refresh_requested" | "warning" | "link_disabled") => void;
  /** Ends every connection without a word. */
  readonly cut: () => void;
  /** Says goodbye to every connection and waits a little for them to go. */
  readonly leave: () => Promise<void>;
}

const MOST_CONNECTIONS = 10;
const HOST = "applink-sandbox";
const PING_EVERY_MS = 10_000;

export const createSocketMode = ({
  bot,
  changes,
  ownUrl,
}: {
  bot: SlackBot;
  changes: Changes;
  ownUrl: () => string;
}): SocketMode => {
  const tickets = new Set<string>();
  const connections: WebSocketConnection[] = [];
  const waiting = new Map<string, (payload: unknown) => void>();
  let turn = 0;

  const greet = (connection: WebSocketConnection): void =>
    connection.send(
      JSON.stringify({
        type: "hello",
        num_connections: connections.length,
        debug_info: { host: HOST, build_number: 1, approximate_connection_time: 18_060 },
        connection_info: { app_id: bot.appId },
      }),
    );

  const cut = (): void => {
    for (const connection of Array.from(connections)) connection.destroy();
  };

  const hear = (text: string): void => {
    const message = parseJson(text);
    if (!isObject(message) || typeof message.envelope_id !== "string") return;
    waiting.get(message.envelope_id)?.(message.payload);
  };

  return {
    ticketUrl: () => {
      const ticket = randomBytes(16).toString("hex");
      tickets.add(ticket);
      return `${ownUrl().replace(/^http/u, "ws")}/link/?ticket=${ticket}&app_id=${bot.appId}`;
    },
    upgrade: (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://sandbox");
      if (pathname !== "/link/" || !tickets.delete(searchParams.get("ticket") ?? "")) {
        socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
        return;
      }
      const beat = setInterval(() => connection?.ping(), PING_EVERY_MS);
      beat.unref();
      const connection = acceptWebSocket(request, socket, head, {
        onText: hear,
        onClose: () => {
          clearInterval(beat);
          const index = connection === undefined ? -1 : connections.indexOf(connection);
          if (index < 0) return;
          connections.splice(index, 1);
          changes.publish({ kind: "sockets-changed", open: connections.length });
        },
      });
      if (connection === undefined) {
        clearInterval(beat);
        return;
      }
      if (connections.length >= MOST_CONNECTIONS) {
        end(connection, "too_many_websockets");
        return;
      }
      connections.push(connection);
      greet(connection);
      changes.publish({ kind: "sockets-changed", open: connections.length });
    },
    open: () => connections.length,
    deliver: ({ type, payload, ...rest }, limitMs) =>
      new Promise((resolve) => {
        turn += 1;
        const connection = connections[turn % Math.max(1, connections.length)];
        if (connection === undefined) {
          resolve(undefined);
          return;
        }
        const id = randomUUID();
        const finish = (answer: { readonly payload: unknown } | undefined): void => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(answer);
        };
        const timer = setTimeout(() => finish(undefined), limitMs);
        waiting.set(id, (acknowledged) => finish({ payload: acknowledged }));
        connection.send(JSON.stringify({ payload, envelope_id: id, type, ...rest }));
      }),
    refresh: (reason = "refresh_requested") => {
      for (const connection of Array.from(connections)) end(connection, reason);
    },
    cut,
    leave: async () => {
      for (const connection of Array.from(connections)) connection.close(1001, "going away");
      await changes.waitFor(() => connections.length === 0, { limitMs: 500 }).catch(cut);
    },
  };
};

const end = (connection: WebSocketConnection, reason: string): void => {
  connection.send(JSON.stringify({ type: "disconnect", reason, debug_info: { host: HOST } }));
  if (reason !== "warning") connection.close(1000, reason);
};
