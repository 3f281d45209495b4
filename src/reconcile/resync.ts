/** A look at everything, so that nothing depends on a wake-up having arrived. */

import type { FirewallId } from "../access/machine.ts";
import type { Clock } from "../access/time.ts";
import type { Inventory } from "../cloud/inventory.ts";
import { firewallsOf } from "../grants/grant.ts";
import type { Ledger } from "../grants/ledger.ts";
import type { RememberedGrants } from "./remembered-grants.ts";
import type { Wakeups } from "./wakeups.ts";

export interface ResyncDeps {
  readonly inventories: readonly Inventory[];
  readonly ledger: Ledger;
  readonly wakeups: Wakeups;
  readonly remembered: RememberedGrants;
  readonly clock: Clock;
  /** A cloud that couldn't be read; the others are looked at all the same. Must not throw. */
  readonly failed: (error: unknown) => void;
  /** Where to go with the firewalls while memory is away. */
  readonly withoutMemory: (firewalls: Iterable<FirewallId>, signal: AbortSignal) => Promise<void>;
}

/**
 * Makes every firewall due that has anything to do with us: those where a grant lives, in the ledger or in this process's memory, and those
 * where a cloud shows our mark. The last need neither, so a port opened before everything was lost is still found.
 */
export const createResync =
  (deps: ResyncDeps) =>
  async (signal: AbortSignal): Promise<void> => {
    const marked = Promise.all(
      deps.inventories.map((inventory) =>
        inventory.marked(signal).catch((error: unknown): readonly FirewallId[] => {
          deps.failed(error);
          return [];
        }),
      ),
    );
    const remembered = deps.remembered.all().flatMap(firewallsOf);
    try {
      const live = await deps.ledger.liveGrants();
      const fromLedger = live.flatMap(firewallsOf);
      for (const grant of live) deps.remembered.remember(grant);
      await deps.remembered.catchUp(deps.remembered.all(), live, deps.ledger);
      const now = deps.clock.now();
      for (const id of new Set([...fromLedger, ...remembered])) await deps.wakeups.wake(id, now);
      for (const id of new Set((await marked).flat())) await deps.wakeups.wake(id, now);
    } catch (error) {
      deps.failed(error);
      await deps.withoutMemory(new Set([...remembered, ...(await marked).flat()]), signal);
    }
  };
