/** Buttons and the modal: a click becomes a call, the answer becomes words. Decides nothing. */

import type { App, BlockAction, ButtonAction, RespondFn, webApi } from "@slack/bolt";
import type { RequestId } from "../access/identifier.ts";
import { isRefusal } from "../access/refusal.ts";
import type { Clock } from "../access/time.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { EndEarly } from "../workflow/end-early.ts";
import type { RecordRefusal } from "../workflow/record-refusal.ts";
import type { MayReview, ReviewRequest } from "../workflow/review-request.ts";
import { answerPrivately, type LogProblem, orCannotCheck } from "./answer.ts";
import type { ActionId, Drawn } from "./blocks.ts";
import { DENY_MODAL, denyModal, notCountedModal, reasonIn } from "./deny-modal.ts";
import { drawClosing, drawNoForm, drawWithdrawn } from "./private-texts.ts";
import { drawRefusals } from "./refusal-message.ts";
import type { Situation } from "./refusal-text.ts";

export interface ButtonDeps {
  readonly client: webApi.WebClient;
  readonly review: ReviewRequest;
  readonly mayReview: MayReview;
  readonly endEarly: EndEarly;
  readonly recordRefusal: RecordRefusal;
  readonly clock: Clock;
  readonly zone: () => string;
  readonly log: LogProblem;
}

/**
 * A button carries an id and nothing else. Who clicked comes from Slack's signed payload; everything more comes from the store. When it worked nobody is answered: the card
 * shows it.
 */
export const listenForButtons = (app: App, deps: ButtonDeps): void => {
  const on = (
    actionId: ActionId,
    work: (id: string, user: string, respond: RespondFn, triggerId: string) => Promise<void>,
  ): void => {
    app.action<BlockAction<ButtonAction>>(
      { type: "block_actions", action_id: actionId },
      async ({ ack, action, body, respond }) => {
        await ack(); // Slack waits 3 s: https://docs.slack.dev/interactivity/handling-user-interaction
        if (action.value === undefined) return;
        try {
          await work(action.value, body.user.id, respond, body.trigger_id);
        } catch (error) {
          deps.log({ reference: "", error, doing: `answer a click on \`${actionId}\`` });
        }
      },
    );
  };

  on("request.approve", async (id, user, respond) => {
    const outcome = await orCannotCheck("approve", deps.log, () =>
      deps.review(id as RequestId, user, { kind: "approve" }),
    );
    if (isRefusal(outcome)) await answerPrivately(respond, drawRefusals([outcome], situation(deps)));
  });

  on("request.deny", async (id, user, respond, triggerId) => {
    const request = await orCannotCheck("deny", deps.log, () => deps.mayReview(id as RequestId, user));
    if (isRefusal(request)) await answerPrivately(respond, drawRefusals([request], situation(deps)));
    else await openForm(request, triggerId, respond);
  });

  const openForm = async (request: AccessRequest, triggerId: string, respond: RespondFn): Promise<void> => {
    try {
      await deps.client.views.open({ trigger_id: triggerId, view: denyModal(request) });
    } catch (error) {
      // A trigger lives three seconds, and looking people up may have taken longer.
      deps.log({ reference: "", error, doing: "open the form for a denial" });
      await answerPrivately(respond, drawNoForm());
    }
  };

  const endEarly = async (id: string, user: string, respond: RespondFn): Promise<void> => {
    const ended = await orCannotCheck("end early", deps.log, () => deps.endEarly(id, user));
    if (isRefusal(ended)) {
      deps
        .recordRefusal(user, `close ${id}`, [ended])
        .catch((error: unknown) => deps.log({ reference: "", error, doing: "record a refusal" }));
    }
    const answer: Drawn = isRefusal(ended)
      ? drawRefusals([ended], situation(deps))
      : ended.kind === "withdrawn"
        ? drawWithdrawn(ended.request)
        : drawClosing(ended.grant);
    await answerPrivately(respond, answer);
  };
  on("request.withdraw", endEarly);
  on("grant.close", endEarly);

  app.view(DENY_MODAL, async ({ ack, view, body }) => {
    const verdict = { kind: "deny", reason: reasonIn(view.state.values) } as const;
    const outcome = await orCannotCheck("deny", deps.log, () =>
      deps.review(view.private_metadata as RequestId, body.user.id, verdict),
    );
    // A modal has no channel to answer in, so the modal itself says why it didn't count.
    if (isRefusal(outcome))
      await ack({ response_action: "update", view: notCountedModal(drawRefusals([outcome], situation(deps))) });
    else await ack();
  });
};

const situation = ({ clock, zone }: ButtonDeps): Situation => ({ now: clock.now(), zone: zone() });
