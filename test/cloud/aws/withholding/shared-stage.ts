/** An EC2 with one security group of somebody else's, a protection's blocks on it, and passes as the loop makes them. */

import type { ProtectionId } from "../../../../src/access/identifier.ts";
import type { FirewallId } from "../../../../src/access/machine.ts";
import { parsePort } from "../../../../src/access/port.ts";
import { type Clock, type EpochMs, systemClock } from "../../../../src/access/time.ts";
import type { AwsCloudDeps } from "../../../../src/cloud/aws/aws-cloud.ts";
import { type Block, type Firewall, type Guard, NO_CHANGES, type Observed } from "../../../../src/cloud/firewall.ts";
import type { Ec2Server, Ec2ServerOptions } from "../../../../src/sandbox/aws/server.ts";
import type { Ec2World, RuleSpec } from "../../../../src/sandbox/aws/world.ts";
import { ACCOUNT, always, groupId, memoryOf, never, REGION, setStage, WORLD } from "../stage.ts";

export const GROUP = "sg-0a9";

/** `sg-0a9` with these rules; a prefix list; a group of another account in a peered VPC. */
export const worldWith = (ingress: readonly RuleSpec[], tags: Readonly<Record<string, string>> = {}): Ec2World => ({
  ...WORLD,
  prefixLists: [
    { id: "pl-0a1", account: ACCOUNT, region: REGION, name: "office", maxEntries: 5, cidrs: ["198.51.100.0/24"] },
  ],
  peerings: [{ id: "pcx-0a1", vpcs: ["vpc-0a1", "vpc-0c1"] }],
  groups: [...WORLD.groups, { id: GROUP, vpc: "vpc-0a1", name: "shared", tags, ingress }],
});

export interface SharedStage {
  readonly ec2: Ec2Server;
  readonly texts: Map<FirewallId, string>;
  readonly later: (ms: number) => void;
  /** A fresh process each time. */
  readonly firewall: (installation?: string, deps?: Partial<AwsCloudDeps>) => Firewall;
}

export const setSharedStage = async (
  ingress: readonly RuleSpec[],
  options: Partial<Ec2ServerOptions> = {},
): Promise<SharedStage> => {
  const texts = new Map<FirewallId, string>();
  let ahead = 0;
  const clock: Clock = { now: () => (systemClock.now() + ahead) as EpochMs };
  const { ec2, cloudOf } = await setStage({ world: worldWith(ingress), ...options });
  const memories = new Map([["acme", memoryOf(texts)]]);
  return {
    ec2,
    texts,
    later: (ms) => {
      ahead += ms;
    },
    firewall: (installation = "acme", deps = {}) => {
      const withheld = memories.get(installation) ?? memoryOf(new Map());
      memories.set(installation, withheld);
      const firewall = cloudOf({ installation, withheld, clock, ...deps }).firewall(groupId(GROUP));
      if (firewall === undefined) throw new Error("no firewall");
      return firewall;
    },
  };
};

export const blockOf = (
  protection: string,
  ports: readonly string[],
  overrules: readonly string[],
  addresses: readonly string[] = ["10.0.1.4"],
): Block => ({
  protection: protection as ProtectionId,
  addresses,
  ports: ports.flatMap((port) => parsePort(port) ?? []),
  overrules,
  note: "prod-vm-3: U0SEC1",
});

/** One pass: look, plan, apply, look again. What it said, and whether all was as desired at the last look. */
export const pass = async (
  firewall: Firewall,
  desired: readonly Block[],
  guard: Guard = always,
): Promise<{ readonly done: boolean; readonly said: readonly string[] }> => {
  const before = await firewall.observe(never, desired);
  const changes = planOf(desired, before);
  if (before.settled && changes.block.length + changes.unblock.length === 0) return { done: true, said: [] };
  const said = await firewall.apply(changes, guard, never);
  const after = await firewall.observe(never, desired);
  const left = planOf(desired, after);
  return { done: after.settled && left.block.length + left.unblock.length === 0, said };
};

/** Passes until one is done, through whatever goes wrong. */
export const reconcile = async (
  firewall: Firewall,
  desired: readonly Block[],
  most = 6,
): Promise<readonly string[]> => {
  const said: string[] = [];
  for (let attempt = 1; attempt <= most; attempt += 1) {
    try {
      const result = await pass(firewall, desired);
      said.push(...result.said);
      if (result.done) return said;
    } catch (error) {
      if (attempt === most) throw error;
    }
  }
  throw new Error(`not as desired after ${most} passes`);
};

const planOf = (desired: readonly Block[], { blocks, undercut }: Observed) => {
  const wanted = new Set(desired.map(({ protection }) => protection));
  return {
    ...NO_CHANGES,
    unblock: blocks.filter(({ protection }) => !wanted.has(protection)),
    block: desired.filter(({ protection, addresses, ports, overrules }) => {
      const there = blocks.find((block) => block.protection === protection)?.block;
      const isAsWanted = JSON.stringify(there) === JSON.stringify({ addresses, ports });
      const open = undercut.get(protection) ?? [];
      return !isAsWanted || open.some(({ id }) => overrules.includes(id));
    }),
  };
};

/** `20-25/tcp from 10.0.0.0/8`, without what nobody can tell them apart by. */
export const rulesNow = (ec2: Ec2Server): readonly string[] =>
  (groupNow(ec2)?.ingress ?? []).map(
    ({ protocol, fromPort, toPort, peer }) =>
      `${fromPort === toPort ? fromPort : `${fromPort}-${toPort}`}/${protocol} from ${peer}`,
  );

export const groupNow = (ec2: Ec2Server) => ec2.exportAccount().groups.find(({ id }) => id === GROUP);

/** The id of the rule from there that covers the port. */
export const idOf = (ec2: Ec2Server, port: number, peer: string): string => {
  const rules = ec2.state().groups.get(GROUP)?.rules ?? [];
  const found = rules.find(
    (rule) =>
      !rule.isEgress &&
      ("cidr" in rule.peer ? rule.peer.cidr : rule.peer.id) === peer &&
      (rule.fromPort === -1 || (rule.fromPort <= port && port <= rule.toPort)),
  );
  if (found === undefined) throw new Error(`no rule for ${port} from ${peer}`);
  return found.id;
};
