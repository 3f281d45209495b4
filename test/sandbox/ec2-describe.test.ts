import {
  DescribeAccountAttributesCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcsCommand,
  EC2Client,
  paginateDescribeSecurityGroupRules,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { codeOf, type Ec2Setup, KEY, OTHER_KEY, setupEc2 } from "./ec2-world.ts";

let it: Ec2Setup;
beforeEach(async () => {
  it = await setupEc2();
});
afterEach(() => it.end());

describe("instances", () => {
  test("come with all that their interfaces have, as the SDK reads it", async () => {
    const { Reservations } = await it.ec2.send(new DescribeInstancesCommand({ InstanceIds: ["i-web"] }));
    const [instance] = Reservations?.[0]?.Instances ?? [];
    expect(instance).toMatchObject({
      InstanceId: "i-web",
      State: { Code: 16, Name: "running" },
      PlatformDetails: "Linux/UNIX",
      VpcId: "vpc-main",
      SubnetId: "subnet-a",
      PrivateIpAddress: "10.0.1.4",
      PublicIpAddress: "192.0.2.10",
      SecurityGroups: [{ GroupId: "sg-web", GroupName: "web" }],
      Tags: [
        { Key: "Name", Value: "prod-web-1" },
        { Key: "env", Value: "prod" },
      ],
      NetworkInterfaces: [
        {
          NetworkInterfaceId: "eni-web0",
          Attachment: { DeviceIndex: 0, Status: "attached" },
          Association: { PublicIp: "192.0.2.10" },
          Groups: [{ GroupId: "sg-web" }],
          Ipv6Addresses: [{ Ipv6Address: "2001:db8:a:1::4" }],
          PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: "10.0.1.4" }],
        },
        { NetworkInterfaceId: "eni-web1", Attachment: { DeviceIndex: 1 }, Groups: [{ GroupId: "sg-app" }] },
      ],
    });
    expect(instance?.Platform).toBeUndefined();
    expect(instance?.LaunchTime).toBeInstanceOf(Date);
  });

  test("a stopped Windows one says so and has no public address", async () => {
    const { Reservations } = await it.ec2.send(new DescribeInstancesCommand({ InstanceIds: ["i-win"] }));
    expect(Reservations?.[0]?.Instances?.[0]).toMatchObject({ State: { Name: "stopped" }, Platform: "windows" });
  });

  test.each([
    [{ Name: "tag:Name", Values: ["prod-*"] }, ["i-web"]],
    [{ Name: "tag:Name", Values: ["???-win-1"] }, ["i-win"]],
    [{ Name: "tag:Name", Values: ["prod-\\*"] }, []],
    [{ Name: "tag-key", Values: ["env"] }, ["i-web"]],
    [{ Name: "instance-state-name", Values: ["running", "stopped"] }, ["i-web", "i-win"]],
    [{ Name: "network-interface.group-id", Values: ["sg-app"] }, ["i-web"]],
    [{ Name: "ip-address", Values: ["192.0.2.10"] }, ["i-web"]],
  ])("filtered by %j are %j", async (filter, ids) => {
    const { Reservations } = await it.ec2.send(new DescribeInstancesCommand({ Filters: [filter] }));
    expect(Reservations?.flatMap((r) => r.Instances?.map((i) => i.InstanceId))).toEqual(ids);
  });

  test("an unknown id, a malformed id and an unknown filter are refused", async () => {
    expect(await codeOf(it.ec2.send(new DescribeInstancesCommand({ InstanceIds: ["i-gone"] })))).toBe(
      "InvalidInstanceID.NotFound",
    );
    expect(await codeOf(it.ec2.send(new DescribeInstancesCommand({ InstanceIds: ["web"] })))).toBe(
      "InvalidInstanceID.Malformed",
    );
    expect(
      await codeOf(it.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "nope", Values: ["x"] }] }))),
    ).toBe("InvalidParameterValue");
  });
});

test("an interface says which instance it belongs to, and its addresses", async () => {
  const { NetworkInterfaces } = await it.ec2.send(
    new DescribeNetworkInterfacesCommand({ Filters: [{ Name: "attachment.instance-id", Values: ["i-web"] }] }),
  );
  expect(
    NetworkInterfaces?.map((one) => [one.NetworkInterfaceId, one.Attachment?.InstanceId, one.PrivateIpAddress]),
  ).toEqual([
    ["eni-web0", "i-web", "10.0.1.4"],
    ["eni-web1", "i-web", "10.0.1.5"],
  ]);
  expect(await codeOf(it.ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ["eni-gone"] })))).toBe(
    "InvalidNetworkInterfaceID.NotFound",
  );
});

test("a group shows its permissions merged, and the egress that every group starts with", async () => {
  const { SecurityGroups } = await it.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: ["sg-web"] }));
  expect(SecurityGroups?.[0]).toMatchObject({
    GroupName: "web",
    VpcId: "vpc-main",
    IpPermissions: [
      {
        IpProtocol: "tcp",
        FromPort: 443,
        ToPort: 443,
        IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "everyone" }],
        Ipv6Ranges: [{ CidrIpv6: "::/0" }],
        UserIdGroupPairs: [],
        PrefixListIds: [],
      },
      { FromPort: 5432, UserIdGroupPairs: [{ GroupId: "sg-app", UserId: "111122223333" }] },
    ],
    IpPermissionsEgress: [
      { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }], Ipv6Ranges: [{ CidrIpv6: "::/0" }] },
    ],
  });
});

