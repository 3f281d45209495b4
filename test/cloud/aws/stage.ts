/** An EC2 with three machines of two accounts, and the adapter pointed at it. */

import { onTestFinished } from "vitest";
import type { GrantId } from "../../../src/access/identifier.ts";
import type { FirewallId } from "../../../src/access/machine.ts";
import type { Cidr } from "../../../src/access/source.ts";
import type { DurationMs, EpochMs } from "../../../src/access/time.ts";
import { type AwsCloudDeps, createAwsCloud } from "../../../src/cloud/aws/aws-cloud.ts";
import type { Cloud, Firewall, Guard, Holder, IngressRule } from "../../../src/cloud/firewall.ts";
import type { WithheldMemory } from "../../../src/cloud/withheld.ts";
import { isDone, plan } from "../../../src/reconcile/plan.ts";
import { createEc2Server, type Ec2Server, type Ec2ServerOptions } from "../../../src/sandbox/aws/server.ts";
import type { Ec2World } from "../../../src/sandbox/aws/world.ts";

export const NOON = Date.parse("2026-11-23T12:00:00Z") as EpochMs;
export const ACCOUNT = "111122223333";
export const REGION = "eu-west-1";

export const WORLD: Ec2World = {
  accounts: [
    { id: ACCOUNT, keys: [{ id: "AKIAOURS", secret: "ours" }] },
    { id: "444455556666", keys: [{ id: "AKIATHEIRS", secret: "theirs" }] },
  ],
  regions: [REGION, "us-east-1"],
  vpcs: [
    {
      id: "vpc-0a1",
      account: ACCOUNT,
      region: REGION,
      cidr: "10.0.0.0/16",
      ipv6Cidr: "2001:db8:5::/56",
      isDefault: true,
    },
    { id: "vpc-0b1", account: ACCOUNT, region: "us-east-1", cidr: "10.1.0.0/16" },
    { id: "vpc-0c1", account: "444455556666", region: REGION, cidr: "10.2.0.0/16" },
  ],
  subnets: [
    { id: "subnet-0a1", vpc: "vpc-0a1", cidr: "10.0.1.0/24", ipv6Cidr: "2001:db8:5:1::/64" },
    { id: "subnet-0b1", vpc: "vpc-0b1", cidr: "10.1.1.0/24" },
    { id: "subnet-0c1", vpc: "vpc-0c1", cidr: "10.2.1.0/24" },
  ],
  groups: [
    {
      id: "sg-0a1",
      vpc: "vpc-0a1",
      name: "web",
      ingress: [{ protocol: "tcp", ports: 443, peer: "0.0.0.0/0", description: "public" }],
    },
    {
      id: "sg-0a2",
      vpc: "vpc-0a1",
      name: "monitoring",
      ingress: [{ protocol: "tcp", ports: 9100, peer: "10.0.0.0/8" }],
    },
    { id: "sg-0a3", vpc: "vpc-0a1", name: "backup" },
    { id: "sg-0a4", vpc: "vpc-0a1", name: "mail" },
    { id: "sg-0a5", vpc: "vpc-0a1", name: "dns" },
    { id: "sg-0b1", vpc: "vpc-0b1", name: "far" },
    { id: "sg-0c1", vpc: "vpc-0c1", name: "other" },
  ],
  instances: [
    {
      id: "i-0a1",
      name: "prod-vm-3",
      tags: { env: "prod" },
      interfaces: [
        {
          id: "eni-0a1",
          subnet: "subnet-0a1",
          privateIp: "10.0.1.4",
          publicIp: "198.51.100.4",
          ipv6: ["2001:db8:5:1::4"],
          groups: ["sg-0a1"],
        },
        {
          id: "eni-0a2",
          subnet: "subnet-0a1",
          privateIp: "10.0.1.5",
          secondaryPrivateIps: ["10.0.1.6"],
          groups: ["sg-0a1", "sg-0a2"],
        },
      ],
    },
    {
      id: "i-0a2",
      platform: "windows",
      state: "stopped",
      interfaces: [{ id: "eni-0a3", subnet: "subnet-0a1", privateIp: "10.0.1.7", groups: ["sg-0a1"] }],
    },
    {
      id: "i-0a3",
      name: "old",
      state: "terminated",
      interfaces: [{ id: "eni-0a4", subnet: "subnet-0a1", privateIp: "10.0.1.8", groups: ["sg-0a1"] }],
    },
    {
      id: "i-0b1",
      name: "far-vm",
      interfaces: [{ id: "eni-0b1", subnet: "subnet-0b1", privateIp: "10.1.1.4", groups: ["sg-0b1"] }],
    },
    {
      id: "i-0c1",
      name: "other-vm",
      interfaces: [{ id: "eni-0c1", subnet: "subnet-0c1", privateIp: "10.2.1.4", groups: ["sg-0c1"] }],
    },
  ],
};

