/** Trigger ids: three seconds to open a modal with one, once. https://docs.slack.dev/interactivity/handling-user-interaction */

import { randomBytes } from "node:crypto";
import { between, type Clock, type EpochMs, SECOND } from "../../access/time.ts";

export type TriggerError = "invalid_trigger_id" | "expired_trigger_id" | "exchanged_trigger_id";

/** `view`: the modal it came from, where a further one can be pushed. */
export interface Trigger {
  readonly user: string;
  readonly view?: string;
}

export interface Triggers {
  readonly issue: (trigger: Trigger) => string;
  /** Looks without using it up. */
  readonly look: (id: string) => Trigger | TriggerError;
  readonly exchange: (id: string) => void;
}

export const createTriggers = (clock: Clock): Triggers => {
  const issued = new Map<string, { trigger: Trigger; at: EpochMs; exchanged: boolean }>();
  let count = 0;
  return {
    issue: (trigger) => {
      count += 1;
      const id = `${1_000_000 + count}.${clock.now()}.${randomBytes(16).toString("hex")}`;
      issued.set(id, { trigger, at: clock.now(), exchanged: false });
      return id;
    },
    look: (id) => {
      const found = issued.get(id);
      if (found === undefined) return "invalid_trigger_id";
      if (found.exchanged) return "exchanged_trigger_id";
      return between(found.at, clock.now()) < 3 * SECOND ? found.trigger : "expired_trigger_id";
    },
    exchange: (id) => {
      const found = issued.get(id);
      if (found !== undefined) found.exchanged = true;
    },
  };
};
