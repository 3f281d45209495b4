import { describe, expect, onTestFinished, test } from "vitest";
import type { Machine, MachineId } from "../../../../src/access/machine.ts";
import { type EpochMs, HOUR, MINUTE } from "../../../../src/access/time.ts";
import { createArm, LIMITS } from "../../../../src/cloud/azure/arm.ts";
import { fixedToken } from "../../../../src/cloud/azure/arm-endpoint.ts";
import { createAzureCloud } from "../../../../src/cloud/azure/azure-cloud.ts";
import { createAzureRules } from "../../../../src/cloud/azure/rules/azure-rules.ts";
import type { AzureTarget, ClassicFirewall, ReadRules, RulesBefore } from "../../../../src/cloud/rules.ts";
import { type AzureServer, createAzureServer } from "../../../../src/sandbox/azure/server.ts";
import type { AzureWorld, WrittenRule } from "../../../../src/sandbox/azure/world.ts";
import { createFaults, type Faults } from "../../../../src/sandbox/faults.ts";
import { DEFAULT_RANGES } from "../default-ranges.ts";

const SPOKE = "00000000-0000-0000-0000-000000000001";
const HUB = "00000000-0000-0000-0000-00000000000b";
const groupOf = (subscription: string): string => `/subscriptions/${subscription}/resourceGroups/RG-net`;
const network = (type: string, name: string, subscription = SPOKE): string =>
  `${groupOf(subscription)}/providers/Microsoft.Network/${type}/${name}`;
const machineId = (name: string): string => `${groupOf(SPOKE)}/providers/Microsoft.Compute/virtualMachines/${name}`;
const WEST = { location: "westeurope" } as const;
const never = new AbortController().signal;

const rule = (name: string, priority: number, more: Partial<WrittenRule["properties"]> = {}): WrittenRule => ({
  name,
  properties: {
    priority,
    direction: "Inbound",
    access: "Allow",
    protocol: "Tcp",
    sourceAddressPrefix: "*",
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: "22",
    ...more,
  },
});

const without = ({ name, properties }: WrittenRule, ...keys: readonly string[]): WrittenRule => ({
  name,
  properties: Object.fromEntries(
    Object.entries(properties).filter(([key]) => !keys.includes(key)),
  ) as unknown as WrittenRule["properties"],
});

const ADMINS = network("applicationSecurityGroups", "Admins");
const OFFICES = network("ipGroups", "Offices", HUB);
const SUBNET = network("virtualNetworks", "vnet-Spoke/subnets/Web");

const nic = (name: string, privateAddress: string, more: object = {}, configuration: object = {}) => ({
  ...WEST,
  id: network("networkInterfaces", name),
  ipConfigurations: [{ name: "one", privateAddress, subnet: SUBNET, ...configuration }],
  ...more,
});

const vm = (name: string, ...interfaces: readonly string[]) => ({
  ...WEST,
  id: machineId(name),
  os: "Linux" as const,
  powerState: "running" as const,
  networkInterfaces: interfaces.map((each) => network("networkInterfaces", each)),
});

