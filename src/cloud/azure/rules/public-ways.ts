/** How strangers get to an interface's address without passing a firewall: its public address, and load balancers. */

import type {
  NetworkInterfaceIPConfiguration as Configuration,
  InboundNatRule,
  LoadBalancer,
  LoadBalancingRule,
  PublicIPAddress,
} from "@azure/arm-network";
import type { PublicWay, WayPorts } from "../../rules.ts";
import { idKey, nameOf } from "../resource-id.ts";
import { readProtocol } from "./nsg-rules.ts";
import type { Reading, ResourceCache } from "./resource-cache.ts";

export interface PublicWaysDeps {
  readonly publicAddresses: ResourceCache<PublicIPAddress>;
  readonly loadBalancers: ResourceCache<LoadBalancer>;
}

/** A public address that isn't allocated leads nowhere. One that may not be read may lead here. */
export const publicWaysTo = async (
  configuration: Configuration,
  { publicAddresses, loadBalancers }: PublicWaysDeps,
): Promise<readonly PublicWay[]> => {
  const wayOf = async (kind: PublicWay["kind"], id: string | undefined, ports?: readonly WayPorts[]) => {
    if (id === undefined) return [];
    const address = addressIn(await publicAddresses.read(id), id);
    return address === undefined ? [] : [{ kind, ...address, ...(ports === undefined ? {} : { ports }) }];
  };

  const pools = idsOf(configuration.loadBalancerBackendAddressPools);
  const natRules = idsOf(configuration.loadBalancerInboundNatRules);
  const balancers = new Set([...pools, ...natRules].flatMap((id) => balancerOf(id) ?? []));
  const balanced = await Promise.all(
    [...balancers].map(async (id) => {
      const reading = await loadBalancers.read(id);
      if (reading.kind === "gone") return [];
      if (reading.kind === "forbidden") {
        return [{ kind: "load-balancer", address: nameOf(id), sku: "unknown" } satisfies PublicWay];
      }
      const ways = frontends(reading.value, pools, natRules).map(async ({ publicAddress, ports }) =>
        wayOf("load-balancer", publicAddress, ports),
      );
      return (await Promise.all(ways)).flat();
    }),
  );
  return [...(await wayOf("address", configuration.publicIPAddress?.id)), ...balanced.flat()];
};

const addressIn = (reading: Reading<PublicIPAddress>, id: string): Pick<PublicWay, "address" | "sku"> | undefined => {
  switch (reading.kind) {
    case "found": {
      const { ipAddress, sku } = reading.value;
      return ipAddress === undefined ? undefined : { address: ipAddress, sku: skuOf(sku?.name) };
    }
    case "forbidden":
      return { address: nameOf(id), sku: "unknown" };
    case "gone":
      return undefined;
  }
};

/** `StandardV2` is closed without an NSG, too. */
const skuOf = (name: string | undefined): PublicWay["sku"] =>
  name?.toLowerCase() === "basic" ? "basic" : /^standard/iu.test(name ?? "") ? "standard" : "unknown";

interface Frontend {
  readonly publicAddress: string;
  readonly ports: readonly WayPorts[];
}

/** Those of its public frontends of which some rule sends on to one of these pools, or is one of these NAT rules. */
const frontends = (
  { frontendIPConfigurations, loadBalancingRules, inboundNatRules }: LoadBalancer,
  pools: readonly string[],
  natRules: readonly string[],
): readonly Frontend[] => {
  const leading = [
    ...(loadBalancingRules ?? []).filter((rule) => poolsOf(rule).some((pool) => pools.includes(pool))),
    ...(inboundNatRules ?? []).filter(
      ({ id, backendAddressPool }) =>
        natRules.includes(idKey(id ?? "")) || pools.includes(idKey(backendAddressPool?.id ?? "")),
    ),
  ];
  return (frontendIPConfigurations ?? []).flatMap(({ id, publicIPAddress }): Frontend[] => {
    const here = leading.filter(
      ({ frontendIPConfiguration }) => idKey(frontendIPConfiguration?.id ?? "") === idKey(id ?? ""),
    );
    return publicIPAddress?.id === undefined || here.length === 0
      ? []
      : [{ publicAddress: publicIPAddress.id, ports: here.map(portsOf) }];
  });
};

const poolsOf = ({ backendAddressPool, backendAddressPools }: LoadBalancingRule): readonly string[] => [
  ...idsOf(backendAddressPool === undefined ? [] : [backendAddressPool]),
  ...idsOf(backendAddressPools),
];

/** Port 0 with protocol `All` is every port: https://learn.microsoft.com/azure/load-balancer/load-balancer-ha-ports-overview */
const portsOf = ({ protocol, backendPort }: LoadBalancingRule | InboundNatRule): WayPorts => ({
  protocol: readProtocol(protocol),
  ...(backendPort === undefined || backendPort === 0
    ? { from: 0, to: 65_535 }
    : { from: backendPort, to: backendPort }),
});

/** `…/loadBalancers/lb/backendAddressPools/web` → `…/loadbalancers/lb` */
const balancerOf = (id: string): string | undefined => /^(.+\/loadbalancers\/[^/]+)\//u.exec(id)?.[1];

const idsOf = (resources: readonly { readonly id?: string }[] | undefined): readonly string[] =>
  (resources ?? []).flatMap(({ id }) => (id === undefined ? [] : [idKey(id)]));
