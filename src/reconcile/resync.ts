/** A look at everything, so that nothing depends on a wake-up having arrived. */

import type { FirewallId } from "../access/machine.ts";
import { type Clock, type EpochMs, MINUTE } from "../access/time.ts";
import type { Inventory } from "../cloud/inventory.ts";
import { firewallsOf } from "../grants/grant.ts";
import type { Ledger } from "../grants/ledger.ts";
import { firewallsBlocked } from "../grants/protection.ts";
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
 *
 * Where nothing but protections are, a look only finds what others changed; there may be thousands, so each time it is the turn of some of them.
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
      const protections = await deps.ledger.liveProtections();
      const fromLedger = live.flatMap(firewallsOf);
      for (const grant of live) deps.remembered.remember(grant);
      await deps.remembered.catchUp(deps.remembered.all(), live, deps.ledger);
      const now = deps.clock.now();
      const grants = new Set([...fromLedger, ...remembered]);
      for (const id of grants) await deps.wakeups.wake(id, now);
      const quiet = new Set(protections.flatMap(firewallsBlocked)).difference(grants);
      for (const id of turnOf([...quiet].toSorted(), now)) await deps.wakeups.wake(id, now);
      for (const id of new Set((await marked).flat()).difference(quiet)) await deps.wakeups.wake(id, now);
    } catch (error) {
      deps.failed(error);
      await deps.withoutMemory(new Set([...remembered, ...(await marked).flat()]), signal);
    }
  };

/** Everybody's turn comes, at most so many at a time. */
const turnOf = (ids: readonly FirewallId[], now: EpochMs): readonly FirewallId[] => {
  const turns = Math.ceil(ids.length / MOST_AT_ONCE);
  const turn = turns === 0 ? 0 : Math.floor(now / MINUTE) % turns;
  return ids.slice(turn * MOST_AT_ONCE, (turn + 1) * MOST_AT_ONCE);
};

/** Three calls each are what an AWS account answers in a minute without throttling. */
const MOST_AT_ONCE = 300;
