import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DurationMs, type EpochMs, HOUR, MINUTE } from "../../src/access/time.ts";
import { type Hours, isWithin, nextStart, overlaps } from "../../src/policy/hours.ts";
import { everyMachine } from "./example-rule.ts";

const at = (iso: string): EpochMs => Date.parse(iso) as EpochMs;
const minutes = (text: string): number => {
  const [hour = 0, minute = 0] = text.split(":").map(Number);
  return hour * 60 + minute;
};
const hours = (days: readonly number[], from: string, until: string, zone = "Europe/Berlin"): Hours => ({
  name: "office",
  days,
  from: minutes(from),
  until: minutes(until),
  zone,
});
const office = hours([1, 2, 3, 4, 5], "08:00", "18:00");

describe("hours", () => {
  test("begin at their first minute and end before their last, on the wall clock of their zone", () => {
    expect(isWithin(office, at("2026-11-23T06:59:59.999Z"))).toBe(false);
    expect(isWithin(office, at("2026-11-23T07:00:00Z"))).toBe(true);
    expect(isWithin(office, at("2026-11-23T16:59:59.999Z"))).toBe(true);
    expect(isWithin(office, at("2026-11-23T17:00:00Z"))).toBe(false);
    // In summer an hour earlier.
    expect(isWithin(office, at("2026-07-20T06:00:00Z"))).toBe(true);
    expect(isWithin(office, at("2026-11-22T12:00:00Z"))).toBe(false);
  });

  test("past midnight belong to the day they began on", () => {
    const night = hours([5], "22:00", "06:00");
    expect(isWithin(night, at("2026-11-20T21:00:00Z"))).toBe(true);
    expect(isWithin(night, at("2026-11-21T04:59:59Z"))).toBe(true);
    expect(isWithin(night, at("2026-11-21T05:00:00Z"))).toBe(false);
    expect(isWithin(night, at("2026-11-20T03:00:00Z"))).toBe(false);
    expect(isWithin(hours([7], "22:00", "06:00"), at("2026-11-23T04:00:00Z"))).toBe(true);
  });

  test("until 24:00 last to the end of the day, and from 00:00 to 24:00 all day", () => {
    const late = hours([1], "20:00", "24:00");
    expect(isWithin(late, at("2026-11-23T22:59:59.999Z"))).toBe(true);
    expect(isWithin(late, at("2026-11-23T23:00:00Z"))).toBe(false);
    const monday = hours([1], "00:00", "24:00");
    expect(isWithin(monday, at("2026-11-22T23:00:00Z"))).toBe(true);
    expect(isWithin(monday, at("2026-11-23T22:59:59Z"))).toBe(true);
    expect(isWithin(monday, at("2026-11-23T23:00:00Z"))).toBe(false);
  });

  test("that the clock jumps into begin where it lands", () => {
    const early = hours([7], "02:30", "04:00");
    expect(isWithin(early, at("2026-03-29T00:59:59.999Z"))).toBe(false);
    expect(isWithin(early, at("2026-03-29T01:00:00Z"))).toBe(true);
    expect(nextStart([early], at("2026-03-28T12:00:00Z"))).toBe(at("2026-03-29T01:00:00Z"));
  });

  test("that the clock jumps over don't come that day", () => {
    const gone = hours([7], "02:15", "02:45");
    expect(nextStart([gone], at("2026-03-28T12:00:00Z"))).toBe(at("2026-04-05T00:15:00Z"));
  });

  test("that the clock shows twice come twice", () => {
    const twice = hours([7], "02:15", "02:45");
    expect(nextStart([twice], at("2026-10-25T00:00:00Z"))).toBe(at("2026-10-25T00:15:00Z"));
    expect(nextStart([twice], at("2026-10-25T00:45:00Z"))).toBe(at("2026-10-25T01:15:00Z"));
    expect(nextStart([twice], at("2026-10-25T01:45:00Z"))).toBe(at("2026-11-01T01:15:00Z"));
  });
});

describe("the next start", () => {
  test("is now while one of the hours is", () => {
    expect(nextStart([office], at("2026-11-23T12:34:56Z"))).toBe(at("2026-11-23T12:34:56Z"));
  });

  test("is that of whichever hours come first", () => {
    const saturday = hours([6], "10:00", "12:00");
    expect(nextStart([office], at("2026-11-20T17:00:00Z"))).toBe(at("2026-11-23T07:00:00Z"));
    expect(nextStart([office, saturday], at("2026-11-20T17:00:00Z"))).toBe(at("2026-11-21T09:00:00Z"));
  });

  test("isn't, of no hours, and of hours on no day", () => {
    expect(nextStart([], at("2026-11-20T17:00:00Z"))).toBeUndefined();
    expect(nextStart([hours([], "10:00", "12:00")], at("2026-11-20T17:00:00Z"))).toBeUndefined();
  });
});

