/** The entries of managed prefix lists, as of at most five minutes ago. */

import { GetManagedPrefixListEntriesCommand } from "@aws-sdk/client-ec2";
import { isFault } from "../../../access/fault.ts";
import type { DurationMs } from "../../../access/time.ts";
import { type Clock, type EpochMs, later, MINUTE } from "../../../access/time.ts";
import { allPages, type Ec2, quoted } from "../ec2.ts";

/** `undefined` when they can't be read, which is tried again the next time. */
export type LookUpPrefixList = (ec2: Ec2, id: string, signal: AbortSignal) => Promise<readonly string[] | undefined>;

export const createPrefixLists = (clock: Clock): LookUpPrefixList => {
  const remembered = new WeakMap<Ec2, Map<string, { readonly until: EpochMs; readonly entries: readonly string[] }>>();

  return async (ec2, id, signal) => {
    const here = remembered.get(ec2) ?? new Map<string, { until: EpochMs; entries: readonly string[] }>();
    remembered.set(ec2, here);
    const known = here.get(id);
    if (known !== undefined && clock.now() < known.until) return known.entries;
    try {
      const listed = await allPages(
        ec2.within(signal),
        `read the entries of ${quoted(id)}`,
        (client, options, at) =>
          client.send(new GetManagedPrefixListEntriesCommand({ PrefixListId: id, MaxResults: PAGE, ...at }), options),
        (page) => page.Entries,
      );
      const entries = listed.flatMap(({ Cidr }) => Cidr ?? []);
      here.set(id, { until: later(clock.now(), FRESH), entries });
      return entries;
    } catch (error) {
      signal.throwIfAborted();
      if (!isFault(error)) throw error;
      return undefined;
    }
  };
};

const FRESH = (5 * MINUTE) as DurationMs;

/** The most that EC2 gives at once. */
const PAGE = 100;
