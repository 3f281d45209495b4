/** The part of a Home that only security sees: what is open for everybody, how the machines stand, how the bot is. */

import { between, type EpochMs, SECOND } from "../../access/time.ts";
import type { Grant } from "../../grants/grant.ts";
import type { Openness } from "../../posture/exposure.ts";
import type { Health, OverviewOfAll, PostureSummary } from "../../workflow/overview-of-all.ts";
import { button, labelled } from "../blocks.ts";
import { listed } from "../lists.ts";
import { mention, when } from "../mrkdwn.ts";
import { OPEN_TO } from "../posture-text.ts";
import { showSources } from "../sources-words.ts";
import { accessTitle, boldTitle, CLOUD_NAMES } from "../title.ts";
import { entry, type HomePart, heading, rest } from "./blocks.ts";
import { type ShownAt, stateOf } from "./doors.ts";

export const drawAll = (all: OverviewOfAll, at: ShownAt): readonly HomePart[] => [
  drawOpenForAll(all, at),
  [heading("How the machines stand"), entry(postureText(all.posture))],
  [heading("How I am"), entry(healthText(all, at))],
];

const drawOpenForAll = ({ open, pending }: OverviewOfAll, at: ShownAt): HomePart => [
  heading("Open now, for everybody"),
  entry(
    `${count(open.length, "access is", "accesses are")} open${pending === 0 ? "" : `; ${count(pending, "request waits", "requests wait")} for an answer`}.`,
  ),
  ...open.slice(0, MOST_SHOWN).map((grant) => drawTheirs(grant, at)),
  ...rest(open.length - MOST_SHOWN, "`/jit who` and a machine's name shows who has access there."),
];

const drawTheirs = (grant: Grant, at: ShownAt): HomePart[number] =>
  entry(
    `${boldTitle(grant)} · ${mention(grant.requester.user)} from ${showSources(grant.sources)}\n${stateOf(grant, at)}`,
    labelled(button("Close", "grant.close", grant.id), `Close ${accessTitle(grant)}`),
  );

const postureText = ({ machines, byOpenness, byCategory, protections }: PostureSummary): string => {
  if (machines === 0) return "Nobody has looked at them yet.";
  const anyone = byOpenness.get("anyone") ?? 0;
  const openness = Object.entries(OPEN_TO).flatMap(([key, words]) => {
    const number = byOpenness.get(key as Openness) ?? 0;
    return number === 0 ? [] : [`${number} ${words}`];
  });
  const unhealthy = byCategory.get("unhealthy") ?? 0;
  return [
    `${count(machines, "machine", "machines")}: ${anyone === 0 ? "none is" : anyone === 1 ? "1 is" : `${anyone} are`} open to everyone, ${protections} ${protections === 1 ? "is" : "are"} protected, ${unhealthy} unhealthy.`,
    openness.join(" · "),
    "`/jit posture` shows the most open first.",
  ].join("\n");
};

const healthText = ({ overdue, health }: OverviewOfAll, at: ShownAt): string => {
  const trouble = [...beatTrouble(health, at.now), ...closingTrouble(overdue, at), ...cloudTrouble(health, at)];
  const { firewalls, notices } = health.due;
  return [
    ...(trouble.length === 0 ? ["All is well: nothing is overdue, and every cloud answers."] : trouble),
    `Due now: ${count(firewalls, "firewall", "firewalls")} to look at, ${count(notices, "message", "messages")} to send.`,
  ].join("\n");
};

const beatTrouble = ({ lastBeatAt }: Health, now: EpochMs): readonly string[] =>
  lastBeatAt !== undefined && between(lastBeatAt, now) < BEAT_IS_LATE
    ? []
    : ["*I'm late*: my memory hasn't answered for some seconds."];

const closingTrouble = (overdue: readonly Grant[], { now, zone }: ShownAt): readonly string[] => {
  const [first] = overdue;
  if (first === undefined) return [];
  const named = overdue.slice(0, MOST_OVERDUE).map((grant) => boldTitle(grant));
  const more = overdue.length - named.length;
  return [
    `*${count(overdue.length, "closing is", "closings are")} overdue*, the first since ${when(first.revoked?.at ?? first.expiresAt, now, zone)}: ${listed(more === 0 ? named : [...named, `${more} more`])}. I keep trying.`,
  ];
};

const cloudTrouble = ({ unread }: Health, { now, zone }: ShownAt): readonly string[] =>
  unread.map(
    ({ cloud, since }) =>
      `*${CLOUD_NAMES[cloud]} doesn't answer*: its machines ${since === undefined ? "were never read" : `were last read ${when(since, now, zone)}`}.`,
  );

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;

const BEAT_IS_LATE = 5 * SECOND;
const MOST_SHOWN = 15;
const MOST_OVERDUE = 3;
