/** Who is in a channel. https://docs.slack.dev/reference/methods/conversations.members */

import type { webApi } from "@slack/bolt";
import type { ChannelMembers } from "../workflow/tell-approvers.ts";
import { slackErrorCode, slackFault } from "./slack-fault.ts";

export const createChannelMembers =
  (client: webApi.WebClient): ChannelMembers =>
  async (channel) => {
    const found = new Set<string>();
    let cursor: string | undefined;
    try {
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const answer = await client.conversations.members({
          channel,
          limit: 1_000,
          ...(cursor === undefined ? {} : { cursor }),
        });
        for (const user of answer.members ?? []) found.add(user);
        cursor = answer.response_metadata?.next_cursor || undefined;
        if (cursor === undefined) break;
      }
    } catch (error) {
      // Slack answered: without the permission, or of a channel that isn't there, it answers so each time.
      if (slackErrorCode(error) !== undefined) return undefined;
      throw slackFault(`read who is in \`${channel}\``, error);
    }
    return found;
  };

/** Whoever is on none of them is told directly too. */
const MOST_PAGES = 10;
