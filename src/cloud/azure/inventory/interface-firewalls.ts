/** What a packet to an interface must pass, from what Azure lists of subnets, routes and firewalls. */

import type {
  AzureFirewall,
  NetworkInterface as AzureInterface,
  RouteTable,
  Subnet,
  VirtualNetwork,
} from "@azure/arm-network";
import type { NetworkInterface, Translator } from "../../../access/machine.ts";
import { type Cidr, familyOf, parseCidr } from "../../../access/source.ts";
import { classicFirewallId, idKey, nameOf, nsgFirewallId } from "../resource-id.ts";
import { firewallsBefore, hasPublicAddress, isIn, isNear, networkOfSubnet } from "./behind-firewall.ts";

/** A subnet as far as it could be seen: `gone` is known not to be there, `unknown` may have anything. */
export type SubnetView =
  | {
      readonly kind: "seen";
      readonly nsg: string | undefined;
      readonly routeTable: string | undefined;
      readonly prefixes: readonly Cidr[];
    }
  | { readonly kind: "gone" }
  | { readonly kind: "unknown" };

/** Keys are `idKey`s of resource ids. */
export interface Surroundings {
  readonly subnets: ReadonlyMap<string, SubnetView>;
  readonly networks: ReadonlyMap<string, VirtualNetwork>;
  readonly routeTables: ReadonlyMap<string, RouteTable>;
  readonly firewalls: readonly AzureFirewall[];
  /** Whether firewalls could be listed everywhere. */
  readonly allFirewalls: boolean;
}

export type FirewallsBefore = Pick<NetworkInterface, "firewalls" | "translators" | "isUnsure" | "policyFirewall">;

export const viewOf = ({ networkSecurityGroup, routeTable, addressPrefix, addressPrefixes }: Subnet): SubnetView => ({
  kind: "seen",
  nsg: networkSecurityGroup?.id,
  routeTable: routeTable?.id,
  prefixes: [...(addressPrefix ? [addressPrefix] : []), ...(addressPrefixes ?? [])].flatMap(
    (text) => parseCidr(text) ?? [],
  ),
});

/**
 * The subnet's NSG, the interface's own, and the classic Azure Firewalls that it is behind. No firewalls at all when there may be one that we can't
 * see or can't let people through: opening only the others would be called "open" and let nobody in.
 *
 * So a role that may not list firewalls or route tables, as one from before they were of interest, costs nothing where no firewall can be; and where
 * the networks, which it may list, have a firewall's subnet that may matter to the interface, it takes the interface away from us.
 */
export const firewallsBeforeInterface = (nic: AzureInterface, around: Surroundings): FirewallsBefore => {
  const configurations = nic.ipConfigurations ?? [];
  const subnets = configurations.flatMap(({ subnet }) => (subnet?.id === undefined ? [] : [idKey(subnet.id)]));
  const views = subnets.map((id): SubnetView => around.subnets.get(id) ?? { kind: "unknown" });
  const before = new Set(
    configurations.flatMap(({ privateIPAddress = "", subnet }) =>
      firewallsAt(privateIPAddress, subnet?.id, nic, around),
    ),
  );
  const [policy] = [...before].filter(isInPolicy);
  const policyFirewall = policy === undefined ? {} : { policyFirewall: policyOf(policy) };
  const classic = [...before].filter((firewall) => !isInPolicy(firewall));
  const translators = classic.filter(isReachable).map((firewall) => translatorOf(firewall, around));

  const isUnsure =
    views.some(({ kind }) => kind === "unknown") ||
    translators.some(({ sendsFrom }) => sendsFrom.length === 0) ||
    subnets.some((subnet) => mayHideFirewall(subnet, nic, before.size > 0, around));
  if (isUnsure) return { firewalls: [], isUnsure, ...policyFirewall };

  const ids = [
    ...views.flatMap((view) => (view.kind === "seen" && view.nsg !== undefined ? [view.nsg] : [])),
    ...(nic.networkSecurityGroup?.id === undefined ? [] : [nic.networkSecurityGroup.id]),
  ];
  return {
    firewalls: [...new Set([...ids.map(nsgFirewallId), ...classic.map(({ id = "" }) => classicFirewallId(id))])],
    ...(translators.length === 0 ? {} : { translators }),
    ...policyFirewall,
  };
};

const firewallsAt = (
  address: string,
  subnet: string | undefined,
  nic: AzureInterface,
  around: Surroundings,
): readonly AzureFirewall[] =>
  firewallsBefore(
    {
      privateAddress: address,
      network: networkOfSubnet(subnet ?? ""),
      routes: routesOf(subnet, around) ?? [],
      hasPublicAddress: hasPublicAddress(nic),
    },
    around.firewalls,
    around.networks,
  );

/** `undefined`: there is a route table that we can't read. */
const routesOf = (subnet: string | undefined, { subnets, routeTables }: Surroundings): RouteTable["routes"] => {
  const view = subnets.get(idKey(subnet ?? ""));
  if (view?.kind !== "seen" || view.routeTable === undefined) return [];
  const table = routeTables.get(idKey(view.routeTable));
  return table === undefined ? undefined : (table.routes ?? []);
};

/** Whether a firewall may stand before this subnet of which nothing was said so far. */
const mayHideFirewall = (subnet: string, nic: AzureInterface, isBehindOne: boolean, around: Surroundings): boolean => {
  const network = networkOfSubnet(subnet);
  const routes = routesOf(subnet, around);
  const isOneNear = network !== undefined && around.firewalls.some((each) => isNear(each, network, around.networks));
  if (routes === undefined && !isBehindOne && isOneNear) return true;
  if (around.allFirewalls) return false;
  const ofFirewalls = [...around.subnets].filter(([id]) => id.endsWith("/subnets/azurefirewallsubnet"));
  const prefixes = ofFirewalls.flatMap(([, view]) => (view.kind === "seen" ? view.prefixes : []));
  return (
    (routes ?? []).some(({ nextHopIpAddress = "" }) => prefixes.some((prefix) => isIn(prefix, nextHopIpAddress))) ||
    (routes === undefined && ofFirewalls.length > 0) ||
    (!hasPublicAddress(nic) && ofFirewalls.some(([id]) => networkOfSubnet(id) === network))
  );
};

const isInPolicy = ({ firewallPolicy }: AzureFirewall): boolean => firewallPolicy?.id !== undefined;

const policyOf = ({ name, id, firewallPolicy }: AzureFirewall): { readonly name: string; readonly policy: string } => ({
  name: name ?? nameOf(id ?? ""),
  policy: nameOf(firewallPolicy?.id ?? ""),
});

/** Without a public address it only lets through what is routed to it. */
const isReachable = ({ ipConfigurations = [] }: AzureFirewall): boolean =>
  ipConfigurations.some(({ publicIPAddress }) => publicIPAddress?.id !== undefined);

/** What is translated comes from an address of whichever of its instances did it. https://learn.microsoft.com/azure/firewall/snat-private-range */
const translatorOf = ({ id = "", ipConfigurations = [] }: AzureFirewall, { subnets }: Surroundings): Translator => ({
  firewall: classicFirewallId(id),
  sendsFrom: [
    ...new Set(
      ipConfigurations.flatMap(({ subnet }) => {
        const view = subnets.get(idKey(subnet?.id ?? ""));
        return view?.kind === "seen" ? view.prefixes.filter((prefix) => familyOf(prefix) === "ipv4") : [];
      }),
    ),
  ].toSorted(),
});
