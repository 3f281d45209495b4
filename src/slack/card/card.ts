/** The one message that shows a request, drawn from what is stored about it. */

import type { Button } from "@slack/types";
import { showDuration } from "../../access/duration.ts";
import type { Cidr } from "../../access/source.ts";
import { between, type DurationMs, type EpochMs, SECOND } from "../../access/time.ts";
import { endOf, type Grant } from "../../grants/grant.ts";
import type { AccessRequest } from "../../grants/request.ts";
import type { DecidingFacts } from "../../workflow/card-facts.ts";
import { actions, button, type Drawn, lines, notification } from "../blocks.ts";
import { BREAK_GLASS, breakGlassLines, reviewButton } from "../break-glass/words.ts";
import { escapeMrkdwn, literal, mention, mentions, operatorsText, when } from "../mrkdwn.ts";
import { whyNotAnyMore } from "../refusals/not-any-more.ts";
import { answerButtons, askAgain } from "../reviewing/answer-buttons.ts";
import { narrowedLines } from "../reviewing/less-words.ts";
import { showSources } from "../sources-words.ts";
import {
  approvedBy,
  approvedSoFar,
  goneAndTold,
  isAutomatic,
  lengthText,
  silentLines,
  whoMayAnswer,
} from "../step-words.ts";
import { accessTitle, boldTitle } from "../title.ts";
import { detailBlocks, nobodyHasAccess } from "./details.ts";

export interface CardFacts {
  /** Absent for a grant that was found in a cloud after our memory was lost. */
  readonly request: AccessRequest | undefined;
  readonly grant: Grant | undefined;
  readonly now: EpochMs;
  /** For readers whose own zone Slack doesn't apply. */
  readonly zone: string;
  /** Of a request that waits. Absent: nothing more is known. */
  readonly deciding?: DecidingFacts;
}

/** `undefined` when neither a request nor a grant is left to show. */
export const drawCard = (facts: CardFacts): Drawn | undefined => {
  const { request, grant } = facts;
  if (grant !== undefined) return drawGrant(grant, facts);
  if (request === undefined) return undefined;
  return request.state.kind === "pending" ? drawPending(request, facts) : drawResolved(request, facts);
};

/** With the buttons. */
export const drawPending = (request: AccessRequest, { now, zone, deciding = {} }: CardFacts): Drawn => {
  const length = lengthText(request, now, zone);
  const body = [
    `${boldTitle(request)} ${length}`,
    `${mention(request.requester.user)} asks, from ${showSources(request.sources)}${quoted(request.justification)}`,
    `Needs ${whoMayAnswer(request)} by ${when(request.answerBy, now, zone)} · rule *${literal(request.rule)}*${nobodyHasAccess(deciding)}`,
    ...silentLines(request.steps, [request.requester.user]),
    ...approvedSoFar(request),
    ...narrowedLines(request, now, zone),
    ...goneAndTold(request),
  ];
  return {
    text: notification(`${escapeMrkdwn(accessTitle(request))} ${length}: ${mention(request.requester.user)} asks`),
    blocks: [
      ...lines(body),
      ...(body.join("\n").length > MOST_WITH_DETAILS ? [] : detailBlocks(request, deciding, now, zone)),
      answerButtons(request),
    ],
  };
};

const drawResolved = (request: AccessRequest, facts: CardFacts): Drawn =>
  drawState(request, resolvedText(request, facts.now, facts.zone), facts, {
    buttons:
      request.state.kind === "lapsed" && request.state.because === undefined ? askAgain(request.id, request) : [],
  });

/** What became of a request, in a few words. */
export const resolvedText = (request: AccessRequest, now: EpochMs, zone: string): string => {
  const { state } = request;
  const longer = request.extends === undefined ? "" : `${lengthText(request, now, zone)}: `;
  switch (state.kind) {
    case "denied":
      return `${longer}denied by ${mention(state.by.user)}${quoted(state.reason)}`;
    case "lapsed":
      if (state.because === "access-over") return "lapsed: what it was to make longer is over";
      return `${longer}lapsed: nobody answered by ${when(state.at, now, zone)}`;
    case "withdrawn":
      return `${longer}withdrawn by ${mention(request.requester.user)}`;
    case "approved":
      return request.extends === undefined ? openingText(request, now, zone) : longerText(request, now, zone);
    case "pending":
      return openingText(request, now, zone);
  }
};

