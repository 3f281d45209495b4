/** Buttons about protections: a click becomes a call, the answer becomes words. Decides nothing. */

import type { App, BlockAction, ButtonAction, RespondFn } from "@slack/bolt";
import type { ProtectionId } from "../../access/identifier.ts";
import { isRefusal } from "../../access/refusal.ts";
import type { OverruleUndercut } from "../../workflow/protecting/overrule.ts";
import type { Protecting, ProtectMachine } from "../../workflow/protecting/protect-machine.ts";
import type { Refused } from "../../workflow/submit-request.ts";
import type { Answers } from "../answer.ts";
import type { ActionId, Drawn } from "../blocks.ts";
import { respondTo } from "../home/answers.ts";
import { drawDecided, drawLeft, drawProtecting } from "./answers.ts";

interface ProtectionButtonDeps {
  readonly protectMachine: ProtectMachine;
  readonly overruleUndercut: OverruleUndercut;
  readonly answers: Answers;
}

/** What was clicked is the message it was under, as Slack signed it. */
type Clicked = NonNullable<BlockAction["message"]> | undefined;

export const listenForProtections = (app: App, deps: ProtectionButtonDeps): void => {
  const { protectMachine, overruleUndercut, answers } = deps;
  const on = (
    actionId: ActionId,
    work: (id: string, user: string, respond: RespondFn, clicked: Clicked) => Promise<void>,
  ): void => {
    app.action<BlockAction<ButtonAction>>(
      { type: "block_actions", action_id: actionId },
      async ({ ack, action, body, client, respond }) => {
        await ack(); // Slack waits 3 s: https://docs.slack.dev/interactivity/handling-user-interaction
        if (action.value === undefined) return;
        await work(action.value, body.user.id, respondTo({ body, client, respond }), body.message);
      },
    );
  };

  const protecting = async (
    doing: string,
    user: string,
    id: string,
    work: () => Promise<Protecting | Refused>,
  ): Promise<Drawn> => {
    const outcome = await answers.orCannotCheck(doing, work);
    if (isRefusal(outcome)) return answers.refused(user, `${doing} ${id}`, [outcome]);
    if (outcome.kind === "refused") return answers.refused(user, `${doing} ${id}`, outcome.refusals);
    return drawProtecting(outcome);
  };

  on("machine.protect", async (id, user, respond) =>
    answers.privately(respond, await protecting("protect", user, id, () => protectMachine.protect(id, [], user))),
  );
  on("protection.confirm", async (id, user, respond) =>
    answers.instead(
      respond,
      await protecting("protect anyway", user, id, () => protectMachine.confirm(id as ProtectionId, user)),
    ),
  );
  on("protection.leave", async (id, user, respond) => {
    const left = await answers.orCannotCheck("leave", () => protectMachine.leave(id as ProtectionId, user));
    await answers.instead(respond, isRefusal(left) ? answers.refused(user, `leave ${id}`, [left]) : drawLeft(left));
  });

  const decide = async (
    verdict: "overrule" | "accept",
    id: string,
    user: string,
    respond: RespondFn,
    clicked: Clicked,
  ) => {
    const outcome = await answers.orCannotCheck(verdict, () => overruleUndercut[verdict](id, user));
    if (isRefusal(outcome)) return answers.privately(respond, answers.refused(user, `${verdict} ${id}`, [outcome]));
    if (outcome.kind === "refused")
      return answers.privately(respond, answers.refused(user, `${verdict} ${id}`, outcome.refusals));
    if (outcome.kind !== "decided") return answers.privately(respond, drawProtecting(outcome));
    return answers.instead(respond, drawDecided(clicked?.["blocks"] ?? [], outcome, user, verdict));
  };
  on("undercut.overrule", (id, user, respond, clicked) => decide("overrule", id, user, respond, clicked));
  on("undercut.accept", (id, user, respond, clicked) => decide("accept", id, user, respond, clicked));
};
