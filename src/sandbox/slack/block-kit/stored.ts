/** What Slack makes of blocks that it accepted: every block and action has an id, and defaults are written out. */

import { randomBytes } from "node:crypto";
import { isObject, type Json, objectOf } from "../json.ts";

export const storedBlocks = (blocks: readonly Json[]): readonly Json[] =>
  blocks.map((block) => ({ ...objectOf(complete(block)), block_id: block.block_id ?? newId() }));

const interactive = /(?:_select|_input|picker|_buttons|^button|_button|^checkboxes|^overflow)$/u;

const complete = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(complete);
  if (!isObject(node)) return node;
  const inner = Object.fromEntries(Object.entries(node).map(([key, child]) => [key, complete(child)]));
  const { type } = node;
  if (type === "plain_text") return { emoji: true, ...inner };
  if (type === "mrkdwn") return { verbatim: false, ...inner };
  if (typeof type === "string" && interactive.test(type) && node.action_id === undefined)
    return { ...inner, action_id: newId() };
  return inner;
};

const newId = (): string => randomBytes(4).toString("base64url").slice(0, 5);
