/** One address table for all machines that see the same: their network, route table, and service tags. */

import { isFault } from "../../../access/fault.ts";
import type { AddressTable } from "../../rules.ts";
import { idKey, subscriptionOf } from "../resource-id.ts";
import { type NamesUsed, namesIn, peersThatTellNothing, virtualNetworkOf } from "./azure-address-table.ts";
import { membershipsOf, type TargetSeen } from "./azure-targets.ts";
import type { ResourceCaches } from "./resource-kinds.ts";
import type { LookUpTags } from "./service-tags.ts";

export interface TablesDeps {
  readonly signal: AbortSignal;
  readonly caches: ResourceCaches;
  readonly lookUpTags: LookUpTags;
  /** The machines' subscriptions. */
  readonly subscriptions: ReadonlySet<string>;
}

type Named = ReadonlyMap<string, readonly string[]>;

export const readTables = async (
  targets: readonly TargetSeen[],
  { signal, caches, lookUpTags, subscriptions }: TablesDeps,
): Promise<(seen: TargetSeen) => AddressTable> => {
  const names = namesBefore(targets);
  const readGroups = Promise.all([readMembers(names, caches, subscriptions), readIpGroups(names, caches)]);
  const readPeers = readPrefixes(targets, caches);
  const places = Map.groupBy(targets, placeOf);
  const readTags = Promise.all(
    [...places].map(async ([place, at]): Promise<[string, Named]> => {
      const [seen] = at;
      return [place, seen === undefined ? new Map() : await lookUpTags(seen, names.tags, signal)];
    }),
  );
  const [groups, peers, tags] = await Promise.all([readGroups, readPeers, readTags]);
  const known = new Map(
    tags.map(([place, each]) => [place, { tags: each, named: new Map([...each, ...groups.flat()]) }]),
  );

  const tables = new Map<string, AddressTable>();
  return (seen) => {
    const key = `${placeOf(seen)} ${seen.surroundings}`;
    const here = known.get(placeOf(seen)) ?? { tags: new Map(), named: new Map() };
    const table = tables.get(key) ?? {
      named: here.named,
      virtualNetwork: virtualNetworkOf({ ...seen, tags: here.tags, prefixesOf: (id) => peers.get(id) }),
    };
    tables.set(key, table);
    return table;
  };
};

const placeOf = ({ subscription, location }: TargetSeen): string => `${subscription} ${location}`.toLowerCase();

const namesBefore = (targets: readonly TargetSeen[]): NamesUsed =>
  namesIn(
    [...new Set(targets.flatMap(({ target }) => [target.subnetGroup ?? [], target.interfaceGroup ?? []].flat()))],
    [...new Set(targets.flatMap(({ target }) => target.firewalls))],
    [...new Set(targets.flatMap(({ routeTable }) => (routeTable?.kind === "found" ? [routeTable.value] : [])))],
  );

/** None of them when some interfaces may not be listed: half the members would be taken for all. */
const readMembers = async (
  { applicationGroups }: NamesUsed,
  { interfaces }: ResourceCaches,
  subscriptions: ReadonlySet<string>,
): Promise<readonly [string, readonly string[]][]> => {
  if (applicationGroups.size === 0) return [];
  const where = new Set([...applicationGroups].flatMap((id) => subscriptionOf(id) ?? [])).union(subscriptions);
  try {
    const all = await Promise.all([...where].map(async (each) => interfaces.all(each)));
    const members = new Map([...applicationGroups].map((id): [string, string[]] => [id, []]));
    for (const configuration of all.flat().flatMap(({ ipConfigurations }) => ipConfigurations ?? [])) {
      const { privateIPAddress } = configuration;
      if (privateIPAddress === undefined) continue;
      for (const id of membershipsOf(configuration)) members.get(id)?.push(privateIPAddress);
    }
    return [...members];
  } catch (error) {
    if (isFault(error) && error.retry === "never") return [];
    throw error;
  }
};

const readIpGroups = async (
  names: NamesUsed,
  { ipGroups }: ResourceCaches,
): Promise<readonly [string, readonly string[]][]> => {
  const read = await Promise.all(
    [...names.ipGroups].map(async (id): Promise<[string, readonly string[]][]> => {
      const reading = await ipGroups.read(id);
      return reading.kind === "found" ? [[id, reading.value.ipAddresses ?? []]] : [];
    }),
  );
  return read.flat();
};

/** Of peered networks whose peering doesn't tell. */
const readPrefixes = async (targets: readonly TargetSeen[], { networks }: ResourceCaches): Promise<Named> => {
  const around = new Set(targets.flatMap(({ network }) => (network.kind === "found" ? [network.value] : [])));
  const ids = new Set([...around].flatMap(peersThatTellNothing).map(idKey));
  const read = await Promise.all(
    [...ids].map(async (id): Promise<[string, readonly string[]][]> => {
      const reading = await networks.read(id);
      const prefixes = reading.kind === "found" ? reading.value.addressSpace?.addressPrefixes : undefined;
      return prefixes === undefined ? [] : [[id, prefixes]];
    }),
  );
  return new Map(read.flat());
};
