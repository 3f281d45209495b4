/** Where a subnet sends its packets: https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview */

import { type Address, contains, type Prefix, readPrefix } from "./address.ts";

export interface RoutedNetwork {
  readonly id: string;
  readonly prefixes: readonly string[];
  readonly peerings?: readonly { readonly remote: string; readonly state?: string }[];
}

export interface RouteTable {
  readonly id: string;
  readonly routes: readonly {
    readonly addressPrefix: string;
    readonly nextHopType: string;
    readonly nextHopIpAddress?: string;
  }[];
}

export type NextHop =
  | { readonly kind: "direct" }
  | { readonly kind: "nowhere" }
  | { readonly kind: "appliance"; readonly address: string };

/** The longest prefix wins, and of two alike the user's own route. */
export const nextHop = (
  to: Address,
  table: RouteTable | undefined,
  network: RoutedNetwork,
  networks: readonly RoutedNetwork[],
): NextHop => {
  const own = (table?.routes ?? []).flatMap((route) => entry(route.addressPrefix, hopOf(route)));
  const system = [...network.prefixes, ...peeredPrefixes(network, networks)].flatMap((text) =>
    entry(text, { kind: "direct" }),
  );
  const [best] = [...own, ...system]
    .filter(({ prefix }) => contains(prefix, to))
    .toSorted((a, b) => b.prefix.length - a.prefix.length);
  return best?.hop ?? { kind: "direct" };
};

/** Of the networks that are peered with this one. */
export const peeredPrefixes = (network: RoutedNetwork, networks: readonly RoutedNetwork[]): readonly string[] =>
  (network.peerings ?? [])
    .filter(({ state }) => state === undefined || state === "Connected")
    .flatMap(({ remote }) => networks.find(({ id }) => id.toLowerCase() === remote.toLowerCase())?.prefixes ?? []);

const entry = (text: string, hop: NextHop): readonly { readonly prefix: Prefix; readonly hop: NextHop }[] => {
  const prefix = readPrefix(text);
  return prefix === undefined ? [] : [{ prefix, hop }];
};

const hopOf = ({ nextHopType, nextHopIpAddress }: RouteTable["routes"][number]): NextHop => {
  if (nextHopType === "None") return { kind: "nowhere" };
  if (nextHopType !== "VirtualAppliance" || nextHopIpAddress === undefined) return { kind: "direct" };
  return { kind: "appliance", address: nextHopIpAddress };
};
