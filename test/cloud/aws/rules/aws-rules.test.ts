import { describe, expect, onTestFinished, test } from "vitest";
import type { Machine, MachineId } from "../../../../src/access/machine.ts";
import { type DurationMs, type EpochMs, MINUTE } from "../../../../src/access/time.ts";
import { createEc2 } from "../../../../src/cloud/aws/ec2.ts";
import { createAwsRules } from "../../../../src/cloud/aws/rules/aws-rules.ts";
import type { AwsTarget, ReadRules, RulesBefore } from "../../../../src/cloud/rules.ts";
import { createEc2Server, type Ec2Server } from "../../../../src/sandbox/aws/server.ts";
import type { Ec2World } from "../../../../src/sandbox/aws/world.ts";

const ACCOUNT = "111122223333";
const OTHER = "444455556666";
const REGION = "eu-west-1";
const never = new AbortController().signal;

const WORLD: Ec2World = {
  accounts: [
    { id: ACCOUNT, keys: [{ id: "AKIAOURS", secret: "ours" }] },
    { id: OTHER, keys: [{ id: "AKIATHEIRS", secret: "theirs" }] },
  ],
  vpcs: [
    { id: "vpc-0a1", account: ACCOUNT, region: REGION, cidr: "10.0.0.0/16", ipv6Cidr: "2a05:d018:5::/56" },
    { id: "vpc-0a2", account: ACCOUNT, region: REGION, cidr: "10.1.0.0/16" },
    { id: "vpc-0b1", account: OTHER, region: REGION, cidr: "10.2.0.0/16" },
  ],
  subnets: [
    { id: "subnet-0a1", vpc: "vpc-0a1", cidr: "10.0.1.0/24", ipv6Cidr: "2a05:d018:5:1::/64" },
    { id: "subnet-0a2", vpc: "vpc-0a2", cidr: "10.1.1.0/24" },
    { id: "subnet-0b1", vpc: "vpc-0b1", cidr: "10.2.1.0/24" },
  ],
  peerings: [
    { id: "pcx-0a1", vpcs: ["vpc-0a1", "vpc-0a2"] },
    { id: "pcx-0b1", vpcs: ["vpc-0a1", "vpc-0b1"] },
  ],
  prefixLists: [
    {
      id: "pl-0a1",
      account: ACCOUNT,
      region: REGION,
      name: "offices",
      maxEntries: 5,
      cidrs: ["203.0.113.0/24", "198.51.100.7/32"],
    },
  ],
  groups: [
    {
      id: "sg-0a1",
      vpc: "vpc-0a1",
      name: "web",
      ingress: [
        { protocol: "tcp", ports: [20, 25], peer: "0.0.0.0/0" },
        { protocol: "tcp", ports: 22, peer: "pl-0a1" },
        { protocol: "-1", peer: "sg-0a2" },
        { protocol: "tcp", ports: 22, peer: "sg-0a3" },
        { protocol: "tcp", ports: 22, peer: "sg-0b1" },
        { protocol: "udp", ports: 53, peer: "2a05::/16" },
      ],
    },
    { id: "sg-0a2", vpc: "vpc-0a1", name: "admins" },
    { id: "sg-0a3", vpc: "vpc-0a2", name: "far" },
    { id: "sg-0b1", vpc: "vpc-0b1", name: "theirs" },
  ],
  instances: [
    {
      id: "i-0a1",
      name: "web-1",
      interfaces: [
        {
          id: "eni-0a1",
          subnet: "subnet-0a1",
          privateIp: "10.0.1.4",
          secondaryPrivateIps: ["10.0.1.5"],
          publicIp: "52.30.0.4",
          ipv6: ["2a05:d018:5:1::4"],
          groups: ["sg-0a1", "sg-0a2"],
        },
      ],
    },
    {
      id: "i-0a2",
      name: "web-2",
      interfaces: [{ id: "eni-0a2", subnet: "subnet-0a1", privateIp: "10.0.1.6", groups: ["sg-0a1"] }],
    },
    {
      id: "i-0a3",
      name: "far",
      interfaces: [{ id: "eni-0a3", subnet: "subnet-0a2", privateIp: "10.1.1.4", groups: ["sg-0a3"] }],
    },
    {
      id: "i-0b1",
      name: "theirs",
      interfaces: [{ id: "eni-0b1", subnet: "subnet-0b1", privateIp: "10.2.1.4", groups: ["sg-0b1"] }],
    },
  ],
};

