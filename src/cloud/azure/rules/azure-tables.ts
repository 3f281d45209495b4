/** One address table for all machines that see the same: their network, route table, and service tags. */

import { isFault } from "../../../access/fault.ts";
import type { AddressTable } from "../../rules.ts";
import { membershipsOf, type Spot } from "../nsg/spots.ts";
import { idKey, subscriptionOf } from "../resource-id.ts";
import { type NamesUsed, namesIn, peersThatTellNothing, virtualNetworkOf } from "./azure-address-table.ts";
import type { Shelves } from "./resource-kinds.ts";
import type { LookUpTags } from "./service-tags.ts";

export interface TablesDeps {
  readonly signal: AbortSignal;
  readonly shelves: Shelves;
  readonly lookUpTags: LookUpTags;
  /** The machines' subscriptions. */
  readonly subscriptions: ReadonlySet<string>;
}

type Named = ReadonlyMap<string, readonly string[]>;

export const readTables = async (
  spots: readonly Spot[],
  { signal, shelves, lookUpTags, subscriptions }: TablesDeps,
): Promise<(spot: Spot) => AddressTable> => {
  const names = namesBefore(spots);
  const readGroups = Promise.all([readMembers(names, shelves, subscriptions), readIpGroups(names, shelves)]);
  const readPeers = readPrefixes(spots, shelves);
  const places = Map.groupBy(spots, placeOf);
  const readTags = Promise.all(
    [...places].map(async ([place, at]): Promise<[string, Named]> => {
      const [spot] = at;
      return [place, spot === undefined ? new Map() : await lookUpTags(spot, names.tags, signal)];
    }),
  );
  const [groups, peers, tags] = await Promise.all([readGroups, readPeers, readTags]);
  const known = new Map(
    tags.map(([place, each]) => [place, { tags: each, named: new Map([...each, ...groups.flat()]) }]),
  );

  const tables = new Map<string, AddressTable>();
  return (spot) => {
    const key = `${placeOf(spot)} ${spot.surroundings}`;
    const here = known.get(placeOf(spot)) ?? { tags: new Map(), named: new Map() };
    const table = tables.get(key) ?? {
      named: here.named,
      virtualNetwork: virtualNetworkOf({ ...spot, tags: here.tags, prefixesOf: (id) => peers.get(id) }),
    };
    tables.set(key, table);
    return table;
  };
};

const placeOf = ({ subscription, location }: Spot): string => `${subscription} ${location}`.toLowerCase();

const namesBefore = (spots: readonly Spot[]): NamesUsed =>
  namesIn(
    [...new Set(spots.flatMap(({ target }) => [target.subnetGroup ?? [], target.interfaceGroup ?? []].flat()))],
    [...new Set(spots.flatMap(({ target }) => target.firewalls))],
    [...new Set(spots.flatMap(({ routeTable }) => (routeTable?.kind === "found" ? [routeTable.value] : [])))],
  );

/** None of them when some interfaces may not be listed: half the members would be taken for all. */
const readMembers = async (
  { applicationGroups }: NamesUsed,
  { interfaces }: Shelves,
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
  { ipGroups }: Shelves,
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
const readPrefixes = async (spots: readonly Spot[], { networks }: Shelves): Promise<Named> => {
  const around = new Set(spots.flatMap(({ network }) => (network.kind === "found" ? [network.value] : [])));
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