test("every VPC has its default group", async () => {
  const { SecurityGroups } = await it.ec2.send(
    new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: ["default"] }] }),
  );
  expect(SecurityGroups?.map((group) => group.VpcId).toSorted()).toEqual(["vpc-default", "vpc-main"]);
});

test("rules are listed one by one, in pages, each exactly once", async () => {
  const all = await it.ec2.send(new DescribeSecurityGroupRulesCommand({}));
  const paged: string[] = [];
  let pages = 0;
  for await (const page of paginateDescribeSecurityGroupRules({ client: it.ec2, pageSize: 5 }, {})) {
    pages += 1;
    paged.push(...(page.SecurityGroupRules ?? []).flatMap((rule) => rule.SecurityGroupRuleId ?? []));
  }
  expect(pages).toBeGreaterThan(1);
  expect(paged).toEqual(all.SecurityGroupRules?.map((rule) => rule.SecurityGroupRuleId));
  expect(new Set(paged).size).toBe(paged.length);

  const { SecurityGroupRules } = await it.ec2.send(
    new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: ["sg-app"] }] }),
  );
  expect(SecurityGroupRules?.find((rule) => rule.IsEgress === false)).toMatchObject({
    GroupId: "sg-app",
    IpProtocol: "-1",
    FromPort: -1,
    ToPort: -1,
    PrefixListId: "pl-vpn",
  });
});

test("regions, VPCs, subnets, tags and the account's limits are told", async () => {
  const regions = await it.ec2.send(new DescribeRegionsCommand({}));
  expect(regions.Regions?.map((region) => region.RegionName)).toEqual(["eu-west-1", "us-east-1"]);
  const vpcs = await it.ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] }));
  expect(vpcs.Vpcs?.map((vpc) => [vpc.VpcId, vpc.IsDefault])).toEqual([["vpc-default", true]]);
  const subnets = await it.ec2.send(new DescribeSubnetsCommand({ SubnetIds: ["subnet-a"] }));
  expect(subnets.Subnets?.[0]).toMatchObject({ VpcId: "vpc-main", CidrBlock: "10.0.1.0/24" });
  const tags = await it.ec2.send(
    new DescribeTagsCommand({ Filters: [{ Name: "resource-type", Values: ["security-group"] }] }),
  );
  expect(tags.Tags).toEqual([{ ResourceId: "sg-app", ResourceType: "security-group", Key: "team", Value: "core" }]);
  const { AccountAttributes } = await it.ec2.send(new DescribeAccountAttributesCommand({}));
  const perInterface = AccountAttributes?.find(
    ({ AttributeName }) => AttributeName === "vpc-max-security-groups-per-interface",
  );
  expect(perInterface?.AttributeValues).toEqual([{ AttributeValue: "5" }]);
});

describe("who asks", () => {
  test("an account sees only its own, and only in the region it asks", async () => {
    const others = await it.client({ key: OTHER_KEY }).send(new DescribeInstancesCommand({}));
    expect(others.Reservations).toEqual([]);
    const elsewhere = await it.client({ region: "us-east-1" }).send(new DescribeInstancesCommand({}));
    expect(elsewhere.Reservations).toEqual([]);
  });

  test("a wrong secret, an unknown key, another region or service and no signature are AuthFailure", async () => {
    const ask = new DescribeVpcsCommand({});
    expect(await codeOf(it.client({ key: { ...KEY, secret: "guess" } }).send(ask))).toBe("AuthFailure");
    expect(await codeOf(it.client({ key: { ...KEY, id: "AKIANOBODY" } }).send(ask))).toBe("AuthFailure");
    expect(await codeOf(it.client({ region: "mars-north-1" }).send(ask))).toBe("AuthFailure");
    const unsigned = await fetch(it.server.url, { method: "POST", body: "Action=DescribeVpcs&Version=2016-11-15" });
    expect(unsigned.status).toBe(401);
    expect(await unsigned.text()).toMatch(/<Response><Errors><Error><Code>AuthFailure<\/Code>.*<RequestID>/u);
  });

  test("a denied action is UnauthorizedOperation, in a dry run too; a permitted dry run is DryRunOperation", async () => {
    expect(await codeOf(it.ec2.send(new DescribeVpcsCommand({ DryRun: true })))).toBe("DryRunOperation");
    const giveBack = it.server.deny(KEY.id, "ec2:DescribeV*");
    expect(await codeOf(it.ec2.send(new DescribeVpcsCommand({ DryRun: true })))).toBe("UnauthorizedOperation");
    expect(await codeOf(it.ec2.send(new DescribeVpcsCommand({})))).toBe("UnauthorizedOperation");
    giveBack();
    expect(await codeOf(it.ec2.send(new DescribeVpcsCommand({})))).toBe("none");
  });

  test("the SDK finds the server by AWS_ENDPOINT_URL_EC2", async () => {
    const before = process.env.AWS_ENDPOINT_URL_EC2;
    process.env.AWS_ENDPOINT_URL_EC2 = it.server.url;
    const client = new EC2Client({
      region: "eu-west-1",
      credentials: { accessKeyId: KEY.id, secretAccessKey: KEY.secret },
    });
    try {
      expect((await client.send(new DescribeVpcsCommand({}))).Vpcs).toHaveLength(2);
    } finally {
      if (before === undefined) delete process.env.AWS_ENDPOINT_URL_EC2;
      else process.env.AWS_ENDPOINT_URL_EC2 = before;
      client.destroy();
    }
  });
});
