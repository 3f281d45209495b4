/** The Bolt app, by HTTP or by Socket Mode, and its Web API client. */

import { App, LogLevel, webApi } from "@slack/bolt";
import { SECOND } from "../access/time.ts";
import type { HttpReceiver } from "./http-receiver.ts";

interface SlackAppDeps {
  readonly botToken: string;
  /** Another Slack Web API, with or without its trailing slash. */
  readonly apiUrl: string | undefined;
  /** How Slack's requests come in: signed over HTTP, or over a socket opened with this app-level token. */
  readonly transport:
    | { readonly kind: "http"; readonly receiver: HttpReceiver }
    | { readonly kind: "socket"; readonly appToken: string };
  readonly log: (level: "warn" | "error", message: string) => void;
}

export interface SlackApp {
  readonly app: App;
  readonly client: webApi.WebClient;
}

/**
 * The client doesn't retry: our outbox does, in its own order, and a check that can't be made is a "no" at once. By default it would retry for half an
 * hour, and stop everything for one rate limit.
 */
export const createSlackApp = ({ botToken, apiUrl, transport, log }: SlackAppDeps): SlackApp => {
  const clientOptions: webApi.WebClientOptions = {
    retryConfig: { retries: 0 },
    timeout: CALL_TIMEOUT,
    rejectRateLimitedCalls: true,
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl.endsWith("/") ? apiUrl : `${apiUrl}/` }),
  };
  const logger = quietLogger(log);
  const app = new App({
    clientOptions,
    logger,
    authorize: async () => ({ botToken }),
    ...(transport.kind === "http"
      ? { receiver: transport.receiver }
      : {
          socketMode: true,
          appToken: transport.appToken,
        }),
  });
  return { app, client: new webApi.WebClient(botToken, { ...clientOptions, logger }) };
};

const quietLogger = (log: SlackAppDeps["log"]): NonNullable<webApi.WebClientOptions["logger"]> => ({
  debug: () => undefined,
  info: () => undefined,
  warn: (...parts: unknown[]) => log("warn", parts.map(String).join(" ")),
  error: (...parts: unknown[]) => log("error", parts.map(String).join(" ")),
  setLevel: () => undefined,
  getLevel: () => LogLevel.WARN,
  setName: () => undefined,
});

const CALL_TIMEOUT = 10 * SECOND;
