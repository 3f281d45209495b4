/** Memory for what protections took out of firewalls of somebody else's, so that it can be put back as it was. */

import type { FirewallId } from "../access/machine.ts";

/** Every method throws a `Fault` of code `redis` when memory is away. */
export interface WithheldMemory {
  /** What was last remembered for this firewall, in the adapter's own words; `undefined` when nothing is. */
  readonly read: (firewall: FirewallId) => Promise<string | undefined>;
  /** Durable when it returns, so that what it tells of may be taken away then. `undefined` forgets. */
  readonly remember: (firewall: FirewallId, what: string | undefined) => Promise<void>;
}
