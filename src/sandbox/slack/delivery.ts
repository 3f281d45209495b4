/** Bringing something to the bot, by signed HTTP or through a socket, and what the bot answered in time. */

import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../../access/time.ts";
import type { Faults } from "../faults.ts";
import { type Json, parseJson } from "./json.ts";
import { until } from "./misbehave.ts";
import { signature } from "./signing.ts";
import type { Envelope, SocketMode } from "./socket-mode.ts";

/** Where the app's manifest says each kind goes; most apps have one address for all. */
export type RequestUrls =
  | string
  | { readonly commands: string; readonly interactivity: string; readonly options: string; readonly events: string };

export type DeliveryKind = "commands" | "interactivity" | "options" | "events";

export interface Ack {
  readonly via: "http" | "socket" | "nothing";
  /**
   * `operation_timeout`: no answer within three seconds. `dispatch_failed`: the app could not be reached or
   * answered other than 2xx. These are the words the person sees.
   */
  readonly outcome: "ok" | "operation_timeout" | "dispatch_failed";
  readonly status?: number;
  /** Parsed when it is JSON, else the text. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** From sending to the answer, or to giving up. */
  readonly ms: number;
}

export interface SignedRequest {
  /** Seconds; the clock's when not given. */
  readonly timestamp?: string | number;
  readonly secret?: string;
  /** Instead of a computed one. `null`: no signature and no timestamp at all. */
  readonly signature?: string | null;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly url?: string;
}

export interface Parcel {
  readonly kind: DeliveryKind;
  /** A fault's name for it: `deliver command`, `deliver block_actions`, `deliver event_callback`. */
  readonly name: string;
  readonly payload: Json;
  readonly retry?: { readonly number: number; readonly reason: string };
}

export interface Delivery {
  /** Sockets come first when there are any, as in an app with Socket Mode on. */
  readonly deliver: (parcel: Parcel) => Promise<Ack>;
  readonly sendSigned: (body: string, request?: SignedRequest) => Promise<Ack>;
  readonly deliverTo: (urls: RequestUrls | undefined) => void;
}

interface Deps {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly sockets: SocketMode;
  readonly signingSecret: string;
  readonly ackLimitMs: number;
  readonly stopped: () => AbortSignal;
}

export const createDelivery = ({ clock, faults, sockets, signingSecret, ackLimitMs, stopped }: Deps): Delivery => {
  let urls: RequestUrls | undefined;
  const urlFor = (kind: DeliveryKind): string | undefined => (typeof urls === "object" ? urls[kind] : urls);

  const sendSigned = async (body: string, request: SignedRequest = {}): Promise<Ack> => {
    const url = request.url ?? urlFor("events");
    const started = performance.now();
    const since = (): number => performance.now() - started;
    if (url === undefined) return { ...failed("dispatch_failed", 0), via: "nothing" };
    const timestamp = String(request.timestamp ?? Math.floor(clock.now() / 1_000));
    const signed =
      request.signature === null
        ? {}
        : {
            "x-slack-request-timestamp": timestamp,
            "x-slack-signature": request.signature ?? signature(request.secret ?? signingSecret, timestamp, body),
          };
    const limit = AbortSignal.timeout(ackLimitMs);
    try {
      const response = await fetch(url, {
        method: "POST",
        body,
        headers: {
          "content-type": request.contentType ?? "application/x-www-form-urlencoded",
          // A connection kept from before the app was restarted would fail where Slack's doesn't.
          connection: "close",
          "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
          ...signed,
          ...request.headers,
        },
        redirect: "manual",
        signal: AbortSignal.any([limit, stopped()]),
      });
      const text = await response.text();
      const ms = since();
      return {
        via: "http",
        outcome: response.ok ? "ok" : "dispatch_failed",
        status: response.status,
        body: parseJson(text) ?? text,
        headers: Object.fromEntries(response.headers),
        ms,
      };
    } catch {
      return { ...failed(limit.aborted ? "operation_timeout" : "dispatch_failed", since()), via: "http" };
    }
  };

  const bring = async ({ kind, payload, retry }: Parcel): Promise<Ack> => {
    if (sockets.open() > 0) {
      const started = performance.now();
      const answer = await sockets.deliver(envelopeFor(kind, payload, retry), ackLimitMs);
      const ms = performance.now() - started;
      if (answer === undefined) return { ...failed("operation_timeout", ms), via: "socket" };
      return { via: "socket", outcome: "ok", body: answer.payload ?? "", headers: {}, ms };
    }
    const url = urlFor(kind);
    if (url === undefined) return { ...failed("dispatch_failed", 0), via: "nothing" };
    const asJson = kind === "events";
    return sendSigned(asJson ? JSON.stringify(payload) : formBody(kind, payload), {
      url,
      contentType: asJson ? "application/json" : "application/x-www-form-urlencoded",
      headers:
        retry === undefined ? {} : { "x-slack-retry-num": String(retry.number), "x-slack-retry-reason": retry.reason },
    });
  };

  /** Toward the bot `throttle` and `answer` have no meaning of their own: they are a `drop`. */
  const deliver = async (parcel: Parcel): Promise<Ack> => {
    const does = faults.next(parcel.name);
    switch (does?.kind) {
      case undefined:
        return bring(parcel);
      case "delay":
        await pause(does.ms, undefined, { signal: stopped() }).catch(() => undefined);
        return bring(parcel);
      case "lose-answer":
        return { ...failed("operation_timeout", (await bring(parcel)).ms), via: "http" };
      case "hang":
      case "hang-after":
        if (does.kind === "hang-after") await bring(parcel);
        await Promise.race([
          until(AbortSignal.any([faults.released(), stopped()])),
          pause(ackLimitMs, undefined, { ref: false }),
        ]);
        return failed("operation_timeout", ackLimitMs);
      case "lie":
        return { via: "nothing", outcome: "ok", status: 200, body: "", headers: {}, ms: 0 };
      case "drop":
      case "answer":
      case "throttle":
        return failed("dispatch_failed", 0);
    }
  };

  return {
    deliver,
    sendSigned,
    deliverTo: (to) => {
      urls = to;
    },
  };
};

const failed = (outcome: "operation_timeout" | "dispatch_failed", ms: number): Ack => ({
  via: "nothing",
  outcome,
  body: "",
  headers: {},
  ms,
});

/** A command's fields lie open in the form; whatever else is pressed or sent is JSON in its `payload`. */
const formBody = (kind: DeliveryKind, payload: Json): string => {
  if (kind !== "commands") return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  return new URLSearchParams(
    Object.entries(payload).map(([name, value]) => [name, String(value)] as [string, string]),
  ).toString();
};

const envelopeFor = (kind: DeliveryKind, payload: Json, retry: Parcel["retry"]): Envelope => {
  if (kind === "commands") return { type: "slash_commands", payload, accepts_response_payload: true };
  if (kind !== "events") return { type: "interactive", payload, accepts_response_payload: true };
  return {
    type: "events_api",
    payload,
    accepts_response_payload: false,
    retry_attempt: retry?.number ?? 0,
    retry_reason: retry?.reason ?? "",
  };
};
