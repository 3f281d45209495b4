/** What people are told when an access was opened past approvals, until somebody reviewed it. */

import { showDuration } from "../../access/duration.ts";
import { between, type EpochMs } from "../../access/time.ts";
import type { AuditEvent } from "../../audit/event.ts";
import type { BreakGlassUse } from "../../grants/request.ts";
import type { Message } from "../../notices/notice.ts";
import { button, type Drawn, drawn } from "../blocks.ts";
import { escapeMrkdwn, literal, mention, mentions, when } from "../mrkdwn.ts";
import { showSources } from "../sources-words.ts";
import { accessTitle } from "../title.ts";
import { BREAK_GLASS } from "./words.ts";

type Told = Extract<AuditEvent, { kind: "break-glass.used" | "break-glass.unreviewed" }>;

/** `use`: what is stored of it, where it is still known. */
export const drawBreakGlass = (
  event: Told,
  to: Message["to"],
  now: EpochMs,
  zone: string,
  use: BreakGlassUse | undefined,
): Drawn =>
  event.kind === "break-glass.used" ? drawUsed(event, to, now, zone) : drawUnreviewed(event, to, now, zone, use);

const drawUsed = (
  event: Extract<Told, { kind: "break-glass.used" }>,
  to: Message["to"],
  now: EpochMs,
  zone: string,
): Drawn => {
  const { requester, justification, sources, skipped, tell, rule, expiresAt } = event;
  const until = when(expiresAt, now, zone);
  const past =
    to === "skipped"
      ? "You would have been asked, and weren't."
      : skipped.length === 0
        ? "It needed no approval."
        : `Nobody approved it; ${mentions(skipped, MOST_NAMED)} would have been asked.`;
  const moved = event.movedFrom === undefined ? "" : `, where they moved from ${showSources(event.movedFrom)}`;
  const does = event.movedFrom === undefined ? "opens" : "moved, and opens from elsewhere";
  return drawn(
    `${BREAK_GLASS}: ${mention(requester.user)} ${does} ${escapeMrkdwn(accessTitle(event))} until ${until}.`,
    [
      `From ${showSources(sources)}${moved}, because: “${literal(justification)}” · rule *${literal(rule)}*`,
      past,
      ...(to === "channel" ? forAttention(tell) : []),
      "Somebody else than whoever asked has to look at it, and press Reviewed.",
    ],
    [button("Reviewed", "break-glass.reviewed", event.requestId)],
  );
};

/** For those who heard of it when it was opened. */
export const drawBreakGlassExtended = (
  event: Extract<AuditEvent, { kind: "grant.extended" }>,
  to: Message["to"],
  now: EpochMs,
  zone: string,
): Drawn => {
  const { requester, justification, sources, skipped = [], tell = [], before, expiresAt } = event;
  return drawn(
    `${BREAK_GLASS}: ${mention(requester.user)} makes ${escapeMrkdwn(accessTitle(event))} longer, until ${when(expiresAt, now, zone)}.`,
    [
      `It would have ended ${when(before, now, zone)} · from ${showSources(sources)}, because: “${literal(justification)}”`,
      skipped.length === 0
        ? "It needed no approval."
        : `Nobody approved it; ${mentions(skipped, MOST_NAMED)} would have been asked.`,
      ...(to === "channel" ? forAttention(tell) : []),
      "Somebody else than whoever asked has to look at it, also where it was reviewed before, and press Reviewed.",
    ],
    [button("Reviewed", "break-glass.reviewed", event.requestId)],
  );
};

const drawUnreviewed = (
  event: Extract<Told, { kind: "break-glass.unreviewed" }>,
  to: Message["to"],
  now: EpochMs,
  zone: string,
  use: BreakGlassUse | undefined,
): Drawn => {
  if (use?.reviewed !== undefined)
    return drawn(
      `${BREAK_GLASS}: ${escapeMrkdwn(accessTitle(event))} was reviewed by ${mention(use.reviewed.by.user)} at ${when(use.reviewed.at, now, zone)}.`,
    );
  if (use?.movedTo !== undefined)
    return drawn(
      `${BREAK_GLASS}: ${escapeMrkdwn(accessTitle(event))} goes on from elsewhere, and is to be reviewed there.`,
    );
  const skipped = (use?.skipped ?? []).flatMap(({ users, groups }) => [...groups, ...users]);
  const forWhom = [...new Set([...skipped, ...event.tell])].filter((id) => id !== event.requester.user);
  return drawn(
    `${BREAK_GLASS} not reviewed yet: ${escapeMrkdwn(accessTitle(event))}, ${showDuration(between(event.usedAt, now))} ago.`,
    [
      `${mention(event.requester.user)} opened it without approval: “${literal(event.justification)}”`,
      ...(to === "channel" ? forAttention(forWhom) : []),
      "Somebody else has to look at it. I ask again until someone did.",
    ],
    [button("Reviewed", "break-glass.reviewed", event.requestId)],
  );
};

/** Whom a direct message can't reach, or who is to see it beside the others: named, so that Slack tells them. */
const forAttention = (ids: readonly string[]): readonly string[] => {
  const people = ids.filter((id) => !isChannel(id));
  return people.length === 0 ? [] : [`For ${mentions(people, MOST_NAMED)}.`];
};

const isChannel = (id: string): boolean => /^[CG]/u.test(id);

const MOST_NAMED = 30;
