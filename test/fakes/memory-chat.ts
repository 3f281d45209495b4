/** A chat in a list, with whatever can go wrong between it and us. */

import { Fault } from "../../src/access/fault.ts";
import type { Clock, DurationMs } from "../../src/access/time.ts";
import type { Messenger } from "../../src/notices/messenger.ts";
import type { Notice } from "../../src/notices/notice.ts";

export interface ChatMessage {
  readonly channel: string;
  readonly ts: string;
  readonly id: string;
  readonly at: number;
  /** How often it was changed. */
  readonly changes: number;
  readonly notice: Notice;
}

export type ChatTrouble =
  /** Nothing was posted. */
  | { readonly kind: "away" }
  /** It was posted, and the answer was lost. */
  | { readonly kind: "lose-answer" }
  | { readonly kind: "rate-limited"; readonly afterMs: DurationMs }
  /** It can't be delivered, now or ever. */
  | { readonly kind: "never" };

export interface MemoryChat extends Messenger {
  readonly messages: () => readonly ChatMessage[];
  readonly in: (channel: string) => readonly string[];
  readonly trouble: (next: (call: "post" | "update" | "find", about: string) => ChatTrouble | undefined) => void;
  /** Somebody deletes it. */
  readonly remove: (id: string) => void;
}

export const createMemoryChat = (clock: Clock): MemoryChat => {
  let messages: readonly ChatMessage[] = [];
  let last = 0;
  let next: Parameters<MemoryChat["trouble"]>[0] = () => undefined;

  const call = (kind: "post" | "update" | "find", about: string, effect: () => void): void => {
    const trouble = next(kind, about);
    const fault = (why: string, retry: "later" | "never", afterMs?: DurationMs): Fault =>
      new Fault("slack", why, { retry, ...(afterMs === undefined ? {} : { afterMs }) });
    if (trouble?.kind === "away") throw fault("away", "later");
    if (trouble?.kind === "rate-limited") throw fault("rate limited", "later", trouble.afterMs);
    if (trouble?.kind === "never") throw fault("invalid_blocks", "never");
    effect();
    if (trouble?.kind === "lose-answer") throw fault("no answer", "later");
  };

  return {
    post: async (channel, id, notice) => {
      last += 1;
      const ts = `${last}`;
      call("post", id, () => {
        messages = [...messages, { channel, ts, id, at: clock.now(), changes: 0, notice }];
      });
      return { channel, ts };
    },
    update: async ({ channel, ts }, id, notice) => {
      const found = messages.find((message) => message.channel === channel && message.ts === ts);
      if (found === undefined) throw new Fault("slack", "message_not_found", { retry: "never" });
      call("update", id, () => {
        messages = messages.map((message) =>
          message === found ? { ...message, id, notice, changes: message.changes + 1 } : message,
        );
      });
    },
    find: async (channel, id, since) => {
      call("find", id, () => undefined);
      const found = messages.find((message) => message.channel === channel && message.id === id && message.at >= since);
      return found === undefined ? undefined : { channel, ts: found.ts };
    },
    messages: () => messages,
    in: (channel) => messages.filter((message) => message.channel === channel).map(({ id }) => id),
    trouble: (decide) => {
      next = decide;
    },
    remove: (id) => {
      messages = messages.filter((message) => message.id !== id);
    },
  };
};
