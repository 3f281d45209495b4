/** The client of Slack's Web API, and the settings that Bolt's own has too. */

import { LogLevel, webApi } from "@slack/bolt";
import { SECOND } from "../access/time.ts";

export interface SlackClientDeps {
  readonly botToken: string;
  /** Another Slack Web API, with or without its trailing slash. */
  readonly apiUrl: string | undefined;
  readonly log: (level: "warn" | "error", message: string) => void;
}

export const createSlackClient = (deps: SlackClientDeps): webApi.WebClient =>
  new webApi.WebClient(deps.botToken, { ...clientOptions(deps), logger: quietLogger(deps) });

/**
 * The client doesn't retry: our outbox does, in its own order, and a check that can't be made is a "no" at once. By default it would retry for half an
 * hour, and stop everything for one rate limit.
 */
export const clientOptions = ({ apiUrl }: SlackClientDeps): webApi.WebClientOptions => ({
  retryConfig: { retries: 0 },
  timeout: CALL_TIMEOUT,
  rejectRateLimitedCalls: true,
  ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl.endsWith("/") ? apiUrl : `${apiUrl}/` }),
});

export const quietLogger = ({ log }: SlackClientDeps): NonNullable<webApi.WebClientOptions["logger"]> => ({
  debug: () => undefined,
  info: () => undefined,
  warn: (...parts: unknown[]) => log("warn", parts.map(String).join(" ")),
  error: (...parts: unknown[]) => log("error", parts.map(String).join(" ")),
  setLevel: () => undefined,
  getLevel: () => LogLevel.WARN,
  setName: () => undefined,
});

const CALL_TIMEOUT = 10 * SECOND;
