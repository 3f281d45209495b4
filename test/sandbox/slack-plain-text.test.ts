/** What a person reads, and who is really called by it. */

import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../src/access/time.ts";
import { escapeText, mentionsIn, parseMrkdwn, unescapeText } from "../../src/sandbox/slack/mrkdwn.ts";
import { mrkdwnText, plainText, type Reader } from "../../src/sandbox/slack/plain-text.ts";
import { startSlack } from "./slack-fixture.ts";

const now = Date.UTC(2026, 10, 23, 15, 0) as EpochMs;
const names: Record<string, string> = { U0DEV1: "dana", S0ENG: "engineers", C0ACCESS: "access" };
const reader = (timezone = "Europe/Berlin"): Reader => ({ timezone, now, nameOf: (id) => names[id] });
const unix = Date.UTC(2026, 10, 23, 16, 2, 5) / 1_000;

const mention = (text: string) =>
  mentionsIn({ text: "", blocks: [{ type: "section", text: { type: "mrkdwn", text } }] });

describe("markup", () => {
  test.each([
    ["<@U0DEV1> of <!subteam^S0ENG> in <#C0ACCESS>", "@dana of @engineers in #access"],
    ["<@U0DEV1|old name>, <#C9|elsewhere>", "@dana, #elsewhere"],
    ["<!here> <!channel> <!everyone>", "@here @channel @everyone"],
    ["<https://a.example|the page> and <https://b.example>", "the page (https://a.example) and https://b.example"],
    ["&lt;!channel&gt; &amp;amp; a &lt; b", "<!channel> &amp; a < b"],
    ["a < b > c, <not an entity>", "a < b > c, <not an entity>"],
    [`until <!date^${unix}^{date_short_pretty} {time}|16:02 UTC>`, "until today 17:02"],
    [`<!date^${unix}^{date_num} {time_secs}|then>`, "2026-11-23 17:02:05"],
    [`<!date^${unix + 86_400}^{date_short_pretty}|then>`, "tomorrow"],
    [`<!date^${unix + 864_000}^{date_short_pretty} {date}|then>`, "Dec 3, 2026 December 3rd, 2026"],
    [`<!date^${unix}^{century}|the fallback>`, "the fallback"],
  ])("%s", (text, read) => {
    expect(mrkdwnText(text, reader())).toBe(read);
  });

  test("each reader has their own zone and their own today", () => {
    const text = `<!date^${unix}^{date_short_pretty} {time}|16:02 UTC>`;
    expect(mrkdwnText(text, reader("America/New_York"))).toBe("today 11:02");
    expect(mrkdwnText(text, reader("Pacific/Auckland"))).toBe("today 05:02");
    expect(mrkdwnText(text, { ...reader("Asia/Tokyo"), now: (now - 3_600_000) as EpochMs })).toBe("tomorrow 01:02");
  });

  test("escaping and reading give the same text back, and call nobody", () => {
    for (const typed of ["<!channel>", "<@U0DEV1>", "&lt;!here&gt;", "a & b <https://x|y>"]) {
      expect(unescapeText(escapeText(typed))).toBe(typed);
      expect(parseMrkdwn(escapeText(typed))).toEqual([{ kind: "text", text: typed }]);
    }
  });
});

test("blocks are read from the top, fields, buttons and all", () => {
  const blocks = [
    { type: "header", text: { type: "plain_text", text: "Access &amp; more" } },
    {
      type: "section",
      text: { type: "mrkdwn", text: "*<@U0DEV1>* asks" },
      fields: [{ type: "mrkdwn", text: "port 22" }],
    },
    { type: "divider" },
    {
      type: "context",
      elements: [
        { type: "mrkdwn", text: "until" },
        { type: "mrkdwn", text: "<!date^0^{date_num}|x>" },
      ],
    },
    { type: "actions", elements: [{ type: "button", text: { type: "plain_text", text: "Approve" } }] },
    { type: "rich_text", elements: [{ type: "rich_text_quote", elements: [{ type: "text", text: "<!channel>" }] }] },
  ];
  expect(plainText({ text: "unseen", blocks }, reader())).toBe(
    ["Access & more", "*@dana* asks", "port 22", "———", "until 1970-01-01", "[Approve]", "> <!channel>"].join("\n"),
  );
});

test("mentions are those that would really call somebody", () => {
  const at = "/blocks/0/text";
  expect(mention("<!channel> <@U0DEV1> <!subteam^S0ENG>")).toEqual([
    { kind: "broadcast", id: "channel", where: at },
    { kind: "user", id: "U0DEV1", where: at },
    { kind: "group", id: "S0ENG", where: at },
  ]);
  expect(mention(escapeText("because <!channel> <@U0DEV1>"))).toEqual([]);
  expect(
    mentionsIn({ text: "", blocks: [{ type: "header", text: { type: "plain_text", text: "<!channel>" } }] }),
  ).toEqual([]);
  expect(mentionsIn({ text: "<!here>", blocks: [] })).toEqual([{ kind: "broadcast", id: "here", where: "text" }]);
});

test("a message tells whom it called, and typed names call only when the app asks for it", async () => {
  const { slack, call } = await startSlack();
  await call("chat.postMessage", { channel: "C0ACCESS", text: "@channel @engineers &lt;!channel&gt;" });
  await call("chat.postMessage", { channel: "C0ACCESS", text: "@channel @engineers", link_names: true });
  expect(slack.see("U0DEV1").channels[0]?.messages.map(({ mentions }) => mentions.map(({ id }) => id))).toEqual([
    [],
    ["channel", "S0ENG"],
  ]);
});
