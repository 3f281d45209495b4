/** What the evaluator says of rules read through the SDKs, and what the sandbox's network does with real TCP connections. */

import { expect, onTestFinished, test } from "vitest";
import type { Machine, MachineId } from "../../src/access/machine.ts";
import type { DurationMs } from "../../src/access/time.ts";
import { systemClock } from "../../src/access/time.ts";
import { createEc2 } from "../../src/cloud/aws/ec2.ts";
import { createAwsRules } from "../../src/cloud/aws/rules/aws-rules.ts";
import { createArm, LIMITS } from "../../src/cloud/azure/arm.ts";
import { fixedToken } from "../../src/cloud/azure/arm-endpoint.ts";
import { createAzureRules } from "../../src/cloud/azure/rules/azure-rules.ts";
import type { RulesBefore, Target } from "../../src/cloud/rules.ts";
import { addressOf } from "../../src/posture/address.ts";
import { publicSpace } from "../../src/posture/address-book.ts";
import { includes } from "../../src/posture/address-set.ts";
import { where } from "../../src/posture/partition.ts";
import { createReachability, type Reachability } from "../../src/posture/reachability.ts";
import { createEc2Server } from "../../src/sandbox/aws/server.ts";
import { createAzureServer } from "../../src/sandbox/azure/server.ts";
import { createFaults } from "../../src/sandbox/faults.ts";
import { createAwsGround } from "../../src/sandbox/network/aws-ground.ts";
import { createAzureGround } from "../../src/sandbox/network/azure-ground.ts";
import { createNetwork, type Network } from "../../src/sandbox/network/network.ts";
import { createDice } from "./dice.ts";
import { AZURE_CLIENTS, randomAzureWorld, SUBSCRIPTION, TOKEN } from "./random-azure-world.ts";
import { AWS_CLIENTS, randomEc2World } from "./random-ec2-world.ts";

const PORTS = [22, 443, 3389];
const never = new AbortController().signal;

/** Each is another world. The environment's number is for a longer look by hand. */
const SEEDS = Array.from({ length: Number(process.env.REAL_CONNECT_WORLDS ?? 20) }, (_, i) => 4_711 + i);

test("Azure lets in whom the evaluator says, and nobody else", { timeout: 120_000 }, async () => {
  const counts = createCounts();
  for (const seed of SEEDS) {
    const world = randomAzureWorld(createDice(seed));
    const azure = await createAzureServer({
      clock: systemClock,
      faults: createFaults(),
      token: TOKEN,
      world,
      throttling: "off",
    });
    const network = createNetwork({ grounds: [createAzureGround(azure)] });
    onTestFinished(async () => {
      await network.stop();
      await azure.stop();
    });
    const arm = createArm({ credential: fixedToken(TOKEN), endpoint: azure.url, limits: LIMITS, clock: systemClock });
    const read = createAzureRules({ arm, subscriptions: [SUBSCRIPTION], clock: systemClock });
    const machines = world.virtualMachines.map(({ id }) => machineOf("azure", id, SUBSCRIPTION));
    await compare(counts, { seed, rules: await read(machines, never), network, clients: AZURE_CLIENTS });
  }
  expectAgreement(counts);
});

test("AWS lets in whom the evaluator says, and nobody else", { timeout: 120_000 }, async () => {
  const counts = createCounts();
  for (const seed of SEEDS) {
    const dice = createDice(seed);
    const world = randomEc2World(dice);
    const server = await createEc2Server({ clock: systemClock, world, throttle: "off" });
    if (dice.chance(0.5)) server.editAsSomeoneElse((editor) => editor.setPeeringStatus("pcx-0a1", "deleted"));
    const network = createNetwork({ grounds: [createAwsGround(server)] });
    onTestFinished(async () => {
      await network.stop();
      await server.stop();
    });
    const ec2 = createEc2({
      region: "eu-west-1",
      endpoint: server.url,
      credentials: { accessKeyId: "AKIAOURS", secretAccessKey: "ours" },
      answerWithinMs: 5_000 as DurationMs,
    });
    const read = createAwsRules(() => ec2);
    const machines = world.instances.map(({ id }) => machineOf("aws", id, "111122223333"));
    await compare(counts, { seed, rules: await read(machines, never), network, clients: AWS_CLIENTS });
  }
  expectAgreement(counts);
});

