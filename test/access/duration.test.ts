import * as fc from "fast-check";
import { DateTime } from "luxon";
import { describe, expect, test } from "vitest";
import { isZone, parseDuration, parseEnd, shortDuration, showDuration } from "../../src/access/duration.ts";
import { DAY, type DurationMs, type EpochMs, HOUR, MINUTE } from "../../src/access/time.ts";

const at = (iso: string, zone = "utc"): EpochMs => DateTime.fromISO(iso, { zone }).toMillis() as EpochMs;

describe("durations people type", () => {
  test.each([
    ["30m", 30 * MINUTE],
    ["2h", 2 * HOUR],
    ["1h30m", 90 * MINUTE],
    ["1h 30m", 90 * MINUTE],
    ["1d", DAY],
    ["1d2h3m", DAY + 2 * HOUR + 3 * MINUTE],
    [" 2H ", 2 * HOUR],
    ["90m", 90 * MINUTE],
    ["PT2H", 2 * HOUR],
    ["pt1h30m", 90 * MINUTE],
    ["P1D", DAY],
    ["P1DT30M", DAY + 30 * MINUTE],
  ])("%s", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.each([
    ["30", { problem: "bare-number" }],
    ["0h", { problem: "zero" }],
    ["PT0M", { problem: "zero" }],
    ["", { problem: "unreadable" }],
    ["P", { problem: "unreadable" }],
    ["PT", { problem: "unreadable" }],
    ["P1DT", { problem: "unreadable" }],
    ["30m2h", { problem: "unreadable", didYouMean: "2h30m" }],
    ["3 hours", { problem: "unreadable", didYouMean: "3h" }],
    ["1.5h", { problem: "unreadable", didYouMean: "1h30m" }],
    ["90 min", { problem: "unreadable", didYouMean: "1h30m" }],
    ["2 hours and 5 minutes", { problem: "unreadable", didYouMean: "2h5m" }],
    ["-2h", { problem: "unreadable" }],
    ["2h; drop", { problem: "unreadable" }],
    ["9999999999h", { problem: "unreadable" }],
    ["２h", { problem: "unreadable" }],
  ])("%s is refused", (text, facts) => {
    expect(parseDuration(text)).toEqual({ kind: "refusal", code: "duration-unreadable", facts: { text, ...facts } });
  });

  test("what we print as short is what we read", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 * 1440 }), (minutes) => {
        const length = (minutes * MINUTE) as DurationMs;
        expect(parseDuration(shortDuration(length))).toBe(length);
        expect(parseDuration(shortDuration(length).toUpperCase())).toBe(length);
      }),
    );
  });

  test("a short one is never longer than the length it stands for", () => {
    expect(shortDuration((2 * HOUR + 59_999) as DurationMs)).toBe("2h");
  });

  test("any text is either a positive length or a refusal", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[pt0-9dhm ]{0,12}$/u)), (text) => {
        const read = parseDuration(text);
        if (typeof read === "number") expect(read).toBeGreaterThan(0);
        else expect(read.code).toBe("duration-unreadable");
      }),
    );
  });
});