/** A spoke of three machines behind the hub's firewall, one of them with a public address as well. */
const aWorld = (change: Partial<AzureWorld> = {}): AzureWorld => ({
  subscriptions: [SPOKE, HUB],
  resourceGroups: [
    { ...WEST, id: groupOf(SPOKE) },
    { ...WEST, id: groupOf(HUB) },
  ],
  virtualMachines: [vm("web-1", "web-1-nic"), vm("web-2", "web-2-nic"), vm("admin", "admin-nic")],
  networkInterfaces: [
    nic(
      "web-1-nic",
      "10.1.0.4",
      { networkSecurityGroup: network("networkSecurityGroups", "nsg-Nic") },
      { publicAddress: network("publicIPAddresses", "web-1-ip") },
    ),
    nic("web-2-nic", "10.1.0.5"),
    nic("admin-nic", "10.1.0.9", {}, { applicationSecurityGroups: [ADMINS.toUpperCase()] }),
  ],
  publicAddresses: [
    { ...WEST, id: network("publicIPAddresses", "web-1-ip"), address: "52.178.10.4" },
    { ...WEST, id: network("publicIPAddresses", "fw-ip", HUB), address: "20.50.0.1" },
  ],
  virtualNetworks: [
    {
      ...WEST,
      id: network("virtualNetworks", "vnet-Spoke"),
      prefixes: ["10.1.0.0/16"],
      peerings: [
        { name: "to-hub", remote: network("virtualNetworks", "hub", HUB) },
        { name: "to-nowhere", remote: network("virtualNetworks", "hub", HUB), state: "Disconnected" },
      ],
      subnets: [
        {
          name: "Web",
          prefixes: ["10.1.0.0/24"],
          networkSecurityGroup: network("networkSecurityGroups", "nsg-Subnet"),
          routeTable: network("routeTables", "through-hub"),
        },
      ],
    },
    {
      ...WEST,
      id: network("virtualNetworks", "hub", HUB),
      prefixes: ["10.0.0.0/16"],
      subnets: [{ name: "AzureFirewallSubnet", prefixes: ["10.0.0.0/26"] }],
    },
  ],
  routeTables: [
    {
      ...WEST,
      id: network("routeTables", "through-hub"),
      routes: [
        {
          name: "partners",
          addressPrefix: "192.0.2.0/24",
          nextHopType: "VirtualAppliance",
          nextHopIpAddress: "10.0.0.4",
        },
      ],
    },
  ],
  applicationSecurityGroups: [{ ...WEST, id: ADMINS }],
  ipGroups: [{ ...WEST, id: OFFICES, addresses: ["203.0.113.0/24", "198.51.100.7"] }],
  azureFirewalls: [
    {
      ...WEST,
      id: network("azureFirewalls", "fw-Hub", HUB),
      privateAddress: "10.0.0.4",
      ipConfigurations: [
        {
          name: "one",
          publicAddress: network("publicIPAddresses", "fw-ip", HUB),
          subnet: network("virtualNetworks", "hub/subnets/AzureFirewallSubnet", HUB),
        },
      ],
      natRuleCollections: [
        {
          name: "ssh",
          properties: {
            priority: 200,
            action: { type: "Dnat" },
            rules: [
              {
                name: "web-2",
                protocols: ["TCP"],
                sourceIpGroups: [OFFICES],
                destinationAddresses: ["20.50.0.1"],
                destinationPorts: ["2202"],
                translatedAddress: "10.1.0.5",
                translatedPort: "22",
              },
            ],
          },
        },
      ],
      networkRuleCollections: [
        {
          name: "deny-storage",
          properties: {
            priority: 300,
            action: { type: "Deny" },
            rules: [
              {
                name: "all",
                protocols: ["Any"],
                sourceAddresses: ["10.0.0.1-10.0.0.9"],
                destinationAddresses: ["Storage.WestEurope"],
                destinationPorts: ["*"],
              },
            ],
          },
        },
      ],
    },
  ],
  networkSecurityGroups: [
    {
      ...WEST,
      id: network("networkSecurityGroups", "nsg-Subnet"),
      rules: [
        without(
          rule("ssh", 200, {
            sourceApplicationSecurityGroups: [{ id: ADMINS }],
            destinationPortRanges: ["22", "3389-3390"],
          }),
          "sourceAddressPrefix",
          "destinationPortRange",
        ),
        rule("cloud", 300, { sourceAddressPrefix: "AzureCloud.WestEurope", access: "Deny" }),
        rule("out", 100, { direction: "Outbound" }),
      ],
    },
    { ...WEST, id: network("networkSecurityGroups", "nsg-Nic"), rules: [] },
  ],
  ...change,
});

const asMachine = (name: string): Machine => ({
  cloud: "azure",
  id: machineId(name).toLowerCase() as MachineId,
  name,
  account: SPOKE,
  region: "westeurope",
  tags: {},
  os: "linux",
  power: "running",
  interfaces: [],
});

interface Setup {
  readonly azure: AzureServer;
  readonly faults: Faults;
  readonly read: ReadRules;
  readonly wait: (ms: number) => void;
}

const setup = async (world = aWorld(), subscriptions: readonly string[] = [SPOKE, HUB]): Promise<Setup> => {
  const faults = createFaults();
  let now = Date.parse("2026-11-23T12:00:00Z");
  const clock = { now: () => now as EpochMs };
  const azure = await createAzureServer({ clock, faults, token: "token", world, throttling: "off", pageSize: 2 });
  onTestFinished(async () => {
    faults.clear();
    await azure.stop();
  });
  const arm = createArm({ credential: fixedToken("token"), endpoint: azure.url, limits: LIMITS, clock });
  return {
    azure,
    faults,
    read: createAzureRules({ arm, subscriptions, clock }),
    wait: (ms) => {
      now += ms;
    },
  };
};

