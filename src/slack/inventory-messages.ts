/** What security is told when a cloud's machines can't be read for long, and when they can be again. */

import type { EpochMs } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";
import { type Drawn, drawn } from "./blocks.ts";
import { operatorsText, when } from "./mrkdwn.ts";
import { CLOUD_NAMES } from "./title.ts";

type Told = Extract<AuditEvent, { kind: "inventory.stale" | "inventory.read-again" }>;

export const drawInventoryNews = (event: Told, now: EpochMs, zone: string): Drawn => {
  const cloud = CLOUD_NAMES[event.cloud];
  if (event.kind === "inventory.read-again")
    return drawn(`I can read the machines in ${cloud} again, and people are given access there.`, []);
  const since = event.since === undefined ? "since I started" : `since ${when(event.since, now, zone)}`;
  return drawn(`I couldn't read the machines in ${cloud} ${since}.`, [
    operatorsText(event.problem),
    "Until I can, nobody is given access there, because their tags may be others by now. What is open closes on time.",
  ]);
};
