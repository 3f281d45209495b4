import { afterEach, describe, expect, test } from "vitest";

import { createAzureGround } from "../../src/sandbox/network/azure-ground.ts";
import type { AzureReading } from "../../src/sandbox/network/azure-reading.ts";
import { echoes } from "../../src/sandbox/network/client.ts";
import { createNetwork, type Network } from "../../src/sandbox/network/network.ts";
import type { NsgRule } from "../../src/sandbox/network/nsg.ts";

const BASE = "/subscriptions/0000/resourceGroups/rg/providers";
const id = (kind: string, name: string): string => `${BASE}/Microsoft.Network/${kind}/${name}`;
const VNET = id("virtualNetworks", "vnet");
const SUBNET_NSG = id("networkSecurityGroups", "nsg-subnet");
const NIC_NSG = id("networkSecurityGroups", "nsg-nic");
const ASG = id("applicationSecurityGroups", "admins");

type Properties = NsgRule["properties"];

const rule = (name: string, priority: number, more: Partial<Properties> = {}): NsgRule => ({
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

interface Said {
  readonly subnet?: readonly NsgRule[];
  readonly nic?: readonly NsgRule[];
  readonly powerState?: string;
  readonly flushConnection?: boolean;
}

const worldOf = ({ subnet, nic, powerState = "running", flushConnection = false }: Said): AzureReading => {
  const nicOf = (name: string, privateAddress: string, more: object = {}) => ({
    id: id("networkInterfaces", name),
    ipConfigurations: [{ privateAddress, subnet: `${VNET.toUpperCase()}/subnets/Web`, ...more }],
  });
  return {
    virtualMachines: [
      {
        id: `${BASE}/Microsoft.Compute/virtualMachines/prod-vm-3`,
        os: "Linux",
        powerState,
        networkInterfaces: [id("NETWORKINTERFACES", "nic-3"), id("networkInterfaces", "nic-3-v6")],
      },
    ],
    networkInterfaces: [
      {
        ...nicOf("nic-3", "10.0.1.4", { publicAddress: id("publicIPAddresses", "pip-3") }),
        ...(nic === undefined ? {} : { networkSecurityGroup: NIC_NSG }),
      },
      nicOf("nic-3-v6", "fd00:db8::4"),
      nicOf("nic-admin", "10.0.1.9", { applicationSecurityGroups: [ASG] }),
    ],
    publicAddresses: [{ id: id("publicIPAddresses", "pip-3"), address: "192.0.2.3" }],
    virtualNetworks: [
      {
        id: VNET,
        prefixes: ["10.0.0.0/16", "fd00:db8::/32"],
        subnets: [{ name: "web", ...(subnet === undefined ? {} : { networkSecurityGroup: SUBNET_NSG.toLowerCase() }) }],
      },
    ],
    networkSecurityGroups: [
      { id: SUBNET_NSG, rules: subnet ?? [], flushConnection },
      { id: NIC_NSG, rules: nic ?? [] },
    ],
  };
};

let network: Network | undefined;
afterEach(() => network?.stop());

const setup = (said: Said) => {
  let world = worldOf(said);
  const listeners = new Set<() => void>();
  const made = createNetwork({
    grounds: [
      createAzureGround({
        state: () => world,
        onChange: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        serviceTags: { "azurecloud.westeurope": ["198.51.100.0/24"] },
      }),
    ],
  });
  network = made;
  return {
    connect: (from: string, more: { address?: string; port?: number } = {}) =>
      made.connect({ from, machine: "prod-vm-3", port: 22, ...more }),
    why: (from: string, more: { address?: string; port?: number } = {}) =>
      made.explain({ from, machine: "prod-vm-3", port: 22, ...more }).because,
    become: (next: Said) => {
      world = worldOf(next);
      for (const listener of listeners) listener();
    },
  };
};

const OFFICE = "203.0.113.7";
const officeOnly = rule("office", 100, { sourceAddressPrefix: "203.0.113.0/24" });

describe("a new connection", () => {
  test("must pass the subnet's group and the interface's", async () => {
    const both = setup({ subnet: [officeOnly], nic: [officeOnly] });
    expect(await both.connect(OFFICE)).toMatchObject({ outcome: "open", banner: "SSH-2.0-OpenSSH_9.9 prod-vm-3\r\n" });
    both.become({ subnet: [officeOnly], nic: [] });
    expect(await both.connect(OFFICE)).toEqual({ outcome: "refused" });
    expect(both.why(OFFICE)).toBe("DenyAllInBound");
    both.become({ subnet: [], nic: [officeOnly] });
    expect(await both.connect(OFFICE)).toEqual({ outcome: "refused" });
    both.become({ subnet: [officeOnly] });
    expect(await both.connect(OFFICE)).toMatchObject({ outcome: "open" });
  });

  test("is decided by the first match in the order of priority, whatever the order of the list", async () => {
    const deny = rule("deny-all-ssh", 200, { access: "Deny" });
    const it = setup({ subnet: [deny, officeOnly] });
    expect(it.why(OFFICE)).toBe("office");
    it.become({
      subnet: [officeOnly, rule("deny-first", 99, { access: "deny", protocol: "*", destinationPortRange: "*" })],
    });
    expect(it.why(OFFICE)).toBe("deny-first");
    expect(await it.connect(OFFICE)).toEqual({ outcome: "refused" });
  });

  test("comes to the private address, also when the public one was dialled", () => {
    const toPrivate = rule("private", 100, { destinationAddressPrefix: "10.0.1.4" });
    const toPublic = rule("public", 100, { destinationAddressPrefix: "192.0.2.3" });
    expect(setup({ subnet: [toPrivate] }).why(OFFICE, { address: "192.0.2.3" })).toBe("private");
    expect(setup({ subnet: [toPublic] }).why(OFFICE, { address: "192.0.2.3" })).toBe("DenyAllInBound");
  });

  test.each<[string, Partial<Properties>, string, boolean]>([
    ["many sources", { sourceAddressPrefixes: ["198.51.100.1", "203.0.113.0/24"] }, OFFICE, true],
    ["many ports", { destinationPortRanges: ["80", "20-25"] }, OFFICE, true],
    ["ports beside", { destinationPortRanges: ["80", "23-25"] }, OFFICE, false],
    ["any protocol", { protocol: "*" }, OFFICE, true],
    ["UDP", { protocol: "Udp" }, OFFICE, false],
    ["outbound", { direction: "Outbound" }, OFFICE, false],
    ["Internet, from the internet", { sourceAddressPrefix: "internet" }, OFFICE, true],
    ["Internet, from within", { sourceAddressPrefix: "Internet", access: "Deny" }, "10.0.9.9", true],
    ["a service tag with the source", { sourceAddressPrefix: "AzureCloud.westeurope" }, "198.51.100.9", true],
    ["a service tag without the source", { sourceAddressPrefix: "AzureCloud.westeurope" }, OFFICE, false],
    ["an unknown service tag", { sourceAddressPrefix: "Storage" }, OFFICE, false],
    [
      "an application security group with the source",
      { sourceApplicationSecurityGroups: [{ id: ASG.toUpperCase() }] },
      "10.0.1.9",
      true,
    ],
    ["IPv6", { sourceAddressPrefix: "2001:db8:1::/48" }, "2001:db8:1::7", true],
    ["IPv4 anywhere, from IPv6", { sourceAddressPrefix: "0.0.0.0/0" }, "2001:db8:1::7", false],
    ["any source, from IPv6", {}, "2001:db8:1::7", true],
  ])("by %s", async (_name, more, from, open) => {
    const { sourceAddressPrefix: _star, destinationPortRange: _22, ...base } = rule("r", 100).properties;
    const single = {
      ...("sourceAddressPrefixes" in more || "sourceApplicationSecurityGroups" in more
        ? {}
        : { sourceAddressPrefix: "*" }),
      ...("destinationPortRanges" in more ? {} : { destinationPortRange: "22" }),
    };
    const it = setup({ subnet: [{ name: "r", properties: { ...base, ...single, ...more } }] });
    expect((await it.connect(from)).outcome).toBe(open ? "open" : "refused");
  });

  test("from within the virtual network and from the load balancer is let in by the default rules, until a rule denies it", () => {
    const it = setup({ subnet: [] });
    expect(it.why("10.0.9.9")).toBe("AllowVnetInBound");
    expect(it.why("168.63.129.16")).toBe("AllowVnetInBound");
    expect(it.why("10.1.0.1")).toBe("DenyAllInBound");
    it.become({ subnet: [rule("deny", 4096, { access: "Deny" })] });
    expect(it.why("10.0.9.9")).toBe("deny");
  });

  test("without any group is open to the private address and closed to the public one", async () => {
    const it = setup({});
    expect(await it.connect(OFFICE, { address: "10.0.1.4" })).toMatchObject({ outcome: "open" });
    expect(await it.connect(OFFICE)).toEqual({ outcome: "refused" });
  });

  test("to a machine that is not running is refused", async () => {
    expect(await setup({ subnet: [officeOnly], powerState: "deallocated" }).connect(OFFICE)).toEqual({
      outcome: "refused",
    });
  });
});

const enter = async (it: ReturnType<typeof setup>) => {
  const outcome = await it.connect(OFFICE);
  if (outcome.outcome === "refused") throw new Error("refused");
  return outcome.socket;
};

describe("an established connection", () => {
  test("goes on when its rule goes, and no new one gets in", async () => {
    const it = setup({ subnet: [rule("everyone", 100)] });
    const socket = await enter(it);
    it.become({ subnet: [] });
    expect(await it.connect(OFFICE)).toEqual({ outcome: "refused" });
    expect(await echoes(socket)).toBe(true);
  });

  test("is cut when its rule goes where the group flushes connections, and only then", async () => {
    const it = setup({ subnet: [officeOnly], flushConnection: true });
    const socket = await enter(it);
    it.become({ subnet: [rule("moved", 300)], flushConnection: true });
    expect(await echoes(socket)).toBe(true);
    it.become({ subnet: [], flushConnection: true });
    expect(await echoes(socket)).toBe(false);
  });

  test("ends with its machine", async () => {
    const it = setup({ subnet: [officeOnly] });
    const socket = await enter(it);
    it.become({ subnet: [officeOnly], powerState: "stopped" });
    expect(await echoes(socket)).toBe(false);
  });
});
