import { describe, expect, test } from "vitest";
import type { NetworkInterface } from "../../../../src/access/machine.ts";
import { NO_CHANGES } from "../../../../src/cloud/firewall.ts";
import type { AzureServerOptions } from "../../../../src/sandbox/azure/server.ts";
import type { AzureWorld } from "../../../../src/sandbox/azure/world.ts";
import { aFirewall, aHubWorld, FRONT, FW, FW_ID, setupHub } from "../classic-firewall/firewall-world.ts";
import { aRule, aWorld, free, NSG_ID, networkId, never, SUBNET_NSG } from "../small-world.ts";

const SUBNET_ID = `azure-nsg:${SUBNET_NSG.toLowerCase()}`;
const HUB = networkId("virtualNetworks", "hub");
const TRANSLATORS = [{ firewall: FW_ID, sendsFrom: ["10.1.0.0/26"] }];

const without = <T extends object, K extends keyof T>(whole: T, keys: readonly K[]): Omit<T, K> =>
  Object.fromEntries(Object.entries(whole).filter(([key]) => !keys.some((each) => each === key))) as Omit<T, K>;

/** Of `Prod-VM-3`, which has a public address, and of `prod-vm-4`, which has none. */
const guards = async (
  world: AzureWorld,
  forbidden?: RegExp,
  options: Partial<AzureServerOptions> = {},
): Promise<readonly Omit<NetworkInterface, "id" | "privateAddresses" | "publicAddresses">[]> => {
  const { cloud, faults } = await setupHub({ world, ...options });
  const body = JSON.stringify({ error: { code: "AuthorizationFailed", message: "no" } });
  if (forbidden !== undefined) faults.add({ calls: forbidden, does: { kind: "answer", status: 403, body } });
  const machines = await cloud.inventory.machines(never);
  return machines
    .flatMap(({ interfaces }) => interfaces)
    .slice(0, 2)
    .map((one) => without(one, ["id", "privateAddresses", "publicAddresses"]));
};

const withoutRoutes = (world: AzureWorld): AzureWorld => ({
  ...world,
  virtualNetworks: world.virtualNetworks.map((network) => ({
    ...network,
    subnets: network.subnets.map((subnet) => without(subnet, ["routeTable"])),
  })),
  routeTables: [],
});

const withoutPeerings = (world: AzureWorld): AzureWorld => ({
  ...world,
  virtualNetworks: world.virtualNetworks.map((network) => without(network, ["peerings"])),
});

const leadingTo = (address: string) =>
  aFirewall({
    natRuleCollections: [
      {
        name: "in",
        properties: {
          priority: 100,
          action: { type: "Dnat" },
          rules: [
            {
              name: "ssh",
              protocols: ["TCP"],
              sourceAddresses: ["*"],
              destinationAddresses: [FRONT],
              destinationPorts: ["22"],
              translatedAddress: address,
              translatedPort: "22",
            },
          ],
        },
      },
    ],
  });

/** The firewall's subnet is in the machines' own network. */
const inOneNetwork = (): AzureWorld => {
  const world = withoutRoutes(aHubWorld(aFirewall({ natRuleCollections: [], privateAddress: "10.0.9.4" })));
  const moved = networkId("virtualNetworks", "vnet/subnets/AzureFirewallSubnet");
  return {
    ...world,
    virtualNetworks: world.virtualNetworks
      .filter(({ id }) => id !== HUB)
      .map((network) => ({
        ...without(network, ["peerings"]),
        subnets: [...network.subnets, { name: "AzureFirewallSubnet", prefixes: ["10.0.9.0/26"] }],
      })),
    azureFirewalls: (world.azureFirewalls ?? []).map((firewall) => ({
      ...firewall,
      ipConfigurations: firewall.ipConfigurations.map((one, i) => (i === 0 ? { ...one, subnet: moved } : one)),
    })),
  };
};

