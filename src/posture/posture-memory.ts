/** Memory for how each machine stood at the last look, to tell when one gets worse. */

import type { MachineId } from "../access/machine.ts";
import type { EpochMs } from "../access/time.ts";
import type { Category } from "./charts.ts";
import type { Openness } from "./exposure.ts";

export interface PostureSeen {
  readonly openness: Openness;
  readonly category: Category;
  /** When it was first seen so. */
  readonly since: EpochMs;
}

/** Both throw a `Fault` of code `redis` when memory is away. */
export interface PostureMemory {
  readonly read: () => Promise<ReadonlyMap<MachineId, PostureSeen>>;
  /** Writes over what was there, the machines that aren't among these included. */
  readonly write: (seen: ReadonlyMap<MachineId, PostureSeen>) => Promise<void>;
}
