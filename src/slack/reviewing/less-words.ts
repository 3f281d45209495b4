/** What was given instead of what was asked, where an approver gave less. */

import { showDuration, type TypedEnd } from "../../access/duration.ts";
import { portKey } from "../../access/port.ts";
import type { EpochMs } from "../../access/time.ts";
import type { AuditEvent } from "../../audit/event.ts";
import type { AccessRequest, Narrowed } from "../../grants/request.ts";
import { type Drawn, drawn } from "../blocks.ts";
import { escapeMrkdwn, mention, when } from "../mrkdwn.ts";
import { showSources } from "../sources-words.ts";
import { accessTitle, servicesTitle } from "../title.ts";

/** A line for the card; none where nobody gave less. */
export const narrowedLines = (request: AccessRequest | undefined, now: EpochMs, zone: string): readonly string[] => {
  const before = request?.narrowed;
  if (request === undefined || before === undefined) return [];
  const shown = (end: TypedEnd): string =>
    end.kind === "for" ? showDuration(end.durationMs) : `until ${when(end.at, now, zone)}`;
  if (request.moves !== undefined) {
    // Its end, and its sources, are another access's: an approver chose ports and sources only for that.
    const given = changes({ ...request, sources: request.answeredFrom ?? request.sources }, before, ["", ""]);
    return given === "" ? [] : [`${mention(before.by.user)} gave less than was asked: ${given}.`];
  }
  const length = [shown(request.end), shown(before.end)] as const;
  return [`${mention(before.by.user)} gave less than was asked: ${changes(request, before, length)}.`];
};

/** For whoever asked. */
export const drawNarrowed = (event: Extract<AuditEvent, { kind: "request.narrowed" }>): Drawn => {
  const { actor, before, durationMs } = event;
  const who = actor.kind === "person" ? mention(actor.person.user) : "somebody";
  const length = [showDuration(durationMs), showDuration(before.durationMs)] as const;
  return drawn(`${escapeMrkdwn(accessTitle(event))}: ${who} gives you less than you asked.`, [
    `It is ${changes(event, before, length)}.`,
    "If that isn't enough, ask again and say why.",
  ]);
};

const changes = (
  after: Pick<AccessRequest, "services" | "ports" | "sources">,
  before: Pick<Narrowed, "services" | "ports" | "sources">,
  [length, lengthBefore]: readonly [string, string],
): string => {
  const kept = new Set(after.ports.map(portKey));
  const fewer = before.ports.some((port) => !kept.has(portKey(port)));
  const narrower =
    after.sources.length !== before.sources.length || before.sources.some((each) => !after.sources.includes(each));
  return [
    ...(length === lengthBefore ? [] : [`*${length}* instead of ${lengthBefore}`]),
    ...(fewer ? [`*${shown(after.services)}* instead of ${shown(before.services)}`] : []),
    ...(narrower ? [`from *${showSources(after.sources)}* instead of ${showSources(before.sources)}`] : []),
  ].join("; ");
};

const shown = (services: readonly string[]): string => escapeMrkdwn(servicesTitle(services)).replaceAll("*", "∗");
