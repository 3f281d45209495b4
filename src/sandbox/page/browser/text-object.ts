/** A text object: plain, or with markup. */

import type { ComponentChild } from "preact";
import { objectOf, textOf } from "../../slack/json.ts";
import { unescapeText } from "../../slack/mrkdwn.ts";
import { mrkdwn } from "./mrkdwn-text.ts";
import type { Reader } from "./reader.ts";

export const textObject = (raw: unknown, reader: Reader): ComponentChild => {
  const { type, text } = objectOf(raw);
  const words = textOf(text) ?? "";
  // Slack keeps `&amp;` in plain text, too, and shows it unescaped.
  return type === "mrkdwn" ? [...mrkdwn(words, reader)] : unescapeText(words);
};

export const words = (raw: unknown): string => unescapeText(textOf(objectOf(raw).text) ?? "");