export const firewallId = (eni: string): FirewallId => `aws-groups:${ACCOUNT}/${REGION}/${eni}` as FirewallId;

export const groupId = (group: string): FirewallId => `aws-group:${ACCOUNT}/${REGION}/${group}` as FirewallId;

export interface Stage {
  readonly ec2: Ec2Server;
  readonly cloud: Cloud;
  /** The interface's firewall as this bot, or one of another installation, sees it. */
  readonly firewall: (eni: string, installation?: string) => Firewall;
  readonly cloudOf: (deps: Partial<AwsCloudDeps>) => Cloud;
}

/** Stops when the test is over. */
export const setStage = async (
  options: Partial<Ec2ServerOptions> = {},
  deps: Partial<AwsCloudDeps> = {},
): Promise<Stage> => {
  const ec2 = await createEc2Server({ clock: { now: () => NOON }, world: WORLD, throttle: "off", ...options });
  onTestFinished(() => ec2.stop());
  const cloudOf = (more: Partial<AwsCloudDeps>): Cloud =>
    createAwsCloud({
      installation: "acme",
      accounts: [{ regions: [REGION] }],
      endpoint: ec2.url,
      credentials: OURS,
      answerWithinMs: 3_000 as DurationMs,
      withheld: memoryOf(new Map()),
      secret: "ours",
      ...deps,
      ...more,
    });
  const cloud = cloudOf({});
  return {
    ec2,
    cloud,
    cloudOf,
    firewall: (eni, installation) => {
      const from = installation === undefined ? cloud : cloudOf({ installation });
      const firewall = from.firewall(firewallId(eni));
      if (firewall === undefined) throw new Error(`no firewall for ${eni}`);
      return firewall;
    },
  };
};

/** Memory of what is withheld that can be looked into and lost. */
export const memoryOf = (texts: Map<FirewallId, string>): WithheldMemory => ({
  read: async (firewall) => texts.get(firewall),
  remember: async (firewall, what) => {
    if (what === undefined) texts.delete(firewall);
    else texts.set(firewall, what);
  },
});

export const OURS = { accessKeyId: "AKIAOURS", secretAccessKey: "ours" };
export const THEIRS = { accessKeyId: "AKIATHEIRS", secretAccessKey: "theirs" };

export const held = (grant: string, minutes = 60, note = "U0DEV1: INC-1042 disk full"): Holder => ({
  grant: grant as GrantId,
  expiresAt: (NOON + minutes * 60_000) as EpochMs,
  note,
});

export const hole = (port: number, source: string, holders: readonly Holder[] = [held("k7f3q2xd")]): IngressRule => ({
  addresses: [source.includes(":") ? "2001:db8:5:1::4" : "10.0.1.4"],
  protocol: "tcp",
  ports: [port],
  sources: [source as Cidr],
  holders,
});

export const always: Guard = async () => {};
export const never = new AbortController().signal;

/** One pass: look, plan, apply, look again. Whether all was as desired at the last look. */
export const pass = async (
  firewall: Firewall,
  desired: readonly IngressRule[],
  guard: Guard = always,
): Promise<boolean> => {
  const before = await firewall.observe(never);
  const changes = plan(desired, before.rules, firewall.ruleHolds);
  if (isDone(changes, before)) return true;
  await firewall.apply(changes, guard, never);
  const after = await firewall.observe(never);
  return isDone(plan(desired, after.rules, firewall.ruleHolds), after);
};

/** Passes until one succeeds, as the loop does, through faults that may go away. */
export const reconcile = async (firewall: Firewall, desired: readonly IngressRule[], most = 5): Promise<void> => {
  for (let attempt = 1; attempt <= most; attempt += 1) {
    const done = await pass(firewall, desired).catch((error: unknown) => {
      if (attempt === most) throw error;
      return false;
    });
    if (done) return;
  }
  throw new Error(`not as desired after ${most} passes`);
};

/** Who may reach what through the groups on an interface: `443/tcp from 0.0.0.0/0`. */
export const open = (ec2: Ec2Server, eni: string): readonly string[] =>
  ec2
    .export(eni)
    .attached.flatMap((group) => group.ingress)
    .map((rule) => `${rule.fromPort}/${rule.protocol} from ${rule.peer}`)
    .toSorted();

/** Where the groups on an interface let the machine go: one entry for each of their rules. */
export const out = (ec2: Ec2Server, eni: string): readonly string[] =>
  ec2.export(eni).attached.flatMap((group) => group.egress.map((rule) => `${group.name} to ${rule.peer}`));

export const groupsNow = (ec2: Ec2Server): readonly string[] =>
  [...ec2.state().groups.values()].map((group) => group.name);

export const ownGroup = (ec2: Ec2Server, eni = "eni-0a1", installation = "acme") => {
  const group = [...ec2.state().groups.values()].find(({ name }) => name === `latch-${installation}-${eni}`);
  if (group === undefined) throw new Error(`no group of ours for ${eni}`);
  return group;
};
