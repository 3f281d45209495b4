/** How machines stand, in words: the list that somebody asked for, the morning's digest, and one machine that got worse. */

import type { AuditEvent } from "../audit/event.ts";
import { type Drawn, drawn } from "./blocks.ts";
import { escapeMrkdwn, literal } from "./mrkdwn.ts";

export const drawPostureNews = (
  event: Extract<AuditEvent, { kind: "posture.worsened" | "posture.digest" }>,
): Drawn | undefined => {
  switch (event.kind) {
    case "posture.worsened":
      return drawn(`${escapeMrkdwn(event.machine.name)} is more open than it was: ${reachableText(event.reachable)}.`);
    case "posture.digest":
      return undefined;
  }
};

export const reachableText = (reachable: readonly string[]): string =>
  reachable.length === 0 ? "nobody gets in" : reachable.map(literal).join("; ");
