/** How an open access is called on a Home and in lists. */

import { showDuration } from "../../access/duration.ts";
import { between, type EpochMs, MINUTE } from "../../access/time.ts";
import { endOf, type Grant } from "../../grants/grant.ts";
import { when } from "../mrkdwn.ts";

export interface ShownAt {
  readonly now: EpochMs;
  /** For readers whose own zone Slack doesn't apply. */
  readonly zone: string;
}

/** `open until 16:02, 1 hour 20 minutes left` */
export const stateOf = (grant: Grant, { now, zone }: ShownAt): string => {
  if (isClosing(grant, now)) return "closing";
  const until = when(grant.expiresAt, now, zone);
  if (grant.openedAt === undefined) return `opening, until ${until}`;
  return `open until ${until}, ${left(grant.expiresAt, now)}`;
};

export const isClosing = (grant: Grant, now: EpochMs): boolean => endOf(grant) <= now;

const left = (end: EpochMs, now: EpochMs): string => {
  const length = between(now, end);
  return length < MINUTE ? "less than a minute left" : `${showDuration(length)} left`;
};
