/** How long it takes to read the rules before 5,000 machines from the sandbox's Azure: `node test/benchmarks/read-rules.ts`. Not part of the tests. */

import type { Machine, MachineId } from "../../src/access/machine.ts";
import { systemClock } from "../../src/access/time.ts";
import { createArm, LIMITS } from "../../src/cloud/azure/arm.ts";
import { fixedToken } from "../../src/cloud/azure/arm-endpoint.ts";
import { createAzureRules } from "../../src/cloud/azure/rules/azure-rules.ts";
import { type MachineRules, postureOf } from "../../src/posture/posture.ts";
import { createReachability } from "../../src/posture/reachability.ts";
import { createAzureServer } from "../../src/sandbox/azure/server.ts";
import type { AzureWorld } from "../../src/sandbox/azure/world.ts";
import { createFaults } from "../../src/sandbox/faults.ts";

const MACHINES = 5_000;
const NSGS = 500;
const RULES = 200;

const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg`;
const network = (type: string, name: string): string => `${GROUP}/providers/Microsoft.Network/${type}/${name}`;
const machineId = (n: number): string => `${GROUP}/providers/Microsoft.Compute/virtualMachines/vm-${n}`;
const WEST = { location: "westeurope" } as const;
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);
const privateOf = (n: number): string => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;

const world: AzureWorld = {
  subscriptions: [SUBSCRIPTION],
  resourceGroups: [{ ...WEST, id: GROUP }],
  virtualMachines: numbers(MACHINES).map((n) => ({
    ...WEST,
    id: machineId(n),
    os: "Linux",
    powerState: "running",
    networkInterfaces: [network("networkInterfaces", `nic-${n}`)],
  })),
  networkInterfaces: numbers(MACHINES).map((n) => ({
    ...WEST,
    id: network("networkInterfaces", `nic-${n}`),
    networkSecurityGroup: network("networkSecurityGroups", `nsg-${n % NSGS}`),
    ipConfigurations: [
      { name: "one", privateAddress: privateOf(n + 10), subnet: network("virtualNetworks", "vnet/subnets/all") },
    ],
  })),
  publicAddresses: [],
  virtualNetworks: [
    {
      ...WEST,
      id: network("virtualNetworks", "vnet"),
      prefixes: ["10.0.0.0/8"],
      subnets: [{ name: "all", prefixes: ["10.0.0.0/9"] }],
    },
  ],
  networkSecurityGroups: numbers(NSGS).map((n) => ({
    ...WEST,
    id: network("networkSecurityGroups", `nsg-${n}`),
    rules: numbers(RULES).map((i) => ({
      name: `rule-${i}`,
      properties: {
        priority: 100 + i,
        direction: "Inbound",
        access: i % 3 === 0 ? "Deny" : "Allow",
        protocol: "Tcp",
        sourcePortRange: "*",
        sourceAddressPrefixes: [`203.${n % 256}.${i}.0/24`, `198.51.${i}.0/24`],
        destinationAddressPrefix: "*",
        destinationPortRange: i % 10 === 0 ? "22" : String(1_000 + i),
      },
    })),
  })),
};

const machines = numbers(MACHINES).map(
  (n): Machine => ({
    cloud: "azure",
    id: machineId(n).toLowerCase() as MachineId,
    name: `vm-${n}`,
    account: SUBSCRIPTION,
    region: "westeurope",
    tags: {},
    os: "linux",
    power: "running",
    interfaces: [],
  }),
);

const azure = await createAzureServer({
  clock: systemClock,
  faults: createFaults(),
  token: "token",
  world,
  throttling: "off",
  pageSize: 1_000,
});
const arm = createArm({
  credential: fixedToken("token"),
  endpoint: azure.url,
  limits: { ...LIMITS, callMs: 120_000 },
  clock: systemClock,
});
const read = createAzureRules({ arm, subscriptions: [SUBSCRIPTION], clock: systemClock });
const signal = new AbortController().signal;

const secondsOf = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  const started = performance.now();
  const before = azure.calls.length;
  const result = await work();
  const seconds = ((performance.now() - started) / 1_000).toFixed(2);
  console.log(`${what}: ${seconds} s, ${azure.calls.length - before} calls`);
  return result;
};

const rules = await secondsOf(`the rules before ${MACHINES} machines`, async () => read(machines, signal));
await secondsOf("their posture", async () => {
  const reachability = createReachability();
  for (const machine of machines) {
    const before = rules.get(machine.id);
    if (before?.cloud === "azure") {
      postureOf(reachability, { ...before, machine, jitEnabled: false } satisfies MachineRules);
    }
  }
});
await secondsOf("the rules before one machine", async () => read(machines.slice(0, 1), signal));
await azure.stop();
