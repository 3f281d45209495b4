import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeSecurityGroupRulesCommand,
  type IpPermission,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { codeOf, type Ec2Setup, setupEc2 } from "./ec2-world.ts";

let it: Ec2Setup;
beforeEach(async () => {
  it = await setupEc2();
});
afterEach(() => it.end());

const ssh = (CidrIp: string, Description?: string): IpPermission => ({
  IpProtocol: "tcp",
  FromPort: 22,
  ToPort: 22,
  IpRanges: [{ CidrIp, ...(Description === undefined ? {} : { Description }) }],
});

const authorize = (GroupId: string, ...IpPermissions: IpPermission[]) =>
  it.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));

const ingressOf = (groupId: string): readonly string[] =>
  [...(it.server.state().groups.get(groupId)?.rules ?? [])]
    .filter((rule) => !rule.isEgress)
    .map(
      ({ protocol, fromPort, toPort, peer }) =>
        `${protocol} ${fromPort}-${toPort} ${"cidr" in peer ? peer.cidr : peer.id}`,
    );

const many = (count: number) => Array.from({ length: count }, (_, i) => ({ CidrIp: `198.51.100.${String(i)}/32` }));

describe("authorizing", () => {
  test("answers with every new rule, its id and its tags", async () => {
    const answer = await it.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: "sg-web",
        IpPermissions: [
          { ...ssh("203.0.113.7/24", "U0DEV1: INC-1"), Ipv6Ranges: [{ CidrIpv6: "2001:DB8:1::7/48" }] },
          { IpProtocol: "-1", PrefixListIds: [{ PrefixListId: "pl-vpn" }], UserIdGroupPairs: [{ GroupId: "sg-app" }] },
        ],
        TagSpecifications: [{ ResourceType: "security-group-rule", Tags: [{ Key: "latch", Value: "acme" }] }],
      }),
    );
    expect(answer.Return).toBe(true);
    expect(answer.SecurityGroupRules).toMatchObject([
      {
        GroupId: "sg-web",
        IsEgress: false,
        IpProtocol: "tcp",
        FromPort: 22,
        ToPort: 22,
        CidrIpv4: "203.0.113.0/24",
        Description: "U0DEV1: INC-1",
      },
      { CidrIpv6: "2001:db8:1::/48", Tags: [{ Key: "latch", Value: "acme" }] },
      { IpProtocol: "-1", FromPort: -1, ToPort: -1, PrefixListId: "pl-vpn" },
      { ReferencedGroupInfo: { GroupId: "sg-app" } },
    ]);
    expect(
      answer.SecurityGroupRules?.every((rule) => /^sgr-0[0-9a-f]{16}$/u.test(rule.SecurityGroupRuleId ?? "")),
    ).toBe(true);
    expect(ingressOf("sg-web")).toContain("tcp 22-22 203.0.113.0/24");
  });

  test("the same protocol, ports and source twice is a duplicate whatever the description, and nothing of that call is added", async () => {
    await authorize("sg-plain", ssh("203.0.113.7/32", "one"));
    const again = authorize("sg-plain", ssh("198.51.100.1/32"), { ...ssh("203.0.113.7/32", "two"), IpProtocol: "6" });
    expect(await codeOf(again)).toBe("InvalidPermission.Duplicate");
    await expect(again).rejects.toThrow(
      'the specified rule "peer: 203.0.113.7/32, TCP, from port: 22, to port: 22, ALLOW" already exists',
    );
    expect(ingressOf("sg-plain")).toEqual(["tcp 22-22 203.0.113.7/32"]);
  });

  test.each<[string, IpPermission]>([
    ["InvalidParameterValue", ssh("999.1.1.1/32")],
    ["InvalidParameterValue", ssh("10.0.0.0/33")],
    ["InvalidParameterValue", ssh("10.0.0.1")],
    ["InvalidParameterValue", ssh("2001:db8::/32")],
    ["InvalidParameterValue", ssh("10.0.0.0/8", "it's late")],
    ["InvalidParameterValue", ssh("10.0.0.0/8", "x".repeat(256))],
    ["none", ssh("10.0.0.0/8", "x".repeat(255))],
    ["InvalidParameterValue", { IpProtocol: "tcp", IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
    ["InvalidParameterValue", { IpProtocol: "tcp", FromPort: 25, ToPort: 20, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
    ["InvalidParameterValue", { IpProtocol: "tcp", FromPort: 1, ToPort: 65_536, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
    ["InvalidPermission.Malformed", { IpProtocol: "carrier-pigeon", IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
    ["MissingParameter", { FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
    ["InvalidGroup.NotFound", { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: "sg-gone" }] }],
    ["InvalidPrefixListID.NotFound", { IpProtocol: "-1", PrefixListIds: [{ PrefixListId: "pl-gone" }] }],
  ])("answers %s to %j", async (code, permission) => {
    expect(await codeOf(authorize("sg-plain", permission))).toBe(code);
  });

  test("a group takes sixty rules of each family and not one more", async () => {
    await authorize("sg-plain", { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: many(60) });
    expect(await codeOf(authorize("sg-plain", ssh("203.0.113.7/32")))).toBe("RulesPerSecurityGroupLimitExceeded");
    expect(
      await codeOf(
        authorize("sg-plain", { IpProtocol: "tcp", FromPort: 22, ToPort: 22, Ipv6Ranges: [{ CidrIpv6: "::/0" }] }),
      ),
    ).toBe("none");
    expect(ingressOf("sg-plain")).toHaveLength(61);
  });

  test("egress is apart from ingress", async () => {
    await it.ec2.send(
      new AuthorizeSecurityGroupEgressCommand({ GroupId: "sg-plain", IpPermissions: [ssh("203.0.113.7/32")] }),
    );
    expect(ingressOf("sg-plain")).toEqual([]);
    await it.ec2.send(
      new RevokeSecurityGroupEgressCommand({
        GroupId: "sg-plain",
        IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
      }),
    );
    expect(it.server.state().groups.get("sg-plain")?.rules).toHaveLength(1);
  });
});

const revoke = (GroupId: string, ...IpPermissions: IpPermission[]) =>
  it.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }));

describe("revoking", () => {
  test("by rule id takes that rule, and an id that isn't there takes nothing", async () => {
    const { SecurityGroupRules } = await authorize("sg-plain", ssh("203.0.113.7/32"), ssh("203.0.113.8/32"));
    const [first = "", second = ""] = (SecurityGroupRules ?? []).map((rule) => rule.SecurityGroupRuleId ?? "");
    const byId = (...SecurityGroupRuleIds: string[]) =>
      it.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: "sg-plain", SecurityGroupRuleIds }));

    expect(await codeOf(byId(first, "sgr-0123456789abcdef0"))).toBe("InvalidSecurityGroupRuleId.NotFound");
    expect(ingressOf("sg-plain")).toHaveLength(2);
    expect((await byId(first)).RevokedSecurityGroupRules?.[0]?.SecurityGroupRuleId).toBe(first);
    expect(ingressOf("sg-plain")).toEqual(["tcp 22-22 203.0.113.8/32"]);
    expect(await codeOf(byId(first))).toBe("InvalidSecurityGroupRuleId.NotFound");
    expect(
      await codeOf(
        it.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: "sg-web", SecurityGroupRuleIds: [second] })),
      ),
    ).toBe("InvalidSecurityGroupRuleId.NotFound");
  });

  test("by properties that match nothing is silent in a default VPC, and says what it didn't know", async () => {
    const answer = await revoke("sg-plain", ssh("203.0.113.7/32"));
    expect(answer.Return).toBe(true);
    expect(answer.UnknownIpPermissions).toMatchObject([
      { IpProtocol: "tcp", IpRanges: [{ CidrIp: "203.0.113.7/32" }] },
    ]);
  });

  test("by properties that match nothing is an error in any other VPC, and revokes nothing", async () => {
    await authorize("sg-web", ssh("203.0.113.7/32"));
    expect(await codeOf(revoke("sg-web", ssh("203.0.113.7/32"), ssh("203.0.113.9/32")))).toBe(
      "InvalidPermission.NotFound",
    );
    expect(ingressOf("sg-web")).toContain("tcp 22-22 203.0.113.7/32");
    await revoke("sg-web", ssh("203.0.113.7/32", "whatever it says"));
    expect(ingressOf("sg-web")).not.toContain("tcp 22-22 203.0.113.7/32");
  });
});