const forbid = (faults: Faults, calls: RegExp): void => {
  const body = JSON.stringify({ error: { code: "AuthorizationFailed", message: "no" } });
  faults.add({ calls, does: { kind: "answer", status: 403, body } });
};

const targetsOf = (rules: ReadonlyMap<MachineId, RulesBefore>, name: string): readonly AzureTarget[] => {
  const found = rules.get(machineId(name).toLowerCase() as MachineId);
  if (found?.cloud !== "azure") throw new Error(`no rules before ${name}`);
  return found.targets;
};

const targetOf = (rules: ReadonlyMap<MachineId, RulesBefore>, name: string): AzureTarget => {
  const [target] = targetsOf(rules, name);
  if (target === undefined) throw new Error(`no target of ${name}`);
  return target;
};

const ALL = ["web-1", "web-2", "admin"].map(asMachine);

describe.each([
  { way: "piece by piece", machines: ALL.slice(0, 2) },
  { way: "from lists", machines: ALL },
])("the rules before machines, read $way", ({ machines }) => {
  test("hold a machine's groups, addresses and public way", async () => {
    const { read } = await setup();
    const target = targetOf(await read(machines, never), "web-1");
    expect(target).toMatchObject({
      cloud: "azure",
      privateAddress: "10.1.0.4",
      publicWays: [{ kind: "address", address: "52.178.10.4", sku: "standard" }],
      applicationGroups: [],
      interfaceGroup: { id: network("networkSecurityGroups", "nsg-Nic").toLowerCase(), name: "nsg-Nic", rules: [] },
    });
    expect(target.subnetGroup).toEqual({
      id: network("networkSecurityGroups", "nsg-Subnet").toLowerCase(),
      name: "nsg-Subnet",
      rules: [
        {
          name: "ssh",
          priority: 200,
          access: "allow",
          protocol: "tcp",
          sources: [ADMINS.toLowerCase()],
          sourcePorts: ["*"],
          destinations: ["*"],
          destinationPorts: ["22", "3389-3390"],
        },
        {
          name: "cloud",
          priority: 300,
          access: "deny",
          protocol: "tcp",
          sources: ["AzureCloud.WestEurope"],
          sourcePorts: ["*"],
          destinations: ["*"],
          destinationPorts: ["22"],
        },
      ],
    });
  });

  test("tell what names stand for, and what is around the machine", async () => {
    const { azure, read } = await setup();
    const { table } = targetOf(await read(machines, never), "web-1");
    expect(Object.fromEntries(table.named)).toEqual({
      [ADMINS.toLowerCase()]: ["10.1.0.9"],
      [OFFICES.toLowerCase()]: ["203.0.113.0/24", "198.51.100.7"],
      "azurecloud.westeurope": azure.serviceTags["azurecloud.westeurope"],
      "storage.westeurope": azure.serviceTags["storage.westeurope"],
    });
    expect(table.virtualNetwork?.toSorted()).toEqual(["10.0.0.0/16", "10.1.0.0/16", "192.0.2.0/24"]);
  });

  test("hold the firewall of another subscription that routes lead through", async () => {
    const { read } = await setup();
    const rules = await read(machines, never);
    const expected: ClassicFirewall = {
      kind: "classic",
      id: network("azureFirewalls", "fw-Hub", HUB).toLowerCase(),
      name: "fw-Hub",
      publicAddresses: ["20.50.0.1"],
      subnetPrefixes: ["10.0.0.0/26"],
      natCollections: [
        {
          name: "ssh",
          priority: 200,
          rules: [
            {
              name: "web-2",
              protocols: ["tcp"],
              sources: [OFFICES.toLowerCase()],
              destinations: ["20.50.0.1"],
              destinationPorts: ["2202"],
              translatedAddress: "10.1.0.5",
              translatedPort: "22",
            },
          ],
        },
      ],
      networkCollections: [
        {
          name: "deny-storage",
          priority: 300,
          access: "deny",
          rules: [
            {
              name: "all",
              protocols: ["any"],
              sources: ["10.0.0.1-10.0.0.9"],
              destinations: ["Storage.WestEurope"],
              destinationPorts: ["*"],
            },
          ],
        },
      ],
      applicationPorts: [],
    };
    expect(targetOf(rules, "web-1").firewalls).toEqual([expected]);
    expect(targetOf(rules, "web-2").firewalls[0]).toBe(targetOf(rules, "web-1").firewalls[0]);
  });

  test("share what machines share", async () => {
    const { read } = await setup();
    const rules = await read(machines, never);
    expect(targetOf(rules, "web-1").subnetGroup).toBe(targetOf(rules, "web-2").subnetGroup);
    expect(targetOf(rules, "web-1").table).toBe(targetOf(rules, "web-2").table);
  });

  test("have no entry for a machine that is gone", async () => {
    const { azure, read } = await setup();
    azure.deleteMachine("web-2");
    const rules = await read(machines, never);
    expect(rules.has(machineId("web-2").toLowerCase() as MachineId)).toBe(false);
    expect(rules.size).toBe(machines.length - 1);
  });

  test("fail as a fault when a group can't be read", async () => {
    const { faults, read } = await setup();
    forbid(faults, /networksecuritygroups/u);
    await expect(read(machines, never)).rejects.toMatchObject({ name: "Fault", retry: "never" });
  });

  test("fail as a fault when firewalls can't be listed", async () => {
    const { faults, read } = await setup();
    faults.add({ calls: /azurefirewalls/u, does: { kind: "throttle", retryAfterSeconds: 3 } });
    await expect(read(machines, never)).rejects.toMatchObject({ name: "Fault", retry: "later", afterMs: 3_000 });
  });

  test("leave out names that may not be looked up", async () => {
    const { faults, read } = await setup();
    forbid(faults, /servicetags|ipgroups/iu);
    const { table } = targetOf(await read(machines, never), "web-1");
    expect([...table.named.keys()]).toEqual([ADMINS.toLowerCase()]);
  });
});

