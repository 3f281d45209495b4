/** A channel or direct message: what was said, in order, with replies below what they answer. */

import { type ComponentChild, h } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { PageChannel, PageMessage, PageState } from "../shown.ts";
import type { Ask } from "./confirm.ts";
import { Message } from "./message.ts";
import { dateText } from "./reader.ts";
import type { Surface } from "./surface.ts";

export interface ConversationProps {
  readonly channel: PageChannel;
  readonly state: PageState;
  readonly ask: Ask;
  readonly surfaceOf: (message: PageMessage) => Surface;
  readonly onShortcut: (message: PageMessage, callbackId: string) => void;
}

const NEAR_THE_END_PX = 120;

export const Conversation = ({ channel, state, ask, surfaceOf, onShortcut }: ConversationProps): ComponentChild => {
  const log = useRef<HTMLDivElement>(null);
  const followsEnd = useRef(true);
  const messages = inOrder(channel.messages);

  useEffect(() => {
    followsEnd.current = true;
  }, [channel.id]);
  // Whoever reads further up stays there.
  useEffect(() => {
    const { current } = log;
    if (current !== null && followsEnd.current) current.scrollTop = current.scrollHeight;
  });

  let day = "";
  return h(
    "div",
    {
      ref: log,
      class: "messages",
      role: "log",
      tabIndex: 0,
      "aria-label": channel.kind === "direct" ? `Messages with ${channel.name}` : `Messages in ${channel.name}`,
      onScroll: (event: Event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget as HTMLElement;
        followsEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PX;
      },
    },
    messages.length === 0 ? h("p", { class: "nothing" }, "Nothing has been said here yet.") : null,
    messages.map((message) => {
      const surface = surfaceOf(message);
      const on = dateText(Math.floor(Number(message.ts)), "{date_pretty}", surface.reader) ?? "";
      const divider = on === day ? null : h("div", { key: `day ${on}`, class: "day" }, h("span", null, on));
      day = on;
      return [
        divider,
        h(Message, {
          key: message.ts,
          message,
          state,
          surface,
          ask,
          onShortcut: (callbackId: string) => onShortcut(message, callbackId),
        }),
      ];
    }),
  );
};

const inOrder = (messages: readonly PageMessage[]): readonly PageMessage[] => {
  const isReply = ({ thread, ts }: PageMessage): boolean => thread !== undefined && thread !== ts;
  const known = new Set(messages.map(({ ts }) => ts));
  return messages
    .filter((message) => !isReply(message) || !known.has(message.thread ?? ""))
    .flatMap((message) => [message, ...messages.filter((each) => isReply(each) && each.thread === message.ts)]);
};
