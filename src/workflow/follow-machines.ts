/** Protections go with their machines: to other firewalls when a machine's interfaces change, and off when it is gone. */

import { type ProtectionId, protectionIdOf } from "../access/identifier.ts";
import { type Machine, refOf } from "../access/machine.ts";
import { isRefusal } from "../access/refusal.ts";
import { type DurationMs, later, MINUTE } from "../access/time.ts";
import { auditEvent } from "../audit/event.ts";
import { changeProtection } from "../grants/change.ts";
import { type BlockTarget, firewallsBlocked, isOnNow, type Protection, protectionFacts } from "../grants/protection.ts";
import { blockTargetsOf } from "./block-targets.ts";
import type { WorkflowDeps } from "./deps.ts";

/**
 * One look at all protections, safe to repeat. Only when every cloud was read; one that fails later keeps the machines it had. A machine counts as gone when it
 * wasn't there for a while, because taking its protection off opens ports if it was only overlooked once.
 */
export const createFollowMachines = ({
  ledger,
  machines,
  clock,
}: Pick<WorkflowDeps, "ledger" | "machines" | "clock">) => {
  const lift = async (id: ProtectionId): Promise<void> => {
    await changeProtection(ledger, id, (current) => {
      if (!isOnNow(current)) return undefined;
      const at = clock.now();
      const { missingSince } = current;
      if (missingSince === undefined) return { protection: { ...current, missingSince: at }, events: [] };
      if (at < later(missingSince, GONE_AFTER)) return undefined;
      const leaving = firewallsBlocked(current);
      const facts = { ...protectionFacts(current), cause: "gone" } as const;
      return {
        protection: { ...current, state: { kind: "off", at }, seenOn: [], leaving },
        events: [auditEvent("protection.lifted", `${id}/${at}`, at, "bot", facts)],
        firewallsDue: leaving.map((firewall) => ({ firewall, at })),
      };
    });
  };

  const retarget = async (protection: Protection, machine: Machine): Promise<void> => {
    const wanted = blockTargetsOf(machine);
    // A machine without any firewall now: what is there of it stays, until there is something to follow to.
    if (isRefusal(wanted) || follows(protection, machine, wanted)) return;
    await changeProtection(ledger, protection.id, (current) => {
      if (!isOnNow(current) || follows(current, machine, wanted)) return undefined;
      const { missingSince: _, ...found } = current;
      const at = clock.now();
      const targets = wanted.map((target) => moved(target, current));
      const here = new Set(targets.map(({ firewall }) => firewall));
      const unchanged = targets.filter((target) => current.targets.some((before) => isSame([before], [target])));
      const seenOn = current.seenOn.filter((firewall) => unchanged.some((target) => target.firewall === firewall));
      const leaving = firewallsBlocked(current).filter((firewall) => !here.has(firewall));
      return {
        protection: { ...found, machine: refOf(machine), targets, seenOn, leaving },
        events: [],
        firewallsDue: [...here, ...leaving]
          .filter((firewall) => !seenOn.includes(firewall))
          .map((firewall) => ({ firewall, at })),
      };
    });
  };

  return async (signal: AbortSignal): Promise<void> => {
    if (!machines.isComplete()) return;
    // Not by the machine's id: one that was found by its mark alone has a protection's id and no other.
    const byProtection = new Map(machines.all().map((machine) => [protectionIdOf(machine.id), machine]));
    for (const protection of await ledger.liveProtections()) {
      if (signal.aborted) return;
      if (!isOnNow(protection)) continue;
      const machine = byProtection.get(protection.id);
      if (machine === undefined) await lift(protection.id);
      else await retarget(protection, machine);
    }
  };
};

const GONE_AFTER = (10 * MINUTE) as DurationMs;

/** What is overruled and known at a firewall stays so there. */
const moved = (target: BlockTarget, current: Protection): BlockTarget => {
  const before = current.targets.find(({ firewall }) => firewall === target.firewall);
  return before === undefined ? target : { ...before, addresses: target.addresses };
};

/** Nothing is to be written: it is where its machine is. */
const follows = (protection: Protection, machine: Machine, wanted: readonly BlockTarget[]): boolean =>
  protection.missingSince === undefined && protection.machine.id === machine.id && isSame(protection.targets, wanted);

const isSame = (some: readonly BlockTarget[], others: readonly BlockTarget[]): boolean =>
  some.length === others.length &&
  some.every(({ firewall, addresses }) =>
    others.some(
      (other) => other.firewall === firewall && other.addresses.toSorted().join() === addresses.toSorted().join(),
    ),
  );
