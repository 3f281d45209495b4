/** Audit event → who hears what. */

import type { RequestId } from "../access/identifier.ts";
import type { Person } from "../access/person.ts";
import { DAY, type DurationMs, type EpochMs, later } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { Delivery } from "./outbox.ts";

/** A message about one event, worded for one audience. */
export interface Message {
  readonly kind: "message";
  readonly event: AuditEvent;
  readonly to: "requester" | "channel" | "security";
}

/** The one message that shows a request; drawn from what is stored when it is sent, so it is never out of date. */
export interface Card {
  readonly kind: "card";
  readonly requestId: RequestId;
  /** Our memory was lost: it may have been posted though nothing is remembered of it, but not before this instant. */
  readonly mayBeThereSince?: EpochMs;
}

export type Notice = Message | Card;

/**
 * Who hears of an event. Everything about a request shows on its card; beside it people are told only what they need to act on or
 * would miss: the requester, how to connect, that time runs out, and a "no"; the channel, that a port was closed or is kept closed; security, what is out of order.
 */
export const deliveriesFor = (event: AuditEvent, securityChannel: string | undefined): readonly Delivery[] => {
  switch (event.kind) {
    case "request.submitted":
    case "review.given":
    case "request.approved":
    case "request.withdrawn":
    case "grant.revoked":
    case "break-glass.used":
    case "break-glass.unreviewed":
    case "break-glass.reviewed":
    case "schedule.silent":
    case "grant.disallowed":
      return [card(event.requestId, event.channel)];
    case "grant.opened":
      return [card(event.requestId, event.channel), ...howToConnect(event, event.requester)];
    case "request.denied":
    case "request.lapsed":
    case "grant.failed":
      return [card(event.requestId, event.channel), ...requester(event, event.requester)];
    case "grant.ending":
      return requester(event, event.requester);
    case "grant.ended":
      return [
        card(event.requestId, event.channel, URGENT),
        // What never opened was told as a failure, on its card.
        ...(event.openedAt === undefined && event.cause === "failed" ? [] : [channel(event, event.channel)]),
        ...(event.openedAt === undefined ? [] : howToConnect(event, event.requester)),
      ];
    case "grant.adopted":
      return [lostCard(event), ...security(event, securityChannel ?? event.channel)];
    case "closing.overdue":
      return [card(event.requestId, event.channel, URGENT), ...security(event, securityChannel ?? event.channel)];
    case "grant.blocked":
      return requester(event, event.requester);
    case "protection.began":
      // Which machine is open to whom isn't for a whole channel, where there is a smaller one.
      return event.undercut.length === 0 || securityChannel === undefined
        ? [message(event, event.channel, "channel", USUAL)]
        : security(event, securityChannel);
    case "protection.failed":
    case "protection.lifted":
    case "protection.ended":
      return [message(event, event.channel, "channel", USUAL)];
    case "protection.adopted":
    case "protection.undercut":
    case "protection.wanted":
    case "firewall.repaired":
    case "posture.worsened":
      return security(event, securityChannel ?? event.channel);
    case "posture.digest":
      return securityChannel === undefined ? [] : [message(event, securityChannel, "security", USUAL)];
    case "request.judged":
    case "identity.linked":
    case "identity.unlinked":
    case "identity.refused":
    case "policy.changed":
    case "policy.refused":
    case "request.refused":
    case "review.refused":
    case "firewall.changed":
    case "protection.set":
    case "undercut.overruled":
    case "undercut.accepted":
    case "bot.started":
      return [];
  }
};

/** Ends and overdue closings go before everything else. */
const URGENT = 0;
const USUAL = 5;

const card = (requestId: RequestId, destination: string, urgency = USUAL): Delivery => ({
  id: `card/${requestId}`,
  destination,
  urgency,
  kind: "card",
  body: {
    kind: "card",
    requestId,
  } satisfies Card,
});

/** Nobody's access is longer than some days, so an older card isn't its own. */
const lostCard = ({ requestId, channel, at }: Extract<AuditEvent, { kind: "grant.adopted" }>): Delivery => ({
  ...card(requestId, channel),
  body: { kind: "card", requestId, mayBeThereSince: later(at, -OLDEST_CARD as DurationMs) } satisfies Card,
});

const OLDEST_CARD = 7 * DAY;

const message = (event: AuditEvent, destination: string, to: Message["to"], urgency: number): Delivery => ({
  id: `${event.id}/${to}`,
  destination,
  urgency,
  kind: "message",
  body: {
    kind: "message",
    event,
    to,
  } satisfies Message,
});

/** Whom a damaged owner mark doesn't name can't be told. */
const requester = (event: AuditEvent, { user }: Person): readonly Delivery[] =>
  user === "" ? [] : [message(event, user, "requester", USUAL)];
/** One message for as long as it is open, changed when it isn't any more: it must not go on saying "open". */
const howToConnect = (event: Extract<AuditEvent, { grantId: unknown }>, person: Person): readonly Delivery[] =>
  requester(event, person).map((delivery) => ({ ...delivery, id: `open/${event.grantId}`, kind: "card" }));

const channel = (event: AuditEvent, destination: string): Delivery => message(event, destination, "channel", URGENT);
/** Of a machine that no rule speaks of nobody may be there to hear. */
const security = (event: AuditEvent, destination: string): readonly Delivery[] =>
  destination === "" ? [] : [message(event, destination, "security", URGENT)];
