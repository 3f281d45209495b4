/** Decides on the way to a machine: by routes, and by the Azure Firewalls that they lead through or that translate. */

import { type Address, readAddress, showAddress } from "./address.ts";
import { type FirewallReading, type Names, networkDecision, translate } from "./azure-firewall.ts";
import { admit } from "./azure-groups.ts";
import { gatewayOf, machineOf, placeOf, subnetOf } from "./azure-place.ts";
import { type AzureReading, type AzureSource, byId } from "./azure-reading.ts";
import { nextHop } from "./azure-routes.ts";
import { closed, type Flow, type Verdict } from "./ground.ts";

/** DNAT, then network rules on what was translated, which is allowed unless one denies it, then the machine's own groups. */
export const admitTranslated = (
  source: AzureSource,
  held: AzureReading,
  firewall: FirewallReading,
  flow: Flow,
): Verdict => {
  const { name } = gatewayOf(held, firewall);
  if (firewall.firewallPolicy !== undefined) return closed(`${name} has its rules in a policy, which isn't here`);
  const from = readAddress(flow.from);
  const to = readAddress(flow.address);
  if (from === undefined || to === undefined || from.family !== to.family)
    return closed("not an address of that family");
  const names = namesIn(source, held);
  const translated = translate(firewall, { from, to, port: flow.port }, names);
  if (translated === undefined) return closed(`no DNAT rule of ${name}`);
  const decision = networkDecision(firewall, { from, to: translated.to, port: translated.port }, names);
  if (decision?.allows === false) return closed(`${name} ${decision.rule}`);

  const address = showAddress(translated.to);
  const behind = held.virtualMachines.map((machine) => machineOf(held, machine));
  const machine = behind.find(({ addresses }) => addresses.includes(address));
  const inside = sourceBehind(held, firewall, from);
  if (machine === undefined || inside === undefined) return closed(`nobody is at ${address}`);
  const last = { ...flow, machineId: machine.id, address, port: translated.port, from: inside };
  const verdict = admit(source, held, last);
  if (verdict.kind === "closed") return verdict;
  const because = `${name} ${translated.rule} and ${verdict.because}`;
  return { kind: "open", because, tracked: true, reaches: { machine, port: translated.port } };
};

/**
 * What is translated comes from one of the firewall's instances, whose addresses are in its subnet and aren't the one that routes name.
 * https://techcommunity.microsoft.com/blog/azurenetworksecurityblog/azure-firewall-nat-behaviors/3825834
 */
const sourceBehind = (
  held: AzureReading,
  { privateAddress, ipConfigurations }: FirewallReading,
  from: Address,
): string | undefined => {
  const address = readAddress(privateAddress);
  const configured = ipConfigurations.some(({ subnet }) => subnet !== undefined);
  if (address === undefined || !configured || held.virtualNetworks.length === 0) return undefined;
  return showAddress({ ...address, bits: address.bits + 1n + (from.bits % INSTANCES) });
};

const INSTANCES = 2n;

/** Why a packet to a private address doesn't even come to the machine's groups; one to a public address isn't routed by the user. */
export const refusedOnTheWay = (source: AzureSource, held: AzureReading, flow: Flow): Verdict | undefined => {
  const place = placeOf(held, flow);
  const from = readAddress(flow.from);
  const to = readAddress(flow.address);
  if (typeof place === "string" || from === undefined || to === undefined || from.family !== to.family)
    return undefined;
  if (place.configuration.privateAddress !== flow.address || place.network === undefined) return undefined;
  const start = subnetOf(held, from);
  const hops = [
    nextHop(from, byId(held.routeTables ?? [], place.subnet?.routeTable), place.network, held.virtualNetworks),
    ...(start === undefined
      ? []
      : [nextHop(to, byId(held.routeTables ?? [], start.subnet.routeTable), start.network, held.virtualNetworks)]),
  ];
  for (const hop of hops) {
    if (hop.kind === "nowhere") return closed("a route leads nowhere");
    if (hop.kind === "direct") continue;
    const firewall = (held.azureFirewalls ?? []).find(({ privateAddress }) => privateAddress === hop.address);
    if (firewall === undefined) return closed(`a route leads to ${hop.address}, where nobody is`);
    const { name } = gatewayOf(held, firewall);
    if (firewall.firewallPolicy !== undefined) return closed(`${name} has its rules in a policy, which isn't here`);
    // Private destinations keep the packet's source: https://learn.microsoft.com/azure/firewall/snat-private-range
    const decision = networkDecision(firewall, { from, to, port: flow.port }, namesIn(source, held));
    if (decision?.allows !== true) return closed(`${name} ${decision?.rule ?? "has no rule that allows it"}`);
  }
  return undefined;
};

const namesIn = (source: AzureSource, held: AzureReading): Names => ({
  ipGroup: (id) => byId(held.ipGroups ?? [], id)?.addresses ?? [],
  serviceTag: (name) => (Object.hasOwn(source.serviceTags ?? {}, name) ? source.serviceTags?.[name] : undefined),
});
