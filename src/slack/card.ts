/** The one message that shows a request, drawn from what is stored about it. */

import type { KnownBlock } from "@slack/types";
import { showDuration } from "../access/duration.ts";
import { type Cidr, showCidr } from "../access/source.ts";
import { between, type DurationMs, type EpochMs, SECOND } from "../access/time.ts";
import { endOf, type Grant } from "../grants/grant.ts";
import type { AccessRequest, RequestStep } from "../grants/request.ts";
import { actions, button, type Drawn, lines } from "./blocks.ts";
import { few } from "./lists.ts";
import { escapeMrkdwn, literal, mention, mentionGroup, operatorsText, showSource, when } from "./mrkdwn.ts";
import { accessTitle, boldTitle } from "./title.ts";

export interface CardFacts {
  /** Absent for a grant that was found in a cloud after our memory was lost. */
  readonly request: AccessRequest | undefined;
  readonly grant: Grant | undefined;
  readonly now: EpochMs;
  /** For readers whose own zone Slack doesn't apply. */
  readonly zone: string;
}

/** `undefined` when neither a request nor a grant is left to show. */
export const drawCard = (facts: CardFacts): Drawn | undefined => {
  const { request, grant } = facts;
  if (grant !== undefined) return drawGrant(grant, request, facts);
  if (request === undefined) return undefined;
  return request.state.kind === "pending" ? drawPending(request, facts) : drawResolved(request, facts);
};

const drawPending = (request: AccessRequest, { now, zone }: CardFacts): Drawn => {
  const approvals = request.state.kind === "pending" ? request.state.approvals : [];
  const length =
    request.end.kind === "for"
      ? `for ${showDuration(request.end.durationMs)}`
      : `until ${when(request.end.at, now, zone)}`;
  const soFar =
    approvals.length === 0 ? [] : [`Approved so far by ${approvals.map(({ by }) => mention(by.user)).join(", ")}`];
  const body = [
    `${boldTitle(request)} ${length}`,
    `${mention(request.requester.user)} asks, from ${showSources(request.sources)}${quoted(request.justification)}`,
    `Needs ${whoMayAnswer(request)} by ${when(request.answerBy, now, zone)} · rule *${literal(request.rule)}*`,
    ...soFar,
  ];
  return {
    text: `${escapeMrkdwn(accessTitle(request))} ${length}: ${mention(request.requester.user)} asks`,
    blocks: [
      ...lines(body),
      actions([
        button("Approve", "request.approve", request.id, "primary"),
        button("Deny", "request.deny", request.id, "danger"),
      ]),
    ],
  };
};

const drawResolved = (request: AccessRequest, { now, zone }: CardFacts): Drawn =>
  oneLine(request, resolvedText(request, now, zone), [askedBy(request)]);

const resolvedText = (request: AccessRequest, now: EpochMs, zone: string): string => {
  const { state } = request;
  switch (state.kind) {
    case "denied":
      return `denied by ${mention(state.by.user)}${quoted(state.reason)}`;
    case "lapsed":
      return `lapsed: nobody answered by ${when(state.at, now, zone)}`;
    case "withdrawn":
      return `withdrawn by ${mention(request.requester.user)}`;
    case "approved":
    case "pending":
      return openingText(request);
  }
};

const drawGrant = (grant: Grant, request: AccessRequest | undefined, { now, zone }: CardFacts): Drawn => {
  const details = [askedBy(grant)];
  const until = when(grant.expiresAt, now, zone);
  const who = `for ${mention(grant.requester.user)} from ${showSources(grant.sources)}`;
  if (grant.endedAt !== undefined) return oneLine(grant, endedText(grant, now, zone), details);
  if (grant.revoked?.kind === "failed") return oneLine(grant, failedText(grant.revoked.problem), details);
  if (grant.revoked?.kind === "closed")
    return oneLine(grant, `closing, ended by ${mention(grant.revoked.by.user)}`, details);
  if (grant.revoked !== undefined) return oneLine(grant, `closing: the policy doesn't give it any more`, details);
  if (now >= grant.expiresAt) return oneLine(grant, `closing; its time ended at ${until}`, details);
  if (grant.openedAt === undefined) return oneLine(grant, openingText(request), details);
  const how = grant.adopted
    ? "found open after our memory was lost"
    : `${approvedBy(request) || "no approval needed"}, opened in ${showDuration(between(grant.startsAt, grant.openedAt))}`;
  return oneLine(grant, `open until ${until} ${who} · ${how}`, details, [button("Close", "grant.close", grant.id)]);
};

