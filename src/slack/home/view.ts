/** The bot's Home: what is open for somebody, what they wait for and what waits for them; for security, everything. */

import type { HomeView } from "@slack/types";
import type { Grant } from "../../grants/grant.ts";
import { lockedDown } from "../../grants/lockdown.ts";
import type { AccessRequest } from "../../grants/request.ts";
import type { AwaitingAnswer, ToAnswer } from "../../workflow/awaiting-answer.ts";
import type { Overview, UsedMachine } from "../../workflow/overview.ts";
import { actions, button, type Drawn, labelled } from "../blocks.ts";
import { code, escapeMrkdwn, literal, mention, when } from "../mrkdwn.ts";
import { refusalText } from "../refusal-text.ts";
import { answerButtons } from "../reviewing/answer-buttons.ts";
import { showSources } from "../sources-words.ts";
import { lengthText, whoMayAnswer } from "../step-words.ts";
import { accessTitle, boldTitle, servicesTitle } from "../title.ts";
import { aside, entry, type HomePart, heading, rest } from "./blocks.ts";
import { isClosing, type ShownAt, stateOf } from "./doors.ts";
import { drawAll } from "./of-all.ts";

/** Whatever there is, it fits into what Slack takes; the rest is counted. */
export const drawHome = (overview: Overview, at: ShownAt): HomeView =>
  home([
    ...notes(overview, at),
    [actions([labelled(button("Ask for access", "form.open", "home", "primary"), "Ask for access to a machine")])],
    drawAwaiting(overview.awaiting, at),
    drawOpen(overview.open, at),
    drawPending(overview.pending, at),
    drawUsed(overview.used),
    ...(overview.all === undefined ? [] : drawAll(overview.all, at)),
    [aside(`As of ${when(at.now, at.now, at.zone)}. ${code("/jit help")} shows what else you can do.`)],
  ]);

/** Of somebody who may have nothing: why. */
export const drawNoHome = ({ blocks }: Drawn): HomeView => home([blocks]);

const home = (parts: readonly HomePart[]): HomeView => ({
  type: "home",
  blocks: parts.flat().slice(0, MOST_BLOCKS),
});

const notes = ({ lockdown, policyIsReadable }: Overview, at: ShownAt): readonly HomePart[] => [
  lockdown === undefined ? [] : [entry(refusalText(lockedDown(lockdown), at))],
  policyIsReadable
    ? []
    : [
        entry(
          "*I can't read who may have what right now*, so nobody gets anything. What is open for you can be closed.",
        ),
      ],
];

const drawOpen = (open: readonly Grant[], at: ShownAt): HomePart => [
  heading("Open for you"),
  ...(open.length === 0 ? [entry("Nothing is open for you.")] : []),
  ...open.slice(0, MOST_OPEN).flatMap((grant) => drawDoor(grant, at)),
  ...rest(open.length - MOST_OPEN, "`/jit list` shows them."),
];

const drawDoor = (grant: Grant, at: ShownAt): HomePart => {
  const what = accessTitle(grant);
  const text = entry(
    `${boldTitle(grant)} · ${stateOf(grant, at)}\nFrom ${showSources(grant.sources)} · ${code(grant.id)}`,
  );
  if (isClosing(grant, at.now)) return [text];
  const close = labelled(button("Close", "grant.close", grant.id), `Close ${what}`);
  const extend = labelled(button("Extend", "grant.extend", grant.id), `Extend ${what}`);
  return [text, actions(grant.openedAt === undefined ? [close] : [close, extend])];
};

const drawPending = (pending: readonly AccessRequest[], { now, zone }: ShownAt): HomePart =>
  pending.length === 0
    ? []
    : [
        heading("You asked for"),
        ...pending
          .slice(0, MOST_PENDING)
          .map((request) =>
            entry(
              `${boldTitle(request)} ${lengthText(request, now, zone)}\nNeeds ${whoMayAnswer(request)} by ${when(request.answerBy, now, zone)}`,
              labelled(button("Withdraw", "request.withdraw", request.id), `Withdraw ${accessTitle(request)}`),
            ),
          ),
        ...rest(pending.length - MOST_PENDING, "`/jit list` shows them."),
      ];

const drawAwaiting = ({ requests, more }: AwaitingAnswer, at: ShownAt): HomePart => {
  if (requests.length === 0 && more === 0) return [];
  const unshown = Math.max(0, requests.length - MOST_AWAITING);
  return [
    heading("Waiting for your answer"),
    ...requests.slice(0, MOST_AWAITING).flatMap((each) => drawQuestion(each, at)),
    ...rest(unshown, "Their cards are in the channel."),
    ...(more === 0 ? [] : [aside(`${more} more may be waiting for you: their cards are in the channel.`)]),
  ];
};

const drawQuestion = ({ request, mayApprove }: ToAnswer, at: ShownAt): HomePart => [
  entry(questionText(request, at)),
  answerButtons(request, mayApprove),
];

/** Two lines; also in lists. */
export const questionText = (request: AccessRequest, { now, zone }: ShownAt): string => {
  const why = request.justification === "" ? "" : `: “${literal(request.justification)}”`;
  return [
    `${boldTitle(request)} ${lengthText(request, now, zone)} · answer by ${when(request.answerBy, now, zone)}`,
    `${mention(request.requester.user)} asks, from ${showSources(request.sources)}${why}`,
  ].join("\n");
};

const drawUsed = (used: readonly UsedMachine[]): HomePart =>
  used.length === 0
    ? []
    : [
        heading("You often ask for"),
        ...used.map(({ machine, last }) =>
          entry(
            `*${literal(machine.name)}* · last ${escapeMrkdwn(servicesTitle(last.services))}`,
            labelled(button("Ask again", "request.again", last.id), `Ask again for ${accessTitle(last)}`),
          ),
        ),
      ];

/** https://docs.slack.dev/reference/views/home-tab-views */
const MOST_BLOCKS = 100;
/** Two blocks each; all together stay below the limit, so that nothing is cut that isn't counted. */
const MOST_OPEN = 12;
const MOST_AWAITING = 10;
const MOST_PENDING = 10;