/** Of a request that made another one's access longer; that one's card shows the rest. */
const longerText = (request: AccessRequest, now: EpochMs, zone: string): string => {
  const until = request.end.kind === "until" ? ` until ${when(request.end.at, now, zone)}` : "";
  return `stays open${until}, ${approvedBy(request)}`;
};

/** How often and by whose leave it was made longer. */
const extendedLines = ({ extensions = [] }: Grant, now: EpochMs, zone: string): readonly string[] => {
  const latest = extensions.at(-1);
  if (latest === undefined) return [];
  const times = extensions.length === 1 ? "" : ` for the ${ordinal(extensions.length)} time`;
  const by = mentions(
    latest.approvers.map(({ user }) => user),
    MOST_NAMED,
  );
  return [
    `Made longer${times} at ${when(latest.at, now, zone)}${by === "" ? "" : `, approved by ${by}`}; it would have ended ${when(latest.from, now, zone)}.`,
  ];
};

const ordinal = (count: number): string => {
  const suffix = count % 100 >= 11 && count % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][count % 10] ?? "th");
  return `${count}${suffix}`;
};

const drawGrant = (grant: Grant, facts: CardFacts): Drawn => {
  const { request, now, zone } = facts;
  if (grant.endedAt !== undefined) return drawState(grant, endedText(grant, now, zone), facts);
  const closing = closingText(grant, now, zone);
  if (closing !== undefined) return drawState(grant, closing, facts);
  const notAllowed = disallowedLines(grant, now, zone);
  if (grant.openedAt === undefined)
    return drawState(grant, openingText(request, now, zone), facts, { more: notAllowed });
  const until = when(grant.expiresAt, now, zone);
  const who = `for ${mention(grant.requester.user)} from ${showSources(grant.sources)}`;
  const took = `opened in ${showDuration(between(grant.startsAt, grant.openedAt))}`;
  const allowed = request === undefined ? "how it was allowed is lost with our memory" : howAllowed(request, now, zone);
  const how = grant.adopted ? "found open after our memory was lost" : `${allowed || "no approval needed"}, ${took}`;
  return drawState(grant, `open until ${until} ${who} · ${how}`, facts, {
    more: [
      ...(grant.supersedes === undefined || request?.movedFrom !== undefined
        ? []
        : [`They moved at ${when(grant.startsAt, now, zone)}; before that it was open from elsewhere.`]),
      ...extendedLines(grant, now, zone),
      ...notAllowed,
    ],
    buttons: [
      button("Close", "grant.close", grant.id),
      ...(grant.disallowed === undefined ? [button("Extend", "grant.extend", grant.id)] : []),
    ],
  });
};

/** `undefined` while it isn't to be closed. */
const closingText = ({ revoked, requester, expiresAt }: Grant, now: EpochMs, zone: string): string | undefined => {
  switch (revoked?.kind) {
    case "failed":
      return failedText(revoked.problem);
    case "closed":
      return `closing, ended by ${mention(revoked.by.user)}`;
    case "not-allowed":
      return `closing, because it is *no longer allowed*: ${whyNotAnyMore(revoked)}`;
    case "superseded":
      return `closing; ${mention(requester.user)} moved, and has it from elsewhere now`;
    case "lockdown":
      return `closing: ${mention(revoked.by.user)} locked everything down`;
    case undefined:
      return now >= expiresAt ? `closing; its time ended at ${when(expiresAt, now, zone)}` : undefined;
  }
};

/** It wouldn't be given any more, and its rule lets it be. */
const disallowedLines = ({ disallowed, expiresAt }: Grant, now: EpochMs, zone: string): readonly string[] =>
  disallowed === undefined
    ? []
    : [`*No longer allowed*: ${whyNotAnyMore(disallowed)}. It stays open until ${when(expiresAt, now, zone)}.`];

/**
 * `@dev's access closed 16:02, half a second after its time`, or whose access keeps the port open. No more than that: where the machine isn't protected, rules of
 * others may let people in, and always could. Also said in the channel.
 */
