/** Layout blocks, and what a list of them must keep: https://docs.slack.dev/reference/block-kit/blocks */

import { isObject, type Json, listOf, objectOf, textOf } from "../json.ts";
import {
  also,
  byType,
  type Check,
  type Fields,
  flag,
  list,
  object,
  oneOf,
  type Problem,
  problem,
  text,
  whole,
} from "./check.ts";
import { accessoryElements, actionElements, cardButton, inputElements, modalInputElements } from "./elements.ts";
import { imageSource, plain, plainOrMrkdwn, richElements, richTextObject, url } from "./objects.ts";

export type Surface = "message" | "modal" | "home";

/** 50 in a message, 100 in a modal or Home. Problems read as Slack's, pointing below `at`. */
export const checkBlocks = (value: unknown, at: string, surface: Surface): readonly Problem[] => {
  const max = surface === "message" ? 50 : 100;
  const shape = list(byType(allowed(surface)), { max })(value, at);
  const blocks = listOf(value).filter(isObject);
  return [...shape, ...uniqueIds(blocks, at), ...oneFocus(blocks, at), ...markdownTogether(blocks, at)];
};

/**
 * Nobody documents it: Slack refuses a message whose blocks say more than about 13,200 characters in all,
 * with `msg_blocks_too_long`. https://github.com/slackapi/bolt-js/issues/2509
 */
export const blocksAreTooLong = (blocks: readonly Json[]): boolean => said(blocks) > 13_200;

const said = (node: unknown): number => {
  if (Array.isArray(node)) return node.reduce<number>((sum, child) => sum + said(child), 0);
  if (!isObject(node)) return 0;
  return Object.entries(node).reduce(
    (sum, [key, child]) => sum + (key === "text" && typeof child === "string" ? child.length : said(child)),
    0,
  );
};

const block_id = text({ max: 255 });
const block = (required: Fields, optional: Fields = {}): Check => object(required, { block_id, ...optional });

const cell: Check = byType({
  rich_text: richTextObject,
  raw_text: object({ text: text({ min: 1 }) }),
  raw_number: object({ value: () => [], text: text({ min: 1 }) }),
});

const section = also(
  block(
    {},
    {
      text: plainOrMrkdwn(3_000),
      fields: list(plainOrMrkdwn(2_000), { min: 1, max: 10 }),
      accessory: byType(accessoryElements),
      expand: flag,
    },
  ),
  (value, at) =>
    value.text === undefined && value.fields === undefined ? [problem("missing required field: text", at)] : [],
);

const input = (elements: Fields): Check =>
  block(
    { label: plain(2_000), element: byType(elements) },
    { hint: plain(2_000), optional: flag, dispatch_action: flag },
  );

const card = block(
  {},
  {
    title: plainOrMrkdwn(150),
    subtitle: plainOrMrkdwn(150),
    body: plainOrMrkdwn(200),
    hero_image: imageSource({}),
    icon: imageSource({}),
    actions: list(cardButton),
  },
);

const everywhere: Fields = {
  section,
  divider: block({}),
  header: block({ text: plain(150) }, { level: whole(1, 4) }),
  image: imageSource({ block_id, title: plain(2_000) }),
  context: block({
    elements: list(byType({ image: imageSource({}), plain_text: plainOrMrkdwn(3_000), mrkdwn: plainOrMrkdwn(3_000) }), {
      min: 1,
      max: 10,
    }),
  }),
  actions: block({ elements: list(byType(actionElements), { min: 1, max: 25 }) }),
  rich_text: block({ elements: richElements }),
  alert: block({ text: plainOrMrkdwn(3_000) }, { level: oneOf("default", "info", "warning", "error", "success") }),
  card,
  video: block(
    { video_url: url, thumbnail_url: url, alt_text: text({ min: 1 }), title: plain(200) },
    {
      title_url: url,
      author_name: text({ max: 50 }),
      provider_name: text(),
      provider_icon_url: url,
      description: plain(200),
    },
  ),
};

const inMessages: Fields = {
  markdown: block({ text: text({ min: 1, max: 12_000 }) }),
  table: block(
    { rows: list(list(cell, { min: 1, max: 20 }), { min: 1, max: 100 }) },
    { column_settings: list(object({}, { align: oneOf("left", "center", "right"), is_wrapped: flag }), { max: 20 }) },
  ),
};

const allowed = (surface: Surface): Fields => {
  if (surface === "message") return { ...everywhere, ...inMessages, input: input(inputElements) };
  return { ...everywhere, input: input(surface === "modal" ? modalInputElements : inputElements) };
};

/** `block_id` once in the message or view, `action_id` once in its block. */
const uniqueIds = (blocks: readonly Json[], at: string): readonly Problem[] => [
  ...repeated(blocks.map((each, index) => [textOf(each.block_id), `${at}/${index}/block_id`])).map(([id, where]) =>
    problem(`\`block_id\` "${id}" already exists`, where),
  ),
  ...blocks.flatMap((each, index) =>
    repeated(
      listOf(each.elements).map((element, n) => [
        textOf(objectOf(element).action_id),
        `${at}/${index}/elements/${n}/action_id`,
      ]),
    ).map(([id, where]) => problem(`\`action_id\` "${id}" already exists`, where)),
  ),
];

const repeated = (ids: readonly (readonly [string | undefined, string])[]): readonly (readonly [string, string])[] => {
  const seen = new Set<string>();
  return ids.flatMap(([id, where]) => {
    if (id === undefined) return [];
    if (seen.has(id)) return [[id, where] as const];
    seen.add(id);
    return [];
  });
};

const oneFocus = (blocks: readonly Json[], at: string): readonly Problem[] => {
  const elements = blocks.flatMap((each) => [each.element, each.accessory, ...listOf(each.elements)]);
  const focused = elements.filter((element) => objectOf(element).focus_on_load === true);
  return focused.length > 1 ? [problem("only one element can have focus_on_load set to true", at)] : [];
};

const markdownTogether = (blocks: readonly Json[], at: string): readonly Problem[] => {
  const length = blocks
    .filter(({ type }) => type === "markdown")
    .reduce((sum, each) => sum + (textOf(each.text)?.length ?? 0), 0);
  return length > 12_000 ? [problem("markdown blocks must be less than 12001 characters in all", at)] : [];
};
