/** What names stand for in Azure's rules, as a machine in one subnet of one network sees it. */

import type { RouteTable, VirtualNetwork, VirtualNetworkPeering } from "@azure/arm-network";
import { parseCidr } from "../../../access/source.ts";
import type { AzureFirewall, Nsg } from "../../rules.ts";
import { idKey, nameOf } from "../resource-id.ts";
import type { Reading } from "./resource-cache.ts";

/** The names that some rules use, lower case, by who knows them. */
export interface NamesUsed {
  readonly applicationGroups: ReadonlySet<string>;
  readonly ipGroups: ReadonlySet<string>;
  readonly tags: ReadonlySet<string>;
}

export const namesIn = (
  nsgs: readonly Nsg[],
  firewalls: readonly AzureFirewall[],
  routeTables: readonly RouteTable[],
): NamesUsed => {
  const texts = new Set([
    ...nsgs.flatMap(({ rules }) => rules.flatMap(({ sources, destinations }) => [...sources, ...destinations])),
    ...firewalls.flatMap((firewall) =>
      firewall.kind === "policy"
        ? []
        : [...firewall.natCollections, ...firewall.networkCollections].flatMap(({ rules }) =>
            rules.flatMap(({ sources, destinations }) => [...sources, ...destinations]),
          ),
    ),
    ...routeTables.flatMap(({ routes }) => (routes ?? []).flatMap(({ addressPrefix }) => addressPrefix ?? [])),
  ]);
  const names = [...texts].map((text) => text.trim().toLowerCase()).filter((text) => !isAddress(text));
  return {
    applicationGroups: new Set(names.filter((name) => name.includes("/applicationsecuritygroups/"))),
    ipGroups: new Set(names.filter((name) => name.includes("/ipgroups/"))),
    tags: new Set(names.filter((name) => !name.includes("/") && !BY_NETWORK.has(name.replaceAll("_", "")))),
  };
};

export interface NetworkAround {
  readonly network: Reading<VirtualNetwork>;
  /** `undefined` when the subnet has none. */
  readonly routeTable: Reading<RouteTable> | undefined;
  /** Of `peersThatTellNothing`; `undefined` when they can't be read. */
  readonly prefixesOf: (network: string) => readonly string[] | undefined;
  readonly tags: ReadonlyMap<string, readonly string[]>;
}

/**
 * What `VirtualNetwork` is for a machine in a subnet; a text that isn't a prefix says that something of it is unknown.
 *
 * What a gateway learned from elsewhere isn't told by any resource, and is left out.
 */
export const virtualNetworkOf = ({
  network,
  routeTable,
  prefixesOf,
  tags,
}: NetworkAround): readonly string[] | undefined => {
  if (network.kind !== "found") return undefined;
  const peered = livePeerings(network.value).flatMap((peering) => {
    const told = toldBy(peering);
    if (told.length > 0) return told;
    return prefixesOf(remoteOf(peering)) ?? [`network behind peering ${peering.name ?? ""}`];
  });
  return [...new Set([...(network.value.addressSpace?.addressPrefixes ?? []), ...peered, ...routed(routeTable, tags)])];
};

/** Ids of the networks peered with it whose prefixes only they themselves know. */
export const peersThatTellNothing = (network: VirtualNetwork): readonly string[] =>
  livePeerings(network)
    .filter((peering) => toldBy(peering).length === 0)
    .map(remoteOf);

const livePeerings = ({ virtualNetworkPeerings }: VirtualNetwork): readonly VirtualNetworkPeering[] =>
  (virtualNetworkPeerings ?? []).filter(
    ({ peeringState, allowVirtualNetworkAccess }) =>
      (peeringState === undefined || peeringState.toLowerCase() === "connected") && allowVirtualNetworkAccess !== false,
  );

/** The prefixes as they were when the peering was made or synced, and as they are: either may be obeyed. */
const toldBy = ({ remoteAddressSpace, remoteVirtualNetworkAddressSpace }: VirtualNetworkPeering): readonly string[] => [
  ...(remoteVirtualNetworkAddressSpace?.addressPrefixes ?? []),
  ...(remoteAddressSpace?.addressPrefixes ?? []),
];

const remoteOf = ({ remoteVirtualNetwork }: VirtualNetworkPeering): string => idKey(remoteVirtualNetwork?.id ?? "");

/**
 * "Address prefixes used on user-defined routes. This tag might also contain default routes."
 * https://learn.microsoft.com/azure/virtual-network/service-tags-overview#available-service-tags
 *
 * It was seen to be `0.0.0.0/0` and nothing else under a default route to an appliance (https://github.com/MicrosoftDocs/azure-docs/issues/22178). "Might"
 * isn't to be built on, either way.
 */
const routed = (
  routeTable: Reading<RouteTable> | undefined,
  tags: ReadonlyMap<string, readonly string[]>,
): readonly string[] => {
  if (routeTable === undefined || routeTable.kind === "gone") return [];
  if (routeTable.kind === "forbidden") return ["a route table that can't be read"];
  return (routeTable.value.routes ?? []).flatMap(({ name, addressPrefix = "" }) => {
    if (addressPrefix === "0.0.0.0/0" || addressPrefix === "::/0") {
      return [`default route ${name ?? ""} of ${routeTable.value.name ?? nameOf(routeTable.value.id ?? "")}`];
    }
    return tags.get(addressPrefix.toLowerCase()) ?? [addressPrefix];
  });
};

/** Whoever evaluates knows these by themselves. */
const BY_NETWORK = new Set(["*", "any", "", "virtualnetwork", "internet", "azureloadbalancer"]);

const isAddress = (text: string): boolean =>
  text.split("-").every((part) => /^[\d.]+(?:\/\d+)?$/u.test(part)) || parseCidr(text) !== undefined;
