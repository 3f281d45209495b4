/** Which Azure Firewalls a machine's address is behind, as far as routes, translations and networks tell. */

import type { AzureFirewall, NetworkInterface, Route, VirtualNetwork } from "@azure/arm-network";
import { contains, parseCidr, showCidr } from "../../../access/source.ts";
import { idKey } from "../resource-id.ts";

/** One address of an interface, and what leads to it and away from it. */
export interface Whereabouts {
  readonly privateAddress: string;
  /** The virtual network that its subnet is in; in any letter case. */
  readonly network: string | undefined;
  /** Of its subnet's route table; empty when it has none or it couldn't be read. */
  readonly routes: readonly Route[];
  /** Whether strangers get to its interface (all of it) without a firewall. */
  readonly hasPublicAddress: boolean;
}

/** By `idKey` of their ids, as far as they are known: the address's own one, or else those of the firewalls. */
export type Networks = ReadonlyMap<string, VirtualNetwork>;

/**
 * Those that its route table sends its traffic through, those that translate to it, and, when it has no public address of its own, those in its network: a
 * DNAT rule is then all that it takes to let strangers in. In the order given.
 */
export const firewallsBefore = <F extends AzureFirewall>(
  to: Whereabouts,
  firewalls: readonly F[],
  networks: Networks,
): readonly F[] => {
  const network = to.network === undefined ? undefined : idKey(to.network);
  if (network === undefined) return [];
  const found = firewalls.filter((firewall) => isNear(firewall, network, networks) && isBefore(firewall, to, network));
  if (found.length > 0) return found;

  // A route leads to an address in another network, though no peering was told: to a firewall if only one has this address. Translations alone don't
  // count here, because networks that aren't connected often have the same addresses.
  const prefixes = networks.get(network)?.addressSpace?.addressPrefixes ?? [];
  const routes = to.routes.filter(
    ({ nextHopIpAddress }) => !prefixes.some((prefix) => isIn(prefix, nextHopIpAddress ?? "")),
  );
  const routed = firewalls.filter((firewall) => isNextHop(firewall, routes));
  return routed.length === 1 ? routed : [];
};

/** In the same virtual network, or in one that is peered with it: a private address means something only there. */
export const isNear = (firewall: AzureFirewall, network: string, networks: Networks): boolean => {
  const arePeered = (one: string, other: string): boolean =>
    (networks.get(one)?.virtualNetworkPeerings ?? []).some(
      ({ remoteVirtualNetwork }) => idKey(remoteVirtualNetwork?.id ?? "") === other,
    );
  return networksOf(firewall).some((its) => its === network || arePeered(network, its) || arePeered(its, network));
};

/** Any of them, also one that isn't allocated yet: it will be. */
export const hasPublicAddress = ({ ipConfigurations }: NetworkInterface): boolean =>
  (ipConfigurations ?? []).some(({ publicIPAddress }) => publicIPAddress?.id !== undefined);

/** `…/virtualNetworks/hub/subnets/web` → `…/virtualnetworks/hub`; `undefined` for what isn't a subnet. */
export const networkOfSubnet = (subnet: string): string | undefined =>
  /^(.+)\/subnets\/[^/]+$/u.exec(idKey(subnet))?.[1];

const isBefore = (firewall: AzureFirewall, to: Whereabouts, network: string): boolean =>
  isNextHop(firewall, to.routes) ||
  translatesTo(firewall, to.privateAddress) ||
  (!to.hasPublicAddress && networksOf(firewall).includes(network));

/** https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview#user-defined */
const isNextHop = (firewall: AzureFirewall, routes: readonly Route[]): boolean => {
  const own = privateAddressesOf(firewall);
  return routes.some(
    ({ nextHopIpAddress }) => nextHopIpAddress !== undefined && own.includes(canonical(nextHopIpAddress)),
  );
};

const translatesTo = ({ natRuleCollections }: AzureFirewall, address: string): boolean =>
  (natRuleCollections ?? []).some(({ rules }) =>
    (rules ?? []).some(
      ({ translatedAddress }) => translatedAddress !== undefined && canonical(translatedAddress) === canonical(address),
    ),
  );

/** One in a virtual hub has its address elsewhere than one in a network. */
const privateAddressesOf = ({ ipConfigurations, hubIPAddresses }: AzureFirewall): readonly string[] =>
  [
    ...(ipConfigurations ?? []).map(({ privateIPAddress }) => privateIPAddress),
    hubIPAddresses?.privateIPAddress,
  ].flatMap((address) => (address === undefined ? [] : [canonical(address)]));

/** Lower case. */
export const networksOf = ({ ipConfigurations }: AzureFirewall): readonly string[] =>
  (ipConfigurations ?? []).flatMap(({ subnet }) => networkOfSubnet(subnet?.id ?? "") ?? []);

const canonical = (address: string): string => {
  const parsed = parseCidr(address.trim());
  return parsed === undefined ? address.trim().toLowerCase() : showCidr(parsed);
};

/** Whether an address or a prefix is in a prefix, as written; what can't be read isn't. */
export const isIn = (prefix: string, address: string): boolean => {
  const [outer, inner] = [parseCidr(prefix), parseCidr(address)];
  return outer !== undefined && inner !== undefined && contains(outer, inner);
};
