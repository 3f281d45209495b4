/** Every machine of every configured cloud, kept in memory and refreshed in the background. */

import { isFault } from "../access/fault.ts";
import { type CloudName, type FirewallId, firewallsBefore, type Machine, type MachineId } from "../access/machine.ts";
import { nearMisses } from "../access/near-miss.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import type { Inventory } from "./inventory.ts";

export interface Machines {
  /**
   * Reads all clouds again, side by side. A cloud that fails keeps the machines it had; the faults are returned.
   * A cloud that was never read leaves `isComplete` false.
   */
  readonly refresh: (signal: AbortSignal) => Promise<readonly { readonly cloud: CloudName; readonly error: unknown }[]>;
  /** Whether every cloud was read at least once. */
  readonly isComplete: () => boolean;
  /** By name (any case), by cloud id, or by `name@account` where a name is not unique. */
  readonly find: (text: string) => Machine | Refusal;
  readonly byId: (id: MachineId) => Machine | undefined;
  readonly behind: (firewall: FirewallId) => readonly Machine[];
  readonly all: () => readonly Machine[];
}

export const createMachines = (clouds: ReadonlyMap<CloudName, Inventory>): Machines => {
  const machinesByCloud = new Map<CloudName, readonly Machine[]>();
  let index = indexOf([]);

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
          try {
            machinesByCloud.set(cloud, await inventory.machines(signal));
            return [];
          } catch (error) {
            if (!isFault(error)) throw error;
            return [{ cloud, error }];
          }
        }),
      );
      index = indexOf([...machinesByCloud.values()].flat());
      return results.flat();
    },
    isComplete: () => [...clouds.keys()].every((cloud) => machinesByCloud.has(cloud)),
    find,
    byId: (id) => index.byId.get(id),
    behind: (firewall) => index.byFirewall.get(firewall) ?? [],
    all: () => index.all,
  };
};

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
