/** While a lockdown stands: everything that is open is revoked, until the clouds were seen to hold nothing of ours, and again whenever something turns up. */

import type { FirewallId } from "../../access/machine.ts";
import { between, type DurationMs, type EpochMs, later, MINUTE, SECOND } from "../../access/time.ts";
import { auditEvent } from "../../audit/event.ts";
import type { OpenFirewall } from "../../cloud/firewall.ts";
import type { Inventory } from "../../cloud/inventory.ts";
import { changeGrant } from "../../grants/change.ts";
import { factsOf } from "../../grants/facts.ts";
import { firewallsOf, isUnderWay } from "../../grants/grant.ts";
import type { Lockdown } from "../../grants/lockdown.ts";
import type { Wakeups } from "../../reconcile/wakeups.ts";
import type { WorkflowDeps } from "../deps.ts";

export interface WatchLockdownDeps extends Pick<WorkflowDeps, "ledger" | "auditLog" | "clock"> {
  readonly inventories: readonly Pick<Inventory, "marked">[];
  readonly openFirewall: OpenFirewall;
  readonly firewallWakeups: Pick<Wakeups, "wake">;
}

/**
 * One look, safe to repeat and to die in. Returns when to look next; `undefined`: none stands. Throws where a cloud can't be read: nobody can say then that nothing is open
 * any more.
 */
export const createWatchLockdown = (deps: WatchLockdownDeps) => {
  /** Of which it was said that all is closed. The log says it once, whoever says it. */
  let done: EpochMs | undefined;

  return async (signal: AbortSignal): Promise<EpochMs | undefined> => {
    const { ledger, clock } = deps;
    const lockdown = await ledger.lockdown();
    if (lockdown === undefined) return undefined;
    await revokeAll(lockdown, deps);
    if ((await ledger.liveGrants()).length > 0) return later(clock.now(), SOON);
    if (done === lockdown.at) return later(clock.now(), MINUTE);
    const left = await stillHolding(deps, signal);
    for (const id of left) await deps.firewallWakeups.wake(id, clock.now());
    if (left.length > 0 || (await ledger.liveGrants()).length > 0) return later(clock.now(), SOON);
    const at = clock.now();
    const facts = {
      channels: lockdown.channels,
      closed: lockdown.open,
      tookMs: between(lockdown.at, at),
    };
    await deps.auditLog.append(auditEvent("lockdown.done", String(lockdown.at), at, "bot", facts));
    done = lockdown.at;
    return later(at, MINUTE);
  };
};

const revokeAll = async ({ by }: Lockdown, { ledger, clock }: WatchLockdownDeps): Promise<void> => {
  const now = clock.now();
  for (const { id } of (await ledger.liveGrants()).filter((grant) => isUnderWay(grant, now))) {
    await changeGrant(ledger, id, (grant) => {
      const at = clock.now();
      if (!isUnderWay(grant, at)) return undefined;
      return {
        grant: { ...grant, revoked: { kind: "lockdown", at, by } },
        events: [auditEvent("grant.revoked", id, at, by, { ...factsOf(grant), grantId: id })],
        firewallsDue: firewallsOf(grant).map((firewall) => ({ firewall, at })),
        requestDue: at,
      };
    });
  }
};

/** Firewalls where a cloud shows a rule of ours that lets somebody in, whether or not anybody remembers it. */
const stillHolding = async (
  { inventories, openFirewall }: WatchLockdownDeps,
  signal: AbortSignal,
): Promise<readonly FirewallId[]> => {
  const marked = new Set((await Promise.all(inventories.map((each) => each.marked(signal)))).flat());
  const waiting = [...marked];
  const holding: FirewallId[] = [];
  const takeTurns = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const observed = await openFirewall(id)?.observe(signal);
      if (observed !== undefined && observed.rules.length > 0) holding.push(id);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, takeTurns));
  return holding;
};

const SOON = (SECOND / 2) as DurationMs;
const SIDE_BY_SIDE = 8;
