import type { LoadBalancer, PublicIPAddress } from "@azure/arm-network";
import { expect, test } from "vitest";
import { publicWaysTo } from "../../../../src/cloud/azure/rules/public-ways.ts";
import type { Reading, ResourceCache } from "../../../../src/cloud/azure/rules/resource-cache.ts";

const BASE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network";
const id = (type: string, name: string): string => `${BASE}/${type}/${name}`;
const part = (kind: string, name: string): { id: string } => ({ id: `${id("loadBalancers", "LB")}/${kind}/${name}` });

const cacheOf = <T>(readings: Readonly<Record<string, Reading<T>>>): ResourceCache<T> => ({
  read: async (asked) =>
    Object.entries(readings).find(([key]) => key.toLowerCase() === asked.toLowerCase())?.[1] ?? { kind: "gone" },
  all: async () => [],
});

const found = <T>(value: T): Reading<T> => ({ kind: "found", value });

const publicAddresses = cacheOf<PublicIPAddress>({
  [id("publicIPAddresses", "own")]: found({ ipAddress: "52.0.0.1", sku: { name: "Basic" } }),
  [id("publicIPAddresses", "front")]: found({ ipAddress: "52.0.0.2", sku: { name: "StandardV2" } }),
  [id("publicIPAddresses", "waiting")]: found({ sku: { name: "Standard" } }),
  [id("publicIPAddresses", "hidden")]: { kind: "forbidden" },
});

const balancer: LoadBalancer = {
  frontendIPConfigurations: [
    { ...part("frontendIPConfigurations", "out"), publicIPAddress: { id: id("publicIPAddresses", "front") } },
    { ...part("frontendIPConfigurations", "unused"), publicIPAddress: { id: id("publicIPAddresses", "own") } },
    part("frontendIPConfigurations", "inner"),
  ],
  loadBalancingRules: [
    {
      frontendIPConfiguration: part("frontendIPConfigurations", "OUT"),
      backendAddressPools: [part("backendAddressPools", "Web")],
      protocol: "Tcp",
      frontendPort: 443,
      backendPort: 8_443,
    },
    {
      frontendIPConfiguration: part("frontendIPConfigurations", "inner"),
      backendAddressPool: part("backendAddressPools", "web"),
      protocol: "All",
      frontendPort: 0,
      backendPort: 0,
    },
    {
      frontendIPConfiguration: part("frontendIPConfigurations", "unused"),
      backendAddressPool: part("backendAddressPools", "others"),
      protocol: "Tcp",
      frontendPort: 25,
      backendPort: 25,
    },
  ],
  inboundNatRules: [
    {
      ...part("inboundNatRules", "ssh-1"),
      frontendIPConfiguration: part("frontendIPConfigurations", "out"),
      protocol: "Tcp",
      frontendPort: 2_201,
      backendPort: 22,
    },
    {
      ...part("inboundNatRules", "rdp-2"),
      frontendIPConfiguration: part("frontendIPConfigurations", "out"),
      protocol: "Tcp",
      frontendPort: 2_202,
      backendPort: 3_389,
    },
  ],
};

const deps = {
  publicAddresses,
  loadBalancers: cacheOf({ [id("loadBalancers", "lb")]: found(balancer) }),
};

const withAddress = (name: string) => ({ publicIPAddress: { id: id("publicIPAddresses", name) } });

test("a public address is a way, with what its sku says", async () => {
  expect(await publicWaysTo(withAddress("own"), deps)).toEqual([
    { kind: "address", address: "52.0.0.1", sku: "basic" },
  ]);
  expect(await publicWaysTo({}, deps)).toEqual([]);
});

test("one that isn't allocated leads nowhere, one that may not be read may lead here", async () => {
  expect(await publicWaysTo(withAddress("waiting"), deps)).toEqual([]);
  expect(await publicWaysTo(withAddress("hidden"), deps)).toEqual([
    { kind: "address", address: "hidden", sku: "unknown" },
  ]);
});

test("a load balancer is a way to the ports that its rules send on to here", async () => {
  const configuration = {
    loadBalancerBackendAddressPools: [part("backendAddressPools", "WEB")],
    loadBalancerInboundNatRules: [part("inboundNatRules", "SSH-1")],
  };
  expect(await publicWaysTo(configuration, deps)).toEqual([
    {
      kind: "load-balancer",
      address: "52.0.0.2",
      sku: "standard",
      ports: [
        { protocol: "tcp", from: 8_443, to: 8_443 },
        { protocol: "tcp", from: 22, to: 22 },
      ],
    },
  ]);
});

test("a load balancer that may not be read may lead to any port", async () => {
  const loadBalancers = cacheOf<LoadBalancer>({ [id("loadBalancers", "lb")]: { kind: "forbidden" } });
  const configuration = { loadBalancerBackendAddressPools: [part("backendAddressPools", "web")] };
  expect(await publicWaysTo(configuration, { ...deps, loadBalancers })).toEqual([
    { kind: "load-balancer", address: "lb", sku: "unknown" },
  ]);
});
