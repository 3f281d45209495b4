/** Audit event → who hears what. */

import type { RequestId } from "../access/identifier.ts";
import type { Person } from "../access/person.ts";
import { DAY, type DurationMs, type EpochMs, later } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { HomeNotice } from "./homes.ts";
import { type Delivery, URGENT, USUAL } from "./outbox.ts";

/** A message about one event, worded for one audience. */
export interface Message {
  readonly kind: "message";
  readonly event: AuditEvent;
  readonly to: Audience;
}

/** `skipped`: who would have been asked; `told`: who is to hear of it beside them; `person`: whom it is about. */
export type Audience = "requester" | "channel" | "security" | "skipped" | "told" | "person";

/** The one message that shows a request; drawn from what is stored when it is sent, so it is never out of date. */
export interface Card {
  readonly kind: "card";
  readonly requestId: RequestId;
  /** Slack id of an approver who was told directly, for whom it is drawn. Absent: the one in the channel. */
  readonly to?: string;
  /** Our memory was lost: it may have been posted though nothing is remembered of it, but not before this instant. */
  readonly mayBeThereSince?: EpochMs;
}

export type Notice = Message | Card | HomeNotice;

/**
 * Who hears of an event. Everything about a request shows on its card; beside it people are told only what they need to act on or
 * would miss: the requester, how to connect, that time runs out, and a "no"; the channel, that a port was closed or is kept closed; security, what is out of order.
 */
export const deliveriesFor = (event: AuditEvent, securityChannel: string | undefined): readonly Delivery[] => {
  switch (event.kind) {
    case "approvers.told":
    case "request.submitted":
    case "review.given":
    case "request.approved":
    case "request.withdrawn":
    case "grant.revoked":
    case "break-glass.reviewed":
      return [card(event.requestId, event.channel)];
    case "break-glass.used":
      return [card(event.requestId, event.channel, URGENT), ...allSkipped(event, securityChannel)];
    case "break-glass.unreviewed":
      return [
        card(event.requestId, event.channel),
        ...channels(event, [event.channel], "channel"),
        ...channels(event, besideOf(event.channel, [...event.tell, securityChannel]), "told"),
      ];
    case "request.reminded":
      return [card(event.requestId, event.channel), ...reminded(event, securityChannel)];
    case "schedule.silent":
      return [card(event.requestId, event.channel), ...security(event, securityChannel ?? event.channel)];
    case "grant.disallowed":
      return [
        card(event.requestId, event.channel),
        ...requester(event, event.requester),
        ...security(event, securityChannel ?? event.channel),
      ];
    case "identity.linked":
    case "identity.unlinked":
      return [...themselves(event), ...security(event, securityChannel ?? "")];
    case "identity.refused":
      return event.because === "identity-taken" ? security(event, securityChannel ?? "") : [];
    case "address.seen":
      return event.person.user === "" ? [] : [message(event, event.person.user, "person", USUAL)];
    case "grant.moved":
      // Its own card says that it is open; this one, that it closes.
      return [card(event.before as string as RequestId, event.channel)];
    case "lockdown.begun":
    case "lockdown.done":
    case "lockdown.lifted":
      return everywhere(event, [...event.channels, ...(securityChannel === undefined ? [] : [securityChannel])]);
    case "policy.changed":
    case "policy.refused":
      return everywhere(event, event.channels);
    case "grant.extended":
      return [
        card(event.requestId, event.channel),
        // Nobody can connect yet; once they can, they are told until when.
        ...(event.opening === true ? [] : howToConnect(event, event.requester)),
        ...(event.asked === undefined ? [] : [card(event.asked, event.channel), ...themselvesToo(event)]),
        ...(event.tell === undefined ? [] : allSkipped(event, securityChannel)),
      ];
    case "grant.opened":
      return [card(event.requestId, event.channel), ...howToConnect(event, event.requester)];
    case "request.narrowed":
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
    case "inventory.stale":
    case "inventory.read-again":
      return security(event, securityChannel ?? "");
    case "posture.digest":
      return securityChannel === undefined ? [] : [message(event, securityChannel, "security", USUAL)];
    case "address.refused":
    case "request.judged":
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

const message = (event: AuditEvent, destination: string, to: Audience, urgency: number, id: string = to): Delivery => ({
  id: `${event.id}/${id}`,
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

/** A message that is changed alerts nobody, and they waited for this. */
const themselvesToo = (event: Extract<AuditEvent, { kind: "grant.extended" }>): readonly Delivery[] =>
  event.requester.user === "" ? [] : [message(event, event.requester.user, "person", USUAL)];

const themselves = (
  event: Extract<AuditEvent, { kind: "identity.linked" | "identity.unlinked" }>,
): readonly Delivery[] => (event.person.user === "" ? [] : [message(event, event.person.user, "person", URGENT)]);

/**
 * Everybody who would have been asked, each by a direct message, and whoever else the rule names. Groups have no direct messages: the card in the channel names those
 * that were skipped, and a message there the others.
 */
const allSkipped = (
  event: Extract<AuditEvent, { kind: "break-glass.used" | "grant.extended" }>,
  securityChannel: string | undefined,
): readonly Delivery[] => {
  const { skipped = [], tell = [], requester: asker } = event;
  const known = new Set([asker.user]);
  const direct = (ids: readonly string[], to: Audience): readonly Delivery[] =>
    ids.filter(isUser).flatMap((user) => {
      if (known.has(user)) return [];
      known.add(user);
      return [message(event, user, to, URGENT, `${to}/${user}`)];
    });
  return [
    ...direct(skipped, "skipped"),
    ...direct(tell, "told"),
    ...(tell.some(isGroup) ? channels(event, [event.channel], "channel") : []),
    ...channels(event, besideOf(event.channel, [...tell, securityChannel]), "told"),
  ];
};

/** Each channel once. */
const everywhere = (event: AuditEvent, destinations: readonly string[]): readonly Delivery[] =>
  [...new Set(destinations)].map((each) => message(event, each, "security", URGENT, `security/${each}`));

/** Security hears only where nobody else comes after those who are asked. */
const reminded = (
  event: Extract<AuditEvent, { kind: "request.reminded" }>,
  securityChannel: string | undefined,
): readonly Delivery[] => [
  ...channels(event, [event.channel], "channel"),
  ...event.users.map((user) => message(event, user, "told", USUAL, `told/${user}`)),
  ...(event.how === "escalated" && event.isLast
    ? channels(event, besideOf(event.channel, [securityChannel]), "security")
    : []),
];

/** The same in several channels. */
const channels = (event: AuditEvent, destinations: readonly string[], to: Audience): readonly Delivery[] =>
  destinations.map((destination) => message(event, destination, to, URGENT, `${to}/${destination}`));

/** Each channel once, but for the one that hears it anyway. */
const besideOf = (hearing: string, ids: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(ids.filter((id) => id !== undefined).filter((id) => isChannel(id) && id !== hearing)),
];

/** https://docs.slack.dev/reference/objects/conversation-object and the other objects: what ids begin with. */
const isUser = (id: string): boolean => /^[UW]/u.test(id);
const isGroup = (id: string): boolean => id.startsWith("S");
const isChannel = (id: string): boolean => /^[CG]/u.test(id);
