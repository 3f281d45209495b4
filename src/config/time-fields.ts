/** The form of `hours` and `freezes`: when things count. */

import { isZone } from "../access/duration.ts";
import { fail, list, map, matched, named, optional, quote, shortText, text } from "./fields.ts";
import { type KnownNames, LONGEST_NAME, NAME } from "./known-names.ts";
import { match } from "./match-fields.ts";
import { roleNames } from "./role-fields.ts";

export const timezone = text("a time zone").refine(isZone, {
  error: ({ input }) => `${quote(input)} is not a time zone; write one like Europe/Berlin`,
});

const DAYS: readonly string[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** `wed` → 3, `fri-mon` → 5, 6, 7, 1. */
const days = text("days, like mon-fri").transform((typed, context): readonly number[] => {
  const ends = typed
    .trim()
    .toLowerCase()
    .split(/\s*-\s*/u)
    .map((day) => DAYS.indexOf(day));
  const [first = -1, last = first] = ends;
  if (ends.length > 2 || ends.includes(-1))
    return fail(context, `${quote(typed)} are not days; write mon-fri, or some of [${DAYS.join(", ")}]`);
  return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, index) => ((first + index) % 7) + 1);
});

/** In minutes after midnight. */
const timeOfDay = (latest: number, example: string) =>
  text(`a time, like "${example}"`).transform((typed, context) => {
    const [, hour = "", minute = ""] = /^(\d{1,2}):(\d{2})$/u.exec(typed.trim()) ?? [];
    const time = Number(hour) * 60 + Number(minute);
    if (hour === "" || Number(minute) > 59 || time > latest)
      return fail(context, `${quote(typed)} is not a time of the day; write one like "${example}"`);
    return time;
  });

export const hours = named(
  'hours, like { office: { days: mon-fri, from: "08:00", until: "18:00" } }',
  matched("a name", NAME, "write a name of letters, digits, - and _"),
  map('days and times, like { days: mon-fri, from: "08:00", until: "18:00" }', {
    days: list(days).transform((all) => [...new Set(all.flat())].toSorted((a, b) => a - b)),
    from: timeOfDay(24 * 60 - 1, "08:00"),
    until: timeOfDay(24 * 60, "18:00"),
    timezone: timezone.optional(),
  }),
);

/** A date and a time, with or without an offset; which instant it is hangs on the zone. */
const moment = text("a date and a time, like 2026-12-20 18:00").refine((typed) => MOMENT.test(typed.trim()), {
  error: ({ input }) => `${quote(input)} is not a date and a time; write one like 2026-12-20 18:00`,
});

/** Of RFC 3339, seconds and offset may be left out: https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
export const MOMENT = /^(\d{4}-\d{2}-\d{2})[Tt ]+(\d{1,2}:\d{2})(?::(\d{2}))?\s*([Zz]|[+-]\d{2}:\d{2})?$/u;

export const freezes = (known: KnownNames) =>
  list(
    map("a freeze, like { name: …, from: 2026-12-20 18:00, until: 2027-01-04 08:00 }", {
      name: shortText("a name", LONGEST_NAME).optional(),
      from: moment,
      until: moment,
      timezone: timezone.optional(),
      except: roleNames(known).optional(),
      match: optional(match),
    }),
  );
