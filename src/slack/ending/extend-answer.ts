/** `/jit extend` and the button for the same: made longer, asked for, or why not. */

import type { App, BlockAction, ButtonAction } from "@slack/bolt";
import { isRefusal } from "../../access/refusal.ts";
import type { Clock, EpochMs } from "../../access/time.ts";
import type { Extended, ExtendGrant } from "../../workflow/extend-grant.ts";
import type { Answers } from "../answer.ts";
import { actions, button, type Drawn, drawn, lines } from "../blocks.ts";
import { respondTo } from "../home/answers.ts";
import { escapeMrkdwn, when } from "../mrkdwn.ts";
import { whoMayAnswer } from "../step-words.ts";
import { accessTitle, boldTitle } from "../title.ts";

/** `end`: as typed; absent: as long again. */
export type AnswerExtend = (user: string, text: string, id: string, end?: string) => Promise<Drawn>;

interface ExtendDeps {
  readonly extendGrant: ExtendGrant;
  readonly answers: Answers;
  readonly clock: Clock;
  readonly zone: () => string;
}

export const createAnswerExtend =
  ({ extendGrant, answers, clock, zone }: ExtendDeps): AnswerExtend =>
  async (user, text, id, end) => {
    const outcome = await answers.orCannotCheck("extend an access", () => extendGrant(id, user, end), "ask");
    if (isRefusal(outcome)) return answers.refused(user, text, [outcome]);
    return outcome.kind === "refused"
      ? answers.refused(user, text, outcome.refusals)
      : drawExtending(outcome, clock.now(), zone());
  };

/** The button carries the grant's id; who pressed it comes from Slack's signed payload. */
export const listenForExtend = (app: App, answerExtend: AnswerExtend, answers: Answers): void => {
  app.action<BlockAction<ButtonAction>>(
    { type: "block_actions", action_id: "grant.extend" },
    async ({ ack, action, body, client, respond }) => {
      await ack(); // Slack waits 3 s: https://docs.slack.dev/interactivity/handling-user-interaction
      if (action.value === undefined) return;
      await answers.privately(
        respondTo({ body, client, respond }),
        await answerExtend(body.user.id, `extend ${action.value}`, action.value),
      );
    },
  );
};

export const drawExtending = (extended: Extended, now: EpochMs, zone: string): Drawn => {
  if (extended.kind === "extended") {
    const { grant } = extended;
    const [title, until] = [escapeMrkdwn(accessTitle(grant)), when(grant.expiresAt, now, zone)];
    return drawn(
      grant.openedAt === undefined
        ? `${title} isn't open yet; once it is, it stays open for you until ${until}.`
        : `${title} stays open for you until ${until}.`,
    );
  }
  const { request } = extended;
  const until = request.end.kind === "until" ? `, until ${when(request.end.at, now, zone)}` : "";
  return {
    text: `${escapeMrkdwn(accessTitle(request))}: asked to keep it open longer.`,
    blocks: [
      ...lines([
        `${boldTitle(request)}: asked to keep it open longer${until}. It needs ${whoMayAnswer(request)} by ${when(request.answerBy, now, zone)}.`,
        "Unless someone approves that, it closes when it would have.",
      ]),
      actions([button("Withdraw", "request.withdraw", request.id)]),
    ],
  };
};
