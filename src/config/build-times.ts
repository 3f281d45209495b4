/** Hours and freezes, their local times made instants. */

import { DateTime } from "luxon";
import type { EpochMs } from "../access/time.ts";
import type { Hours } from "../policy/hours.ts";
import type { Freeze } from "../policy/policy.ts";
import { matchOf } from "./build-match.ts";
import { type Complain, quote } from "./fields.ts";
import type { FileContent } from "./schema.ts";
import { MOMENT } from "./time-fields.ts";

/** By name as written. */
export const hoursOf = (content: FileContent, complain: Complain): ReadonlyMap<string, Hours> =>
  new Map(
    Object.entries(content.hours ?? {}).map(([name, { days, from, until, timezone }]) => {
      if (from === until % MINUTES_OF_A_DAY && until !== MINUTES_OF_A_DAY)
        complain(
          ["hours", name, "until"],
          'is when it begins; write another time, or "00:00" and "24:00" for whole days',
        );
      return [name, { name, days, from, until, zone: timezone ?? content.timezone }];
    }),
  );

const MINUTES_OF_A_DAY = 24 * 60;

export const freezesOf = (content: FileContent, complain: Complain): readonly Freeze[] =>
  (content.freezes ?? []).map(({ name, from, until, timezone = content.timezone, match, except = [] }, index) => {
    const read = (part: "from" | "until", typed: string): EpochMs => {
      const instant = readInstant(typed, timezone);
      if (typeof instant === "number") return instant;
      complain(["freezes", index, part], instant.problem);
      return Number.NaN as EpochMs;
    };
    const [fromAt, untilAt] = [read("from", from), read("until", until)];
    if (fromAt >= untilAt) complain(["freezes", index, "until"], `isn't after ${quote(from)}; it has to be`);
    return { name: name ?? `freeze ${index + 1}`, fromAt, untilAt, match: matchOf(match), except };
  });

/** Without an offset it is the time on the wall in that zone; there it must have come once, not never and not twice. */
const readInstant = (typed: string, zone: string): EpochMs | { readonly problem: string } => {
  const [, date = "", clock = "", seconds = "00", offset = ""] = MOMENT.exec(typed.trim()) ?? [];
  const local = `${date}T${clock.padStart(5, "0")}:${seconds}`;
  const at = DateTime.fromISO(`${local}${offset.toUpperCase()}`, { zone });
  if (!at.isValid) return { problem: `${quote(typed)} is no day of the calendar, or no time of a day` };
  if (offset !== "") return at.toMillis() as EpochMs;
  if (at.toISO({ includeOffset: false, suppressMilliseconds: true }) !== local)
    return { problem: `${quote(typed)} never comes in ${zone}, whose clocks skip it; write ${show(at)}` };
  const [first = at, second = first] = at.getPossibleOffsets().toSorted((a, b) => a.toMillis() - b.toMillis());
  if (first.toMillis() !== second.toMillis())
    return {
      problem: `${quote(typed)} comes twice in ${zone}, whose clocks go back; write ${withOffset(first)} or ${withOffset(second)}`,
    };
  return at.toMillis() as EpochMs;
};

const show = (at: DateTime): string => at.toFormat("yyyy-MM-dd HH:mm");
const withOffset = (at: DateTime): string => at.toFormat("yyyy-MM-dd'T'HH:mmZZ");
