/** A file to one person, in their direct messages with the bot. https://docs.slack.dev/messaging/working-with-files */

import type { webApi } from "@slack/bolt";
import { slackErrorCode, slackFault } from "../slack-fault.ts";

export interface SentFile {
  /** With its ending: `accesses.csv`. */
  readonly name: string;
  readonly title: string;
  readonly content: string;
  /** What is said above it. */
  readonly text: string;
}

/** `not-allowed`: the app lacks the permission `files:write`. Throws a `Fault` when Slack can't be asked or doesn't take it. */
export type SendFile = (user: string, file: SentFile) => Promise<"sent" | "not-allowed">;

export const createSendFile =
  (client: webApi.WebClient): SendFile =>
  async (user, { name, title, content, text }) => {
    try {
      const { channel } = await client.conversations.open({ users: user });
      if (channel?.id === undefined) throw new Error("Slack names no channel for direct messages");
      await client.filesUploadV2({
        channel_id: channel.id,
        filename: name,
        title,
        file: Buffer.from(content, "utf8"),
        initial_comment: text,
      });
      return "sent";
    } catch (error) {
      if (NOT_ALLOWED.has(slackErrorCode(error) ?? "")) return "not-allowed";
      throw slackFault("send a file", error);
    }
  };

/** Also what servers say that don't know these methods at all. */
const NOT_ALLOWED: ReadonlySet<string> = new Set([
  "missing_scope",
  "unknown_method",
  "not_allowed_token_type",
  "no_permission",
  "access_denied",
  "team_access_not_granted",
]);
