/** How often the chat may be called, so that we don't live from being told to wait. https://docs.slack.dev/apis/web-api/rate-limits */

import { type DurationMs, type EpochMs, MINUTE, SECOND } from "../access/time.ts";
import type { Delivery } from "./outbox.ts";

/** At most `most` calls within any `within`. */
export interface Lane {
  readonly key: string;
  readonly within: DurationMs;
  readonly most: number;
}

/** Throws a `Fault` of code `redis` when memory is away. */
export interface Pace {
  /** Counts a call in each of these lanes, whoever makes it; `undefined`: make it now. Else nothing is counted, and this is when there may be room. */
  readonly take: (lanes: readonly Lane[]) => Promise<EpochMs | undefined>;
}

export type ChatCall = "post" | "update" | "publish";

/**
 * Messages go by their channel, and all of them together; changes of messages and Homes go by the method alone, for the whole workspace. Of what is for the whole workspace
 * a fifth is kept for what is urgent.
 */
export const lanesOf = (
  call: ChatCall,
  { destination, urgency }: Pick<Delivery, "destination" | "urgency">,
): readonly Lane[] => {
  const all = (key: string, aMinute: number): Lane => ({
    key,
    within: MINUTE,
    most: urgency === 0 ? aMinute : aMinute * 0.8,
  });
  switch (call) {
    case "post":
      return [{ key: `post/${destination}`, within: (5 * SECOND) as DurationMs, most: 5 }, all("post", 200)];
    case "update":
      return [all("update", 50)];
    case "publish":
      return [all("publish", 100)];
  }
};