/** What the wall clock shows at every minute of eighteen days around a day on which it is set; told by Intl, which knows nothing of luxon. */
const DAYS_SHOWN = 20;
const wallClocks = [
  ["Europe/Berlin", "2026-03-29"],
  ["Europe/Berlin", "2026-10-25"],
  ["America/New_York", "2026-11-01"],
  ["Australia/Lord_Howe", "2026-10-04"],
  ["Africa/Cairo", "2026-04-24"],
  ["Africa/Cairo", "2026-10-29"],
  ["Asia/Kathmandu", "2026-05-05"],
].map(([zone = "", day = ""]) => {
  const start = at(`${day}T00:00:00Z`) - 3 * 24 * HOUR;
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const shown = Array.from({ length: DAYS_SHOWN * 24 * 60 }, (_, minute) => {
    const [, weekday = "", hour = "", min = ""] =
      /^(\w{3})\D*(\d\d):(\d\d)$/u.exec(format.format(start + minute * MINUTE)) ?? [];
    const weekdayIndex = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(weekday);
    return weekdayIndex * 1440 + Number(hour) * 60 + Number(min);
  });
  return { zone, start, shown };
});

/** Every minute of the week that belongs to the hours, one by one. */
const minutesOfWeek = ({ days, from, until }: Hours): ReadonlySet<number> => {
  const end = until > from ? until : until + 1440;
  return new Set(
    days.flatMap((day) => Array.from({ length: end - from }, (_, i) => ((day - 1) * 1440 + from + i) % (7 * 1440))),
  );
};

test("hours agree with a calendar that is looked through minute by minute, also where clocks are set", () => {
  const seen = { within: 0, later: 0, atTurn: 0 };
  const minute = fc.oneof(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 0, max: 250 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...wallClocks),
      fc.array(
        fc.record({
          days: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
          from: minute,
          until: fc.oneof(minute, fc.constant(1440)),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      fc.integer({ min: 0, max: 5 * 24 * 60 }),
      fc.integer({ min: 0, max: 59_999 }),
      ({ zone, start, shown }, given, offset, millis) => {
        const each = given.map((one): Hours => ({ name: "h", zone, ...one }));
        const counting = each.map(minutesOfWeek);
        const counts = (index: number): boolean => counting.some((set) => set.has(shown[index] ?? -1));
        const now = (start + offset * MINUTE + millis) as EpochMs;

        expect(each.some((one) => isWithin(one, now))).toBe(counts(offset));
        const first = shown.findIndex((_, index) => index >= offset && counts(index));
        const next = first === offset ? now : first < 0 ? undefined : start + first * MINUTE;
        if (first >= 0 || DAYS_SHOWN * 1440 - offset > 16 * 1440) expect(nextStart(each, now)).toBe(next);
        if (first === offset) seen.within += 1;
        else seen.later += 1;
        const before = shown[first - 1];
        if (first > offset && before !== undefined && (before + 1) % (7 * 1440) !== shown[first]) seen.atTurn += 1;
      },
    ),
    { numRuns: 1_500 },
  );
  expect(seen.within).toBeGreaterThan(200);
  expect(seen.later).toBeGreaterThan(200);
  expect(seen.atTurn).toBeGreaterThan(0);
}, 60_000);

test("a freeze is what reaches into it, from its first instant up to and not including its last", () => {
  const freeze = {
    name: "f",
    fromAt: at("2026-12-20T18:00:00Z"),
    untilAt: at("2027-01-04T08:00:00Z"),
    match: everyMachine,
    except: [],
  };
  expect(overlaps(freeze, at("2026-12-20T17:00:00Z"), HOUR)).toBe(false);
  expect(overlaps(freeze, at("2026-12-20T17:00:00.001Z"), HOUR)).toBe(true);
  expect(overlaps(freeze, at("2027-01-04T07:59:59.999Z"), HOUR)).toBe(true);
  expect(overlaps(freeze, at("2027-01-04T08:00:00Z"), HOUR)).toBe(false);
  expect(overlaps(freeze, at("2026-12-01T00:00:00Z"), (1_000 * HOUR) as DurationMs)).toBe(true);
});
