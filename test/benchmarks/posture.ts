/** How much processor time posture takes: `node test/benchmarks/posture.ts`. Not part of the tests. */

import type { MachineId } from "../../src/access/machine.ts";
import type { AddressTable, AwsTarget, AzureTarget, Nsg, NsgRule, SecurityGroup } from "../../src/cloud/rules.ts";
import { type MachineRules, type Posture, postureOf, worstFirst } from "../../src/posture/posture.ts";
import { createReachability } from "../../src/posture/reachability.ts";

const MACHINES = 5_000;
const NSGS = 500;
const RULES = 200;

/** Always the same numbers. https://en.wikipedia.org/wiki/Linear_congruential_generator */
let seed = 1;
const random = (below: number): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
const oneOf = <T>(first: T, ...others: readonly T[]): T => [first, ...others][random(others.length + 1)] ?? first;

const quad = (): string => `${1 + random(222)}.${random(256)}.${random(256)}.${random(256)}`;
const prefix = (): string => `${quad()}/${oneOf(16, 20, 24, 24, 28, 32, 32)}`;
const privateOf = (n: number): string => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;

const sources = (): string[] => {
  const kind = random(20);
  if (kind === 0) return ["Internet"];
  if (kind === 1) return ["VirtualNetwork"];
  if (kind === 2) return ["AzureCloud.westeurope"];
  if (kind === 3) return ["/asg/jump"];
  return Array.from({ length: 1 + random(5) }, prefix);
};

/** `busy`: every rule is for a management port, and every fourth for one machine alone. */
const rule = (n: number, busy: boolean): NsgRule => ({
  name: `rule-${n}`,
  priority: 100 + n,
  access: random(3) === 0 ? "deny" : "allow",
  protocol: oneOf("tcp", "tcp", "any"),
  sources: sources(),
  sourcePorts: ["*"],
  destinations: random(4) === 0 ? [privateOf(random(MACHINES))] : [oneOf("*", "10.0.0.0/8", "VirtualNetwork")],
  destinationPorts: busy
    ? [oneOf("22", "20-25", "*", "3389", "5985-5986")]
    : [oneOf("22", "80", "443", "8080", "3389", "5432", "1024-2048", "9000-9100")],
});

const table: AddressTable = {
  named: new Map([
    ["azurecloud.westeurope", Array.from({ length: 600 }, prefix)],
    ["/asg/jump", Array.from({ length: 40 }, () => privateOf(random(MACHINES)))],
    ["pl-office", Array.from({ length: 60 }, prefix)],
  ]),
  virtualNetwork: ["10.0.0.0/8"],
};

const ref = (cloud: "azure" | "aws", n: number) =>
  ({ cloud, id: `${cloud}-${n}` as MachineId, name: `vm-${n}`, account: "a" }) as const;

const azureMachines = (nsgs: readonly Nsg[]): readonly MachineRules[] =>
  Array.from({ length: MACHINES }, (_, n): MachineRules => {
    const target: AzureTarget = {
      cloud: "azure",
      privateAddress: privateOf(n),
      publicWays: random(3) === 0 ? [{ kind: "address", address: quad(), sku: "standard" }] : [],
      applicationGroups: [],
      subnetGroup: nsgs[random(50)],
      interfaceGroup: nsgs[random(nsgs.length)],
      firewalls: [],
      table,
    };
    return { machine: ref("azure", n), cloud: "azure", jitEnabled: false, classicMachine: false, targets: [target] };
  });

const awsMachines = (groups: readonly SecurityGroup[]): readonly MachineRules[] =>
  Array.from({ length: MACHINES }, (_, n): MachineRules => {
    const target: AwsTarget = {
      cloud: "aws",
      privateAddress: privateOf(n),
      publicWays: [],
      groups: Array.from({ length: 1 + random(5) }, () => groups[random(groups.length)]).filter(
        (group) => group !== undefined,
      ),
      table,
    };
    return { machine: ref("aws", n), cloud: "aws", jitEnabled: false, targets: [target] };
  });

/** Of this process, so that what else runs on the machine doesn't count. */
const now = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

const measure = (name: string, machines: readonly MachineRules[]): void => {
  const started = now();
  const reachability = createReachability();
  const postures = machines.map((machine) => postureOf(reachability, machine));
  const sorted: readonly Posture[] = postures.toSorted(worstFirst);
  const full = now() - started;

  const again = now();
  for (const machine of machines) postureOf(reachability, machine);
  const warm = now() - again;

  const alone = machines
    .slice(0, 200)
    .map((machine) => {
      const at = now();
      postureOf(createReachability(), machine);
      return now() - at;
    })
    .toSorted((a, b) => a - b);
  console.log(
    `${name}: ${machines.length} machines in ${(full / 1_000).toFixed(2)} s (again with what is remembered ${(warm / 1_000).toFixed(2)} s); ` +
      `one alone from nothing p50 ${(alone[100] ?? 0).toFixed(1)} ms, p99 ${(alone[197] ?? 0).toFixed(1)} ms; ` +
      `${sorted.filter(({ category }) => category === "unhealthy").length} unhealthy; ` +
      `${Math.round(process.memoryUsage().heapUsed / 2 ** 20)} MB`,
  );
};

for (const busy of [false, true]) {
  const nsgs = Array.from(
    { length: NSGS },
    (_, n): Nsg => ({
      id: `/nsg/${n}`,
      name: `nsg-${n}`,
      rules: Array.from({ length: RULES }, (__, k) => rule(k, busy)),
    }),
  );
  measure(`Azure, ${NSGS} NSGs of ${RULES} rules${busy ? ", all for management ports" : ""}`, azureMachines(nsgs));
}

const groups = Array.from(
  { length: NSGS },
  (_, n): SecurityGroup => ({
    id: `sg-${n}`,
    name: `group-${n}`,
    rules: Array.from({ length: 60 }, (__, k) => {
      const port = oneOf(22, 80, 443, 3389, 5432);
      return {
        id: `sgr-${n}-${k}`,
        protocol: oneOf("tcp", "tcp", "-1"),
        fromPort: port,
        toPort: port,
        source: oneOf(prefix(), prefix(), prefix(), "pl-office"),
      };
    }),
  }),
);
measure(`AWS, ${NSGS} groups of 60 rules`, awsMachines(groups));
