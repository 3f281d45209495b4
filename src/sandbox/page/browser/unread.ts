/** Where something was said since one last looked there. */

import { useRef } from "preact/hooks";
import type { PageState } from "../shown.ts";

export const useUnread = (state: PageState | undefined, here: string): ReadonlySet<string> => {
  /** By person and place: how many messages were seen. */
  const seen = useRef(new Map<string, number>());
  if (state === undefined) return new Set();
  const unread = state.channels.filter(({ id, messages }) => {
    const key = `${state.me.id} ${id}`;
    if (id === here) seen.current.set(key, messages.length);
    return messages.length > (seen.current.get(key) ?? 0);
  });
  return new Set(unread.map(({ id }) => id));
};
