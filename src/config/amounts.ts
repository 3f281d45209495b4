/** Lengths of time, numbers and ranges of them, as the configuration file writes them. */

import { parseDuration } from "../access/duration.ts";
import { type DurationMs, SECOND } from "../access/time.ts";
import { fail, quote, text } from "./fields.ts";

export const duration = text("a duration, like 3h").transform((typed, context) => {
  const read = parseDuration(typed);
  if (typeof read === "number") return read;
  const { problem, didYouMean } = read.facts;
  if (problem === "bare-number")
    return fail(context, `${quote(typed)} could be minutes or hours; write ${typed.trim()}m or ${typed.trim()}h`);
  if (problem === "zero") return fail(context, `${quote(typed)} is no time at all; write one like 3h`);
  return fail(context, `${quote(typed)} is not a duration; write ${didYouMean ?? "one like 30m, 3h, 1h30m or 1d"}`);
});

/** `4s`, `2.5s`, `800ms`: more than nothing, and at most so many seconds. */
export const secondsUpTo = (most: number) =>
  text(`some seconds, like ${most}s`).transform((typed, context) => {
    const [, amount = "", unit = ""] = /^(\d{1,5}(?:\.\d{1,3})?)(s|ms)$/u.exec(typed.trim()) ?? [];
    const length = Math.round(Number(amount) * (unit === "s" ? SECOND : 1));
    if (amount === "" || length < 1)
      return fail(context, `${quote(typed)} is not some seconds; write one like ${most}s`);
    if (length > most * SECOND)
      return fail(context, `${quote(typed)} is too long, because people wait meanwhile; write ${most}s or less`);
    return length as DurationMs;
  });

export const positive = text("a number")
  .refine((typed) => /^[1-9]\d{0,3}$/u.test(typed), {
    error: ({ input }) => `${quote(input)} is not a number from 1 on`,
  })
  .transform(Number);

/** `50000-59999` → both ends included. */
export const rangeWithin = (what: string, example: string, lowest: number, highest: number) =>
  text(`${what}, like ${example}`).transform((typed, context) => {
    const [, from = "", to = ""] = /^(\d{1,5})\s*-\s*(\d{1,5})$/u.exec(typed.trim()) ?? [];
    const range = { from: Number(from), to: Number(to) };
    if (from === "" || range.from < lowest || range.to > highest || range.from > range.to)
      return fail(context, `${quote(typed)} is not ${what} within ${lowest}-${highest}; write one like ${example}`);
    return range;
  });
