/** When something counts: weekly hours, and freezes. */

import { DateTime } from "luxon";
import { type DurationMs, type EpochMs, earliest, later, MINUTE } from "../access/time.ts";

/** Hours of a week in a zone: `mon-fri 08:00-18:00, Europe/Berlin`. */
export interface Hours {
  readonly name: string;
  /** ISO: 1 is Monday. */
  readonly days: readonly number[];
  /** Minutes after midnight on the wall clock there; `from` counts, `until` doesn't. `until` at or before `from`: it ends on the next day. */
  readonly from: number;
  readonly until: number;
  /** IANA. */
  readonly zone: string;
}

/**
 * Whether the wall clock there shows one of these hours. What is past midnight belongs to the day it began on. Where clocks are set back, a time that is shown
 * twice counts twice; where they are set forward, one that isn't shown doesn't count.
 */
export const isWithin = ({ days, from, until, zone }: Hours, at: EpochMs): boolean => {
  const { weekday, hour, minute } = DateTime.fromMillis(at, { zone });
  const now = hour * 60 + minute;
  const beganToday = days.includes(weekday) && now >= from;
  if (until > from) return beganToday && now < until;
  return beganToday || (now < until && days.includes(weekday === 1 ? 7 : weekday - 1));
};

/** The first instant from `at` on that is within one of some hours; `undefined` when there is none in the next two weeks. */
export const nextStart = (hours: readonly Hours[], at: EpochMs): EpochMs | undefined =>
  earliest(...hours.map((each) => (isWithin(each, at) ? at : nextBeginning(each, at))));

/** Whether something of this length reaches into a span of time. */
export const overlaps = (
  { fromAt, untilAt }: { readonly fromAt: EpochMs; readonly untilAt: EpochMs },
  at: EpochMs,
  durationMs: DurationMs,
): boolean => at < untilAt && later(at, durationMs) > fromAt;

const nextBeginning = (hours: Hours, at: EpochMs): EpochMs | undefined => {
  const today = DateTime.fromMillis(at, { zone: hours.zone }).startOf("day");
  for (let day = 0; day < DAYS_AHEAD; day += 1) {
    const begun = beginnings(hours, today.plus({ days: day })).filter((each) => each >= at && isWithin(hours, each));
    if (begun.length > 0) return earliest(...begun);
  }
  return undefined;
};

/** Hours of one day a week may be swallowed once when the clock is set, so one week isn't enough. */
const DAYS_AHEAD = 16;

/** Instants of a day at which the wall clock may come to show these hours: when it shows `from`, and when it is set. */
const beginnings = ({ from, zone }: Hours, midnight: DateTime): readonly EpochMs[] => {
  const shown = midnight.set({ hour: Math.floor(from / 60), minute: from % 60 });
  const turn = clockTurn(midnight.toMillis(), midnight.plus({ days: 1 }).toMillis(), zone);
  // What is shown twice is shown before and after the clock is set.
  const all = turn === undefined ? [shown] : [...shown.getPossibleOffsets(), DateTime.fromMillis(turn)];
  return all.map((each) => each.toMillis() as EpochMs);
};

/** When between two instants of at most a day or so the clock is set; none is ever set twice a day. */
const clockTurn = (from: number, until: number, zone: string): number | undefined => {
  const offsetAt = (millis: number): number => DateTime.fromMillis(millis, { zone }).offset;
  const before = offsetAt(from);
  if (offsetAt(until) === before) return undefined;
  let [last, first] = [from, until];
  while (first - last > MINUTE) {
    const middle = last + Math.floor((first - last) / 2 / MINUTE) * MINUTE;
    if (offsetAt(middle) === before) last = middle;
    else first = middle;
  }
  return first;
};
