/** Composition objects: https://docs.slack.dev/reference/block-kit/composition-objects */

import { isObject } from "../json.ts";
import { also, byType, type Check, flag, list, object, oneOf, problem, schema, text, whole } from "./check.ts";

export const plain = (max: number): Check =>
  schema(byType({ plain_text: object({ text: text({ min: 1, max }) }, { emoji: flag }) }));

export const plainOrMrkdwn = (max: number): Check =>
  schema(
    byType({
      plain_text: object({ text: text({ min: 1, max }) }, { emoji: flag }),
      mrkdwn: object({ text: text({ min: 1, max }) }, { verbatim: flag }),
    }),
  );

export const url = text({ min: 1, max: 3_000 });

export const style = oneOf("primary", "danger");

export const confirm: Check = object(
  { title: plain(100), text: plainOrMrkdwn(300), confirm: plain(30), deny: plain(30) },
  { style },
);

/** The documents allow 150 characters of value since 2024; the SDK's comments still say 75. */
const optionOf = (label: Check, more: Record<string, Check> = {}): Check =>
  object({ text: label, value: text({ min: 1, max: 150 }) }, { description: plainOrMrkdwn(75), ...more });

export const menuOption = optionOf(plain(75));
export const choiceOption = optionOf(plainOrMrkdwn(75));
export const overflowOption = optionOf(plain(75), { url });

export const optionGroup = object({ label: plain(75), options: list(menuOption, { min: 1, max: 100 }) });

export const dispatchActionConfig = object(
  {},
  { trigger_actions_on: list(oneOf("on_enter_pressed", "on_character_entered"), { min: 1, max: 2 }) },
);

export const conversationFilter = object(
  {},
  {
    include: list(oneOf("im", "mpim", "private", "public"), { min: 1 }),
    exclude_external_shared_channels: flag,
    exclude_bot_users: flag,
  },
);

const slackFile = object({}, { id: text({ min: 1 }), url });

/** An image's fields: exactly one of the two ways to name it. */
export const imageSource = (fields: Record<string, Check>): Check =>
  also(object({ alt_text: text({ max: 2_000 }) }, { image_url: url, slack_file: slackFile, ...fields }), (value, at) =>
    (value.image_url === undefined) === (value.slack_file === undefined)
      ? [problem("must provide either image_url or slack_file", at)]
      : [],
  );

const richStyle = object(
  {},
  {
    bold: flag,
    italic: flag,
    strike: flag,
    code: flag,
    underline: flag,
    highlight: flag,
    client_highlight: flag,
    unlink: flag,
  },
);
const richLeaf = (required: Record<string, Check>, optional: Record<string, Check> = {}): Check =>
  object(required, { style: richStyle, ...optional });

const richInline: Check = byType({
  text: richLeaf({ text: text({ min: 1 }) }),
  link: richLeaf({ url: text({ min: 1 }) }, { text: text(), unsafe: flag }),
  user: richLeaf({ user_id: text({ min: 1 }) }),
  usergroup: richLeaf({ usergroup_id: text({ min: 1 }) }),
  channel: richLeaf({ channel_id: text({ min: 1 }) }),
  team: richLeaf({ team_id: text({ min: 1 }) }),
  broadcast: richLeaf({ range: oneOf("here", "channel", "everyone") }),
  emoji: richLeaf({ name: text({ min: 1 }) }, { unicode: text(), url: text(), skin_tone: whole(1, 6) }),
  color: richLeaf({ value: text({ min: 1 }) }),
  date: richLeaf(
    { timestamp: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), format: text({ min: 1 }) },
    { url: text(), fallback: text(), timezone: text() },
  ),
});

const richSection = object({ elements: list(richInline) });
const border = { border: whole(0, 1) };

export const richElements: Check = list(
  byType({
    rich_text_section: richSection,
    rich_text_list: object(
      { style: oneOf("bullet", "ordered"), elements: list(byType({ rich_text_section: richSection })) },
      { indent: whole(0, 8), offset: whole(0, 1_000), ...border },
    ),
    rich_text_quote: object({ elements: list(richInline) }, border),
    rich_text_preformatted: object({ elements: list(richInline) }, { ...border, language: text() }),
  }),
);

/** A rich text value inside an element or a table cell. */
export const richTextObject: Check = (value, at) =>
  isObject(value) && value.type === "rich_text"
    ? object({ elements: richElements }, { block_id: text({ max: 255 }) })(value, at)
    : [problem("must provide a rich_text object", at)];
