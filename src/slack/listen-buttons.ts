/** Buttons and the modal: a click becomes a call, the answer becomes words. Decides nothing. */

import type { App, BlockAction, ButtonAction, RespondFn } from "@slack/bolt";
import type { RequestId } from "../access/identifier.ts";
import { isRefusal, type Refusal } from "../access/refusal.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { ReviewBreakGlass } from "../workflow/review-break-glass.ts";
import type { ActionId } from "./blocks.ts";
import { respondTo } from "./home/answers.ts";
import { drawLost, drawNoForm, drawReviewed } from "./private-texts.ts";
import { DENY_MODAL, denyModal, notCountedModal, reasonIn } from "./reviewing/deny-modal.ts";
import { type ApproveLessDeps, listenForApproveLess } from "./reviewing/listen-approve-less.ts";

interface ButtonDeps extends Omit<ApproveLessDeps, "refuseClick"> {
  readonly reviewBreakGlass: ReviewBreakGlass;
}

/**
 * A button carries an id and nothing else. Who clicked comes from Slack's signed payload; everything more comes from the store. When it worked nobody is answered: the card
 * shows it.
 */
export const listenForButtons = (app: App, deps: ButtonDeps): void => {
  const { client, review, mayReview, reviewBreakGlass, answers, log } = deps;
  const on = (
    actionId: ActionId,
    work: (id: string, user: string, respond: RespondFn, triggerId: string) => Promise<void>,
  ): void => {
    app.action<BlockAction<ButtonAction>>(
      { type: "block_actions", action_id: actionId },
      async ({ ack, action, body, client: web, respond }) => {
        await ack(); // Slack waits 3 s: https://docs.slack.dev/interactivity/handling-user-interaction
        if (action.value !== undefined) {
          const answer = respondTo({ body, client: web, respond });
          await work(action.value, body.user.id, answer, body.trigger_id);
        }
      },
    );
  };

  on("request.approve", async (id, user, respond) => {
    const outcome = await answers.reviewing(id as RequestId, user, "approve", () =>
      review(id as RequestId, user, { kind: "approve" }),
    );
    if (isRefusal(outcome)) await refuseClick(outcome, respond);
  });

  listenForApproveLess(app, { ...deps, refuseClick: (refusal, respond) => refuseClick(refusal, respond) });

  on("request.deny", async (id, user, respond, triggerId) => {
    const request = await answers.reviewing(id as RequestId, user, "deny", () => mayReview(id as RequestId, user));
    if (isRefusal(request)) await refuseClick(request, respond);
    else await openForm(request, triggerId, respond);
  });

  on("break-glass.reviewed", async (id, user, respond) => {
    const reviewed = await answers.reviewing(id as RequestId, user, "reviewed", () =>
      reviewBreakGlass(id as RequestId, user),
    );
    await answers.privately(respond, isRefusal(reviewed) ? answers.refusals([reviewed]) : drawReviewed(reviewed));
  });

  const refuseClick = async (refusal: Refusal, respond: RespondFn): Promise<void> => {
    await answers.privately(respond, answers.refusals([refusal]));
    // Memory was lost: nothing else will ever change this card, and it must not go on asking.
    if (refusal.code === "request-unknown") await answers.instead(respond, drawLost());
  };

  const openForm = async (request: AccessRequest, triggerId: string, respond: RespondFn): Promise<void> => {
    try {
      await client.views.open({ trigger_id: triggerId, view: denyModal(request) });
    } catch (error) {
      // A trigger lives three seconds, and looking people up may have taken longer.
      log({ error, doing: "open the form for a denial" });
      await answers.privately(respond, drawNoForm("denied", "Deny"));
    }
  };

  on("request.withdraw", async (id, user, respond) =>
    answers.privately(respond, await answers.endedEarly(user, `withdraw ${id}`, id, "withdraw")),
  );
  on("grant.close", async (id, user, respond) =>
    answers.privately(respond, await answers.endedEarly(user, `close ${id}`, id)),
  );

  app.view(DENY_MODAL, async ({ ack, view, body }) => {
    const verdict = { kind: "deny", reason: reasonIn(view.state.values) } as const;
    const id = view.private_metadata as RequestId;
    const outcome = await answers.reviewing(id, body.user.id, "deny", () => review(id, body.user.id, verdict));
    // A modal has no channel to answer in, so the modal itself says why it didn't count.
    if (isRefusal(outcome))
      await ack({ response_action: "update", view: notCountedModal(answers.refusals([outcome])) });
    else await ack();
  });
};
