/** `/jit lockdown` and its two buttons: what was pressed becomes a call, the answer becomes words. Decides nothing. */

import type { App, BlockAction, ButtonAction } from "@slack/bolt";
import { randomId } from "../../access/identifier.ts";
import { isRefusal, type Refusal, refuse } from "../../access/refusal.ts";
import type { Clock } from "../../access/time.ts";
import type { LockDown } from "../../workflow/lockdown/lock-down.ts";
import type { Answers } from "../answer.ts";
import type { ActionId, Drawn } from "../blocks.ts";
import { respondTo } from "../home/answers.ts";
import { drawBeforeLift, drawBeforeLockdown, drawLifted, drawLockedDown } from "./answers.ts";

export interface LockdownDeps extends LockDown {
  /** Where the reason waits until the button is pressed, because a button carries an id and nothing else. */
  readonly reasons: {
    readonly keep: (id: string, because: string) => Promise<void>;
    readonly find: (id: string) => Promise<string>;
  };
  readonly answers: Answers;
  readonly clock: Clock;
  readonly zone: () => string;
}

/** What would happen, with the button that makes it so. */
export type AnswerLockdown = (
  user: string,
  text: string,
  typed: { readonly lift: boolean; readonly because: string },
) => Promise<Drawn>;

export const createAnswerLockdown =
  ({ survey, reasons, answers, clock, zone }: LockdownDeps): AnswerLockdown =>
  async (user, text, { lift, because }) => {
    const surveyed = await answers.orCannotCheck("look at what is open", () => survey(user));
    if (isRefusal(surveyed)) return answers.refused(user, text, [surveyed]);
    const now = clock.now();
    if (lift)
      return drawBeforeLift(surveyed, now, zone()) ?? answers.refused(user, text, [refuse("not-locked-down", {})]);
    const id = randomId();
    const kept = await answers.orCannotCheck("keep a reason", () => reasons.keep(id, because));
    return isRefusal(kept) ? answers.refused(user, text, [kept]) : drawBeforeLockdown(surveyed, id, now, zone());
  };

export const listenForLockdown = (app: App, { begin, lift, reasons, answers }: LockdownDeps): void => {
  const on = (actionId: ActionId, work: (user: string, id: string) => Promise<Drawn | Refusal>): void => {
    app.action<BlockAction<ButtonAction>>(
      { type: "block_actions", action_id: actionId },
      async ({ ack, action, body, client, respond }) => {
        await ack(); // Slack waits 3 s: https://docs.slack.dev/interactivity/handling-user-interaction
        const user = body.user.id;
        const answer = respondTo({ body, client, respond });
        const outcome = await answers.orCannotCheck(actionId, () => work(user, action.value ?? ""));
        if (isRefusal(outcome)) await answers.privately(answer, answers.refused(user, actionId, [outcome]));
        else await answers.instead(answer, outcome);
      },
    );
  };

  on("lockdown.begin", async (user, id) => {
    const begun = await begin(user, await reasons.find(id));
    return isRefusal(begun) ? begun : drawLockedDown(begun);
  });

  on("lockdown.lift", async (user) => {
    const lifted = await lift(user);
    return isRefusal(lifted) ? lifted : drawLifted();
  });
};