test("one machine costs a dozen calls, many cost their lists", async () => {
  const { azure, read } = await setup();
  const callsOf = async (machines: readonly Machine[]): Promise<readonly string[]> => {
    const before = azure.calls.length;
    await read(machines, never);
    return [...new Set(azure.calls.slice(before).map(({ path }) => path.toLowerCase()))];
  };
  expect((await callsOf(ALL.slice(0, 1))).length).toBeLessThanOrEqual(14);
  const many = await callsOf(ALL);
  expect(many.filter((path) => path.includes("/resourcegroups/"))).toEqual([]);
});

test("who may not list a subscription may yet read its resources", async () => {
  const { faults, read } = await setup();
  forbid(faults, /subscriptions\/[^/]+\/providers\/microsoft\.network\/(?:network|virtual|public)/iu);
  const target = targetOf(await read(ALL, never), "web-1");
  expect(target).toMatchObject({ subnetGroup: { name: "nsg-Subnet" }, publicWays: [{ address: "52.178.10.4" }] });
  // Members would be known only in part.
  expect(target.table.named.has(ADMINS.toLowerCase())).toBe(false);
});

test("service tags are asked for once an hour, and after a failure once a minute", async () => {
  const { azure, faults, read, wait } = await setup();
  const asked = (): number => azure.calls.filter(({ path }) => /servicetags$/iu.test(path)).length;
  await read(ALL, never);
  wait(HOUR - 1);
  await read(ALL, never);
  expect(asked()).toBe(1);
  wait(1);
  forbid(faults, /servicetags/iu);
  await read(ALL, never);
  wait(MINUTE - 1);
  faults.clear();
  expect(targetOf(await read(ALL, never), "web-1").table.named.has("azurecloud.westeurope")).toBe(false);
  wait(1);
  expect(targetOf(await read(ALL, never), "web-1").table.named.has("azurecloud.westeurope")).toBe(true);
  expect(asked()).toBe(3);
});

test("a subnet that may not be read may have any rules", async () => {
  const { faults, read } = await setup();
  forbid(faults, /virtualnetworks/iu);
  const { subnetGroup, table } = targetOf(await read(ALL.slice(0, 1), never), "web-1");
  expect(table.virtualNetwork).toBeUndefined();
  expect(new Set(subnetGroup?.rules.map(({ access }) => access))).toEqual(new Set(["allow", "deny"]));
});

