/** Wake-ups in a map. Passes `wakeupsContract`. */

import { type EpochMs, earliest, later } from "../../src/access/time.ts";
import type { Lease, Wakeups } from "../../src/reconcile/wakeups.ts";
import { type Outage, reach } from "./outage.ts";

export interface MemoryWakeups extends Wakeups {
  /** Forgets everything, as an emptied Redis does. */
  readonly clear: () => void;
}

export const createMemoryWakeups = ({ outage }: { readonly outage?: Outage } = {}): MemoryWakeups => {
  const due = new Map<string, EpochMs>();
  const leased = new Map<string, { token: number; until: EpochMs }>();
  let latestToken = 0;

  const wish = (id: string, at: EpochMs): void => {
    due.set(id, earliest(due.get(id), at) ?? at);
  };
  const holds = (held: Lease): boolean => leased.get(held.id)?.token === held.token;

  return {
    wake: async (id, at) => {
      await reach(outage);
      wish(id, at);
    },
    remind: async (id, at) => {
      await reach(outage);
      if (!due.has(id) && !leased.has(id)) wish(id, at);
    },
    take: async (now, limit, lease) => {
      await reach(outage);
      for (const [id, { until }] of leased) {
        if (until > now) continue;
        leased.delete(id);
        wish(id, until);
      }
      const found = [...due]
        .filter(([id, at]) => at <= now && !leased.has(id))
        .toSorted(([, a], [, b]) => a - b)
        .slice(0, limit);
      return found.map(([id, dueAt]) => {
        latestToken += 1;
        due.delete(id);
        leased.set(id, { token: latestToken, until: later(now, lease) });
        return { id, token: latestToken, dueAt };
      });
    },
    renew: async (held, now, lease) => {
      await reach(outage);
      const until = leased.get(held.id)?.until;
      if (!holds(held) || until === undefined || until <= now) return false;
      leased.set(held.id, { token: held.token, until: later(now, lease) });
      return true;
    },
    finish: async (held, next) => {
      await reach(outage);
      if (!holds(held)) return;
      leased.delete(held.id);
      if (next !== undefined) wish(held.id, next);
    },
    nextAt: async () => {
      await reach(outage);
      const free = [...due].filter(([id]) => !leased.has(id)).map(([, at]) => at);
      return earliest(...free, ...[...leased.values()].map(({ until }) => until));
    },
    clear: () => {
      due.clear();
      leased.clear();
    },
  };
};
