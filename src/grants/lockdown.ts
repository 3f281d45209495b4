/** While one stands, everything is closed and nothing opens. */

import type { Person } from "../access/person.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import type { EpochMs } from "../access/time.ts";

export interface Lockdown {
  readonly at: EpochMs;
  readonly by: Person;
  /** May be empty. */
  readonly because: string;
  /** How many accesses were open when it began. */
  readonly open: number;
  /** Where these were told, so that it is told there too. */
  readonly channels: readonly string[];
}

export const lockedDown = ({ by, at }: Lockdown): Refusal => refuse("locked-down", { by: by.user, at });
