/** Where notices go: a chat that can post a message, change it, and find it again. */

import type { EpochMs } from "../access/time.ts";
import type { Notice } from "./notice.ts";
import type { SentRef } from "./outbox.ts";

/**
 * Every method throws a `Fault`: `retry: "never"` when this message can't be delivered there at all (no such channel, the message was
 * deleted); else `later`, with `afterMs` when the chat said how long to wait.
 */
export interface Messenger {
  /** Draws the notice as things are now and posts it, marked with `id` so that `find` can tell it. */
  readonly post: (destination: string, id: string, notice: Notice) => Promise<SentRef>;
  readonly update: (ref: SentRef, id: string, notice: Notice) => Promise<void>;
  /** The message marked with `id`, if it was posted there at or after `since`. */
  readonly find: (destination: string, id: string, since: EpochMs) => Promise<SentRef | undefined>;
}