const asMachine = (id: string, account = ACCOUNT): Machine => ({
  cloud: "aws",
  id: id as MachineId,
  name: id,
  account,
  region: REGION,
  tags: {},
  os: "linux",
  power: "running",
  interfaces: [],
});

const OURS = ["i-0a1", "i-0a2", "i-0a3"].map((id) => asMachine(id));

interface Setup {
  readonly ec2: Ec2Server;
  readonly read: ReadRules;
  readonly wait: (ms: number) => void;
  /** The actions asked for since the last look. */
  readonly asked: () => readonly string[];
}

const setup = async (): Promise<Setup> => {
  let now = Date.parse("2026-11-23T12:00:00Z");
  const clock = { now: () => now as EpochMs };
  const ec2 = await createEc2Server({ clock, world: WORLD, throttle: "off" });
  onTestFinished(() => ec2.stop());
  const clientOf = (accessKeyId: string, secretAccessKey: string) =>
    createEc2({
      region: REGION,
      endpoint: ec2.url,
      credentials: { accessKeyId, secretAccessKey },
      answerWithinMs: 3_000 as DurationMs,
    });
  const clients = new Map([
    [ACCOUNT, clientOf("AKIAOURS", "ours")],
    [OTHER, clientOf("AKIATHEIRS", "theirs")],
  ]);
  let seen = 0;
  return {
    ec2,
    read: createAwsRules(({ account }) => clients.get(account), clock),
    wait: (ms) => {
      now += ms;
    },
    asked: () => {
      const calls = ec2.calls().slice(seen);
      seen += calls.length;
      return calls.map(({ action }) => action);
    },
  };
};

const targetsOf = (rules: ReadonlyMap<MachineId, RulesBefore>, id: string): readonly AwsTarget[] => {
  const found = rules.get(id as MachineId);
  if (found?.cloud !== "aws") throw new Error(`no rules before ${id}`);
  return found.targets;
};

const tableOf = (rules: ReadonlyMap<MachineId, RulesBefore>, id: string) => targetsOf(rules, id)[0]?.table;

test("one target for each private address, with the public one that leads to it", async () => {
  const { read } = await setup();
  const targets = targetsOf(await read([asMachine("i-0a1")], never), "i-0a1");
  expect(targets.map(({ privateAddress, publicWays }) => [privateAddress, publicWays])).toEqual([
    ["10.0.1.4", [{ kind: "address", address: "52.30.0.4", sku: "basic" }]],
    ["10.0.1.5", []],
    ["2a05:d018:5:1::4", [{ kind: "address", address: "2a05:d018:5:1::4", sku: "basic" }]],
  ]);
});

test("the inbound rules of its groups, with their ids and sources", async () => {
  const { read } = await setup();
  const [target] = targetsOf(await read([asMachine("i-0a1")], never), "i-0a1");
  expect(target?.groups.map(({ id, name }) => [id, name])).toEqual([
    ["sg-0a1", "web"],
    ["sg-0a2", "admins"],
  ]);
  const rules = target?.groups[0]?.rules ?? [];
  expect(rules.every(({ id }) => id.startsWith("sgr-"))).toBe(true);
  expect(rules.map(({ protocol, fromPort, toPort, source }) => `${protocol} ${fromPort}-${toPort} ${source}`)).toEqual(
    expect.arrayContaining([
      "tcp 20-25 0.0.0.0/0",
      "tcp 22-22 pl-0a1",
      "-1 -1--1 sg-0a2",
      "tcp 22-22 sg-0a3",
      "tcp 22-22 sg-0b1",
      "udp 53-53 2a05::/16",
    ]),
  );
  expect(rules).toHaveLength(6);
});

