import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupRulesCommand,
  type IpPermission,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRuleUpdate,
  type Tag,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { codeOf, type Ec2Setup, setupEc2 } from "../ec2-world.ts";

let it: Ec2Setup;
beforeEach(async () => {
  it = await setupEc2();
});
afterEach(() => it.end());

const tcp = (port: number, ...cidrs: readonly string[]): IpPermission => ({
  IpProtocol: "tcp",
  FromPort: port,
  ToPort: port,
  IpRanges: cidrs.map((CidrIp) => ({ CidrIp })),
});
const authorize = async (permissions: IpPermission[], Tags?: Tag[]) => {
  const TagSpecifications = Tags === undefined ? [] : [{ ResourceType: "security-group-rule" as const, Tags }];
  const { SecurityGroupRules = [] } = await it.ec2.send(
    new AuthorizeSecurityGroupIngressCommand({ GroupId: "sg-web", IpPermissions: permissions, TagSpecifications }),
  );
  return SecurityGroupRules.flatMap(({ SecurityGroupRuleId }) => SecurityGroupRuleId ?? []);
};
const rules = () => it.server.state().groups.get("sg-web")?.rules ?? [];
const rule = (id: string | undefined) => rules().find((each) => each.id === id);
const fiftyOne = Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: "v" }));

