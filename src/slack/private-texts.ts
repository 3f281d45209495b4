/** What the bot answers to a command, for the person who typed it. */

import { lengthOf, showDuration } from "../access/duration.ts";
import type { EpochMs } from "../access/time.ts";
import type { Grant } from "../grants/grant.ts";
import type { AccessRequest } from "../grants/request.ts";
import { actions, button, type Drawn, drawn, lines } from "./blocks.ts";
import { escapeMrkdwn, when } from "./mrkdwn.ts";
import { showSources } from "./sources-words.ts";
import { everyoneIn, isAutomatic, whoMayAnswer } from "./step-words.ts";
import { accessTitle, boldTitle } from "./title.ts";

export const drawAsked = (request: AccessRequest, now: EpochMs, zone: string): Drawn =>
  request.state.kind === "approved"
    ? drawn(
        `${escapeMrkdwn(accessTitle(request))} for ${showDuration(lengthOf(request.end, now))}: opening${isAutomatic(request) ? ", approved automatically at this hour" : ""}. I'll tell you when you can connect.`,
        request.breakGlass === undefined
          ? rememberedLines(request)
          : [
              ...rememberedLines(request),
              `Break-glass: ${whoIsTold(request)}somebody else has to review it afterwards.`,
            ],
      )
    : {
        text: `${escapeMrkdwn(accessTitle(request))}: asked.`,
        blocks: [
          ...lines([
            `${boldTitle(request)}: asked. It needs ${whoMayAnswer(request)} by ${when(request.answerBy, now, zone)}.`,
            ...rememberedLines(request),
            "I'll tell you when you can connect.",
          ]),
          actions([button("Withdraw", "request.withdraw", request.id)]),
        ],
      };

const rememberedLines = ({ address, sources }: AccessRequest): readonly string[] =>
  address === "remembered"
    ? [
        `From ${showSources(sources)}, where I saw you last. If you aren't there any more, ask again with \`from me\`, and I look again.`,
      ]
    : [];

/** Empty where nobody but the requester was skipped. */
const whoIsTold = ({ breakGlass, requester }: AccessRequest): string => {
  const skipped = everyoneIn(breakGlass?.skipped ?? [], [requester.user]);
  return skipped === "" ? "" : `I tell ${skipped}; `;
};

export const drawWithdrawn = (request: AccessRequest): Drawn =>
  said(`${escapeMrkdwn(accessTitle(request))}: withdrawn.`);

export const drawClosing = (grant: Grant): Drawn =>
  said(`${escapeMrkdwn(accessTitle(grant))}: closing. The card says when it is closed.`);

/** The message that was clicked may not be the card. */
export const drawReviewed = (request: AccessRequest): Drawn =>
  said(`${escapeMrkdwn(accessTitle(request))}: reviewed. The card says so.`);

/** In the place of a card whose request nobody knows any more. */
export const drawLost = (): Drawn => said("This request is lost, and nothing was opened. Whoever asked can ask again.");

/** `drawNoForm("denied", "Deny")` */
export const drawNoForm = (done: string, label: string): Drawn =>
  said(`Slack didn't open the form in time, so nothing is ${done}. Press \`${label}\` again.`);

const said = (text: string): Drawn => ({ text, blocks: lines([text]) });
