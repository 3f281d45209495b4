/** What may be said in a message: text, blocks and metadata, judged as Slack judges them. */

import { blocksAreTooLong, checkBlocks } from "./block-kit/blocks.ts";
import { storedBlocks } from "./block-kit/stored.ts";
import { isObject, type Json, listOf, parseJson } from "./json.ts";
import type { Content } from "./message.ts";
import { linkNames } from "./mrkdwn.ts";
import type { Args } from "./web-args.ts";
import type { Workspace } from "./workspace.ts";

export interface Unacceptable {
  readonly error: string;
  readonly problems: readonly string[];
}

/** What a call gave; a field it didn't give is absent. `truncated`: the text was cut at 40,000 characters. */
export interface Given extends Partial<Content> {
  readonly truncated: boolean;
}

/** Slack cuts a text beyond this: https://docs.slack.dev/changelog/2018-04-truncating-really-long-messages */
const LONGEST_TEXT = 40_000;

export const readContent = (args: Args, workspace: Workspace): Given | Unacceptable => {
  const blocks = readBlocks(args);
  if ("error" in blocks) return blocks;
  const attachments = args.structure("attachments");
  if (attachments === "unreadable") return no("invalid_attachments");
  const metadata = readMetadata(args);
  if ("error" in metadata) return metadata;

  const typed = args.text("text");
  const links = args.flag("link_names") || args.text("parse") === "full";
  const text = typed === undefined || !links ? typed : linkNames(typed, workspace.groups());
  return {
    truncated: (text ?? "").length > LONGEST_TEXT,
    ...(text === undefined ? {} : { text: text.slice(0, LONGEST_TEXT) }),
    ...(blocks.value === undefined ? {} : { blocks: storedBlocks(blocks.value) }),
    ...(attachments === undefined ? {} : { attachments: listOf(attachments.value) }),
    ...(metadata.value === undefined ? {} : { metadata: metadata.value }),
  };
};

export const isUnacceptable = (read: Given | Unacceptable): read is Unacceptable => "error" in read;

export const saysNothing = ({ text, blocks, attachments }: Partial<Content>): boolean =>
  (text ?? "").trim() === "" && (blocks ?? []).length === 0 && (attachments ?? []).length === 0;

const no = (error: string, problems: readonly string[] = []): Unacceptable => ({ error, problems });

const readBlocks = (args: Args): { readonly value: readonly Json[] | undefined } | Unacceptable => {
  const given = args.structure("blocks");
  if (given === undefined) return { value: undefined };
  if (given === "unreadable") return no("invalid_blocks_format");
  if (!Array.isArray(given.value)) return no("invalid_blocks_format");
  const problems = checkBlocks(given.value, "/blocks", "message");
  if (problems.length > 0) return no("invalid_blocks", problems);
  const blocks = given.value.filter(isObject);
  return blocksAreTooLong(blocks) ? no("msg_blocks_too_long") : { value: blocks };
};

/** https://docs.slack.dev/messaging/message-metadata */
const readMetadata = (args: Args): { readonly value: Json | undefined } | Unacceptable => {
  const raw = args.all.metadata;
  if (raw === undefined || raw === "") return { value: undefined };
  const value = typeof raw === "string" ? parseJson(raw) : raw;
  if (!isObject(value)) return no("invalid_metadata_format");
  if (Object.keys(value).length === 0) return { value };
  if (typeof value.event_type !== "string" || !isObject(value.event_payload)) return no("invalid_metadata_schema");
  return JSON.stringify(value).length > 16_384 ? no("metadata_too_large") : { value };
};
