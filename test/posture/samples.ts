/** Small worlds for tests: a machine, its rules, and what is different this time. */

import type { MachineId } from "../../src/access/machine.ts";
import type {
  AddressTable,
  AwsTarget,
  AzureTarget,
  ClassicFirewall,
  GroupRule,
  NatRule,
  Nsg,
  NsgRule,
  PolicyFirewall,
} from "../../src/cloud/rules.ts";
import type { MachineRules } from "../../src/posture/posture.ts";

export const SSH = { port: 22, protocol: "tcp" } as const;

export const aTable = (changes: Partial<AddressTable> = {}): AddressTable => ({
  named: new Map(),
  virtualNetwork: ["10.0.0.0/16", "2001:db8::/48"],
  ...changes,
});

export const aRule = (name: string, priority: number, changes: Partial<NsgRule> = {}): NsgRule => ({
  name,
  priority,
  access: "allow",
  protocol: "tcp",
  sources: ["*"],
  sourcePorts: ["*"],
  destinations: ["*"],
  destinationPorts: ["22"],
  ...changes,
});

export const anNsg = (name: string, ...rules: readonly NsgRule[]): Nsg => ({ id: `/nsg/${name}`, name, rules });

export const aTarget = (changes: Partial<AzureTarget> = {}): AzureTarget => ({
  cloud: "azure",
  privateAddress: "10.0.1.4",
  publicWays: [{ kind: "address", address: "20.0.0.9", sku: "standard" }],
  applicationGroups: [],
  subnetGroup: undefined,
  interfaceGroup: undefined,
  firewalls: [],
  table: aTable(),
  ...changes,
});

export const aNatRule = (name: string, changes: Partial<NatRule> = {}): NatRule => ({
  name,
  protocols: ["tcp"],
  sources: ["*"],
  destinations: ["20.0.0.1"],
  destinationPorts: ["2022"],
  translatedAddress: "10.0.1.4",
  translatedPort: "22",
  ...changes,
});

export const aFirewall = (changes: Partial<ClassicFirewall> = {}): ClassicFirewall => ({
  kind: "classic",
  id: "/fw",
  name: "fw",
  publicAddresses: ["20.0.0.1"],
  subnetPrefixes: ["10.0.2.0/26"],
  natCollections: [],
  networkCollections: [],
  applicationPorts: [],
  ...changes,
});

export const aPolicyFirewall: PolicyFirewall = { kind: "policy", id: "/fw", name: "fw", policy: "central" };

export const aGroupRule = (id: string, source: string, changes: Partial<GroupRule> = {}): GroupRule => ({
  id,
  protocol: "tcp",
  fromPort: 22,
  toPort: 22,
  source,
  ...changes,
});

export const anAwsTarget = (rules: readonly GroupRule[], changes: Partial<AwsTarget> = {}): AwsTarget => ({
  cloud: "aws",
  privateAddress: "10.0.1.4",
  publicWays: [{ kind: "address", address: "3.0.0.9", sku: "basic" }],
  groups: [{ id: "sg-1", name: "web", rules }],
  table: aTable({ virtualNetwork: undefined }),
  ...changes,
});

const ref = (cloud: "azure" | "aws", name: string) => ({ cloud, id: name as MachineId, name, account: "a" }) as const;

export const inAzure = (
  targets: readonly AzureTarget[],
  changes: { readonly name?: string; readonly jitEnabled?: boolean; readonly classicMachine?: boolean } = {},
): MachineRules => ({
  machine: ref("azure", changes.name ?? "vm-1"),
  cloud: "azure",
  jitEnabled: changes.jitEnabled ?? false,
  classicMachine: changes.classicMachine ?? false,
  targets,
});

export const inAws = (
  targets: readonly AwsTarget[],
  changes: { readonly name?: string; readonly jitEnabled?: boolean } = {},
): MachineRules => ({
  machine: ref("aws", changes.name ?? "i-1"),
  cloud: "aws",
  jitEnabled: changes.jitEnabled ?? false,
  targets,
});
