/**
 * `{date_short_pretty} {time}` in the reader's own zone, as Slack's clients write it (with a 24-hour clock).
 * https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 */

import { DateTime } from "luxon";
import type { EpochMs } from "../../access/time.ts";

export interface DateReader {
  /** IANA zone. */
  readonly timezone: string;
  readonly now: EpochMs;
}

/** `undefined` when a token is unknown or the instant can't be shown: then Slack shows the fallback. */
export const formatDate = (unix: number, format: string, reader: DateReader): string | undefined => {
  const at = DateTime.fromSeconds(unix, { zone: reader.timezone, locale: "en-US" });
  if (!at.isValid) return undefined;
  const today = DateTime.fromMillis(reader.now, { zone: reader.timezone }).startOf("day");
  const days = Math.round(at.startOf("day").diff(today, "days").days);
  const near = days === 0 ? "today" : days === -1 ? "yesterday" : days === 1 ? "tomorrow" : undefined;

  let known = true;
  const text = format.replace(/\{([a-z_]+)\}/gu, (_, token: string) => {
    const written = write(token, at, near, reader.now);
    if (written === undefined) known = false;
    return written ?? "";
  });
  return known ? text : undefined;
};

const write = (token: string, at: DateTime, near: string | undefined, now: EpochMs): string | undefined => {
  switch (token) {
    case "date_num":
      return at.toFormat("yyyy-MM-dd");
    case "date_slash":
      return at.toFormat("dd/MM/yyyy");
    case "date":
      return `${at.toFormat("LLLL")} ${ordinal(at.day)}, ${at.year}`;
    case "date_short":
      return at.toFormat("LLL d, yyyy");
    case "date_long":
      return `${at.toFormat("cccc, LLLL")} ${ordinal(at.day)}, ${at.year}`;
    case "date_long_full":
      return at.toFormat("LLLL d, yyyy");
    case "date_pretty":
      return near ?? write("date", at, near, now);
    case "date_short_pretty":
      return near ?? write("date_short", at, near, now);
    case "date_long_pretty":
    case "day_divider_pretty":
      return near ?? write("date_long", at, near, now);
    case "time":
      return at.toFormat("HH:mm");
    case "time_secs":
      return at.toFormat("HH:mm:ss");
    case "ago":
      return at.toRelative({ base: DateTime.fromMillis(now) }) ?? undefined;
    default:
      return undefined;
  }
};

const ordinal = (day: number): string => {
  const last = day % 10;
  const suffix = day >= 11 && day <= 13 ? "th" : last === 1 ? "st" : last === 2 ? "nd" : last === 3 ? "rd" : "th";
  return `${day}${suffix}`;
};
