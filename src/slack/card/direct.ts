/** The card in a direct message to an approver who doesn't read the channel: to answer, and later what became of it. */

import type { AccessRequest } from "../../grants/request.ts";
import { stepInTurn } from "../../workflow/step-people.ts";
import { type Drawn, drawn } from "../blocks.ts";
import { approvedBy, whoMayAnswer } from "../step-words.ts";
import { boldTitle } from "../title.ts";
import { type CardFacts, drawPending, resolvedText } from "./card.ts";

/** `undefined` when nothing is known of the request any more. */
export const drawDirectCard = (user: string, facts: CardFacts): Drawn | undefined => {
  const { request, now, zone } = facts;
  if (request === undefined) return undefined;
  if (request.state.kind === "pending" && isTheirTurn(user, request)) return drawPending(request, facts);
  const state =
    request.state.kind === "pending"
      ? `it needs ${whoMayAnswer(request)} now`
      : request.state.kind === "approved"
        ? approvedBy(request)
        : resolvedText(request, now, zone);
  return drawn(`${boldTitle(request)} · ${state}`, [`Its card in <#${request.channel}> shows the rest.`]);
};

const isTheirTurn = (user: string, request: AccessRequest): boolean => {
  const step = stepInTurn(request)?.index;
  const done = request.state.kind === "pending" && request.state.approvals.some(({ by }) => by.user === user);
  return !done && (request.told ?? []).some((told) => told.step === step && told.users.includes(user));
};
