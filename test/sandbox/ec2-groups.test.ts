import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  ModifyInstanceAttributeCommand,
  ModifyNetworkInterfaceAttributeCommand,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { codeOf, type Ec2Setup, setupEc2 } from "./ec2-world.ts";

let it: Ec2Setup;
beforeEach(async () => {
  it = await setupEc2();
});
afterEach(() => it.end());

const create = async (GroupName: string, VpcId = "vpc-main"): Promise<string> =>
  (await it.ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId }))).GroupId ?? "";
const attach = (NetworkInterfaceId: string, ...Groups: string[]) =>
  it.ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups }));
const remove = (GroupId: string) => it.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));

describe("a new group", () => {
  test("has its tags and lets everything out", async () => {
    const made = await it.ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: "latch acme eni-web0",
        Description: "made by latch",
        VpcId: "vpc-main",
        TagSpecifications: [{ ResourceType: "security-group", Tags: [{ Key: "latch", Value: "acme" }] }],
      }),
    );
    expect(made.Tags).toEqual([{ Key: "latch", Value: "acme" }]);
    const { SecurityGroups } = await it.ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: "tag:latch", Values: ["acme"] }] }),
    );
    expect(SecurityGroups?.[0]).toMatchObject({
      GroupId: made.GroupId,
      IpPermissions: [],
      IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
    });
  });

  test.each([
    ["web", "InvalidGroup.Duplicate"],
    ["sg-mine", "InvalidParameterValue"],
    ["default", "InvalidParameterValue"],
    ["it's mine", "InvalidParameterValue"],
    ["x".repeat(256), "InvalidParameterValue"],
    ["x".repeat(255), "none"],
    ["plain", "none"],
  ])("named %j answers %s", async (name, code) => {
    expect(
      await codeOf(
        it.ec2.send(new CreateSecurityGroupCommand({ GroupName: name, Description: "d", VpcId: "vpc-main" })),
      ),
    ).toBe(code);
  });

  test("is not found until the cloud agrees with itself", async () => {
    const slow = await setupEc2({ eventuallyConsistentMs: 3_000 });
    try {
      const { GroupId = "" } = await slow.ec2.send(
        new CreateSecurityGroupCommand({ GroupName: "new", Description: "d", VpcId: "vpc-main" }),
      );
      const use = () =>
        codeOf(
          slow.ec2.send(
            new AuthorizeSecurityGroupIngressCommand({
              GroupId,
              IpPermissions: [
                { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "203.0.113.7/32" }] },
              ],
            }),
          ),
        );
      slow.clock.advance(2_999);
      expect(await use()).toBe("InvalidGroup.NotFound");
      expect(
        (await slow.ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups?.some((g) => g.GroupId === GroupId),
      ).toBe(false);
      slow.clock.advance(1);
      expect(await use()).toBe("none");
    } finally {
      await slow.end();
    }
  });

  test("is refused when the region is full of them", async () => {
    const full = await setupEc2({ quotas: { groupsPerRegion: 5 } });
    expect(
      await codeOf(
        full.ec2.send(new CreateSecurityGroupCommand({ GroupName: "sixth", Description: "d", VpcId: "vpc-main" })),
      ),
    ).toBe("SecurityGroupLimitExceeded");
    await full.end();
  });
});

describe("deleting a group", () => {
  test("waits until no interface has it and no other group names it", async () => {
    expect(await codeOf(remove("sg-app"))).toBe("DependencyViolation");
    await attach("eni-web1", "sg-web");
    expect(await codeOf(remove("sg-app"))).toBe("DependencyViolation");
    it.server.editAsSomeoneElse((editor) => {
      const rule = it.server
        .state()
        .groups.get("sg-web")
        ?.rules.find(({ peer }) => peer.kind === "group");
      editor.revoke(rule?.id ?? "");
    });
    expect(await codeOf(remove("sg-app"))).toBe("none");
    expect(await codeOf(remove("sg-app"))).toBe("InvalidGroup.NotFound");
  });

  test("is refused for the default group", async () => {
    const id = [...it.server.state().groups.values()].find(({ name }) => name === "default")?.id ?? "";
    expect(await codeOf(remove(id))).toBe("CannotDelete");
  });
});

describe("an interface's groups", () => {
  test("are replaced as a whole", async () => {
    const mine = await create("mine");
    await attach("eni-web0", mine);
    expect(it.server.state().interfaces.get("eni-web0")?.groupIds).toEqual([mine]);
  });

  test("are one to five", async () => {
    const ids = await Promise.all(["a", "b", "c", "d", "e"].map((name) => create(name)));
    expect(await codeOf(attach("eni-web0", ...ids))).toBe("none");
    expect(await codeOf(attach("eni-web0", ...ids, "sg-web"))).toBe("SecurityGroupsPerInterfaceLimitExceeded");
    expect(await codeOf(attach("eni-web0"))).toBe("MissingParameter");
    expect(it.server.state().interfaces.get("eni-web0")?.groupIds).toHaveLength(5);
  });

  test("must be there, and in the same VPC", async () => {
    expect(await codeOf(attach("eni-web0", "sg-gone"))).toBe("InvalidGroup.NotFound");
    expect(await codeOf(attach("eni-web0", "sg-plain"))).toBe("InvalidParameterValue");
    expect(await codeOf(attach("eni-gone", "sg-web"))).toBe("InvalidNetworkInterfaceID.NotFound");
  });

  test("are set through the instance only while it has one interface", async () => {
    const mine = await create("mine", "vpc-default");
    const set = (InstanceId: string, ...Groups: string[]) =>
      it.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, Groups }));
    await set("i-win", "sg-plain", mine);
    expect(it.server.state().interfaces.get("eni-win0")?.groupIds).toEqual(["sg-plain", mine]);
    expect(await codeOf(set("i-web", "sg-web"))).toBe("InvalidInstanceID");
    expect(await codeOf(set("i-gone", "sg-web"))).toBe("InvalidInstanceID.NotFound");
  });
});

test("an export is the same after everything was put back, and shows a group that was left over", async () => {
  const before = it.server.export("eni-web0");
  const mine = await create("mine");
  expect(it.server.export("eni-web0")).not.toEqual(before);
  await attach("eni-web0", "sg-web", mine);
  await it.ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: mine,
      IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "10.9.0.0/16" }] }],
    }),
  );
  await attach("eni-web0", "sg-web");
  expect(it.server.export("eni-web0").attached).toEqual(before.attached);
  expect(it.server.export("eni-web0")).not.toEqual(before);
  await remove(mine);
  expect(it.server.export("eni-web0")).toEqual(before);
});