describe("one call with many permissions", () => {
  const MIXED: IpPermission[] = [
    { ...tcp(22), IpRanges: [{ CidrIp: "203.0.113.0/24", Description: "office" }], Ipv6Ranges: [{ CidrIpv6: "::/0" }] },
    { IpProtocol: "udp", FromPort: 53, ToPort: 60, PrefixListIds: [{ PrefixListId: "pl-vpn", Description: "vpn" }] },
    { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: "sg-app" }, { GroupId: "sg-web" }] },
    { IpProtocol: "icmp", FromPort: 8, ToPort: -1, IpRanges: [{ CidrIp: "10.0.0.0/8" }] },
    { IpProtocol: "icmpv6", Ipv6Ranges: [{ CidrIpv6: "2001:db8::/32" }] },
  ];

  test("makes one rule of each source, all with the tags", async () => {
    const ids = await authorize(MIXED, [{ Key: "latch:grant:k7", Value: "U0DEV1: it's INC-1 „eilig“ {x}" }]);
    const { SecurityGroupRules } = await it.ec2.send(
      new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: ids }),
    );
    expect(SecurityGroupRules).toHaveLength(7);
    expect(SecurityGroupRules?.every(({ Tags }) => Tags?.[0]?.Value === "U0DEV1: it's INC-1 „eilig“ {x}")).toBe(true);
    expect(ids.map((id) => rule(id)?.description)).toEqual([
      "office",
      undefined,
      "vpn",
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each<[string, IpPermission]>([
    ["InvalidPermission.Duplicate", tcp(443, "0.0.0.0/0")],
    ["InvalidParameterValue", tcp(22, "203.0.113.9/24")],
    ["InvalidGroup.NotFound", { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: "sg-gone" }] }],
    ["InvalidParameterValue", { IpProtocol: "icmp", IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
    ["InvalidParameterValue", { IpProtocol: "icmp", FromPort: -1, ToPort: 0, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
    ["RulesPerSecurityGroupLimitExceeded", tcp(99, ...Array.from({ length: 60 }, (_, i) => `198.18.0.${i}/32`))],
  ])("does nothing at all when the last is refused by %s", async (code, last) => {
    const before = it.server.exportAccount();
    expect(await codeOf(authorize([...MIXED, last], [{ Key: "a", Value: "b" }]))).toBe(code);
    expect(await codeOf(authorize(MIXED, [{ Key: "aws:a", Value: "b" }]))).toBe("InvalidParameterValue");
    expect(await codeOf(authorize(MIXED, fiftyOne))).toBe("TagLimitExceeded");
    expect(it.server.exportAccount()).toEqual(before);
  });

  test("revokes all the rules it names, or none", async () => {
    const ids = await authorize(MIXED);
    const revoke = (...SecurityGroupRuleIds: string[]) =>
      codeOf(it.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: "sg-web", SecurityGroupRuleIds })));
    const egress = rules().find(({ isEgress }) => isEgress)?.id ?? "";
    const before = rules();
    for (const wrong of ["sgr-0123456789abcdef0", egress]) {
      expect(await revoke(...ids, wrong)).toBe("InvalidSecurityGroupRuleId.NotFound");
    }
    expect(rules()).toEqual(before);
    expect(await revoke(...ids)).toBe("none");
    expect(rules()).toHaveLength(before.length - 7);
  });

  test("rules are paged within one group's filter", async () => {
    await authorize(MIXED);
    const seen: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await it.ec2.send(
        new DescribeSecurityGroupRulesCommand({
          Filters: [{ Name: "group-id", Values: ["sg-web"] }],
          MaxResults: 5,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      );
      seen.push(...(page.SecurityGroupRules ?? []).flatMap(({ SecurityGroupRuleId }) => SecurityGroupRuleId ?? []));
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    expect(seen.toSorted()).toEqual(
      rules()
        .map(({ id }) => id)
        .toSorted(),
    );
  });
});

describe("modifying several rules in one call", () => {
  const modify = (...SecurityGroupRules: SecurityGroupRuleUpdate[]) =>
    codeOf(it.ec2.send(new ModifySecurityGroupRulesCommand({ GroupId: "sg-web", SecurityGroupRules })));
  const ssh = { IpProtocol: "tcp", FromPort: 22, ToPort: 22 };

  test("keeps ids and tags, and drops a description that isn't said again", async () => {
    const [first = "", second = ""] = await authorize(
      [{ ...tcp(22), IpRanges: [{ CidrIp: "10.0.0.1/32", Description: "one" }, { CidrIp: "10.0.0.2/32" }] }],
      [{ Key: "a", Value: "b" }],
    );
    const changed = await modify(
      { SecurityGroupRuleId: first, SecurityGroupRule: { ...ssh, CidrIpv4: "10.0.0.9/32" } },
      { SecurityGroupRuleId: second, SecurityGroupRule: { ...ssh, ToPort: 30, CidrIpv4: "10.0.0.2/32" } },
    );
    expect(changed).toBe("none");
    expect(rule(first)).toMatchObject({ peer: { cidr: "10.0.0.9/32" }, description: undefined, tags: { a: "b" } });
    expect(rule(second)).toMatchObject({ fromPort: 22, toPort: 30 });
  });

  test.each<[string, string, object]>([
    ["no source", "InvalidParameterCombination", {}],
    ["two sources", "InvalidParameterCombination", { CidrIpv4: "10.0.0.3/32", CidrIpv6: "::/0" }],
    ["another kind of source", "InvalidParameterValue", { PrefixListId: "pl-vpn" }],
    ["a reversed range", "InvalidParameterValue", { CidrIpv4: "10.0.0.3/32", FromPort: 23 }],
    ["a bad description", "InvalidParameterValue", { CidrIpv4: "10.0.0.3/32", Description: "it's" }],
    ["a rule that is there", "InvalidPermission.Duplicate", { CidrIpv4: "10.0.0.1/32" }],
  ])("with %s changes none of them", async (_name, code, second) => {
    const ids = await authorize([tcp(22, "10.0.0.1/32", "10.0.0.2/32", "10.0.0.5/32")]);
    const before = rules();
    const [, two = "", three = ""] = ids;
    const changed = await modify(
      { SecurityGroupRuleId: three, SecurityGroupRule: { ...ssh, CidrIpv4: "10.0.0.6/32" } },
      { SecurityGroupRuleId: two, SecurityGroupRule: { ...ssh, ...second } },
    );
    expect(changed).toBe(code);
    expect(rules()).toEqual(before);
  });

  test("names each rule once, and only rules of that group", async () => {
    const [id = ""] = await authorize([tcp(22, "10.0.0.1/32")]);
    const update = { SecurityGroupRuleId: id, SecurityGroupRule: { ...ssh, CidrIpv4: "10.0.0.2/32" } };
    expect(await modify(update, update)).toBe("InvalidParameterValue");
    const foreign = it.server.state().groups.get("sg-app")?.rules[0]?.id ?? "";
    expect(await modify({ ...update, SecurityGroupRuleId: foreign })).toBe("InvalidSecurityGroupRuleId.NotFound");
  });
});