test("a network that may not be read still tells its subnet", async () => {
  const { faults, read } = await setup();
  forbid(faults, /virtualnetworks\/[^/]+$/iu);
  const { subnetGroup, table, firewalls } = targetOf(await read(ALL.slice(0, 1), never), "web-1");
  expect(table.virtualNetwork).toBeUndefined();
  expect(subnetGroup?.name).toBe("nsg-Subnet");
  expect(firewalls).toMatchObject([{ name: "fw-Hub", subnetPrefixes: ["10.0.0.0/26"] }]);
});

test("a default route makes unknown how far the virtual network goes", async () => {
  const world = aWorld();
  const { read } = await setup({
    ...world,
    routeTables: (world.routeTables ?? []).map((table) => ({
      ...table,
      routes: [
        { name: "all", addressPrefix: "0.0.0.0/0", nextHopType: "VirtualAppliance", nextHopIpAddress: "10.0.0.4" },
      ],
    })),
  });
  const { table, firewalls } = targetOf(await read(ALL.slice(0, 1), never), "web-1");
  expect(firewalls).toHaveLength(1);
  expect(table.virtualNetwork).toEqual(["10.1.0.0/16", "10.0.0.0/16", "default route all of through-hub"]);
});

test("a firewall of a network that isn't connected has other machines with the same addresses", async () => {
  const world = aWorld();
  const { read } = await setup({
    ...world,
    virtualNetworks: world.virtualNetworks.map((each) => ({ ...each, peerings: [] })),
    routeTables: [{ ...WEST, id: network("routeTables", "through-hub"), routes: [] }],
  });
  expect(targetOf(await read(ALL, never), "web-2").firewalls).toEqual([]);
});

test("the inventory says the same of firewalls before machines", async () => {
  const { azure, read } = await setup();
  const clock = { now: () => Date.parse("2026-11-23T12:00:00Z") as EpochMs };
  const cloud = createAzureCloud({
    ...DEFAULT_RANGES,
    installation: "acme",
    subscriptions: [SPOKE, HUB],
    credential: fixedToken("token"),
    endpoint: azure.url,
    clock,
  });
  const rules = await read(ALL, never);
  for (const { id, interfaces } of await cloud.inventory.machines(never)) {
    const before = rules.get(id);
    const targets = before?.cloud === "azure" ? before.targets : [];
    const known = targets.flatMap(({ firewalls }) => firewalls).map((firewall) => `azure-firewall:${firewall.id}`);
    const guards = interfaces
      .flatMap(({ firewalls }) => firewalls)
      .filter((each) => each.startsWith("azure-firewall:"));
    expect([...new Set(known)]).toEqual(guards);
    expect(known).toHaveLength(1);
  }
});

describe("a firewall is before a machine", () => {
  const noRoutes = (world: AzureWorld): AzureWorld => ({
    ...world,
    routeTables: [{ ...WEST, id: network("routeTables", "through-hub"), routes: [] }],
  });

  test("when a rule translates to it", async () => {
    const { read } = await setup(noRoutes(aWorld()));
    const rules = await read(ALL, never);
    expect(targetOf(rules, "web-2").firewalls).toMatchObject([{ name: "fw-Hub" }]);
    expect(targetOf(rules, "web-1").firewalls).toEqual([]);
  });

  test("when it is in the machine's network, which has no public address", async () => {
    const world = noRoutes(aWorld());
    const here = SUBNET.replace("Web", "AzureFirewallSubnet");
    const { read } = await setup({
      ...world,
      virtualNetworks: world.virtualNetworks.map((each) => ({
        ...each,
        subnets: [...each.subnets, { name: "AzureFirewallSubnet", prefixes: ["10.1.9.0/26"] }],
      })),
      azureFirewalls: (world.azureFirewalls ?? []).map((firewall) => ({
        ...firewall,
        natRuleCollections: [],
        firewallPolicy: network("firewallPolicies", "Central", HUB),
        networkRuleCollections: [],
        ipConfigurations: firewall.ipConfigurations.map((each) => ({ ...each, subnet: here })),
      })),
    });
    const rules = await read(ALL, never);
    expect(targetOf(rules, "admin").firewalls).toEqual([
      {
        kind: "policy",
        id: network("azureFirewalls", "fw-Hub", HUB).toLowerCase(),
        name: "fw-Hub",
        policy: "Central",
      },
    ]);
    expect(targetOf(rules, "web-1").firewalls).toEqual([]);
  });
});
