/** What people are told beside the card, one event in words for one audience. */

import { showDuration } from "../access/duration.ts";
import { between, type EpochMs } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";
import { endOf, type Grant } from "../grants/grant.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { Message } from "../notices/notice.ts";
import { drawAddressSeen } from "./address/messages.ts";
import { button, type Drawn, drawn, lines, notification } from "./blocks.ts";
import { drawBreakGlass, drawBreakGlassExtended } from "./break-glass/messages.ts";
import { endedText } from "./card/card.ts";
import { drawEnded, drawEnding, drawExtended, drawOpened, drawStillOpen } from "./ending/messages.ts";
import { drawInventoryNews } from "./inventory-messages.ts";
import { drawIdentityNews } from "./linking-answers.ts";
import { capital } from "./lists.ts";
import { drawLockdown } from "./lockdown/messages.ts";
import { code, escapeMrkdwn, literal, mention, operatorsText, when } from "./mrkdwn.ts";
import { drawPolicyNews } from "./policy-messages.ts";
import { drawPostureNews } from "./posture-text.ts";
import { drawProtection } from "./protecting/messages.ts";
import { shortFirewall } from "./protecting/words.ts";
import { whyNotAnyMore } from "./refusals/not-any-more.ts";
import { askAgain } from "./reviewing/answer-buttons.ts";
import { drawNarrowed } from "./reviewing/less-words.ts";
import { drawReminder } from "./reviewing/reminder-messages.ts";
import { drawScheduleSilent } from "./schedule-messages.ts";
import { showSources } from "./sources-words.ts";
import type { Telling } from "./telling.ts";
import { accessTitle, askedTitle, boldTitle } from "./title.ts";