describe("an interface is behind a firewall", () => {
  test("when its subnet is routed through it", async () => {
    expect(await guards(aHubWorld())).toEqual([
      { firewalls: [SUBNET_ID, NSG_ID, FW_ID], translators: TRANSLATORS },
      { firewalls: [SUBNET_ID, FW_ID], translators: TRANSLATORS },
    ]);
  });

  test("when somebody's translation leads to it, from the same or a peered network only", async () => {
    const world = withoutRoutes(aHubWorld(leadingTo("10.0.1.4")));
    expect(await guards(world)).toEqual([
      { firewalls: [SUBNET_ID, NSG_ID, FW_ID], translators: TRANSLATORS },
      { firewalls: [SUBNET_ID] },
    ]);
    expect(await guards(withoutPeerings(world))).toEqual([
      { firewalls: [SUBNET_ID, NSG_ID] },
      { firewalls: [SUBNET_ID] },
    ]);
  });

  test("when it has no public address of its own and the firewall is in its network", async () => {
    expect(await guards(inOneNetwork())).toEqual([
      { firewalls: [SUBNET_ID, NSG_ID] },
      { firewalls: [SUBNET_ID, FW_ID], translators: [{ firewall: FW_ID, sendsFrom: ["10.0.9.0/26"] }] },
    ]);
  });

  test("when a route leads to the only one that has the address, though no peering is told", async () => {
    expect((await guards(withoutPeerings(aHubWorld())))[1]?.firewalls).toEqual([SUBNET_ID, FW_ID]);
  });

  test("not when the route leads to an address of its own network", async () => {
    const world = withoutPeerings(aHubWorld(aFirewall({ privateAddress: "10.0.2.4" })));
    const routes = [
      {
        name: "all",
        addressPrefix: "0.0.0.0/0",
        nextHopType: "VirtualAppliance" as const,
        nextHopIpAddress: "10.0.2.4",
      },
    ];
    const routeTables = (world.routeTables ?? []).map((table) => ({ ...table, routes }));
    expect((await guards({ ...world, routeTables }))[1]?.firewalls).toEqual([SUBNET_ID]);
  });

  test("nor when there is none", async () => {
    expect(await guards(aWorld())).toEqual([{ firewalls: [SUBNET_ID, NSG_ID] }, { firewalls: [SUBNET_ID] }]);
  });
});

test("a firewall whose rules are in a policy is told beside what we can do", async () => {
  const policy = networkId("firewallPolicies", "pol-hub");
  const world = aHubWorld(
    aFirewall({
      firewallPolicy: policy,
      natRuleCollections: [],
      networkRuleCollections: [],
      applicationRuleCollections: [],
    }),
  );
  expect((await guards(world))[0]).toEqual({
    firewalls: [SUBNET_ID, NSG_ID],
    policyFirewall: { name: "fw-Hub", policy: "pol-hub" },
  });
});

describe("who may not see", () => {
  const firewalls = /\/azurefirewalls$/u;
  const tables = /\/routetables$/u;

  test("firewalls opens where none can be", async () => {
    expect(await guards(aWorld(), firewalls)).toEqual([{ firewalls: [SUBNET_ID, NSG_ID] }, { firewalls: [SUBNET_ID] }]);
  });

  test("firewalls opens nothing where a route leads into a firewall's subnet", async () => {
    expect(await guards(aHubWorld(), firewalls)).toEqual([
      { firewalls: [], isUnsure: true },
      { firewalls: [], isUnsure: true },
    ]);
  });

  test("firewalls opens nothing where a firewall's subnet is in the network and there is no other way in", async () => {
    expect(await guards(inOneNetwork(), firewalls)).toEqual([
      { firewalls: [SUBNET_ID, NSG_ID] },
      { firewalls: [], isUnsure: true },
    ]);
  });

  test("route tables opens nothing where a firewall may be the next hop", async () => {
    const world = aHubWorld(aFirewall({ natRuleCollections: [] }));
    expect(await guards(world, tables)).toEqual([
      { firewalls: [], isUnsure: true },
      { firewalls: [], isUnsure: true },
    ]);
    expect(await guards(withoutRoutes(world), tables)).toEqual([
      { firewalls: [SUBNET_ID, NSG_ID] },
      { firewalls: [SUBNET_ID] },
    ]);
  });

  test("from where a firewall sends opens nothing behind it", async () => {
    const world = aHubWorld();
    const hidden = world.virtualNetworks.map((network) => ({
      ...network,
      subnets: network.subnets.map((each) => (each.name === "AzureFirewallSubnet" ? { ...each, prefixes: [] } : each)),
    }));
    expect((await guards({ ...world, virtualNetworks: hidden }))[0]).toEqual({ firewalls: [], isUnsure: true });
  });
});

test.each(["azurefirewalls", "routetables"])("half an inventory is none: %s", async (type) => {
  const { cloud, faults } = await setupHub();
  faults.add({ calls: new RegExp(`^GET .*/${type}$`, "u"), does: { kind: "throttle", retryAfterSeconds: 5 } });
  await expect(cloud.inventory.machines(never)).rejects.toMatchObject({
    code: "azure",
    retry: "later",
    afterMs: 5_000,
  });
});

test("the firewalls that hold collections of ours are marked, and no others", async () => {
  const { cloud, firewall, another, azure } = await setupHub();
  expect(await cloud.inventory.marked(never)).toEqual([]);
  await firewall.apply({ ...NO_CHANGES, add: [aRule()] }, free, never);
  expect(await cloud.inventory.marked(never)).toEqual([FW_ID]);
  expect(await another({ installation: "acme-2" }).inventory.marked(never)).toEqual([]);
  await firewall.apply({ ...NO_CHANGES, remove: (await firewall.observe(never)).rules }, free, never);
  expect(await cloud.inventory.marked(never)).toEqual([]);
  expect(azure.firewallPuts(FW)).toBe(2);
});
