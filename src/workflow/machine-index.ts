/** All machines that some rule is about, by name, made anew in slices when there are others: nobody waits while fifty thousand are matched. */

import type { Machine } from "../access/machine.ts";
import type { Machines } from "../cloud/machines.ts";
import { ruleFor } from "../policy/match.ts";
import type { Policy, Rule } from "../policy/policy.ts";

export interface IndexedMachine {
  readonly machine: Machine;
  /** Lower case. */
  readonly name: string;
  /** All that it may be found by: name, the cloud's id, account; lower case. */
  readonly text: string;
  readonly rule: Rule;
}

export interface MachineIndex {
  /** In the order of their names. After the machines were read again it may be those from before, for a moment; never those of another policy. */
  readonly of: (policy: Policy) => Promise<readonly IndexedMachine[]>;
}

interface Made {
  readonly policy: Policy;
  readonly all: readonly Machine[];
  readonly rows: Promise<readonly IndexedMachine[]>;
}

export const createMachineIndex = (machines: Pick<Machines, "all">): MachineIndex => {
  let latest: Made | undefined;
  let ready: Made | undefined;

  const make = (policy: Policy, all: readonly Machine[]): Made => {
    const made: Made = { policy, all, rows: rowsOf(policy, all) };
    void made.rows.then(() => {
      if (latest === made) ready = made;
    });
    return made;
  };

  return {
    of: (policy) => {
      const all = machines.all();
      if (latest?.policy !== policy || latest.all !== all) latest = make(policy, all);
      return ready?.policy === policy ? ready.rows : latest.rows;
    },
  };
};

const rowsOf = async (policy: Policy, all: readonly Machine[]): Promise<readonly IndexedMachine[]> => {
  const rows: IndexedMachine[] = [];
  for (let from = 0; from < all.length; from += SLICE) {
    for (const machine of all.slice(from, from + SLICE)) {
      const rule = ruleFor(policy, machine);
      if (rule === undefined) continue;
      const name = machine.name.toLowerCase();
      rows.push({ machine, name, text: `${name}\n${machine.id}\n${machine.account}`, rule });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return rows.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
};

const SLICE = 1_000;
