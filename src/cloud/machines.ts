/** Every machine of every configured cloud, kept in memory and refreshed in the background. */

import { Fault, isFault } from "../access/fault.ts";
import { type CloudName, type FirewallId, firewallsBefore, type Machine, type MachineId } from "../access/machine.ts";
import { nearMisses } from "../access/near-miss.ts";
import { orAborted } from "../access/or-aborted.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import { between, type Clock, type DurationMs, type EpochMs, MINUTE, SECOND, systemClock } from "../access/time.ts";
import type { Inventory } from "./inventory.ts";

export interface Machines {
  /**
   * Reads all clouds again, side by side. A cloud that fails keeps the machines it had; the faults are returned.
   * A cloud that was never read leaves `isComplete` false.
   */
  readonly refresh: (signal: AbortSignal) => Promise<readonly { readonly cloud: CloudName; readonly error: unknown }[]>;
  /**
   * Whether what is known of this cloud is no older than that. Where it is older the cloud is read now, once for all who wait for it, and nobody waits for long; a reading that
   * takes longer goes on, for whoever asks next. `since`: as of when it is known.
   */
  readonly readWithin: (
    cloud: CloudName,
    maxAgeMs: DurationMs,
  ) => Promise<{ readonly isFresh: boolean; readonly since: EpochMs | undefined }>;
  /** How far each cloud was read. */
  readonly readings: () => readonly CloudReading[];
  /** Whether every cloud was read at least once. */
  readonly isComplete: () => boolean;
  /** By name (any case), by cloud id, or by `name@account` where a name is not unique. */
  readonly find: (text: string) => Machine | Refusal;
  readonly byId: (id: MachineId) => Machine | undefined;
  readonly behind: (firewall: FirewallId) => readonly Machine[];
  readonly all: () => readonly Machine[];
}

export interface CloudReading {
  readonly cloud: CloudName;
  /** When the last reading that came to its end began; `undefined`: none has. */
  readonly readAt: EpochMs | undefined;
  /** What ended the one after it. */
  readonly fault: Fault | undefined;
}

export const createMachines = (clouds: ReadonlyMap<CloudName, Inventory>, clock: Clock = systemClock): Machines => {
  const machinesByCloud = new Map<CloudName, readonly Machine[]>();
  const readAt = new Map<CloudName, EpochMs>();
  const faults = new Map<CloudName, Fault>();
  /** Each is shared by all who want the same cloud. */
  const underWay = new Map<CloudName, Promise<Fault | undefined>>();
  let index = indexOf([]);

  const read = async (cloud: CloudName, inventory: Inventory, signal?: AbortSignal): Promise<Fault | undefined> => {
    // Old by the time it is there, if it takes longer.
    const limit = AbortSignal.timeout(LONGEST_READING);
    // What is read may be as old as this.
    const beganAt = clock.now();
    try {
      const whole = signal === undefined ? limit : AbortSignal.any([signal, limit]);
      machinesByCloud.set(cloud, await orAborted(inventory.machines(whole), limit));
      readAt.set(cloud, beganAt);
      faults.delete(cloud);
      index = indexOf([...machinesByCloud.values()].flat());
      return undefined;
    } catch (error) {
      const slow = new Fault(cloud, "reading all machines takes too long", { retry: "later", cause: error });
      const fault = limit.aborted ? slow : error;
      if (!isFault(fault)) throw fault;
      faults.set(cloud, fault);
      return fault;
    }
  };

  const readTogether = (cloud: CloudName, inventory: Inventory, signal?: AbortSignal): Promise<Fault | undefined> => {
    const current = underWay.get(cloud);
    if (current !== undefined) return current;
    const reading = read(cloud, inventory, signal).finally(() => underWay.delete(cloud));
    underWay.set(cloud, reading);
    return reading;
  };

  const isWithin = (cloud: CloudName, maxAgeMs: DurationMs): boolean => {
    const at = readAt.get(cloud);
    return at !== undefined && between(at, clock.now()) <= maxAgeMs;
  };

  const readWithin: Machines["readWithin"] = async (cloud, maxAgeMs) => {
    const inventory = clouds.get(cloud);
    if (inventory === undefined) return { isFresh: false, since: undefined };
    const limit = AbortSignal.timeout(LONGEST_WAIT);
    // One that is under way may have begun too long ago, and then another begins.
    for (let readings = 0; readings < 2 && !isWithin(cloud, maxAgeMs); readings += 1) {
      const isRead = await orAborted(readTogether(cloud, inventory), limit).then(
        (fault) => fault === undefined,
        (error: unknown) => {
          if (!limit.aborted) throw error;
          return false;
        },
      );
      if (!isRead) break;
    }
    return { isFresh: isWithin(cloud, maxAgeMs), since: readAt.get(cloud) };
  };

  const find = (text: string): Machine | Refusal => {
    const wanted = text.trim().toLowerCase();
    const byId = index.byId.get(wanted as MachineId);
    if (byId !== undefined) return byId;
    const named = index.byName.get(wanted) ?? index.byQualifiedName.get(wanted) ?? [];
    const [first, second] = named;
    if (first === undefined) return refuse("machine-unknown", { text, didYouMean: nearMisses(wanted, index.names) });
    if (second === undefined) return first;
    const candidates = named.map((machine) => waysToName(machine, named)).toSorted();
    return refuse("machine-ambiguous", { text, candidates });
  };

  return {
    refresh: async (signal) => {
      const results = await Promise.all(
        [...clouds].map(async ([cloud, inventory]) => {
          const error = await readTogether(cloud, inventory, signal);
          return error === undefined ? [] : [{ cloud, error }];
        }),
      );
      return results.flat();
    },
    readWithin,
    readings: () => [...clouds.keys()].map((cloud) => ({ cloud, readAt: readAt.get(cloud), fault: faults.get(cloud) })),
    isComplete: () => [...clouds.keys()].every((cloud) => machinesByCloud.has(cloud)),
    find,
    byId: (id) => index.byId.get(id),
    behind: (firewall) => index.byFirewall.get(firewall) ?? [],
    all: () => index.all,
  };
};

const LONGEST_READING = 5 * MINUTE;
/** Somebody is waiting. */
const LONGEST_WAIT = 8 * SECOND;

const indexOf = (all: readonly Machine[]) => {
  const byFirewall = new Map<FirewallId, Machine[]>();
  for (const machine of all) {
    for (const firewall of firewallsBefore(machine)) {
      const behind = byFirewall.get(firewall);
      if (behind === undefined) byFirewall.set(firewall, [machine]);
      else behind.push(machine);
    }
  }
  return {
    all,
    names: all.map((machine) => machine.name),
    byFirewall,
    byId: new Map(all.map((machine) => [machine.id, machine])),
    byName: Map.groupBy(all, (machine) => machine.name.toLowerCase()),
    byQualifiedName: Map.groupBy(all, (machine) => `${machine.name}@${machine.account}`.toLowerCase()),
  };
};

/** `name@account` where that tells it from the others, else its id. */
const waysToName = (machine: Machine, others: readonly Machine[]): string =>
  others.filter((other) => other.account === machine.account).length === 1
    ? `${machine.name}@${machine.account}`
    : machine.id;