interface Counts {
  readonly wrong: string[];
  readonly said: { allow: number; deny: number; unknown: number };
}

const createCounts = (): Counts => ({ wrong: [], said: { allow: 0, deny: 0, unknown: 0 } });

const expectAgreement = ({ wrong, said }: Counts): void => {
  if (process.env.REAL_CONNECT_WORLDS !== undefined) process.stdout.write(`${JSON.stringify(said)}\n`);
  expect(wrong).toEqual([]);
  // A test in which nothing gets through, or all of it, tells little.
  const all = said.allow + said.deny;
  expect(said.allow / all).toBeGreaterThan(0.1);
  expect(said.deny / all).toBeGreaterThan(0.1);
  expect(said.unknown).toBe(0);
};

const machineOf = (cloud: Machine["cloud"], id: string, account: string): Machine => ({
  cloud,
  id: id.toLowerCase() as MachineId,
  name: id,
  account,
  region: "westeurope",
  tags: {},
  os: "linux",
  power: "running",
  interfaces: [],
});

interface Scene {
  readonly seed: number;
  readonly rules: ReadonlyMap<MachineId, RulesBefore>;
  readonly network: Network;
  readonly clients: readonly string[];
}

/** Dials every port of every address of every machine from every client. */
const compare = async ({ wrong, said }: Counts, { seed, rules, network, clients }: Scene): Promise<void> => {
  const reachability = createReachability();
  for (const machine of network.machines()) {
    const targets = rules.get(machine.id.toLowerCase() as MachineId)?.targets ?? [];
    if (targets.length === 0) wrong.push(`world ${seed}: nothing was read of ${machine.name}`);
    for (const target of targets) {
      const ends = addressesOf(target).flatMap((dialled) => PORTS.map((port) => ({ dialled, port })));
      for (const { dialled, port } of ends) {
        const callers = clients.filter((from) => sameFamily(from, dialled) && comesTo(from, target, dialled));
        const seen = callers.map(async (from) => {
          const outcome = await network.connect({ machine: machine.id, address: dialled, port, from });
          if (outcome.outcome === "open") outcome.socket.destroy();
          return { from, real: outcome.outcome === "open" ? "allow" : "deny" };
        });
        for (const { from, real } of await Promise.all(seen)) {
          const verdict = verdictOf(reachability, target, port, from);
          said[verdict] += 1;
          if (verdict !== "unknown" && verdict !== real) {
            wrong.push(`world ${seed}: ${machine.name} ${dialled}:${port} from ${from}: ${verdict} said, ${real} seen`);
          }
        }
      }
    }
  }
};

const verdictOf = (reachability: Reachability, target: Target, port: number, from: string) => {
  const [direct] = reachability.doors(target, { port, protocol: "tcp" });
  if (direct === undefined) throw new Error("no door");
  const { address } = addressOf(from);
  const verdicts = (["allow", "deny", "unknown"] as const).filter((verdict) =>
    includes(
      where(direct.outcomes, (outcome) => outcome.verdict === verdict),
      address,
    ),
  );
  const [verdict] = verdicts;
  if (verdict === undefined || verdicts.length > 1) throw new Error(`${from} has ${verdicts.length} verdicts`);
  return verdict;
};

const addressesOf = (target: Target): readonly string[] => [
  ...new Set([target.privateAddress, ...target.publicWays.map(({ address }) => address)]),
];

const sameFamily = (from: string, to: string): boolean => from.includes(":") === to.includes(":");

/** Strangers come to public addresses; what happens to one at a private address is nobody's case. */
const comesTo = (from: string, target: Target, dialled: string): boolean => {
  if (target.cloud === "aws" || target.subnetGroup !== undefined || target.interfaceGroup !== undefined) return true;
  const { address, family } = addressOf(from);
  return includes(publicSpace(family), address) === (dialled !== target.privateAddress);
};
