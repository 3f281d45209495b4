/** What people are told when nobody has answered yet. */

import { showDuration } from "../../access/duration.ts";
import { between, type DurationMs, type EpochMs } from "../../access/time.ts";
import type { AuditEvent } from "../../audit/event.ts";
import type { AccessRequest } from "../../grants/request.ts";
import type { Message } from "../../notices/notice.ts";
import { type Drawn, drawn } from "../blocks.ts";
import { mention, when } from "../mrkdwn.ts";
import { whoMayAnswer } from "../step-words.ts";
import { askedTitle } from "../title.ts";

/** `request`: as it is stored now; it may have been answered in the meantime. */
export const drawReminder = (
  event: Extract<AuditEvent, { kind: "request.reminded" }>,
  to: Message["to"],
  request: AccessRequest | undefined,
  now: EpochMs,
  zone: string,
): Drawn => {
  const what = `${askedTitle(event, request)} for ${mention(event.requester.user)}`;
  if (request?.state.kind !== "pending") return drawn(`${what} doesn't wait for an answer any more.`);
  const left = showDuration(Math.max(0, between(now, event.answerBy)) as DurationMs);
  const who = whoMayAnswer(request);
  const lapses = `At ${when(event.answerBy, now, zone)} it lapses`;
  const end = request.extends === undefined ? `${lapses}.` : `${lapses}; what is open stays open until its own time.`;
  if (event.how === "reminded")
    return to === "told"
      ? drawn(`${what} still waits for you: ${left} left.`, [`You can answer in the message above. ${end}`])
      : drawn(`${what} still waits for ${who}: ${left} left.`, [`Its card is above. ${end}`]);
  const first = `Nobody has answered yet: ${what}, ${left} left.`;
  return to === "channel"
    ? drawn(first, [
        `It needs ${who}. ${event.isLast ? "Security hears of it too." : "Who comes next hears of it too."} ${end}`,
      ])
    : drawn(first, [`It needs ${who}; its card is in <#${event.channel}>. Who may answer stays the same. ${end}`]);
};
