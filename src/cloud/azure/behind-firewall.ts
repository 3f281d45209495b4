/** Which Azure Firewalls a machine's address is behind, as far as routes, translations and networks tell. */

import type { AzureFirewall, NetworkInterface, Route } from "@azure/arm-network";
import { parseCidr, showCidr } from "../../access/source.ts";
import { idKey } from "./resource-id.ts";

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

/**
 * Those that its route table sends its traffic through, those that translate to it, and, when it has no public address of its own, those in its network: a
 * DNAT rule is then all that it takes to let strangers in. In the order given.
 */
export const firewallsBefore = <F extends AzureFirewall>(to: Whereabouts, firewalls: readonly F[]): readonly F[] =>
  firewalls.filter(
    (firewall) =>
      isNextHop(firewall, to.routes) ||
      translatesTo(firewall, to.privateAddress) ||
      (!to.hasPublicAddress && to.network !== undefined && networksOf(firewall).includes(idKey(to.network))),
  );

/** Any of them, also one that isn't allocated yet: it will be. */
export const hasPublicAddress = ({ ipConfigurations }: NetworkInterface): boolean =>
  (ipConfigurations ?? []).some(({ publicIPAddress }) => publicIPAddress?.id !== undefined);

/** `…/virtualNetworks/hub/subnets/web` → `…/virtualnetworks/hub`; `undefined` for what isn't a subnet. */
export const networkOfSubnet = (subnet: string): string | undefined =>
  /^(.+)\/subnets\/[^/]+$/u.exec(idKey(subnet))?.[1];

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

const networksOf = ({ ipConfigurations }: AzureFirewall): readonly string[] =>
  (ipConfigurations ?? []).flatMap(({ subnet }) => networkOfSubnet(subnet?.id ?? "") ?? []);

const canonical = (address: string): string => {
  const parsed = parseCidr(address.trim());
  return parsed === undefined ? address.trim().toLowerCase() : showCidr(parsed);
};
