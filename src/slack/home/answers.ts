/** What a click on a Home is answered: Slack gives no address for it, so a small window opens, or a direct message comes where it is too late for that. */

import type { RespondArguments, RespondFn, webApi } from "@slack/bolt";
import type { KnownBlock, ModalView } from "@slack/types";
import { lines } from "../blocks.ts";

interface Clicked {
  readonly body: { readonly user: { readonly id: string }; readonly trigger_id: string };
  readonly client: webApi.WebClient;
  /** Bolt leaves it out where Slack sent no `response_url`, whatever its types say. */
  readonly respond: RespondFn | undefined;
}

/** What would replace the message is left out: the Home is drawn again by itself. */
export const respondTo = ({ body, client, respond }: Clicked): RespondFn =>
  respond ??
  (async (message) => {
    const { replace_original: replaces, text = "" }: RespondArguments =
      typeof message === "string" ? { text: message } : message;
    if (replaces === true) return answered();
    const said = typeof message === "string" || !("blocks" in message) ? undefined : message.blocks;
    const shown = said === undefined || said.length === 0 ? lines([text]) : (said as KnownBlock[]);
    await client.views
      .open({ trigger_id: body.trigger_id, view: answerModal(shown) })
      // A trigger lives three seconds.
      .catch(() => client.chat.postMessage({ channel: body.user.id, text, blocks: [...shown] }));
    return answered();
  });

const answerModal = (blocks: readonly KnownBlock[]): ModalView => ({
  type: "modal",
  title: { type: "plain_text", text: "Latch" },
  close: { type: "plain_text", text: "Close" },
  blocks: [...blocks],
});

const answered = (): Awaited<ReturnType<RespondFn>> => new Response();
