/** What whoever has an access is told of its time: open until when, soon over, longer, over. */

import { showDuration } from "../../access/duration.ts";
import { samePerson } from "../../access/person.ts";
import { between, type EpochMs } from "../../access/time.ts";
import type { AuditEvent } from "../../audit/event.ts";
import { endOf, type Grant } from "../../grants/grant.ts";
import { button, type Drawn, drawn } from "../blocks.ts";
import { escapeMrkdwn, mention, mentions, when } from "../mrkdwn.ts";
import { whyNotAnyMore } from "../refusals/not-any-more.ts";
import { showSources } from "../sources-words.ts";
import type { Telling } from "../telling.ts";
import { connectionHelp, type Reachable } from "./connection-help.ts";

type Told<K extends AuditEvent["kind"]> = Extract<AuditEvent, { kind: K }>;

/** It may be longer by now than when it opened. */
export const drawOpened = (event: Told<"grant.opened">, telling: Telling): Drawn => {
  const { grant, now, zone } = telling;
  const expiresAt = grant?.expiresAt ?? event.expiresAt;
  const more = event.isOff ? ["It is switched off now, so nothing answers there."] : [];
  return open(`is open for you until ${when(expiresAt, now, zone)}.`, event, event, telling, more);
};

/** In the place of the message that said how to connect. */
export const drawStillOpen = (event: Told<"grant.extended">, telling: Telling): Drawn => {
  const { grant, now, zone } = telling;
  const { addresses = [], mappings, os } = grant ?? {};
  const until = when(grant?.expiresAt ?? event.expiresAt, now, zone);
  const reachable = { ports: event.ports, addresses, mappings, os };
  return open(`is open for you until ${until}, longer than at first.`, event, reachable, telling);
};

const open = (
  what: string,
  { grantId, machine, sources }: Told<"grant.opened" | "grant.extended">,
  reachable: Reachable,
  { hasAddressPage = false }: Telling,
  more: readonly string[] = [],
): Drawn =>
  drawn(
    `${escapeMrkdwn(machine.name)} ${what}`,
    [
      ...more,
      ...connectionHelp(reachable),
      `I let you in from ${showSources(sources)}. Connections that are open then may go on; for new ones, ask again.`,
    ],
    [
      button("Extend", "grant.extend", grantId),
      ...(hasAddressPage ? [button("I moved", "grant.moved", grantId)] : []),
      button("I'm done", "grant.close", grantId),
    ],
  );

/** `grant`: as it is stored now; this may be said late, when it is over or was made longer. */
export const drawEnding = (
  event: Told<"grant.ending">,
  grant: Grant | undefined,
  now: EpochMs,
  zone: string,
): Drawn => {
  const name = escapeMrkdwn(event.machine.name);
  const end = grant === undefined ? event.expiresAt : endOf(grant);
  if (grant?.revoked?.kind === "superseded")
    return drawn(`You moved at ${when(end, now, zone)}, so your access to ${name} from there is over.`);
  if (grant?.endedAt !== undefined) return drawn(`${name} closed for you at ${when(grant.endedAt, now, zone)}.`);
  if (end <= now) return drawn(`${name}: your access ended at ${when(end, now, zone)}.`);
  if (end > event.expiresAt) return drawn(`${name} stays open for you until ${when(end, now, zone)}.`);
  return drawn(
    `${name} closes for you in ${showDuration(between(now, end))}.`,
    [],
    [button("Extend", "grant.extend", event.grantId), button("I'm done", "grant.close", event.grantId)],
  );
};

/** Somebody had to say yes, and did. */
export const drawExtended = (event: Told<"grant.extended">, now: EpochMs, zone: string): Drawn => {
  const { machine, expiresAt, approvers, opening } = event;
  const by = mentions(
    approvers.map(({ user }) => user),
    MOST_NAMED,
  );
  const stays = opening === true ? "will stay open for you, once it is open," : "stays open for you";
  return drawn(
    `${escapeMrkdwn(machine.name)} ${stays} until ${when(expiresAt, now, zone)}${by === "" ? "" : `; ${by} approved it`}.`,
  );
};

/** `grant`: what is stored of it, which says why it ended before its time. */
export const drawEnded = (event: Told<"grant.ended">, grant: Grant | undefined, now: EpochMs, zone: string): Drawn => {
  const name = escapeMrkdwn(event.machine.name);
  if (event.cause === "superseded") return drawn(`You have ${name} from where you are now; the old address is closed.`);
  const at = when(event.at, now, zone);
  const another = latestEnd(event, now);
  const still = another === undefined ? "" : `; another of yours is open until ${when(another, now, zone)}`;
  const first = `${name}: your access ended at ${at}${still}.`;
  // There is no use in asking for what they have, and none while nothing opens.
  if (event.cause === "lockdown" || another !== undefined) return drawn(first, becauseOf(event, grant));
  return drawn(first, becauseOf(event, grant), [button("Ask again", "request.again", event.requestId)]);
};

/** Of their other accesses that kept one of the ports open. */
const latestEnd = ({ stillOpen, requester }: Told<"grant.ended">, now: EpochMs): EpochMs | undefined =>
  stillOpen
    .filter((other) => samePerson(other.requester, requester) && now < other.expiresAt)
    .map(({ expiresAt }) => expiresAt)
    .toSorted((a, b) => b - a)[0];

const becauseOf = ({ cause, requester }: Told<"grant.ended">, grant: Grant | undefined): readonly string[] => {
  const revoked = grant?.revoked;
  switch (cause) {
    case "expired":
    case "failed":
    case "superseded":
      return [];
    case "revoked":
      return revoked?.kind !== "closed" || revoked.by.user === requester.user
        ? []
        : [`${mention(revoked.by.user)} closed it.`];
    case "not-allowed":
      return revoked?.kind === "not-allowed" ? [`It was no longer allowed: ${whyNotAnyMore(revoked, "you")}.`] : [];
    case "lockdown":
      return [
        revoked?.kind === "lockdown"
          ? `${mention(revoked.by.user)} locked everything down. Nothing opens until security lifts that.`
          : "Everything was locked down.",
      ];
  }
};

const MOST_NAMED = 6;
