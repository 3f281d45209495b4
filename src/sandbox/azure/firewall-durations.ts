/** How long a write of an Azure Firewall takes. */

import type { Duration } from "./asynchronous-operations.ts";

export interface FirewallUpdate {
  /** Or from the shortest to the longest, by turns. Azure says three to five minutes: `[180_000, 300_000]`. */
  readonly ms: number | readonly [shortest: number, longest: number];
  /** `clock`: by the server's clock, which a test can move. Default `machine`. */
  readonly by?: "machine" | "clock";
  /** What `Retry-After` says; 0: nothing. Default: as long as it takes, but 10 at most; nothing by the clock, which clients don't know. */
  readonly retryAfterSeconds?: number;
}

/** https://learn.microsoft.com/azure/firewall/firewall-faq */
export const THREE_TO_FIVE_MINUTES = [180_000, 300_000] as const;

const RETRY_AFTER_LIMIT = 10;
const STEPS = 5;

export const firewallDurations = ({ ms, by = "machine", retryAfterSeconds }: FirewallUpdate): (() => Duration) => {
  let turn = 0;
  return () => {
    const [shortest, longest] = typeof ms === "number" ? [ms, ms] : ms;
    const takes = shortest + ((longest - shortest) * (turn % STEPS)) / (STEPS - 1);
    turn += 1;
    const seconds = by === "clock" ? 0 : Math.min(RETRY_AFTER_LIMIT, Math.floor(takes / 1_000));
    return { ms: takes, by, retryAfterSeconds: retryAfterSeconds ?? seconds };
  };
};
