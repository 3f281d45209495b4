/** Lengths and ends of access as people type them, in Slack and in the configuration file, and as we say them back. */

import { DateTime, IANAZone } from "luxon";
import { type Refusal, refuse } from "./refusal.ts";
import { between, DAY, type DurationMs, type EpochMs, HOUR, MINUTE, SECOND } from "./time.ts";

type Unreadable = Extract<Refusal, { code: "duration-unreadable" }>;

/** So long after it is granted, or at an instant whenever it is granted. */
export type TypedEnd =
  | { readonly kind: "for"; readonly durationMs: DurationMs }
  | { readonly kind: "until"; readonly at: EpochMs };

/**
 * Reads `30m`, `2h`, `1h30m`, `1d`, and the same in ISO 8601: `PT2H`, `P1DT30M`. Case doesn't matter.
 *
 * Units run from large to small, each at most once. A bare number is refused, because `30` reads as minutes to some and hours to
 * others; so is zero. What can be guessed of another spelling (`3 hours`, `1.5h`) is offered, never taken.
 */
export const parseDuration = (text: string): DurationMs | Unreadable => {
  const typed = text.trim().toLowerCase();
  if (/^\d+$/u.test(typed)) return refuse("duration-unreadable", { text, problem: "bare-number" });

  const match = COMPACT.exec(typed) ?? ISO.exec(typed);
  if (match === null) {
    const guess = guessDuration(typed);
    return refuse("duration-unreadable", {
      text,
      problem: "unreadable",
      ...(guess === undefined ? {} : { didYouMean: guess }),
    });
  }
  const [, days = "0", hours = "0", minutes = "0"] = match;
  const total = Number(days) * DAY + Number(hours) * HOUR + Number(minutes) * MINUTE;
  return total === 0 ? refuse("duration-unreadable", { text, problem: "zero" }) : (total as DurationMs);
};

/**
 * Reads a duration, or `until 18:00` (also `until 6pm`, `until 6:30pm`) in an IANA zone; a zone that isn't one counts as UTC.
 *
 * The next time the clocks there show it, later than `now` and less than 24 hours away; where that is impossible, `in-the-past`. An hour
 * that the clocks show twice means the first of the two still to come; one that they skip means as long after midnight as its name says
 * (`02:30` is then shown as 03:30).
 */
export const parseEnd = (text: string, zone: string, now: EpochMs): TypedEnd | Unreadable => {
  const until = /^until\s+(.*)$/iu.exec(text.trim());
  if (until === null) {
    const duration = parseDuration(text);
    return typeof duration === "number" ? { kind: "for", durationMs: duration } : duration;
  }
  const time = parseTimeOfDay(until[1] ?? "");
  if (time === undefined) return refuse("duration-unreadable", { text, problem: "unreadable" });
  const at = nextOccurrence(time, isZone(zone) ? zone : "utc", now);
  return at === undefined ? refuse("duration-unreadable", { text, problem: "in-the-past" }) : { kind: "until", at };
};

/** How long an access with this end lasts when it is granted at `now`; zero or less when it is over already. */
export const lengthOf = (end: TypedEnd, now: EpochMs): DurationMs =>
  end.kind === "for" ? end.durationMs : between(now, end.at);

/** Whether luxon knows this IANA zone: `Europe/Berlin`. */
export const isZone = (zone: string): boolean => IANAZone.isValidZone(zone);

/**
 * For people: `2 hours`, `1 hour 30 minutes`, `1 day`. Rounded to minutes; below one minute to seconds, with one decimal below ten
 * (`0.8 seconds`).
 */
export const showDuration = (length: DurationMs): string => {
  const tenths = Math.round(length / 100) / 10;
  if (tenths < 10) return count(Math.max(0, tenths), "second");
  const seconds = Math.round(length / SECOND);
  if (seconds < 60) return count(seconds, "second");
  const parts = splitMinutes(Math.round(length / MINUTE));
  const shown = [count(parts.days, "day"), count(parts.hours, "hour"), count(parts.minutes, "minute")];
  return shown.filter((part) => !part.startsWith("0 ")).join(" ");
};

/** As one would type it: `1h30m`, `1d2h`. Rounded down to whole minutes, so that it is never more than `length`; at least `1m`. */
export const shortDuration = (length: DurationMs): string => {
  const { days, hours, minutes } = splitMinutes(Math.max(1, Math.floor(length / MINUTE)));
  return `${days > 0 ? `${days}d` : ""}${hours > 0 ? `${hours}h` : ""}${minutes > 0 ? `${minutes}m` : ""}`;
};

const COMPACT = /^(?=\d)(?:(\d{1,3})d)?\s*(?:(\d{1,4})h)?\s*(?:(\d{1,5})m)?$/u;
// Days to minutes of https://en.wikipedia.org/wiki/ISO_8601#Durations: years and months have no fixed length.
const ISO = /^p(?=\d|t\d)(?:(\d{1,3})d)?(?:t(?=\d)(?:(\d{1,4})h)?(?:(\d{1,5})m)?)?$/u;

/** `3 hours`, `1.5h`, `90 min`, `2 hours 30 minutes` → what to write instead. */
const guessDuration = (typed: string): string | undefined => {
  const units = { d: DAY, h: HOUR, m: MINUTE };
  const part = /(\d{1,4}(?:[.,]\d{1,2})?)\s*(d|days?|h|hrs?|hours?|m|mins?|minutes?)(?![a-z])[\s,]*(?:and\s+)?/gu;
  if (typed.replace(part, "") !== "") return undefined;
  const total = [...typed.matchAll(part)].reduce((sum, [, amount = "0", unit = "m"]) => {
    const length = units[unit.charAt(0) as keyof typeof units];
    return sum + Number(amount.replace(",", ".")) * length;
  }, 0);
  return total >= MINUTE && total % MINUTE === 0 ? shortDuration(total as DurationMs) : undefined;
};

interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

const parseTimeOfDay = (text: string): TimeOfDay | undefined => {
  const match = /^(\d{1,2})(?::(\d{2}))?\s*(am|pm)?$/u.exec(text.trim().toLowerCase());
  if (match === null) return undefined;
  const [, hourText = "", minuteText, half] = match;
  const hour = Number(hourText);
  const minute = Number(minuteText ?? "0");
  if (minute > 59) return undefined;
  if (half !== undefined)
    return hour < 1 || hour > 12 ? undefined : { hour: (hour % 12) + (half === "pm" ? 12 : 0), minute };
  return minuteText === undefined || hour > 23 ? undefined : { hour, minute };
};

const nextOccurrence = (time: TimeOfDay, zone: string, now: EpochMs): EpochMs | undefined => {
  const today = DateTime.fromMillis(now, { zone }).startOf("day");
  const candidates = [today, today.plus({ days: 1 })]
    .flatMap((day): readonly DateTime[] => day.set(time).getPossibleOffsets())
    .map((at) => at.toMillis())
    .filter((at) => at > now && at - now < DAY);
  return candidates.length === 0 ? undefined : (Math.min(...candidates) as EpochMs);
};

const splitMinutes = (total: number): { days: number; hours: number; minutes: number } => ({
  days: Math.floor(total / 1440),
  hours: Math.floor(total / 60) % 24,
  minutes: total % 60,
});

const count = (amount: number, unit: string): string => `${amount} ${unit}${amount === 1 ? "" : "s"}`;
