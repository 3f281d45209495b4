/** Which machines there are. Implemented once per cloud; kept in memory by the bot and refreshed in the background. */

import type { FirewallId, Machine, MachineId } from "../access/machine.ts";

export interface Inventory {
  /**
   * Every machine that this cloud's configuration covers, read page by page.
   * Throws a `Fault` when any part could not be read: half an inventory is none.
   */
  readonly machines: (signal: AbortSignal) => Promise<readonly Machine[]>;

  /**
   * Every firewall that holds anything with this installation's owner mark, whether or not we remember it, also where the
   * machine is gone. This is how a lost Redis still ends in closed ports.
   */
  readonly marked: (signal: AbortSignal) => Promise<readonly FirewallId[]>;

  /**
   * Whether the cloud says of this very machine that it doesn't exist, where a list may leave out what we may no longer see. Absent: lists are
   * whole. Throws a `Fault` when it can't be asked.
   */
  readonly isGone?: (id: MachineId, signal: AbortSignal) => Promise<boolean>;
}
