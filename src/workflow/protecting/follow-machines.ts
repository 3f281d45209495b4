/** Protections go with their machines: to other firewalls when a machine's interfaces change, and off when it is gone. */

import { protectionIdOf } from "../../access/identifier.ts";
import { type Machine, type MachineRef, refOf } from "../../access/machine.ts";
import { isRefusal } from "../../access/refusal.ts";
import { type DurationMs, later, MINUTE } from "../../access/time.ts";
import { changeProtection } from "../../grants/change.ts";
import { lifted } from "../../grants/lift-protection.ts";
import { type BlockTarget, firewallsBlocked, isOnNow, type Protection, sameTargets } from "../../grants/protection.ts";
import type { WorkflowDeps } from "../deps.ts";
import { blockTargetsOf } from "./block-targets.ts";

export interface FollowMachinesDeps extends Pick<WorkflowDeps, "ledger" | "machines" | "clock"> {
  /** Whether its cloud says so of this very machine. Throws a `Fault` when it can't be asked. */
  readonly isGone: (machine: MachineRef, signal: AbortSignal) => Promise<boolean>;
}

/**
 * One look at all protections, safe to repeat. Only when every cloud was read; one that fails later keeps the machines it had. A machine counts as gone when it
 * wasn't there for a while, because taking its protection off opens ports if it was only overlooked once.
 */
export const createFollowMachines = ({ ledger, machines, clock, isGone }: FollowMachinesDeps) => {
  const lift = async ({ id, machine, missingSince: since }: Protection, signal: AbortSignal): Promise<void> => {
    // What was found by its mark alone may never have had a machine that we know: nobody but a person takes that away.
    if (machine.account === "") return;
    const isTime = since !== undefined && clock.now() >= later(since, GONE_AFTER);
    if (isTime && !(await isGone(machine, signal))) return;
    await changeProtection(ledger, id, (current) => {
      if (!isOnNow(current)) return undefined;
      const at = clock.now();
      const { missingSince } = current;
      if (missingSince === undefined) return { protection: { ...current, missingSince: at }, events: [] };
      return at < later(missingSince, GONE_AFTER) ? undefined : lifted(current, at, "gone");
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
      const unchanged = targets.filter((target) => current.targets.some((before) => sameTargets([before], [target])));
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
      if (machine === undefined) await lift(protection, signal);
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
  protection.missingSince === undefined &&
  protection.machine.id === machine.id &&
  sameTargets(protection.targets, wanted);
