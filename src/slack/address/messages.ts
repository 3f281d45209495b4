/** What people are told of where our page saw them: what came of it, also where it wasn't they who pressed. */

import type { AuditEvent } from "../../audit/event.ts";
import { type Drawn, drawn } from "../blocks.ts";
import { escapeMrkdwn, when } from "../mrkdwn.ts";
import { refusalsText } from "../refusal-text.ts";
import { securityText } from "../security-words.ts";
import { showSources } from "../sources-words.ts";
import { whoMayAnswer } from "../step-words.ts";
import type { Telling } from "../telling.ts";
import { accessTitle } from "../title.ts";

export const drawAddressSeen = (
  { addresses, refusals, rememberedUntil }: Extract<AuditEvent, { kind: "address.seen" }>,
  { request, now, zone, security }: Telling,
): Drawn => {
  const where = showSources(addresses);
  const rest = [
    ...(rememberedUntil === undefined ? [] : [`I take you to be there until ${when(rememberedUntil, now, zone)}.`]),
    `If it wasn't you who opened the page, tell ${securityText(security)}.`,
  ];
  if (refusals !== undefined)
    return drawn(`I saw you at ${where}, and nothing was asked.`, [
      ...refusalsText(refusals, { now, zone, offersLinking: false }).split("\n"),
      ...rest,
    ]);
  if (request === undefined) return drawn(`I saw you at ${where}.`, rest);
  const title = escapeMrkdwn(accessTitle(request));
  if (request.moves !== undefined)
    return drawn(`${title}: opening from ${where}. What was open from elsewhere closes once it is.`, rest);
  if (request.state.kind === "approved")
    return drawn(`${title}: opening from ${where}. I'll tell you when you can connect.`, rest);
  if (request.state.kind !== "pending") return drawn(`${title}: asked, from ${where}.`, rest);
  return drawn(
    `${title}: asked, from ${where}. It needs ${whoMayAnswer(request)} by ${when(request.answerBy, now, zone)}.`,
    rest,
  );
};