export const endedText = (grant: Grant, now: EpochMs, zone: string): string => {
  const { revoked } = grant;
  const at = when(grant.endedAt ?? now, now, zone);
  const [first, ...others] = grant.stillOpen.toSorted((a, b) => b.expiresAt - a.expiresAt);
  if (revoked?.kind === "failed") return failedText(revoked.problem);
  if (grant.openedAt === undefined) return `ended ${at} before it could be opened`;
  const whose = `${mention(grant.requester.user)}'s access`;
  if (first !== undefined && revoked?.kind !== "superseded") {
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return `${whose} ended ${at}; the port stays open until ${when(first.expiresAt, now, zone)} for ${mention(first.requester.user)}${more}`;
  }
  const lag = showLag(between(endOf(grant), grant.endedAt ?? now));
  const closed = `${whose} closed ${at}, ${lag} after`;
  switch (revoked?.kind) {
    case undefined:
      return `${closed} its time`;
    case "closed":
      return `${closed} ${mention(revoked.by.user)} ended it`;
    case "not-allowed":
      return `${closed} it was no longer allowed: ${whyNotAnyMore(revoked)}`;
    case "superseded":
      return `${closed} they had it from elsewhere`;
    case "lockdown":
      return `${closed} ${mention(revoked.by.user)} locked everything down`;
  }
};

const showLag = (lag: DurationMs): string => (lag < SECOND / 10 ? "less than 0.1 seconds" : showDuration(lag));

const failedText = (problem: string): string => `couldn't open: ${operatorsText(problem)}`;

const askedBy = (access: AccessRequest | Grant): string =>
  `${mention(access.requester.user)} asked, from ${showSources(access.sources)}${quoted(access.justification)}`;

const openingText = (request: AccessRequest | undefined, now: EpochMs, zone: string): string =>
  ["opening", howAllowed(request, now, zone)].filter((part) => part !== "").join(", ");

/** Who approved it did so from where they were then. */
const movedText = (
  { requester, state, answeredFrom, askedAt }: AccessRequest,
  from: readonly Cidr[],
  now: EpochMs,
  zone: string,
): string => {
  const approvals = state.kind === "approved" ? state.approvals : [];
  const by = mentions(
    approvals.map((approval) => approval.by.user),
    MOST_NAMED,
  );
  const approved = by === "" ? "" : `; ${by} approved it from ${showSources(answeredFrom ?? from)}`;
  return `moved from ${showSources(from)} at ${when(askedAt, now, zone)} by ${mention(requester.user)}${approved}`;
};

/** Empty when nobody had to approve. */
const howAllowed = (request: AccessRequest | undefined, now: EpochMs, zone: string): string => {
  if (request?.breakGlass !== undefined)
    return request.movedFrom === undefined
      ? "without approval"
      : `without approval, ${movedText(request, request.movedFrom, now, zone)}`;
  const moved = request?.movedFrom === undefined ? "" : movedText(request, request.movedFrom, now, zone);
  return moved || (isAutomatic(request) ? "approved automatically" : approvedBy(request));
};

const quoted = (text: string): string => (text === "" ? "" : `: “${literal(text)}”`);

const drawState = (
  access: AccessRequest | Grant,
  state: string,
  { request, now, zone }: CardFacts,
  { more = [], buttons = [] }: { readonly more?: readonly string[]; readonly buttons?: readonly Button[] } = {},
): Drawn => {
  const isBreakGlass = request?.breakGlass !== undefined;
  const review = request === undefined ? [] : reviewButton(request);
  const all = [...buttons, ...review];
  return {
    text: notification(`${isBreakGlass ? `${BREAK_GLASS}: ` : ""}${escapeMrkdwn(accessTitle(access))}: ${state}`),
    blocks: [
      ...lines([
        `${isBreakGlass ? `*${BREAK_GLASS}* · ` : ""}${boldTitle(access)} · ${state}`,
        ...more,
        ...(request === undefined ? [] : breakGlassLines(request, now, zone)),
        ...narrowedLines(request, now, zone),
        askedBy(access),
      ]),
      ...(all.length === 0 ? [] : [actions(all)]),
    ],
  };
};

const MOST_NAMED = 12;

/** With the small print it may be some 12,000 characters in all, and what was asked goes first. */
const MOST_WITH_DETAILS = 7_000;