test("what its rules' lists and groups stand for, but for groups of another account", async () => {
  const { read } = await setup();
  const table = tableOf(await read([asMachine("i-0a1")], never), "i-0a1");
  expect(Object.fromEntries(table?.named ?? [])).toEqual({
    "pl-0a1": ["198.51.100.7/32", "203.0.113.0/24"],
    "sg-0a2": ["10.0.1.4", "10.0.1.5", "2a05:d018:5:1::4"],
    "sg-0a3": ["10.1.1.4"],
  });
});

test("a group of a VPC that isn't peered any more lets nobody in", async () => {
  const { ec2, read } = await setup();
  ec2.editAsSomeoneElse((editor) => editor.setPeeringStatus("pcx-0a1", "deleted"));
  const table = tableOf(await read(OURS, never), "i-0a1");
  expect(table?.named.get("sg-0a3")).toEqual([]);
});

test("machines share groups and tables, and cost four calls together", async () => {
  const { read, asked } = await setup();
  const rules = await read(OURS, never);
  expect(targetsOf(rules, "i-0a1")[0]?.groups[0]).toBe(targetsOf(rules, "i-0a2")[0]?.groups[0]);
  expect(tableOf(rules, "i-0a1")).toBe(tableOf(rules, "i-0a2"));
  expect(asked().toSorted()).toEqual([
    "DescribeInstances",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroupRules",
    "GetManagedPrefixListEntries",
  ]);
});

test("a machine that is gone has no entry, nor has a terminated one", async () => {
  const { ec2, read } = await setup();
  ec2.editAsSomeoneElse((editor) => editor.terminate("i-0a2"));
  const rules = await read([...OURS, asMachine("i-0ff")], never);
  expect([...rules.keys()]).toEqual(["i-0a1", "i-0a3"]);
});

test("machines of several accounts are read by their own credentials", async () => {
  const { read } = await setup();
  const rules = await read([asMachine("i-0a3"), asMachine("i-0b1", OTHER)], never);
  expect(targetsOf(rules, "i-0b1")).toMatchObject([{ privateAddress: "10.2.1.4", groups: [{ id: "sg-0b1" }] }]);
  expect(rules.size).toBe(2);
});

test("an account that isn't configured is a fault", async () => {
  const { read } = await setup();
  await expect(read([asMachine("i-0a1", "999900001111")], never)).rejects.toMatchObject({
    name: "Fault",
    retry: "never",
  });
});

describe("prefix lists", () => {
  test("are read again after five minutes, not earlier", async () => {
    const { ec2, read, wait } = await setup();
    await read(OURS, never);
    ec2.editAsSomeoneElse((editor) => editor.setPrefixListEntries("pl-0a1", ["192.0.2.0/24"]));
    wait(5 * MINUTE - 1);
    expect(tableOf(await read(OURS, never), "i-0a1")?.named.get("pl-0a1")).toHaveLength(2);
    wait(1);
    expect(tableOf(await read(OURS, never), "i-0a1")?.named.get("pl-0a1")).toEqual(["192.0.2.0/24"]);
  });

  test("that may not be read are left out", async () => {
    const { ec2, read } = await setup();
    ec2.deny("AKIAOURS", "GetManagedPrefixListEntries");
    expect(tableOf(await read(OURS, never), "i-0a1")?.named.has("pl-0a1")).toBe(false);
  });
});

test("group members that may not be listed are left out", async () => {
  const { ec2, read } = await setup();
  ec2.deny("AKIAOURS", "DescribeNetworkInterfaces");
  expect([...(tableOf(await read(OURS, never), "i-0a1")?.named.keys() ?? [])]).toEqual(["pl-0a1"]);
});

test("rules that may not be read are a fault", async () => {
  const { ec2, read } = await setup();
  ec2.deny("AKIAOURS", "DescribeSecurityGroupRules");
  await expect(read(OURS, never)).rejects.toMatchObject({ name: "Fault", code: "aws", retry: "never" });
});
