/** What the bot answers to a command, for the person who typed it. */

import { lengthOf, showDuration } from "../access/duration.ts";
import type { EpochMs } from "../access/time.ts";
import type { Grant } from "../grants/grant.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { Mine } from "../workflow/list-mine.ts";
import { actions, button, type Drawn, drawn, lines } from "./blocks.ts";
import { showSources } from "./card.ts";
import { code, escapeMrkdwn, when } from "./mrkdwn.ts";
import { everyoneIn, isAutomatic, whoMayAnswer } from "./step-words.ts";
import { accessTitle, boldTitle } from "./title.ts";

export const drawAsked = (request: AccessRequest, now: EpochMs, zone: string): Drawn =>
  request.state.kind === "approved"
    ? drawn(
        `${escapeMrkdwn(accessTitle(request))} for ${showDuration(lengthOf(request.end, now))}: opening${isAutomatic(request) ? ", approved automatically at this hour" : ""}. I'll tell you when you can connect.`,
        request.breakGlass === undefined
          ? []
          : [`Break-glass: ${whoIsTold(request)}somebody else has to review it afterwards.`],
      )
    : {
        text: `${escapeMrkdwn(accessTitle(request))}: asked.`,
        blocks: [
          ...lines([
            `${boldTitle(request)}: asked. It needs ${whoMayAnswer(request)} by ${when(request.answerBy, now, zone)}.`,
            "I'll tell you when you can connect.",
          ]),
          actions([button("Withdraw", "request.withdraw", request.id)]),
        ],
      };

/** Empty where nobody but the requester was skipped. */
const whoIsTold = ({ breakGlass, requester }: AccessRequest): string => {
  const skipped = everyoneIn(breakGlass?.skipped ?? [], [requester.user]);
  return skipped === "" ? "" : `I tell ${skipped}; `;
};

export const drawMine = ({ pending, open }: Mine, now: EpochMs, zone: string): Drawn => {
  if (pending.length === 0 && open.length === 0)
    return said("Nothing is open for you, and nothing is waiting. `/jit help` shows how to ask.");
  return {
    text: `${open.length} open, ${pending.length} waiting`,
    blocks: lines([
      ...open.map((grant) => openLine(grant, now, zone)),
      ...pending.map((request) => pendingLine(request, now, zone)),
    ]).slice(0, 50),
  };
};

const openLine = (grant: Grant, now: EpochMs, zone: string): string => {
  const state = grant.openedAt === undefined ? "opening, until" : "open until";
  return `${boldTitle(grant)} · ${state} ${when(grant.expiresAt, now, zone)} from ${showSources(grant.sources)} · ${code(`/jit close ${grant.id}`)}`;
};

const pendingLine = (request: AccessRequest, now: EpochMs, zone: string): string =>
  `${boldTitle(request)} · waiting for an answer until ${when(request.answerBy, now, zone)} · ${code(`/jit close ${request.id}`)}`;

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

export const drawHelp = (): Drawn =>
  said(
    [
      "A port on a machine opens for you, from one address, for a while, and closes by itself.",
      "`/jit ssh prod-vm-3 2h` — ask; several at once: `ssh,8443/tcp`; also `until 18:00`",
      "`… from 203.0.113.7` — where you connect from: an address, a prefix or a network's name",
      "`… because INC-1042 disk full` — why; everyone in the channel can read it on the card",
      "`/jit break-glass ssh prod-vm-3 1h because INC-1042 disk full` — in an emergency, without approval; everyone who was skipped is told, and somebody reviews it",
      "`/jit why prod-vm-3` — whether you may ask for it, and what each firewall says",
      "`/jit list` — what is open for you and what is waiting",
      "`/jit close <id>` — close an access before its time, or withdraw a request",
      "`/jit posture` — how the machines stand, the most open first",
      "`/jit protect prod-vm-3 ssh,rdp` — keep ports closed but for those who may ask; `/jit unprotect prod-vm-3` — put everything back",
      "`/jit link` — show me who you are in Azure or AWS; `/jit unlink` — take that back (security: another's, by their member id)",
    ].join("\n"),
  );

export const drawNotYet = (subcommand: string): Drawn =>
  said(`${code(`/jit ${subcommand}`)} isn't here yet. ${code("/jit help")} shows what is.`);

const said = (text: string): Drawn => ({ text, blocks: lines([text]) });
