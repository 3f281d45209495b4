/** What security is told when a schedule doesn't say who is on call. */

import type { AuditEvent } from "../audit/event.ts";
import { type Drawn, drawn } from "./blocks.ts";
import { capital, listed, shortened } from "./lists.ts";
import { escapeMrkdwn, mentions } from "./mrkdwn.ts";
import { scheduleName } from "./step-words.ts";
import { accessTitle } from "./title.ts";

export const drawScheduleSilent = (event: Extract<AuditEvent, { kind: "schedule.silent" }>): Drawn => {
  const { schedules, instead } = event;
  const names = listed(shortened(schedules.map(scheduleName), MOST_NAMED));
  const title = escapeMrkdwn(accessTitle(event));
  return drawn(`${capital(names)} ${schedules.length === 1 ? "doesn't" : "don't"} say who is on call.`, [
    instead.length === 0
      ? `Nobody is named to answer instead for ${title}.`
      : `For ${title} these are asked instead: ${mentions(instead, MOST_NAMED)}.`,
    "Whoever looks after the schedule, or after my access to it, can put that right.",
  ]);
};

const MOST_NAMED = 12;
