/** Homes that are drawn because their owner turned to them, or changed, and not because of an event. */

import { type Clock, type DurationMs, later } from "../access/time.ts";
import { type Homes, homeDelivery, REMEMBERED_FOR } from "./homes.ts";
import type { Outbox } from "./outbox.ts";

interface RedrawDeps {
  readonly homes: Homes;
  readonly outbox: Pick<Outbox, "call">;
  readonly clock: Clock;
  readonly failed: (error: unknown) => void;
}

export interface RedrawHomes {
  /** Throws a `Fault` when memory is away. */
  readonly opened: (user: string) => Promise<void>;
  /** Where they opened it lately. */
  readonly redraw: (user: string) => Promise<void>;
}

export const openHomes = ({ homes, outbox, clock, failed }: RedrawDeps): RedrawHomes => ({
  opened: async (user) => {
    await homes.opened(user, clock.now());
    await outbox.call([homeDelivery(user)]);
  },
  redraw: async (user) => {
    try {
      const lately = await homes.since(later(clock.now(), -REMEMBERED_FOR as DurationMs));
      if (lately.some((home) => home.user === user)) await outbox.call([homeDelivery(user)]);
    } catch (error) {
      failed(error);
    }
  },
});
