/**
 * The live grants as this process last saw them, so that losing Redis loses nothing: while it is away closings go on from here, and
 * what it forgot is written back from here.
 */

import type { GrantId } from "../access/identifier.ts";
import type { FirewallId } from "../access/machine.ts";
import { type EpochMs, earliest } from "../access/time.ts";
import { endOf, firewallsOf, type Grant } from "../grants/grant.ts";
import type { Ledger } from "../grants/ledger.ts";

export interface RememberedGrants {
  /** A grant that has ended is forgotten. */
  readonly remember: (grant: Grant) => void;
  /** Of `some`, those that aren't `live` are looked up: what another replica ended is forgotten, what the ledger has lost stays. */
  readonly catchUp: (some: readonly Grant[], live: readonly Grant[], ledger: Pick<Ledger, "grant">) => Promise<void>;
  readonly forget: (id: GrantId) => void;
  readonly get: (id: GrantId) => Grant | undefined;
  readonly all: () => readonly Grant[];
  /** Firewalls where a remembered grant is over at `now` and was not yet seen closed. */
  readonly stillToClose: (now: EpochMs) => ReadonlySet<FirewallId>;
  /** Firewalls where a remembered grant is over at `now`, seen closed or not: somebody is still to be told. */
  readonly stillToTell: (now: EpochMs) => ReadonlySet<FirewallId>;
  /** The next end of a remembered grant after `now`. */
  readonly nextEnd: (now: EpochMs) => EpochMs | undefined;
  /** When this process first saw the cloud without the grant, while nobody could be told. */
  readonly closedAt: (id: GrantId, firewall: FirewallId) => EpochMs | undefined;
  readonly sawClosed: (id: GrantId, firewall: FirewallId, at: EpochMs) => void;
}

export const createRememberedGrants = (): RememberedGrants => {
  const grants = new Map<GrantId, Grant>();
  const closed = new Map<GrantId, Map<FirewallId, EpochMs>>();

  const forget = (id: GrantId): void => {
    grants.delete(id);
    closed.delete(id);
  };
  const remember = (grant: Grant): void => {
    const known = grants.get(grant.id);
    if (grant.endedAt !== undefined) {
      forget(grant.id);
      return;
    }
    // A first version is a fresh start: the ledger had lost the grant and has it back.
    if (known !== undefined && wasLonger(known, grant)) return;
    if (known !== undefined && known.version > grant.version && grant.version !== 1 && !isRevokedNow(known, grant))
      return;
    // What was seen without memory in the moment of its former end says nothing of the new one.
    if (known !== undefined && endOf(known) < endOf(grant)) closed.delete(grant.id);
    grants.set(grant.id, grant);
  };
  const over = (now: EpochMs): readonly Grant[] => [...grants.values()].filter((grant) => endOf(grant) <= now);

  return {
    remember,
    forget,
    catchUp: async (some, live, ledger) => {
      const known = new Set(live.map((grant) => grant.id));
      for (const { id } of some.filter((grant) => !known.has(grant.id))) {
        const stored = await ledger.grant(id);
        if (stored !== undefined) remember(stored);
      }
    },
    get: (id) => grants.get(id),
    all: () => [...grants.values()],
    stillToClose: (now) =>
      new Set(over(now).flatMap((grant) => firewallsOf(grant).filter((id) => !closed.get(grant.id)?.has(id)))),
    stillToTell: (now) => new Set(over(now).flatMap(firewallsOf)),
    nextEnd: (now) => earliest(...[...grants.values()].map(endOf).filter((end) => end > now)),
    closedAt: (id, firewall) => closed.get(id)?.get(firewall),
    sawClosed: (id, firewall, at) => {
      const seen = closed.get(id) ?? new Map<FirewallId, EpochMs>();
      if (!seen.has(firewall)) seen.set(firewall, at);
      closed.set(id, seen);
    },
  };
};

/** It was brought back as it was before it was made longer: `adopt` writes what is known here. */
const wasLonger = (known: Grant, grant: Grant): boolean =>
  grant.version < known.version &&
  grant.revoked === undefined &&
  known.revoked === undefined &&
  (known.extensions?.length ?? 0) > (grant.extensions?.length ?? 0);

/** Whatever is the later version: nobody takes that back. */
const isRevokedNow = (known: Grant, grant: Grant): boolean =>
  known.revoked === undefined && grant.revoked !== undefined;
