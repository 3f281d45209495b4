import * as fc from "fast-check";
import { DateTime } from "luxon";
import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../src/access/time.ts";
import { code, escapeMrkdwn, literal, mention, mentionGroup, when } from "../../src/slack/mrkdwn.ts";
import { showInvisible } from "../../src/slack/typed-text.ts";

const Z = "\u{200B}";
/** What a reader sees of text in which nothing is rendered. */
const seen = (text: string): string =>
  text.replaceAll(Z, "").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

describe("literal text", () => {
  test.each([
    [
      "<!channel> <@U0DEV1> <https://evil.example|click>",
      `&lt;!${Z}channel&gt; &lt;@${Z}U0DEV1&gt; &lt;https://evil.example|click&gt;`,
    ],
    ["*bold*", `${Z}*${Z}bold${Z}*${Z}`],
    ["a_b", `a${Z}_${Z}b`],
    ["```x```", `${Z}\`${Z}${Z}\`${Z}${Z}\`${Z}x${Z}\`${Z}${Z}\`${Z}${Z}\`${Z}`],
    [":tada:", `:${Z}tada:`],
    ["12:30", "12:30"],
    ["@here #general", `@${Z}here #${Z}general`],
    ["> quote", `${Z}&gt; quote`],
    ["one\ntwo", "one two"],
    ["INC-1042 disk full", "INC-1042 disk full"],
  ])("%s", (text, expected) => {
    expect(literal(text)).toBe(expected);
  });

  test("looks as it was written, whatever was written, and holds nothing that Slack would obey", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "grapheme" }), fc.stringMatching(/^[<>&*_~`:@#!|a-z \n]{0,30}$/u)),
        (text) => {
          const shown = literal(text);
          expect(seen(shown)).toBe(showInvisible(text).trim());
          expect(shown).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/u);
          expect(shown).not.toMatch(/[*_~`][^\u{200B}]|[^\u{200B}][*_~`]/u);
        },
      ),
      { numRuns: 500 },
    );
  });
});

test("code spans can't be left from inside", () => {
  expect(code("a `b` <c>")).toBe("`a 'b' &lt;c&gt;`");
  expect(code("")).toBe('`""`');
  expect(code("a\nb\u{202E}c")).toBe("`a b[U+202E]c`");
});

test("only ids become mentions", () => {
  expect([mention("U0DEV1"), mentionGroup("S0ENG")]).toEqual(["<@U0DEV1>", "<!subteam^S0ENG>"]);
  expect([mention("<!here>"), mentionGroup("S0|x")]).toEqual([`&lt;!${Z}here&gt;`, "S0|x"]);
});

test("the three characters are escaped", () => expect(escapeMrkdwn("<a> & &lt;")).toBe("&lt;a&gt; &amp; &amp;lt;"));

describe("an instant", () => {
  const at = (iso: string): EpochMs => DateTime.fromISO(iso).toMillis() as EpochMs;

  test("today is a time, another day has its date, as days are in the zone", () => {
    const now = at("2026-11-23T22:30:00Z");
    expect(when(at("2026-11-23T22:59:00Z"), now, "Europe/Berlin")).toBe(
      `<!date^${at("2026-11-23T22:59:00Z") / 1000}^{time}|23:59 GMT+1>`,
    );
    expect(when(at("2026-11-23T23:00:00Z"), now, "Europe/Berlin")).toBe(
      `<!date^${at("2026-11-23T23:00:00Z") / 1000}^{date_short_pretty} {time}|24 Nov 00:00 GMT+1>`,
    );
    expect(when(at("2026-11-23T23:00:00Z"), now, "America/New_York")).toMatch(/\{time\}\|18:00 EST>$/u);
  });

  test("fractions of a second are left out", () => {
    expect(when(1_764_000_000_999 as EpochMs, 1_764_000_000_000 as EpochMs, "UTC")).toMatch(/^<!date\^1764000000\^/u);
  });
});
