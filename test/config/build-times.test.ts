import { describe, expect, test } from "vitest";
import { config, file, mistakes, problems } from "./reading.ts";

describe("hours", () => {
  const hours = (written: string) => {
    const { rules } = config(
      file({ top: `timezone: Europe/Berlin`, rule: "hours: [office]" }).replace(
        /office: \{.*?\}/u,
        `office: { ${written} }`,
      ),
    ).policy;
    return rules[0]?.hours[0];
  };

  test.each([
    ['days: mon-fri, from: "08:00", until: "18:00"', [1, 2, 3, 4, 5], 480, 1080],
    ['days: [mon, wed], from: 8:00, until: "24:00"', [1, 3], 480, 1440],
    ['days: [sat-mon, Thu], from: "22:00", until: "06:00"', [1, 4, 6, 7], 1320, 360],
    ['days: mon-sun, from: "00:00", until: "24:00"', [1, 2, 3, 4, 5, 6, 7], 0, 1440],
    ['days: [mon-wed, tue], from: "00:00", until: "23:59"', [1, 2, 3], 0, 1439],
  ])("%s", (written, days, from, until) => {
    expect(hours(written)).toEqual({ name: "office", days, from, until, zone: "Europe/Berlin" });
  });

  test("in another zone than the file's", () => {
    expect(hours('days: mon, from: "08:00", until: "09:00", timezone: America/New_York')?.zone).toBe(
      "America/New_York",
    );
  });

  test.each([
    [
      "days: mon-fry",
      'hours.office.days: "mon-fry" are not days; write mon-fri, or some of [mon, tue, wed, thu, fri, sat, sun]',
    ],
    ["days: mon-tue-wed", '"mon-tue-wed" are not days'],
    ["days: []", "hours.office.days: is an empty list"],
    ['from: "8"', 'hours.office.from: "8" is not a time of the day; write one like "08:00"'],
    ['from: "24:00"', 'hours.office.from: "24:00" is not a time of the day'],
    ['until: "24:01"', 'hours.office.until: "24:01" is not a time of the day; write one like "18:00"'],
    ['until: "17:60"', '"17:60" is not a time of the day'],
    [
      'until: "08:00"',
      'hours.office.until: is when it begins; write another time, or "00:00" and "24:00" for whole days',
    ],
    ["timezone: Berlin", 'hours.office.timezone: "Berlin" is not a time zone; write one like Europe/Berlin'],
  ])("%s → %s", (written, expected) => {
    const [name = ""] = written.split(":");
    const given = { days: "days: mon-fri", from: 'from: "08:00"', until: 'until: "18:00"', [name]: written };
    const text = file().replace(/office: \{.*?\}/u, `office: { ${Object.values(given).join(", ")} }`);
    expect(mistakes(text)).toEqual([expect.stringContaining(expected)]);
  });

  test("a rule names them as the file does", () => {
    expect(problems(file({ rule: "hours: [ofice]" }))).toEqual([
      'latch.yaml:20:13 rules[0].hours[0]: "ofice" is not a set of hours; did you mean office?',
    ]);
  });
});

describe("freezes", () => {
  const withFreeze = (written: string, zone = "Europe/Berlin"): string =>
    file({ top: `timezone: ${zone}\nfreezes:\n  - { name: end of the year, ${written} }` });
  const freeze = (written: string) => {
    const [found] = config(withFreeze(written)).policy.freezes;
    return found && [new Date(found.fromAt).toISOString(), new Date(found.untilAt).toISOString()];
  };

  test.each([
    ["from: 2026-12-20 18:00, until: 2027-01-04 08:00", ["2026-12-20T17:00:00.000Z", "2027-01-04T07:00:00.000Z"]],
    ["from: 2026-12-20T18:00, until: 2026-12-20T18:00:01", ["2026-12-20T17:00:00.000Z", "2026-12-20T17:00:01.000Z"]],
    [
      "from: 2026-12-20T18:00Z, until: 2026-12-20T18:00-05:00",
      ["2026-12-20T18:00:00.000Z", "2026-12-20T23:00:00.000Z"],
    ],
    [
      "from: 2026-07-01 8:00, until: 2026-07-02 08:00, timezone: America/New_York",
      ["2026-07-01T12:00:00.000Z", "2026-07-02T12:00:00.000Z"],
    ],
    // The hour that comes twice, said apart.
    [
      "from: 2026-10-25T02:30+02:00, until: 2026-10-25T02:30+01:00",
      ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"],
    ],
  ])("%s", (written, expected) => {
    expect(freeze(written)).toEqual(expected);
  });

  test("for some machines, and not for some people", () => {
    const text = withFreeze(
      "from: 2026-12-20 18:00, until: 2027-01-04 08:00, except: security, match: { tags: { env: prod } }",
    );
    expect(config(text).policy.freezes).toMatchObject([
      { name: "end of the year", except: ["security"], match: { tags: new Map([["env", ["prod"]]]) } },
    ]);
  });

  test.each([
    [
      "from: 2026-12-20 18:00, until: 2026-12-20 18:00",
      'freezes[0].until: isn\'t after "2026-12-20 18:00"; it has to be',
    ],
    [
      "from: 2026-12-20, until: 2026-12-21 18:00",
      'freezes[0].from: "2026-12-20" is not a date and a time; write one like 2026-12-20 18:00',
    ],
    ["from: 20.12.2026 18:00, until: 2026-12-21 18:00", '"20.12.2026 18:00" is not a date and a time'],
    [
      "from: 2026-02-29 18:00, until: 2026-12-21 18:00",
      'freezes[0].from: "2026-02-29 18:00" is no day of the calendar, or no time of a day',
    ],
    [
      "from: 2026-12-20 25:00, until: 2026-12-21 18:00",
      '"2026-12-20 25:00" is no day of the calendar, or no time of a day',
    ],
    [
      "from: 2026-03-29 02:30, until: 2026-12-21 18:00",
      'freezes[0].from: "2026-03-29 02:30" never comes in Europe/Berlin, whose clocks skip it; write 2026-03-29 03:30',
    ],
    [
      "from: 2026-10-25 02:30, until: 2026-12-21 18:00",
      'freezes[0].from: "2026-10-25 02:30" comes twice in Europe/Berlin, whose clocks go back; write 2026-10-25T02:30+02:00 or 2026-10-25T02:30+01:00',
    ],
    ["from: 2026-12-20 18:00", "freezes[0].until: is missing; write a date and a time, like 2026-12-20 18:00"],
    [
      "from: 2026-12-20 18:00, until: 2027-12-20 18:00, except: [securty]",
      'freezes[0].except[0]: "securty" is not a role; did you mean security?',
    ],
    [
      "from: 2026-12-20 18:00, until: 2027-12-20 18:00, except: [manager]",
      'freezes[0].except[0]: "manager" is the manager of whoever asks, so it can only approve',
    ],
  ])("%s → %s", (written, expected) => {
    expect(mistakes(withFreeze(written))).toEqual([expect.stringContaining(expected)]);
  });

  test("two of one name are told", () => {
    const text = withFreeze("from: 2026-12-20 18:00, until: 2027-01-04 08:00");
    const [line = ""] = /^ {2}- \{ name: end of.*$/mu.exec(text) ?? [];
    expect(problems(text.replace(line, `${line}\n${line}`))).toEqual([
      'latch.yaml:16:13 freezes[1].name: another freeze is called "end of the year" too',
    ]);
  });
});