/** `undefined`: this event has no message of its own. */
export const drawMessage = ({ event, to }: Message, telling: Telling): Drawn | undefined => {
  const { grant, request, now, zone } = telling;
  switch (event.kind) {
    case "grant.opened":
      return drawOpened(event, telling);
    case "grant.extended":
      if (to === "requester") return drawStillOpen(event, telling);
      return to === "person" ? drawExtended(event, now, zone) : drawBreakGlassExtended(event, to, now, zone);
    case "grant.ending":
      return drawEnding(event, grant, now, zone);
    case "grant.ended": {
      if (to === "requester") return drawEnded(event, grant, now, zone);
      const ended =
        grant === undefined
          ? `${mention(event.requester.user)}'s access closed ${when(event.at, now, zone)}`
          : endedText(grant, now, zone);
      return {
        text: notification(`${escapeMrkdwn(accessTitle(event))}: ${ended}`),
        blocks: lines([`${boldTitle(event)} · ${ended}`]),
      };
    }
    case "grant.failed":
      return drawn(
        `${escapeMrkdwn(accessTitle(event))} couldn't be opened${grant?.supersedes === undefined ? "" : " from where you are now"}.`,
        [
          operatorsText(event.problem),
          ...(grant?.supersedes === undefined ? [] : ["It stays open from where you were, until the same time."]),
        ],
      );
    case "request.denied": {
      const by = event.actor.kind === "person" ? ` by ${mention(event.actor.person.user)}` : "";
      return drawn(
        `${askedTitle(event, request)} was denied${by}.`,
        [...(event.reason === "" ? [] : [`“${literal(event.reason)}”`]), ...staysOpen(request, grant, now, zone)],
        askAgain(event.requestId, request),
      );
    }
    case "request.narrowed":
      return drawNarrowed(event);
    case "request.lapsed":
      if (event.because === "access-over")
        return drawn(`${escapeMrkdwn(accessTitle(event))} isn't made longer: it is over.`, [
          "Nobody has to answer any more. If you have it from elsewhere by now, press `Extend` there.",
        ]);
      return drawn(
        request?.extends === undefined
          ? `${escapeMrkdwn(accessTitle(event))}: nobody answered in time.`
          : `${askedTitle(event, request)} wasn't answered in time.`,
        [...staysOpen(request, grant, now, zone), "Ask again, or ask an approver directly."],
        askAgain(event.requestId, request),
      );
    case "grant.adopted":
      return drawn(`Found open: ${escapeMrkdwn(accessTitle(event))}, until ${when(event.expiresAt, now, zone)}.`, [
        `A rule of ours was there for ${mention(event.requester.user)} from ${showSources(event.sources)}, and our memory of it was lost. ${event.at < event.expiresAt ? "It closes on time" : "It closes now"}.`,
      ]);
    case "closing.overdue": {
      const ended = `its time ended at ${when(event.since, now, zone)}, ${showDuration(between(event.since, event.at))} ago`;
      return drawn(`${escapeMrkdwn(accessTitle(event))} is still open: ${ended}.`, [
        operatorsText(event.problem),
        `I keep trying. If it's urgent, remove the rule of grant ${code(event.grantId)} by hand in ${code(shortFirewall(event.firewall))}.`,
      ]);
    }
    case "grant.blocked":
      return drawn(
        `${escapeMrkdwn(event.machine.name)} is open for you as far as I can open it, but something else may keep you out.`,
        [
          ...event.problems.map(literal),
          `${code(`/jit why ${event.machine.name}`)} looks again. Whoever looks after its network can change that rule.`,
        ],
      );
    case "protection.began":
    case "protection.failed":
    case "protection.adopted":
    case "protection.wanted":
    case "protection.undercut":
    case "protection.lifted":
    case "protection.ended":
    case "firewall.repaired":
      return drawProtection(event);
    case "posture.worsened":
    case "posture.digest":
      return drawPostureNews(event);
    case "inventory.stale":
    case "inventory.read-again":
      return drawInventoryNews(event, now, zone);
    case "grant.disallowed":
      return drawDisallowed(event, to, now, zone);
    case "lockdown.begun":
    case "lockdown.done":
    case "lockdown.lifted":
      return drawLockdown(event, now, zone);
    case "break-glass.used":
    case "break-glass.unreviewed":
      return drawBreakGlass(event, to, now, zone, request?.breakGlass);
    case "address.seen":
      return drawAddressSeen(event, telling);
    case "request.reminded":
      return drawReminder(event, to, request, now, zone);
    case "schedule.silent":
      return drawScheduleSilent(event);
    case "policy.changed":
    case "policy.refused":
      return drawPolicyNews(event);
    case "identity.linked":
    case "identity.unlinked":
    case "identity.refused":
      return drawIdentityNews(event, to === "security" ? "security" : "person", telling.security);
    case "break-glass.reviewed":
    case "approvers.told":
    case "grant.moved":
    case "address.refused":
    case "request.judged":
    case "protection.set":
    case "undercut.overruled":
    case "undercut.accepted":
    case "request.submitted":
    case "request.refused":
    case "review.given":
    case "review.refused":
    case "request.approved":
    case "request.withdrawn":
    case "grant.revoked":
    case "firewall.changed":
    case "bot.started":
      return undefined;
  }
};

/** That a longer one isn't given takes nothing away. `grant`: what was to be made longer. */
const staysOpen = (
  request: AccessRequest | undefined,
  grant: Grant | undefined,
  now: EpochMs,
  zone: string,
): readonly string[] =>
  request?.extends === undefined || grant === undefined || endOf(grant) <= now
    ? []
    : [`It stays open until ${when(endOf(grant), now, zone)}.`];

/** It stays open, or is closed, because the rule says so. */
const drawDisallowed = (
  event: Extract<AuditEvent, { kind: "grant.disallowed" }>,
  to: Message["to"],
  now: EpochMs,
  zone: string,
): Drawn => {
  const so = event.closes ? "it is being closed" : `it stays open until ${when(event.expiresAt, now, zone)}`;
  const whose = to === "requester" ? "your access" : `${mention(event.requester.user)}'s access`;
  return drawn(
    `${escapeMrkdwn(accessTitle(event))}: ${whose} is no longer allowed; ${so}.`,
    [`${capital(whyNotAnyMore(event, to === "requester" ? "you" : undefined))}.`],
    event.closes ? [] : [button(to === "requester" ? "I'm done" : "Close", "grant.close", event.grantId)],
  );
};
