import {
  AuthorizeSecurityGroupIngressCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  type UserIdGroupPair,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createAwsGround } from "../../../src/sandbox/network/aws-ground.ts";
import { createNetwork, type Network } from "../../../src/sandbox/network/network.ts";
import { ACCOUNT, codeOf, type Ec2Setup, OTHER_KEY, setupEc2, world } from "../ec2-world.ts";

const THEIRS = "444455556666";
const instanceIn = (id: string, subnet: string, privateIp: string, group: string) => ({
  id,
  name: id,
  interfaces: [{ id: `eni-${id}`, subnet, privateIp, groups: [group] }],
});

let it: Ec2Setup;
let network: Network;
beforeEach(async () => {
  it = await setupEc2({
    world: {
      ...world,
      vpcs: [
        ...world.vpcs,
        { id: "vpc-theirs", account: THEIRS, region: "eu-west-1", cidr: "10.8.0.0/16" },
        { id: "vpc-far", account: ACCOUNT, region: "us-east-1", cidr: "10.9.0.0/16" },
      ],
      subnets: [...world.subnets, { id: "subnet-t", vpc: "vpc-theirs", cidr: "10.8.1.0/24" }],
      peerings: [
        { id: "pcx-theirs", vpcs: ["vpc-main", "vpc-theirs"] },
        { id: "pcx-far", vpcs: ["vpc-main", "vpc-far"] },
        { id: "pcx-asked", vpcs: ["vpc-main", "vpc-default"], status: "pending-acceptance" },
      ],
      groups: [
        ...world.groups,
        { id: "sg-theirs", vpc: "vpc-theirs", name: "theirs" },
        { id: "sg-far", vpc: "vpc-far", name: "far" },
      ],
      instances: [...world.instances, instanceIn("i-theirs", "subnet-t", "10.8.1.7", "sg-theirs")],
    },
  });
  network = createNetwork({ grounds: [createAwsGround(it.server)] });
});
afterEach(async () => {
  await network.stop();
  await it.end();
});

const allow = (pair: UserIdGroupPair, GroupId = "sg-web") =>
  it.ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, UserIdGroupPairs: [pair] }],
    }),
  );

const references = async () => {
  const { SecurityGroupRules } = await it.ec2.send(
    new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: ["sg-web"] }] }),
  );
  return (SecurityGroupRules ?? []).flatMap(({ FromPort, ReferencedGroupInfo }) =>
    FromPort === 22 ? (ReferencedGroupInfo ?? []) : [],
  );
};

describe("a group in the same VPC", () => {
  test("is named with and without its account, and says nothing of a peering", async () => {
    await allow({ GroupId: "sg-app" });
    expect(await references()).toEqual([{ GroupId: "sg-app", UserId: ACCOUNT }]);
    expect(await codeOf(allow({ GroupId: "sg-app", UserId: ACCOUNT }))).toBe("InvalidPermission.Duplicate");
    expect(await codeOf(allow({ GroupId: "sg-app", UserId: THEIRS }))).toBe("InvalidGroup.NotFound");
  });

  test("is named by its name only in a default VPC", async () => {
    await allow({ GroupName: "plain" }, "sg-plain");
    expect(await codeOf(allow({ GroupName: "nobody" }, "sg-plain"))).toBe("InvalidGroup.NotFound");
    expect(await codeOf(allow({ GroupName: "app" }))).toBe("MissingParameter");
  });
});

describe("a group of a peered VPC", () => {
  const PAIR = { GroupId: "sg-theirs", UserId: THEIRS };

  test("is named with its account, and the answers say by which peering", async () => {
    const { SecurityGroupRules } = await allow({ ...PAIR, Description: "their jump host" });
    const reference = {
      ...PAIR,
      VpcId: "vpc-theirs",
      VpcPeeringConnectionId: "pcx-theirs",
      PeeringStatus: "active",
    };
    expect(SecurityGroupRules?.[0]?.ReferencedGroupInfo).toEqual(reference);
    expect(await references()).toEqual([reference]);
    const { SecurityGroups } = await it.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: ["sg-web"] }));
    const pairs = SecurityGroups?.[0]?.IpPermissions?.flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs);
    expect(pairs).toContainEqual({ ...reference, Description: "their jump host" });
    expect(pairs).toContainEqual({ GroupId: "sg-app", UserId: ACCOUNT });
  });

  test.each<[string, UserIdGroupPair]>([
    ["another account's without that account", { GroupId: "sg-theirs" }],
    ["one in another region", { GroupId: "sg-far" }],
    ["one whose peering isn't accepted yet", { GroupId: "sg-plain" }],
    ["one that isn't there", { GroupId: "sg-gone", UserId: THEIRS }],
  ])("is not found when it is %s", async (_name, pair) => {
    expect(await codeOf(allow(pair))).toBe("InvalidGroup.NotFound");
  });

  test("lets its machines in while the peering is active", async () => {
    const reaches = async () =>
      (await network.connect({ from: "10.8.1.7", machine: "prod-web-1", address: "10.0.1.4", port: 22 })).outcome;
    expect(await reaches()).toBe("refused");
    await allow(PAIR);
    expect(await reaches()).toBe("open");
    it.server.editAsSomeoneElse((editor) => editor.setPeeringStatus("pcx-theirs", "deleted"));
    expect(await reaches()).toBe("refused");
    expect(await references()).toMatchObject([{ PeeringStatus: "deleted" }]);
  });

  test("can be deleted by its owner, and the rule goes stale", async () => {
    await allow(PAIR);
    it.server.editAsSomeoneElse((editor) => editor.terminate("i-theirs"));
    await it.client({ key: OTHER_KEY }).send(new DeleteSecurityGroupCommand({ GroupId: "sg-theirs" }));
    const [stale] = await references();
    expect(stale).toEqual({
      GroupId: "sg-theirs",
      VpcId: "vpc-theirs",
      VpcPeeringConnectionId: "pcx-theirs",
      PeeringStatus: "active",
    });
    expect(it.server.exportAccount().groups.find(({ id }) => id === "sg-web")?.ingress).toContainEqual(
      expect.objectContaining({ peer: "sg-theirs", fromPort: 22 }),
    );
  });
});
