/** While Redis is away nothing is opened, and what has to close still closes: by what this process remembers, and by the owner marks. */

import { isFault } from "../access/fault.ts";
import type { FirewallId } from "../access/machine.ts";
import { type Clock, type EpochMs, later, MINUTE } from "../access/time.ts";
import { type Guard, NO_CHANGES, type ObservedRule, type OpenFirewall } from "../cloud/firewall.ts";
import { endOf, isOn } from "../grants/grant.ts";
import type { RememberedGrants } from "./remembered-grants.ts";

export interface CloseWithoutMemoryDeps {
  readonly openFirewall: OpenFirewall;
  readonly remembered: RememberedGrants;
  readonly clock: Clock;
  /** Each try that failed. Must not throw. */
  readonly failed: (id: FirewallId, error: unknown) => void;
}

/**
 * Removes from these firewalls every rule of ours whose holders are all over. There is no lease to take: several replicas may do
 * this at once, which is harmless, because all they can do is remove what is over.
 *
 * A firewall is looked at by one call at a time, and after a failure not again before its time to wait is over.
 */
export const createCloseWithoutMemory = (deps: CloseWithoutMemoryDeps) => {
  const busy = new Set<FirewallId>();
  const waiting = new Map<FirewallId, { readonly until: EpochMs; readonly tries: number }>();

  const close = async (id: FirewallId, signal: AbortSignal): Promise<void> => {
    const firewall = deps.openFirewall(id);
    if (firewall === undefined) return;
    let observed = await firewall.observe(signal);
    const now = deps.clock.now();
    const remove = observed.rules.filter((rule) => isOver(rule, deps.remembered, now));
    if (remove.length > 0 || !observed.settled) {
      await firewall.apply({ ...NO_CHANGES, remove }, ALWAYS, signal);
      observed = await firewall.observe(signal);
    }
    if (observed.settled)
      noteClosed(id, new Set(observed.rules.flatMap((rule) => rule.holders.map((holder) => holder.grant))));
  };

  const noteClosed = (id: FirewallId, held: ReadonlySet<string>): void => {
    const now = deps.clock.now();
    for (const grant of deps.remembered.all()) {
      if (isOn(grant, id) && endOf(grant) <= now && !held.has(grant.id)) deps.remembered.sawClosed(grant.id, id, now);
    }
  };

  return async (ids: Iterable<FirewallId>, signal: AbortSignal): Promise<void> => {
    const free = [...ids].filter((id) => !busy.has(id) && (waiting.get(id)?.until ?? 0) <= deps.clock.now());
    await Promise.all(
      free.map(async (id) => {
        busy.add(id);
        try {
          await close(id, signal);
          waiting.delete(id);
        } catch (error) {
          const tries = (waiting.get(id)?.tries ?? 0) + 1;
          const wait = (isFault(error) ? error.afterMs : undefined) ?? Math.min(250 * 2 ** tries, MINUTE);
          waiting.set(id, { until: later(deps.clock.now(), wait as typeof MINUTE), tries });
          deps.failed(id, error);
        } finally {
          busy.delete(id);
        }
      }),
    );
  };
};

/** A rule is over when each grant that holds it is; nobody holding it counts as over. An end that can't be known counts as come. */
const isOver = (rule: ObservedRule, remembered: RememberedGrants, now: EpochMs): boolean =>
  rule.holders.every((holder) => {
    const grant = remembered.get(holder.grant);
    const end = grant === undefined ? holder.expiresAt : endOf(grant);
    return end === undefined || end <= now;
  });

const ALWAYS: Guard = async () => undefined;