/** `closed 16:02, half a second after its time`, or whose access keeps the port open. Also said in the channel. */
export const endedText = (grant: Grant, now: EpochMs, zone: string): string => {
  const at = when(grant.endedAt ?? now, now, zone);
  const [first, ...others] = grant.stillOpen.toSorted((a, b) => b.expiresAt - a.expiresAt);
  if (grant.revoked?.kind === "failed") return failedText(grant.revoked.problem);
  if (grant.openedAt === undefined) return `ended ${at} before it could be opened`;
  if (first !== undefined) {
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return `${mention(grant.requester.user)}'s access ended ${at}; the port stays open until ${when(first.expiresAt, now, zone)} for ${mention(first.requester.user)}${more}`;
  }
  const lag = showLag(between(endOf(grant), grant.endedAt ?? now));
  if (grant.revoked === undefined) return `closed ${at}, ${lag} after its time`;
  return grant.revoked.kind === "closed"
    ? `closed ${at}, ${lag} after ${mention(grant.revoked.by.user)} ended it`
    : `closed ${at}: the policy didn't give it any more`;
};

const showLag = (lag: DurationMs): string => (lag < SECOND / 10 ? "less than 0.1 seconds" : showDuration(lag));

const failedText = (problem: string): string => `couldn't open: ${operatorsText(problem)}`;

const askedBy = (access: AccessRequest | Grant): string =>
  `${mention(access.requester.user)} asked, from ${showSources(access.sources)}${quoted(access.justification)}`;

const openingText = (request: AccessRequest | undefined): string =>
  ["opening", approvedBy(request)].filter((part) => part !== "").join(", ");

/** Empty when nobody had to approve. */
const approvedBy = (request: AccessRequest | undefined): string => {
  const approvals = request?.state.kind === "approved" ? request.state.approvals : [];
  return approvals.length === 0 ? "" : `approved by ${approvals.map(({ by }) => mention(by.user)).join(", ")}`;
};

/** `one of @lead-1, @lead-2, then one of @sec-1`: whoever could approve, but for the requester and those who have. */
export const whoMayAnswer = (request: AccessRequest): string => {
  const approvals = request.state.kind === "pending" ? request.state.approvals : [];
  return request.steps
    .map((step, index) => ({ step, missing: step.needed - approvals.filter((each) => each.step === index).length }))
    .filter(({ missing }) => missing > 0)
    .map(({ step, missing }) => stepText(request, step, missing))
    .join(", then ");
};

const stepText = (request: AccessRequest, step: RequestStep, needed: number): string => {
  const approvals = request.state.kind === "pending" ? request.state.approvals : [];
  const done = new Set([request.requester.user, ...approvals.map(({ by }) => by.user)]);
  const named = [...step.groups.map(mentionGroup), ...step.users.filter((user) => !done.has(user)).map(mention)];
  const shown = few(named, MOST_NAMED);
  return named.length === 1 && step.groups.length === 0 ? shown : `${needed === 1 ? "one" : needed} of ${shown}`;
};

export const showSources = (sources: readonly Cidr[]): string => {
  if (sources.includes("0.0.0.0/0" as Cidr) || sources.includes("::/0" as Cidr)) return "anywhere";
  return few(
    sources.map((each) => showSource(showCidr(each))),
    MOST_NAMED,
  );
};

const quoted = (text: string): string => (text === "" ? "" : `: “${literal(text)}”`);

const oneLine = (
  access: AccessRequest | Grant,
  state: string,
  details: readonly string[],
  buttons: readonly ReturnType<typeof button>[] = [],
): Drawn => {
  const blocks: readonly KnownBlock[] = [
    ...lines([`${boldTitle(access)} · ${state}`, ...details]),
    ...(buttons.length === 0 ? [] : [actions(buttons)]),
  ];
  return { text: `${escapeMrkdwn(accessTitle(access))}: ${state}`, blocks };
};

const MOST_NAMED = 12;
