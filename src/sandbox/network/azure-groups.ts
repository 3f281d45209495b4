/** Decides by the security groups of the place where a flow ends. */

import { type Address, readAddress } from "./address.ts";
import { type Place, placeOf } from "./azure-place.ts";
import { type AzureReading, type AzureSource, byId } from "./azure-reading.ts";
import { peeredPrefixes } from "./azure-routes.ts";
import { closed, type Flow, type Verdict } from "./ground.ts";
import { allows, decidingRule, type Packet } from "./nsg.ts";

export const admit = (source: AzureSource, held: AzureReading, flow: Flow): Verdict => {
  const place = placeOf(held, flow);
  if (typeof place === "string") return closed(place);
  const { configuration, groups } = place;
  const from = readAddress(flow.from);
  // Rules are evaluated after the public address was translated: the destination is the private one.
  const to = readAddress(configuration.privateAddress);
  if (from === undefined || to === undefined) return closed("not an address");
  if (from.family !== to.family) return closed("the source has no address of that family");

  if (groups.length === 0) {
    // Standard public addresses are closed unless a group opens them, Basic ones open unless one closes them.
    // https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses
    const sku = byId(held.publicAddresses, configuration.publicAddress)?.sku;
    if (flow.address !== configuration.privateAddress && sku !== "Basic")
      return closed("a public address without a network security group");
    return { kind: "open", because: "no network security group", tracked: true };
  }
  const packet = packetOf(source, held, place, flow, from, to);
  const deciding = groups.map((group) => decidingRule(group.rules, packet));
  const denying = deciding.find((rule) => !allows(rule));
  if (denying !== undefined) return closed(denying.name);
  return { kind: "open", because: deciding.map(({ name }) => name).join(" and "), tracked: true };
};

const packetOf = (
  source: AzureSource,
  held: AzureReading,
  place: Place,
  flow: Flow,
  from: Address,
  to: Address,
): Packet => {
  const { network, configuration } = place;
  return {
    source: { address: from, port: flow.fromPort, applicationGroups: applicationGroupsAt(held, flow.from) },
    destination: {
      address: to,
      port: flow.port,
      applicationGroups: lowered(configuration.applicationSecurityGroups),
    },
    space: {
      virtualNetwork:
        network === undefined
          ? []
          : [
              ...network.prefixes,
              ...peeredPrefixes(network, held.virtualNetworks),
              ...(source.connectedTo?.(network.id) ?? []),
            ],
      tags: source.serviceTags ?? {},
    },
  };
};

const applicationGroupsAt = (held: AzureReading, address: string): ReadonlySet<string> =>
  lowered(
    held.networkInterfaces
      .flatMap(({ ipConfigurations }) => ipConfigurations)
      .filter(({ privateAddress }) => privateAddress === address)
      .flatMap(({ applicationSecurityGroups }) => applicationSecurityGroups ?? []),
  );

const lowered = (ids: readonly string[] | undefined): ReadonlySet<string> =>
  new Set((ids ?? []).map((id) => id.toLowerCase()));
