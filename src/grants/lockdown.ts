/** While one stands, everything is closed and nothing opens. */

import type { Person } from "../access/person.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import type { EpochMs } from "../access/time.ts";

export interface Lockdown {
  readonly at: EpochMs;
  readonly by: Person;
  /** May be empty. */
  readonly because: string;
}

export const lockedDown = ({ by, at }: Lockdown): Refusal => refuse("locked-down", { by: by.user, at });