describe("until a time of day", () => {
  const until = (text: string, zone: string, now: EpochMs): string | undefined => {
    const end = parseEnd(text, zone, now);
    return end.kind === "until"
      ? (DateTime.fromMillis(end.at, { zone: isZone(zone) ? zone : "utc" }).toISO({ suppressMilliseconds: true }) ??
          undefined)
      : undefined;
  };

  test.each([
    ["until 18:00", "2026-11-23T14:00", "2026-11-23T18:00:00+01:00"],
    ["until 6pm", "2026-11-23T14:00", "2026-11-23T18:00:00+01:00"],
    ["UNTIL 6:30 PM", "2026-11-23T14:00", "2026-11-23T18:30:00+01:00"],
    ["until 12am", "2026-11-23T14:00", "2026-11-24T00:00:00+01:00"],
    ["until 12pm", "2026-11-23T11:00", "2026-11-23T12:00:00+01:00"],
    ["until 9:05", "2026-11-23T14:00", "2026-11-24T09:05:00+01:00"],
  ])("%s at %s in Berlin", (text, now, expected) => {
    expect(until(text, "Europe/Berlin", at(now, "Europe/Berlin"))).toBe(expected);
  });

  test("the last millisecond before it means today, the instant itself has no occurrence within a day", () => {
    const six = at("2026-11-23T18:00", "Europe/Berlin");
    expect(parseEnd("until 18:00", "Europe/Berlin", (six - 1) as EpochMs)).toEqual({ kind: "until", at: six });
    expect(parseEnd("until 18:00", "Europe/Berlin", six)).toMatchObject({ facts: { problem: "in-the-past" } });
    expect(parseEnd("until 18:00", "Europe/Berlin", (six + 1) as EpochMs)).toEqual({ kind: "until", at: six + DAY });
  });

  test("an hour that the clocks show twice is the first still to come", () => {
    expect(until("until 02:30", "Europe/Berlin", at("2026-10-25T01:00+02:00"))).toBe("2026-10-25T02:30:00+02:00");
    expect(until("until 02:30", "Europe/Berlin", at("2026-10-25T02:45+02:00"))).toBe("2026-10-25T02:30:00+01:00");
  });

  test("an hour that the clocks skip is as long after midnight as its name says", () => {
    expect(until("until 02:30", "Europe/Berlin", at("2026-03-29T01:00+01:00"))).toBe("2026-03-29T03:30:00+02:00");
  });

  test("on a day of 25 hours the same time tomorrow may be too far away", () => {
    const now = at("2026-10-24T18:30", "Europe/Berlin");
    expect(parseEnd("until 18:00", "Europe/Berlin", now)).toMatchObject({ facts: { problem: "in-the-past" } });
  });

  test.each([
    "until",
    "until 25:00",
    "until 18:60",
    "until 18",
    "until 13pm",
    "until 0am",
    "until tomorrow",
    "until 18:00:00",
  ])("%s is refused", (text) => {
    expect(parseEnd(text, "Europe/Berlin", at("2026-11-23T14:00"))).toMatchObject({
      code: "duration-unreadable",
      facts: { problem: "unreadable" },
    });
  });

  test("a zone that isn't one counts as UTC", () => {
    expect(until("until 18:00", "Mars/Base", at("2026-11-23T14:00"))).toBe("2026-11-23T18:00:00Z");
  });

  test("the instant is always later than now, less than a day away, and shows that time there", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at("2025-01-01"), max: at("2030-01-01") }),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.constantFrom(
          "Europe/Berlin",
          "America/New_York",
          "Australia/Lord_Howe",
          "Asia/Kolkata",
          "America/Santiago",
          "Africa/Cairo",
        ),
        (millis, hour, minute, zone) => {
          const now = millis as EpochMs;
          const end = parseEnd(`until ${hour}:${String(minute).padStart(2, "0")}`, zone, now);
          if (end.kind !== "until") return;
          expect(end.at).toBeGreaterThan(now);
          expect(end.at - now).toBeLessThan(DAY);
          const shown = DateTime.fromMillis(end.at, { zone });
          // In a skipped hour the clocks show another one.
          const skipped =
            DateTime.fromObject({ year: shown.year, month: shown.month, day: shown.day, hour, minute }, { zone })
              .hour !== hour;
          if (!skipped) expect([shown.hour, shown.minute]).toEqual([hour, minute]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

test.each([
  [2 * HOUR, "2 hours"],
  [90 * MINUTE, "1 hour 30 minutes"],
  [DAY, "1 day"],
  [MINUTE, "1 minute"],
  [DAY + 61 * MINUTE, "1 day 1 hour 1 minute"],
  [800, "0.8 seconds"],
  [1000, "1 second"],
  [12_400, "12 seconds"],
  [59_600, "1 minute"],
  [0, "0 seconds"],
])("%d ms is shown as %s", (length, expected) => {
  expect(showDuration(length as DurationMs)).toBe(expected);
});
