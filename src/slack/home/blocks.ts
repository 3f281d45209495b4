/** What a Home is put together from. */

import type { Button, KnownBlock } from "@slack/types";
import { cut } from "../blocks.ts";

/** A part of a Home, in order. */
export type HomePart = readonly KnownBlock[];

export const heading = (text: string): KnownBlock => ({ type: "header", text: { type: "plain_text", text } });

export const entry = (text: string, accessory?: Button): KnownBlock => ({
  type: "section",
  text: { type: "mrkdwn", text: cut(text, LONGEST_ENTRY) },
  ...(accessory === undefined ? {} : { accessory }),
});

/** In small type. */
export const aside = (text: string): KnownBlock => ({
  type: "context",
  elements: [{ type: "mrkdwn", text: cut(text, LONGEST_ENTRY) }],
});

/** How many aren't shown, and where they are; nothing where all are. */
export const rest = (count: number, where: string): HomePart =>
  count <= 0 ? [] : [aside(`and ${count} more. ${where}`)];

/** A section takes 3,000; nobody reads that much of one thing among many. */
const LONGEST_ENTRY = 1_500;
