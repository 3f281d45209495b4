/** What people are told beside the card, one event in words for one audience. */

import { showDuration } from "../access/duration.ts";
import { type Port, samePort } from "../access/port.ts";
import { type Cidr, familyOf } from "../access/source.ts";
import { between, type DurationMs, type EpochMs } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { Grant } from "../grants/grant.ts";
import type { AccessRequest } from "../grants/request.ts";
import type { Message } from "../notices/notice.ts";
import { button, type Drawn, drawn, lines, notification } from "./blocks.ts";
import { drawBreakGlass } from "./break-glass-messages.ts";
import { endedText, showSources } from "./card.ts";
import { drawInventoryNews } from "./inventory-messages.ts";
import { drawNarrowed } from "./less-words.ts";
import { drawIdentityNews } from "./linking-answers.ts";
import { capital } from "./lists.ts";
import { code, escapeMrkdwn, literal, mention, operatorsText, when } from "./mrkdwn.ts";
import { drawPolicyNews } from "./policy-messages.ts";
import { drawPostureNews } from "./posture-text.ts";
import { drawProtection } from "./protection-messages.ts";
import { shortFirewall } from "./protection-words.ts";
import { whyNotAnyMore } from "./refusals/not-any-more.ts";
import { drawScheduleSilent } from "./schedule-messages.ts";
import { accessTitle, boldTitle } from "./title.ts";

/** `undefined`: this event has no message of its own. `grant` and `request` are what is stored about it now. */
export const drawMessage = (
  { event, to }: Message,
  grant: Grant | undefined,
  now: EpochMs,
  zone: string,
  request?: AccessRequest,
): Drawn | undefined => {
  switch (event.kind) {
    case "grant.opened":
      return drawOpened(event, now, zone);
    case "grant.ending": {
      const left = showDuration(Math.max(0, between(now, event.expiresAt)) as DurationMs);
      return drawn(
        `${escapeMrkdwn(event.machine.name)} closes for you in ${left}.`,
        [],
        [button("I'm done", "grant.close", event.grantId)],
      );
    }
    case "grant.ended": {
      if (to === "requester") {
        return drawn(`${escapeMrkdwn(event.machine.name)}: your access ended ${when(event.at, now, zone)}.`, []);
      }
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
      return drawn(`${escapeMrkdwn(accessTitle(event))} couldn't be opened.`, [operatorsText(event.problem)]);
    case "request.denied": {
      const by = event.actor.kind === "person" ? ` by ${mention(event.actor.person.user)}` : "";
      return drawn(
        `${escapeMrkdwn(accessTitle(event))} was denied${by}.`,
        event.reason === "" ? [] : [`“${literal(event.reason)}”`],
      );
    }
    case "request.narrowed":
      return drawNarrowed(event);
    case "request.lapsed":
      return drawn(`${escapeMrkdwn(accessTitle(event))}: nobody answered in time.`, [
        "Ask again, or ask an approver directly.",
      ]);
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
    case "break-glass.used":
    case "break-glass.unreviewed":
      return drawBreakGlass(event, to, now, zone, request?.breakGlass);
    case "schedule.silent":
      return drawScheduleSilent(event);
    case "policy.changed":
    case "policy.refused":
      return drawPolicyNews(event);
    case "identity.linked":
    case "identity.unlinked":
    case "identity.refused":
      return drawIdentityNews(event, to === "security" ? "security" : "person");
    case "break-glass.reviewed":
    case "approvers.told":
    case "request.pressed":
    case "grant.extended":
    case "grant.moved":
    case "lockdown.begun":
    case "lockdown.done":
    case "lockdown.lifted":
    case "address.seen":
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

const drawOpened = (event: Extract<AuditEvent, { kind: "grant.opened" }>, now: EpochMs, zone: string): Drawn => {
  const { mappings = [] } = event;
  const isMapped = (port: Port): boolean => mappings.some(({ to }) => samePort(to, port));
  const direct = event.ports.filter((port) => !isMapped(port));
  const how = [
    ...mappings.map(({ address, port, to }) => howToConnect(address, to, port)),
    ...event.addresses.flatMap((address) => direct.map((port) => howToConnect(address, port))),
  ];
  return drawn(
    `${escapeMrkdwn(event.machine.name)} is open for you until ${when(event.expiresAt, now, zone)}.`,
    [
      ...(event.isOff ? ["It is switched off now, so nothing answers there."] : []),
      ...how.slice(0, 10),
      `I let you in from ${showSources(event.sources)}. What you have open by then may stay; for anything new, ask again.`,
    ],
    [button("I'm done", "grant.close", event.grantId)],
  );
};

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

/**
 * `52.178.10.4, port 22:` and a line to copy, as far as the port tells how one connects. `at` is the port to connect to where a firewall maps it.
 */
const howToConnect = (address: string, { port, protocol }: Port, at = port): string => {
  const host = familyOf(address as Cidr) === "ipv6" ? `[${address}]` : address;
  const line = protocol === "tcp" ? lineToCopy(address, host, port, at) : undefined;
  const mapped = at === port ? "" : ` (for port ${port})`;
  if (line !== undefined) return `${code(address)}, port ${at}${mapped}: ${code(line)}`;
  return `${code(protocol === "tcp" ? `${host}:${at}` : `${host}:${at}/${protocol}`)}${mapped}`;
};

const lineToCopy = (address: string, host: string, port: number, at: number): string | undefined => {
  switch (port) {
    case 22:
      return at === 22 ? `ssh you@${address}` : `ssh -p ${at} you@${address}`;
    case 3389:
      return at === 3389 ? `mstsc /v:${host}` : `mstsc /v:${host}:${at}`;
    case 5985:
      return `Enter-PSSession -ComputerName ${address} -Port ${at}`;
    case 5986:
      return `Enter-PSSession -ComputerName ${address} -Port ${at} -UseSSL`;
    default:
      return undefined;
  }
};
