/** What Azure's service tags stand for, as of at most an hour ago. */

import type { Clock, EpochMs } from "../../../access/time.ts";
import { HOUR, MINUTE } from "../../../access/time.ts";
import type { Arm } from "../arm.ts";

/**
 * The prefixes of those of `names` (lower case) that are service tags. None when they can't be read, which is tried again a minute later.
 *
 * https://learn.microsoft.com/rest/api/virtualnetwork/service-tags/list
 */
export type LookUpTags = (
  at: { readonly subscription: string; readonly location: string },
  names: ReadonlySet<string>,
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, readonly string[]>>;

export const createServiceTags = ({ arm, clock }: { readonly arm: Arm; readonly clock: Clock }): LookUpTags => {
  const remembered = new Map<string, Known>();

  return async ({ subscription, location }, names, signal) => {
    if (names.size === 0) return new Map();
    const key = `${subscription} ${location}`.toLowerCase();
    const known = remembered.get(key);
    if (known !== undefined && clock.now() < known.until && names.isSubsetOf(known.asked)) return known.prefixes;

    // The whole list is some megabytes; what nobody's rules name isn't kept.
    const asked = names.union(known?.asked ?? new Set<string>());
    const outcome = await arm.ask(
      async (abortSignal) => arm.network(subscription).serviceTags.list(location, { abortSignal }),
      signal,
      arm.limits.callMs,
    );
    const values = outcome.kind === "done" ? (outcome.value.values ?? []) : [];
    const prefixes = new Map(
      values.flatMap(({ name, properties }): [string, readonly string[]][] =>
        name !== undefined && asked.has(name.toLowerCase()) && properties?.addressPrefixes !== undefined
          ? [[name.toLowerCase(), properties.addressPrefixes]]
          : [],
      ),
    );
    const until = (clock.now() + (outcome.kind === "done" ? HOUR : MINUTE)) as EpochMs;
    remembered.set(key, { until, asked, prefixes });
    return prefixes;
  };
};

interface Known {
  readonly until: EpochMs;
  readonly asked: ReadonlySet<string>;
  readonly prefixes: ReadonlyMap<string, readonly string[]>;
}
