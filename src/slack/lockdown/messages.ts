/** What everybody is told of a lockdown. */

import { showDuration } from "../../access/duration.ts";
import type { EpochMs } from "../../access/time.ts";
import type { AuditEvent } from "../../audit/event.ts";
import { type Drawn, drawn } from "../blocks.ts";
import { literal, mention, when } from "../mrkdwn.ts";

type Told = Extract<AuditEvent, { kind: "lockdown.begun" | "lockdown.done" | "lockdown.lifted" }>;

export const drawLockdown = (event: Told, now: EpochMs, zone: string): Drawn => {
  const by = event.actor.kind === "person" ? mention(event.actor.person.user) : "Security";
  switch (event.kind) {
    case "lockdown.begun":
      return drawn(`Locked down: ${by} closes everything, and nothing opens until security lifts it.`, [
        ...(event.because === "" ? [] : [`“${literal(event.because)}”`]),
        `${accesses(event.open)} ${event.open === 1 ? "was" : "were"} open. I say so when all of it is closed.`,
      ]);
    case "lockdown.done":
      return drawn(`All is closed: nothing that I opened is open any more.`, [
        `${accesses(event.closed)} closed within ${showDuration(event.tookMs)}. Connections that were made before may still be there.`,
      ]);
    case "lockdown.lifted":
      return drawn(`Lockdown lifted by ${by}: things can be opened again.`, [
        `It stood since ${when(event.since, now, zone)}. What was closed stays closed; ask again with \`/jit\`.`,
      ]);
  }
};

const accesses = (count: number): string => (count === 1 ? "One access" : `${count === 0 ? "No" : count} accesses`);
