/** Slack's requests over HTTP: nothing reaches the bot that Slack didn't sign just now, for the first time. */

import { type App, isValidSlackRequest, type Receiver } from "@slack/bolt";
import { isFault } from "../access/fault.ts";
import { type Clock, type DurationMs, MINUTE, SECOND } from "../access/time.ts";

export interface IncomingRequest {
  readonly body: string;
  readonly header: (name: string) => string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface HttpReceiver extends Receiver {
  readonly receive: (request: IncomingRequest) => Promise<Answer>;
}

interface HttpReceiverDeps {
  readonly signingSecret: string;
  readonly clock: Clock;
  /** `false` when this signature was seen within the last `seconds`, by any replica. Throws a `Fault` when memory is away. */
  readonly firstTime: (signature: string, seconds: number) => Promise<boolean>;
  readonly refused: (why: "signature" | "age" | "replay" | "body") => void;
}

/**
 * Bolt checks the signature and refuses what is too old. It doesn't refuse a timestamp from the future, which would keep a captured request
 * usable for as long as one likes, and it knows no replays; both are refused here.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export const createHttpReceiver = (deps: HttpReceiverDeps): HttpReceiver => {
  let app: App | undefined;
  const seenHere = new Map<string, number>();

  const isReplay = async (signature: string): Promise<boolean> => {
    const now = deps.clock.now();
    for (const [old, until] of seenHere) if (until <= now) seenHere.delete(old);
    if (seenHere.has(signature)) return true;
    seenHere.set(signature, now + REMEMBERED);
    try {
      return !(await deps.firstTime(signature, REMEMBERED / SECOND));
    } catch (error) {
      // Without Redis nothing is given anyway, and people must still be told so. What this process saw itself it knows.
      if (isFault(error)) return false;
      throw error;
    }
  };

  const refusal = (why: Parameters<HttpReceiverDeps["refused"]>[0], status: number): Answer => {
    deps.refused(why);
    return { status, body: "" };
  };

  const receive: HttpReceiver["receive"] = async ({ body, header }) => {
    const signature = header("x-slack-signature") ?? "";
    const timestamp = Number(header("x-slack-request-timestamp"));
    const now = deps.clock.now();
    if (!Number.isFinite(timestamp) || Math.abs(now - timestamp * SECOND) > REQUEST_LIVES) return refusal("age", 401);
    // Bolt reads over what follows a second "="; a signature that is spelled otherwise would count as one not seen yet.
    if (!/^v0=[0-9a-f]{64}$/u.test(signature)) return refusal("signature", 401);
    const headers = { "x-slack-signature": signature, "x-slack-request-timestamp": timestamp };
    if (!isValidSlackRequest({ signingSecret: deps.signingSecret, body, headers, nowMilliseconds: now })) {
      return refusal("signature", 401);
    }
    if (await isReplay(signature)) return refusal("replay", 401);

    const parsed = parseBody(body, header("content-type") ?? "");
    if (parsed === undefined || app === undefined) return refusal("body", 400);
    if (parsed["ssl_check"] !== undefined) return { status: 200, body: "" };
    if (parsed["type"] === "url_verification")
      return { status: 200, body: JSON.stringify({ challenge: parsed["challenge"] }) };
    return dispatch(app, parsed, header);
  };

  return {
    receive,
    init: (initialised) => {
      app = initialised;
    },
    start: async () => undefined,
    stop: async () => undefined,
  };
};

/** Answers as soon as a listener acknowledges; the listener's work goes on after that. */
const dispatch = (app: App, body: Record<string, unknown>, header: IncomingRequest["header"]): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => resolve({ status: 404, body: "" }), SLACK_WAITS);
    const ack = async (response?: unknown): Promise<void> => {
      clearTimeout(tooLate);
      resolve({
        status: 200,
        body: response === undefined ? "" : typeof response === "string" ? response : JSON.stringify(response),
      });
    };
    const retry = Number(header("x-slack-retry-num"));
    const retryReason = header("x-slack-retry-reason");
    app
      .processEvent({
        body,
        ack,
        ...(Number.isFinite(retry) && retry > 0 ? { retryNum: retry } : {}),
        ...(retryReason === undefined ? {} : { retryReason }),
      })
      .catch((error: unknown) => {
        clearTimeout(tooLate);
        reject(error instanceof Error ? error : new Error(String(error)));
      });
  });

const parseBody = (body: string, contentType: string): Record<string, unknown> | undefined => {
  try {
    if (contentType.startsWith("application/json")) return asRecord(JSON.parse(body));
    const form = Object.fromEntries(new URLSearchParams(body));
    return form["payload"] === undefined ? form : asRecord(JSON.parse(form["payload"]));
  } catch {
    return undefined;
  }
};

const asRecord = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;

const REQUEST_LIVES = (5 * MINUTE) as DurationMs;
/** Twice as long, because a timestamp may be ahead as well as behind. */
const REMEMBERED = (2 * REQUEST_LIVES) as DurationMs;
/** Slack gives up after 3 s: https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response */
const SLACK_WAITS = 3 * SECOND;
