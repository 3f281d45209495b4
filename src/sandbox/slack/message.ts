/** One message as Slack keeps it, with what it said before. */

import type { Json } from "./json.ts";
import { type Mention, mentionsIn } from "./mrkdwn.ts";

export interface Content {
  readonly text: string;
  readonly blocks: readonly Json[];
  readonly metadata?: Json;
  readonly attachments?: readonly unknown[];
}

export interface Message extends Content {
  readonly channel: string;
  readonly ts: string;
  /** A user's id; the bot's user id for what the app posted, `USLACKBOT` for what Slack itself tells. */
  readonly user: string;
  readonly byApp: boolean;
  readonly thread?: string;
  /** Slack's file objects; they stay when the words are edited. */
  readonly files?: readonly Json[];
  readonly editedTs?: string;
  /** Only this person sees it, and no method reads it. */
  readonly onlyFor?: string;
  /** What it said before, the oldest first. */
  readonly history: readonly Content[];
  /** Who is really called by it, and from where in it. */
  readonly mentions: readonly Mention[];
  readonly deleted?: boolean;
}

export type NewMessage = Omit<Message, "history" | "mentions" | "ts"> & { readonly ts: string };

export const compose = (message: NewMessage): Message => ({ ...message, history: [], mentions: mentionsIn(message) });

export const edit = (message: Message, content: Content, editedTs: string): Message => {
  const { text, blocks, metadata, attachments } = message;
  const before: Content = {
    text,
    blocks,
    ...(metadata === undefined ? {} : { metadata }),
    ...(attachments === undefined ? {} : { attachments }),
  };
  const { metadata: _metadata, attachments: _attachments, ...rest } = message;
  return { ...rest, ...content, editedTs, history: [...message.history, before], mentions: mentionsIn(content) };
};
