/** The button and the form for giving less than was asked: a click becomes a call, the answer becomes words. Decides nothing. */

import { setTimeout as pause } from "node:timers/promises";
import type { App, BlockAction, ButtonAction, RespondFn, webApi } from "@slack/bolt";
import type { ModalView } from "@slack/types";
import type { RequestId } from "../../access/identifier.ts";
import { isRefusal, type Refusal } from "../../access/refusal.ts";
import type { Clock } from "../../access/time.ts";
import type { AccessRequest } from "../../grants/request.ts";
import type { MayReview, ReviewRequest } from "../../workflow/review-request.ts";
import type { Answers, LogProblem } from "../answer.ts";
import type { ActionId } from "../blocks.ts";
import { respondTo } from "../home/answers.ts";
import { plainText } from "../plain-text.ts";
import { drawNoForm } from "../private-texts.ts";
import {
  approvedModal,
  fieldOf,
  LESS_MODAL,
  lessIn,
  lessModal,
  notApprovedModal,
  thinkingModal,
} from "./approve-less.ts";

export interface ApproveLessDeps {
  readonly client: webApi.WebClient;
  readonly review: ReviewRequest;
  readonly mayReview: MayReview;
  readonly answers: Answers;
  readonly refuseClick: (refusal: Refusal, respond: RespondFn) => Promise<void>;
  readonly clock: Clock;
  readonly log: LogProblem;
}

const OPEN: ActionId = "request.approve-less";

/** Who opens the form needn't be who sends it, and much may happen in between: everything is decided when it is sent. */
export const listenForApproveLess = (app: App, deps: ApproveLessDeps): void => {
  const { client, review, mayReview, answers, refuseClick, clock, log } = deps;

  app.action<BlockAction<ButtonAction>>(
    { type: "block_actions", action_id: OPEN },
    async ({ ack, action, body, client: web, respond }) => {
      await ack(); // Slack waits 3 s: https://docs.slack.dev/interactivity/handling-user-interaction
      if (action.value === undefined) return;
      const id = action.value as RequestId;
      const answer = respondTo({ body, client: web, respond });
      const user = body.user.id;
      const request = await answers.reviewing(id, user, "approve", () => mayReview(id, user, "approve"));
      if (isRefusal(request)) await refuseClick(request, answer);
      else await openForm(request, body.trigger_id, answer);
    },
  );

  const openForm = async (request: AccessRequest, triggerId: string, respond: RespondFn): Promise<void> => {
    try {
      await client.views.open({ trigger_id: triggerId, view: lessModal(request, clock.now()) });
    } catch (error) {
      // A trigger lives three seconds, and looking people up may have taken longer.
      log({ error, doing: "open the form for approving less" });
      await answers.privately(respond, drawNoForm("approved", "Approve less"));
    }
  };

  app.view(LESS_MODAL, async ({ ack, view, body }) => {
    const id = view.private_metadata as RequestId;
    const user = body.user.id;
    const less = lessIn(view.state.values);
    const deciding = answers.reviewing(id, user, "approve", () => review(id, user, { kind: "approve", less }));
    const inTime = await Promise.race([deciding, pause(ANSWER_WITHIN_MS, undefined, { ref: false })]);
    if (inTime === undefined) {
      await ack({ response_action: "update", view: thinkingModal() });
      const late = await deciding;
      await show(view.id, isRefusal(late) ? notApprovedModal(answers.refusals([late])) : approvedModal());
      return;
    }
    if (!isRefusal(inTime)) return ack();
    const field = fieldOf(inTime);
    const said = answers.refusals([inTime]);
    // What isn't there can't be marked: of one port there is no choice.
    if (field !== undefined && view.blocks.some(({ block_id }) => block_id === field))
      await ack({ response_action: "errors", errors: { [field]: plainText(said.text) } });
    else await ack({ response_action: "update", view: notApprovedModal(said) });
  });

  const show = async (viewId: string, view: ModalView): Promise<void> => {
    try {
      await client.views.update({ view_id: viewId, view });
    } catch (error) {
      // They closed it, or Slack is away: the card says what became of it.
      log({ error, doing: "show what came of an approval" });
    }
  };
};

/** Slack waits 3 s for an answer to a form. */
const ANSWER_WITHIN_MS = 2_200;
