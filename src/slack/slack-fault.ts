/** What a failed call of Slack's Web API means for us. */

import { webApi } from "@slack/bolt";
import { Fault } from "../access/fault.ts";
import { type DurationMs, SECOND } from "../access/time.ts";

/** The Web API error code of a refusal (`channel_not_found`); `undefined` when it failed otherwise. */
export const slackErrorCode = (error: unknown): string | undefined =>
  error instanceof webApi.WebAPIPlatformError ? error.data.error : undefined;

/**
 * `retry: "never"` for errors that lie in this very message, so that it can't hold up what waits behind it. Errors of the channel may be over when somebody
 * invites the bot or unarchives it, and those of the token or of Slack itself pass too: `later`.
 *
 * Codes: https://docs.slack.dev/reference/methods/chat.postMessage and chat.update
 */
export const slackFault = (doing: string, error: unknown): Fault => {
  if (error instanceof webApi.WebAPIRateLimitedError) {
    const afterMs = (error.retryAfter * SECOND) as DurationMs;
    return new Fault("slack", `cannot ${doing}: rate limited`, { retry: "later", afterMs, cause: error });
  }
  const code = slackErrorCode(error);
  const why = code ?? (error instanceof Error ? error.message : String(error));
  const retry = code !== undefined && OF_THIS_MESSAGE.has(code) ? "never" : "later";
  return new Fault("slack", `cannot ${doing}: ${why}`, { retry, cause: error });
};

/** The same of a message that is posted. Where no answer came in time Slack may still be at it, and who looks for the message too soon doesn't find it and says it again. */
export const postFault = (doing: string, error: unknown): Fault => {
  const fault = slackFault(doing, error);
  if (!isTimeout(error)) return fault;
  return new Fault("slack", fault.message, { retry: "later", afterMs: LATE_BY, unanswered: true, cause: error });
};

// https://developer.mozilla.org/en-US/docs/Web/API/AbortSignal/timeout_static
const isTimeout = (error: unknown): boolean =>
  error instanceof webApi.WebAPIRequestError && error.original.name === "TimeoutError";

const LATE_BY = (10 * SECOND) as DurationMs;

const OF_THIS_MESSAGE: ReadonlySet<string> = new Set([
  "invalid_blocks",
  "invalid_blocks_format",
  "invalid_metadata_format",
  "metadata_too_large",
  "msg_too_long",
  "msg_blocks_too_long",
  "no_text",
  "too_many_attachments",
  "cannot_dm_bot",
  "user_not_found",
  "user_disabled",
  "messages_tab_disabled",
  // chat.update
  "message_not_found",
  "cant_update_message",
  "edit_window_closed",
]);
