/** Words for Slack as plain text. */

import { expect, test } from "vitest";
import { terminalText } from "../../src/cli/terminal-text.ts";
import { code, literal, mention, mentionGroup, when } from "../../src/slack/mrkdwn.ts";
import { plainText } from "../../src/slack/plain-text.ts";
import { NOW } from "../contracts/samples.ts";

const text = `*Ask* ${mention("U0DEV1")} of ${mentionGroup("S0ENG")}: ${code("/jit a&b")} *by ${code("x*y*")} now*`;

test("marks, escapes and people's ids are gone", () => {
  expect(plainText(text)).toBe("Ask somebody of somebody: /jit a&b by x*y* now");
  expect(plainText(mention("U0DEV1"), { nameOf: (id) => `@${id}` })).toBe("@U0DEV1");
  expect(plainText(when(NOW, NOW, "UTC"))).toMatch(/^\d\d:\d\d UTC$/u);
});

test("a terminal shows ids, and what to copy", () => {
  expect(terminalText(text)).toBe("Ask U0DEV1 of S0ENG: `/jit a&b` by `x*y*` now");
});

test.each(["*no*", "`ls`", "*", "a <b> & c", "&lt;", "@here #general", ":tada:", "*a* `b` _c_ ~d~"])(
  "what somebody typed stays as it is: %s",
  (typed) => {
    expect(plainText(literal(typed))).toBe(typed);
    expect(terminalText(`*Why*: ${literal(typed)}.`)).toBe(`Why: ${typed}.`);
  },
);
