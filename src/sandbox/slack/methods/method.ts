/** What a Web API method is: it says its answer and, apart from it, what it would change, so that a lying server can leave that out. */

import type { Files } from "../files.ts";
import type { Json } from "../json.ts";
import type { Triggers } from "../triggers.ts";
import type { ViewStacks } from "../view-stacks.ts";
import type { Args } from "../web-args.ts";
import type { Workspace } from "../workspace.ts";

export interface Call {
  readonly args: Args;
  readonly workspace: Workspace;
  readonly views: ViewStacks;
  readonly triggers: Triggers;
  readonly files: Files;
  /** A fresh address for Socket Mode. */
  readonly socketUrl: () => string;
  readonly ownUrl: () => string;
}

export interface Outcome {
  readonly answer: Json;
  readonly apply?: () => void;
}

export type Method = (call: Call) => Outcome;

export const done = (answer: Json, apply?: () => void): Outcome =>
  apply === undefined ? { answer: { ok: true, ...answer } } : { answer: { ok: true, ...answer }, apply };

export const refused = (error: string, more: Json = {}): Outcome => ({ answer: { ok: false, error, ...more } });

/** The form in which Slack explains `invalid_blocks` and `invalid_arguments`. */
export const explained = (error: string, problems: readonly string[]): Outcome =>
  refused(error, { errors: problems, response_metadata: { messages: problems.map((each) => `[ERROR] ${each}`) } });

export const missing = (...fields: readonly string[]): Outcome =>
  explained(
    "invalid_arguments",
    fields.map((field) => `missing required field: ${field}`),
  );

/** One page of a list: `limit` and `cursor` in, `next_cursor` out. */
export const page = <T>(
  items: readonly T[],
  args: Args,
  { usual, most }: { readonly usual: number; readonly most: number },
): { readonly items: readonly T[]; readonly next: string } | "invalid_cursor" | "invalid_limit" => {
  const limit = args.number("limit") ?? usual;
  if (!Number.isInteger(limit) || limit < 0) return "invalid_limit";
  const size = limit === 0 ? usual : Math.min(limit, most);
  const cursor = args.text("cursor") ?? "";
  const from =
    cursor === ""
      ? 0
      : Number(
          Buffer.from(cursor, "base64url")
            .toString()
            .replace(/^from:/u, ""),
        );
  if (!Number.isInteger(from) || from < 0 || from > items.length) return "invalid_cursor";
  const end = from + size;
  return {
    items: items.slice(from, end),
    next: end < items.length ? Buffer.from(`from:${end}`).toString("base64url") : "",
  };
};