const only = async (): Promise<string> =>
  (await authorize("sg-plain", ssh("203.0.113.7/32", "before"))).SecurityGroupRules?.[0]?.SecurityGroupRuleId ?? "";
const modify = (SecurityGroupRuleId: string, SecurityGroupRule: object) =>
  it.ec2.send(
    new ModifySecurityGroupRulesCommand({
      GroupId: "sg-plain",
      SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }],
    }),
  );

describe("changing a rule", () => {
  test("keeps its id", async () => {
    const id = await only();
    await modify(id, { IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIpv4: "203.0.113.7/32", Description: "after" });
    const { SecurityGroupRules } = await it.ec2.send(
      new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [id] }),
    );
    expect(SecurityGroupRules?.[0]?.Description).toBe("after");
  });

  test("into one that is there already, or from another kind of source, is refused", async () => {
    const id = await only();
    await authorize("sg-plain", ssh("203.0.113.8/32"));
    const tcp22 = { IpProtocol: "tcp", FromPort: 22, ToPort: 22 };
    expect(await codeOf(modify(id, { ...tcp22, CidrIpv4: "203.0.113.8/32" }))).toBe("InvalidPermission.Duplicate");
    expect(await codeOf(modify(id, { ...tcp22, CidrIpv6: "::/0" }))).toBe("InvalidParameterValue");
    expect(await codeOf(modify("sgr-gone", { ...tcp22, CidrIpv4: "1.2.3.4/32" }))).toBe(
      "InvalidSecurityGroupRuleId.NotFound",
    );
  });

  test("its tags are put on and taken off, and it can be found by them", async () => {
    const id = await only();
    await it.ec2.send(
      new CreateTagsCommand({
        Resources: [id],
        Tags: [
          { Key: "latch:k7f3q2xd", Value: "1764000000" },
          { Key: "keep", Value: "yes" },
        ],
      }),
    );
    const found = () =>
      it.ec2.send(new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "tag:latch:k7f3q2xd", Values: ["*"] }] }));
    expect((await found()).SecurityGroupRules).toHaveLength(1);
    await it.ec2.send(
      new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: "keep", Value: "no" }, { Key: "latch:k7f3q2xd" }] }),
    );
    expect((await found()).SecurityGroupRules).toEqual([]);
    expect(
      it.server
        .state()
        .groups.get("sg-plain")
        ?.rules.find((rule) => rule.id === id)?.tags,
    ).toEqual({ keep: "yes" });
  });

  test("a tag on something that isn't there tags nothing else either", async () => {
    const tags = new CreateTagsCommand({ Resources: ["sg-plain", "sgr-gone"], Tags: [{ Key: "a", Value: "b" }] });
    expect(await codeOf(it.ec2.send(tags))).toBe("InvalidSecurityGroupRuleId.NotFound");
    expect(it.server.state().groups.get("sg-plain")?.tags).toEqual({});
  });
});
