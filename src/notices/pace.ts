/** How often the chat may be called, so that we don't live from being told to wait. https://docs.slack.dev/apis/web-api/rate-limits */

import { type DurationMs, type EpochMs, MINUTE, SECOND } from "../access/time.ts";
import { type Delivery, URGENT } from "./outbox.ts";

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
 *
 * Slack allows bursts, and doesn't say how long: they count over half a minute or three minutes, and once it said that it was too much (`isStrict`), over a second or a minute.
 */
export const lanesOf = (
  call: ChatCall,
  { destination, urgency }: Pick<Delivery, "destination" | "urgency">,
  isStrict: boolean,
): readonly Lane[] => {
  const minutes = isStrict ? 1 : 3;
  const all = (key: string, aMinute: number): Lane => ({
    key,
    within: (minutes * MINUTE) as DurationMs,
    most: minutes * (urgency === URGENT ? aMinute : aMinute * 0.8),
  });
  switch (call) {
    case "post": {
      const seconds = isStrict ? 1 : 30;
      return [
        { key: `post/${destination}`, within: (seconds * SECOND) as DurationMs, most: seconds },
        all("post", 200),
      ];
    }
    case "update":
      return [all("update", 50)];
    case "publish":
      return [all("publish", 100)];
  }
};

/** Which of the chat's limits a call counts for. */
export const limitOf = (call: ChatCall, { destination }: Pick<Delivery, "destination">): string =>
  call === "post" ? `post/${destination}` : call;
