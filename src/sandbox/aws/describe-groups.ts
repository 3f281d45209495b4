/** Describes security groups and their rules, whole groups with merged permissions and rules one by one. */

import { type Action, type Call, myGroups, pickByIds } from "./call.ts";
import { type FilterFields, filtered, page } from "./filter.ts";
import { referenceTo } from "./peering.ts";
import { type Peer, peerText, type Rule, type SecurityGroup } from "./state.ts";
import { tagSetXml } from "./tag-set.ts";
import type { Xml } from "./xml.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html */
export const describeSecurityGroups: Action = (call) => {
  const ids = call.params.texts("GroupId");
  const names = call.params.texts("GroupName");
  const asked = pickByIds(myGroups(call), ids, "sg").filter(({ name }) => names.length === 0 || names.includes(name));
  const { items, nextToken } = page(call, filtered(call, asked, groupFields(call)), ({ id }) => id);
  return { securityGroupInfo: items.map((group) => groupXml(call, group)), nextToken };
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupRules.html */
export const describeSecurityGroupRules: Action = (call) => {
  const all = myGroups(call).flatMap((group) => group.rules.map((rule) => ({ ...rule, group })));
  const ids = call.params.texts("SecurityGroupRuleId");
  const found = filtered(call, pickByIds(all, ids, "sgr"), {
    "group-id": ({ group }) => [group.id],
    "security-group-rule-id": ({ id }) => [id],
  });
  const { items, nextToken } = page(call, found, ({ id }) => id);
  return { securityGroupRuleSet: items.map(({ group, ...rule }) => ruleXml(call, group, rule)), nextToken };
};

export const groupArn = ({ region, account }: Call, id: string): string =>
  `arn:aws:ec2:${region}:${account}:security-group/${id}`;

export const ruleXml = (call: Call, group: SecurityGroup, rule: Rule): Xml => ({
  securityGroupRuleId: rule.id,
  groupId: group.id,
  groupOwnerId: call.account,
  isEgress: rule.isEgress,
  ipProtocol: rule.protocol,
  fromPort: rule.fromPort,
  toPort: rule.toPort,
  cidrIpv4: rule.peer.kind === "ipv4" ? rule.peer.cidr : undefined,
  cidrIpv6: rule.peer.kind === "ipv6" ? rule.peer.cidr : undefined,
  prefixListId: rule.peer.kind === "prefix-list" ? rule.peer.id : undefined,
  referencedGroupInfo: rule.peer.kind === "group" ? { ...referenceTo(call.state, rule.peer) } : undefined,
  description: rule.description,
  tagSet: tagSetXml(rule.tags),
  securityGroupRuleArn: `arn:aws:ec2:${call.region}:${call.account}:security-group-rule/${rule.id}`,
});

type RuleLike = Omit<Rule, "id" | "tags">;

/** Rules with the same protocol and ports are one permission with several sources. */
export const permissionsXml = (call: Call, rules: readonly RuleLike[]): Xml => {
  const reaches = Map.groupBy(
    rules,
    ({ protocol, fromPort, toPort }) => `${protocol} ${String(fromPort)} ${String(toPort)}`,
  );
  return [...reaches.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const each = (kind: Peer["kind"], write: (peer: string) => Record<string, Xml>): Xml =>
      same
        .filter(({ peer }) => peer.kind === kind)
        .map(({ peer, description }) => ({ ...write(peerText(peer)), description }));
    const hasPorts = ["tcp", "udp", "icmp", "icmpv6"].includes(first.protocol);
    return {
      ipProtocol: first.protocol,
      fromPort: hasPorts ? first.fromPort : undefined,
      toPort: hasPorts ? first.toPort : undefined,
      groups: same.flatMap(({ peer, description }) =>
        peer.kind === "group" ? [{ ...referenceTo(call.state, peer), description }] : [],
      ),
      ipRanges: each("ipv4", (cidrIp) => ({ cidrIp })),
      ipv6Ranges: each("ipv6", (cidrIpv6) => ({ cidrIpv6 })),
      prefixListIds: each("prefix-list", (prefixListId) => ({ prefixListId })),
    };
  });
};

const groupXml = (call: Call, group: SecurityGroup): Xml => ({
  ownerId: call.account,
  groupId: group.id,
  groupName: group.name,
  groupDescription: group.description,
  vpcId: group.vpcId,
  ipPermissions: permissionsXml(
    call,
    group.rules.filter(({ isEgress }) => !isEgress),
  ),
  ipPermissionsEgress: permissionsXml(
    call,
    group.rules.filter(({ isEgress }) => isEgress),
  ),
  tagSet: tagSetXml(group.tags),
  securityGroupArn: groupArn(call, group.id),
});

const groupFields = ({ account }: Call): FilterFields<SecurityGroup> => ({
  "group-id": ({ id }) => [id],
  "group-name": ({ name }) => [name],
  description: ({ description }) => [description],
  "vpc-id": ({ vpcId }) => [vpcId],
  "owner-id": () => [account],
  ...permissionFields("ip-permission", false),
  ...permissionFields("egress.ip-permission", true),
});

const permissionFields = (prefix: string, isEgress: boolean): FilterFields<SecurityGroup> => {
  const each =
    (read: (rule: Rule) => string | undefined) =>
    ({ rules }: SecurityGroup): readonly (string | undefined)[] =>
      rules.filter((rule) => rule.isEgress === isEgress).map(read);
  const peers = (kind: Peer["kind"]) => each(({ peer }) => (peer.kind === kind ? peerText(peer) : undefined));
  return {
    [`${prefix}.cidr`]: peers("ipv4"),
    [`${prefix}.ipv6-cidr`]: peers("ipv6"),
    [`${prefix}.prefix-list-id`]: peers("prefix-list"),
    [`${prefix}.group-id`]: peers("group"),
    [`${prefix}.protocol`]: each(({ protocol }) => protocol),
    [`${prefix}.from-port`]: each(({ fromPort }) => String(fromPort)),
    [`${prefix}.to-port`]: each(({ toPort }) => String(toPort)),
  };
};
