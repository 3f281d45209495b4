/** Says something that only one person is to read, where no answer to a command or a click can be given any more. */

import type { webApi } from "@slack/bolt";
import type { KnownBlock } from "@slack/types";
import type { LogProblem } from "../answer.ts";
import type { Drawn } from "../blocks.ts";

/** In the channel where they are, else as a direct message. A failure is logged: there is nobody else to tell. */
export type SayPrivately = (user: string, channel: string | undefined, drawn: Drawn) => Promise<void>;

export const createSayPrivately =
  (client: webApi.WebClient, log: LogProblem): SayPrivately =>
  async (user, channel, { text, blocks }) => {
    const message = { text, blocks: blocks as KnownBlock[] };
    if (channel !== undefined && /^[CG]/u.test(channel)) {
      try {
        await client.chat.postEphemeral({ channel, user, ...message });
        return;
      } catch {
        // The bot isn't in that channel, or they have left it: https://docs.slack.dev/reference/methods/chat.postEphemeral#errors
      }
    }
    await client.chat
      .postMessage({ channel: user, ...message })
      .catch((error: unknown) => log({ error, doing: "answer a person directly" }));
  };
