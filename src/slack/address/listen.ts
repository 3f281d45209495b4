/** Buttons about where somebody is. Decides nothing. */

import type { App, BlockAction, ButtonAction } from "@slack/bolt";
import type { Answers } from "../answer.ts";
import type { ActionId } from "../blocks.ts";
import { respondTo } from "../home/answers.ts";
import { ADDRESS_LINK, type AddressAnswers } from "./answers.ts";

interface AddressButtonDeps {
  readonly addressAnswers: AddressAnswers;
  readonly answers: Answers;
}

export const listenForAddress = (app: App, { addressAnswers, answers }: AddressButtonDeps): void => {
  // Slack has opened the page by then, and only wants to hear that we heard.
  app.action({ type: "block_actions", action_id: ADDRESS_LINK }, ({ ack }) => ack());

  const moved: ActionId = "grant.moved";
  app.action<BlockAction<ButtonAction>>(
    { type: "block_actions", action_id: moved },
    async ({ ack, action, body, client, respond }) => {
      await ack(); // Slack waits 3 s: https://docs.slack.dev/interactivity/handling-user-interaction
      const { value: id } = action;
      if (id === undefined) return;
      const answer = respondTo({ body, client, respond });
      await answers.privately(answer, await addressAnswers.moved(body.user.id, `moved ${id}`, id));
    },
  );
};
