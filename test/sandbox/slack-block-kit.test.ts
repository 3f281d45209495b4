/** Block Kit's rules, each at its edge, in Slack's own words. */

import { describe, expect, test } from "vitest";
import { blocksAreTooLong, checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import { checkView } from "../../src/sandbox/slack/block-kit/views.ts";
import { startSlack } from "./slack-fixture.ts";

const plain = (length: number) => ({ type: "plain_text", text: "x".repeat(length) });
const mrkdwn = (length: number) => ({ type: "mrkdwn", text: "x".repeat(length) });
const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
const section = (more: object = {}) => ({ type: "section", text: mrkdwn(1), ...more });
const button = (more: object = {}) => ({ type: "button", text: plain(1), ...more });
const actions = (...elements: object[]) => ({ type: "actions", elements });
const option = (text: number, value: number) => ({ text: plain(text), value: "v".repeat(value) });
const menu = (more: object) => ({ type: "static_select", options: [option(1, 1)], ...more });
const input = (element: object, more: object = {}) => ({ type: "input", label: plain(1), element, ...more });
const confirm = (more: object = {}) => ({
  title: plain(100),
  text: mrkdwn(300),
  confirm: plain(30),
  deny: plain(30),
  ...more,
});

const message = (...blocks: unknown[]) => checkBlocks(blocks, "/blocks", "message");
const modalOf = (...blocks: unknown[]) => checkBlocks(blocks, "/blocks", "modal");

describe("what fits", () => {
  test.each<[string, object]>([
    ["a section of 3,000", section({ text: mrkdwn(3_000) })],
    ["ten fields of 2,000", { type: "section", fields: many(10, () => mrkdwn(2_000)) }],
    ["a header of 150", { type: "header", text: plain(150) }],
    ["ten elements of context", { type: "context", elements: many(10, () => mrkdwn(1)) }],
    ["25 actions", actions(...many(25, () => button()))],
    [
      "a button's 75, 2,000, 255 and 3,000",
      actions(
        button({ text: plain(75), value: "v".repeat(2_000), action_id: "a".repeat(255), url: "u".repeat(3_000) }),
      ),
    ],
    ["a confirmation", actions(button({ confirm: confirm() }))],
    ["100 options of 75 and 150", actions(menu({ options: many(100, () => option(75, 150)) }))],
    ["a menu beside text", section({ accessory: menu({ initial_option: option(1, 1), placeholder: plain(150) }) })],
    ["five in an overflow menu", section({ accessory: { type: "overflow", options: many(5, () => option(1, 1)) } })],
    ["an image", { type: "image", image_url: "https://a.example/b.png", alt_text: "a graph" }],
    [
      "rich text",
      {
        type: "rich_text",
        elements: [
          {
            type: "rich_text_section",
            elements: [
              { type: "text", text: "hi", style: { bold: true } },
              { type: "user", user_id: "U1" },
            ],
          },
        ],
      },
    ],
    ["a table", { type: "table", rows: [[{ type: "raw_text", text: "a" }]] }],
    ["a text to type", input({ type: "plain_text_input", multiline: true, min_length: 0, max_length: 3_000 })],
    ["a divider with a name", { type: "divider", block_id: "b".repeat(255) }],
  ])("%s", (_, block) => {
    expect(message(block)).toEqual([]);
  });

  test("50 blocks in a message, 100 in a view", () => {
    expect(
      checkBlocks(
        many(50, () => ({ type: "divider" })),
        "/blocks",
        "message",
      ),
    ).toEqual([]);
    expect(
      checkBlocks(
        many(100, () => ({ type: "divider" })),
        "/blocks",
        "modal",
      ),
    ).toEqual([]);
  });
});

describe("what doesn't, and where", () => {
  test.each<[string, unknown, string]>([
    [
      "a section of 3,001",
      section({ text: mrkdwn(3_001) }),
      "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ],
    [
      "an empty text",
      section({ text: mrkdwn(0) }),
      "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ],
    ["a section of nothing", { type: "section" }, "missing required field: text [json-pointer:/blocks/0]"],
    [
      "eleven fields",
      { type: "section", fields: many(11, () => mrkdwn(1)) },
      "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ],
    [
      "a field of 2,001",
      { type: "section", fields: [mrkdwn(2_001)] },
      "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ],
    [
      "a header of 151",
      { type: "header", text: plain(151) },
      "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ],
    [
      "a header in markup",
      { type: "header", text: mrkdwn(1) },
      "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ],
    [
      "eleven elements of context",
      { type: "context", elements: many(11, () => mrkdwn(1)) },
      "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ],
    [
      "a button in context",
      { type: "context", elements: [button()] },
      "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
    ],
    [
      "26 actions",
      actions(...many(26, () => button())),
      "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ],
    ["no actions", actions(), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"],
    [
      "a button of 76",
      actions(button({ text: plain(76) })),
      "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ],
    [
      "a value of 2,001",
      actions(button({ value: "v".repeat(2_001) })),
      "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ],
    [
      "a value that is a number",
      actions(button({ value: 7 })),
      "must provide a string [json-pointer:/blocks/0/elements/0/value]",
    ],
    [
      "an action id of 256",
      actions(button({ action_id: "a".repeat(256) })),
      "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ],
    [
      "an action id twice",
      actions(button({ action_id: "a" }), button({ action_id: "a" })),
      '`action_id` "a" already exists [json-pointer:/blocks/0/elements/1/action_id]',
    ],
    [
      "a style nobody knows",
      actions(button({ style: "shiny" })),
      "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ],
    [
      "a field nobody knows",
      section({ colour: "red" }),
      "invalid additional property: colour [json-pointer:/blocks/0]",
    ],
    ["a block nobody knows", { type: "blink" }, "unsupported type: blink [json-pointer:/blocks/0/type]"],
    ["a block without type", {}, "missing required field: type [json-pointer:/blocks/0]"],
    ["no block at all", "hi", "must provide an object [json-pointer:/blocks/0]"],
    [
      "101 options",
      actions(menu({ options: many(101, () => option(1, 1)) })),
      "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ],
    [
      "an option of 76",
      actions(menu({ options: [option(76, 1)] })),
      "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ],
    [
      "an option's value of 151",
      actions(menu({ options: [option(1, 151)] })),
      "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ],
    [
      "a choice that isn't offered",
      actions(menu({ initial_option: option(2, 2) })),
      "initial option must match one of the options [json-pointer:/blocks/0/elements/0/initial_option]",
    ],
    [
      "options and groups",
      actions(menu({ option_groups: [{ label: plain(1), options: [option(1, 1)] }] })),
      "must provide either options or option_groups [json-pointer:/blocks/0/elements/0]",
    ],
    [
      "six in an overflow menu",
      actions({ type: "overflow", options: many(6, () => option(1, 1)) }),
      "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ],
    [
      "a long confirmation",
      actions(button({ confirm: confirm({ deny: plain(31) }) })),
      "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
    ],
    [
      "an input among actions",
      actions({ type: "plain_text_input" }),
      "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ],
    [
      "a file in a message",
      input({ type: "file_input" }),
      "unsupported type: file_input [json-pointer:/blocks/0/element/type]",
    ],
    [
      "a long hint",
      input({ type: "plain_text_input" }, { hint: plain(2_001) }),
      "must be less than 2001 characters [json-pointer:/blocks/0/hint/text]",
    ],
    [
      "a placeholder of 151",
      input({ type: "plain_text_input", placeholder: plain(151) }),
      "must be less than 151 characters [json-pointer:/blocks/0/element/placeholder/text]",
    ],
    [
      "a length of 3,001",
      input({ type: "plain_text_input", max_length: 3_001 }),
      "must be less than 3001 [json-pointer:/blocks/0/element/max_length]",
    ],
    [
      "an image without words",
      { type: "image", image_url: "https://a.example" },
      "missing required field: alt_text [json-pointer:/blocks/0]",
    ],
    [
      "a block id of 256",
      section({ block_id: "b".repeat(256) }),
      "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ],
    [
      "rich text of nobody's kind",
      { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "shout" }] }] },
      "unsupported type: shout [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ],
  ])("%s", (_, block, problem) => {
    expect(message(block)).toContain(problem);
  });

  test("a block id twice, a 51st block, a 101st in a view, markdown and tables in a view", () => {
    expect(message(section({ block_id: "b" }), section({ block_id: "b" }))).toEqual([
      '`block_id` "b" already exists [json-pointer:/blocks/1/block_id]',
    ]);
    expect(
      checkBlocks(
        many(51, () => section()),
        "/blocks",
        "message",
      ),
    ).toEqual(["no more than 50 items allowed [json-pointer:/blocks]"]);
    expect(
      checkBlocks(
        many(101, () => section()),
        "/blocks",
        "modal",
      ),
    ).toEqual(["no more than 100 items allowed [json-pointer:/blocks]"]);
    expect(modalOf({ type: "markdown", text: "hi" })).toEqual([
      "unsupported type: markdown [json-pointer:/blocks/0/type]",
    ]);
    expect(message({ type: "markdown", text: "x".repeat(12_001) })).not.toEqual([]);
  });

  test("blocks that fit each but say too much together", () => {
    expect(blocksAreTooLong(many(4, () => section({ text: mrkdwn(3_000) })))).toBe(false);
    expect(blocksAreTooLong(many(5, () => section({ text: mrkdwn(3_000) })))).toBe(true);
  });

  test("a message is refused with the reason and nothing is posted", async () => {
    const { slack, call } = await startSlack();
    const { body } = await call("chat.postMessage", {
      channel: "C0ACCESS",
      text: "hi",
      blocks: [section(), section({ text: mrkdwn(3_001) })],
    });
    expect(body).toEqual({
      ok: false,
      error: "invalid_blocks",
      errors: [
        "failed to match all allowed schemas [json-pointer:/blocks/1/text]",
        "must be less than 3001 characters [json-pointer:/blocks/1/text/text]",
      ],
      response_metadata: {
        messages: [
          "[ERROR] failed to match all allowed schemas [json-pointer:/blocks/1/text]",
          "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]",
        ],
      },
    });
    expect(slack.messages("C0ACCESS")).toEqual([]);
  });
});

describe("views", () => {
  const modal = (more: object = {}) => ({ type: "modal", title: plain(24), blocks: [section()], ...more });

  test("what fits", () => {
    const full = {
      submit: plain(24),
      close: plain(24),
      private_metadata: "m".repeat(3_000),
      callback_id: "c".repeat(255),
      clear_on_close: true,
    };
    expect(checkView(modal(full), "modal")).toEqual([]);
    expect(checkView({ type: "home", blocks: [section()] }, "home")).toEqual([]);
  });

  test.each<[object, string]>([
    [{ title: plain(25) }, "must be less than 25 characters [json-pointer:/view/title/text]"],
    [{ submit: plain(25) }, "must be less than 25 characters [json-pointer:/view/submit/text]"],
    [{ close: plain(25) }, "must be less than 25 characters [json-pointer:/view/close/text]"],
    [
      { private_metadata: "m".repeat(3_001) },
      "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ],
    [{ callback_id: "c".repeat(256) }, "must be less than 256 characters [json-pointer:/view/callback_id]"],
    [{ submit_disabled: true }, "invalid additional property: submit_disabled [json-pointer:/view]"],
    [{ title: undefined }, "missing required field: title [json-pointer:/view]"],
    [{ blocks: [input({ type: "plain_text_input" })] }, "missing required field: submit [json-pointer:/view]"],
    [
      { blocks: [section({ text: mrkdwn(3_001) })] },
      "must be less than 3001 characters [json-pointer:/view/blocks/0/text/text]",
    ],
    [{ type: "home" }, "unsupported type: home [json-pointer:/view/type]"],
  ])("refuses %j", (more, problem) => {
    const problems = checkView(modal(more), "modal");
    expect(problems).toContain(problem);
    expect(problems[0]).toBe("failed to match all allowed schemas [json-pointer:/view]");
  });
});
