/** Authorizes, revokes and modifies the rules of a security group: all that one call says, or nothing. */

import { type Action, type Call, findMine, myGroups, myVpcs } from "./call.ts";
import { groupNamed } from "./change-groups.ts";
import { permissionsXml, ruleXml } from "./describe-groups.ts";
import { notFound, refusal } from "./error.ts";
import type { Params } from "./params.ts";
import {
  cidrPeer,
  descriptionOf,
  groupPeer,
  prefixListPeer,
  protocolAndPorts,
  readPermissions,
  type WantedRule,
} from "./permission.ts";
import {
  type Ec2State,
  newId,
  type Peer,
  peerText,
  type Rule,
  ruleIdentity,
  type SecurityGroup,
  setRules,
} from "./state.ts";
import { tagsForNew } from "./tag-set.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html and …Egress.html */
export const authorize =
  (isEgress: boolean): Action =>
  (call) => {
    const group = groupNamed(call);
    const wanted = readPermissions(call, isEgress, group.vpcId);
    const tags = tagsForNew(call.params, "security-group-rule", call.limits);
    const seen = new Set<string>();
    for (const rule of wanted) {
      const identity = ruleIdentity(rule);
      if (seen.has(identity))
        throw refusal("InvalidParameterValue", "The same permission must not appear multiple times");
      seen.add(identity);
      refuseDuplicate(group.rules, rule);
    }
    const added = wanted.map((rule): Rule => ({ ...rule, id: newId("sgr"), tags }));
    refuseTooMany(call, [...group.rules, ...added]);
    setRules(call.state, group.id, (rules) => [...rules, ...added]);
    return { return: true, securityGroupRuleSet: added.map((rule) => ruleXml(call, group, rule)) };
  };

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html and …Egress.html */
export const revoke =
  (isEgress: boolean): Action =>
  (call) => {
    const { params } = call;
    const group = groupNamed(call);
    const ids = params.texts("SecurityGroupRuleId");
    if (ids.length > 0 && params.has("IpPermissions")) {
      throw refusal(
        "InvalidParameterCombination",
        "The parameter ipPermissions cannot be used with the parameter securityGroupRuleIds",
      );
    }
    const { gone, unknown } = ids.length > 0 ? byIds(group, ids, isEgress) : byProperties(call, group, isEgress);
    const goneIds = new Set(gone.map(({ id }) => id));
    setRules(call.state, group.id, (rules) => rules.filter(({ id }) => !goneIds.has(id)));
    return {
      return: true,
      unknownIpPermissionSet: unknown.length === 0 ? undefined : permissionsXml(call, unknown),
      revokedSecurityGroupRuleSet: gone.map((rule) => ({
        securityGroupRuleId: rule.id,
        groupId: group.id,
        isEgress,
        ipProtocol: rule.protocol,
        fromPort: rule.fromPort,
        toPort: rule.toPort,
        cidrIpv4: rule.peer.kind === "ipv4" ? rule.peer.cidr : undefined,
        cidrIpv6: rule.peer.kind === "ipv6" ? rule.peer.cidr : undefined,
        prefixListId: rule.peer.kind === "prefix-list" ? rule.peer.id : undefined,
        referencedGroupId: rule.peer.kind === "group" ? rule.peer.id : undefined,
        description: rule.description,
      })),
    };
  };

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySecurityGroupRules.html */
export const modifySecurityGroupRules: Action = (call) => {
  const group = findMine(myGroups(call), call.params.required("GroupId"), "sg");
  const updates = call.params.parts("SecurityGroupRule");
  if (updates.length === 0)
    throw refusal("MissingParameter", "The request must contain the parameter SecurityGroupRule");
  const ids = updates.map((update) => update.required("SecurityGroupRuleId"));
  if (new Set(ids).size < ids.length) {
    throw refusal("InvalidParameterValue", "The same security group rule must not appear multiple times");
  }
  const rules = updates.reduce<readonly Rule[]>((sofar, update) => {
    const id = update.required("SecurityGroupRuleId");
    const before = sofar.find((rule) => rule.id === id);
    if (before === undefined) throw notFound("sgr", id);
    const asked = update.at("SecurityGroupRule");
    const peer = peerOf(call, asked, group);
    if (peer.kind !== before.peer.kind) {
      throw refusal("InvalidParameterValue", `The source type of the security group rule '${id}' cannot be changed`);
    }
    const after: Rule = { ...before, ...protocolAndPorts(asked), peer, description: descriptionOf(asked) };
    const others = sofar.filter((rule) => rule.id !== id);
    refuseDuplicate(others, after);
    return sofar.map((rule) => (rule.id === id ? after : rule));
  }, group.rules);
  refuseTooMany(call, rules);
  setRules(call.state, group.id, () => rules);
  return { return: true };
};

interface Found {
  readonly gone: readonly Rule[];
  readonly unknown: readonly WantedRule[];
}

const byIds = (group: SecurityGroup, ids: readonly string[], isEgress: boolean): Found => {
  const gone = [...new Set(ids)].map((id) => {
    const rule = group.rules.find((other) => other.id === id && other.isEgress === isEgress);
    if (rule === undefined) throw notFound("sgr", id);
    return rule;
  });
  return { gone, unknown: [] };
};

const byProperties = (call: Call, group: SecurityGroup, isEgress: boolean): Found => {
  const wanted = readPermissions(call, isEgress, group.vpcId);
  const held = new Map(group.rules.map((rule) => [ruleIdentity(rule), rule]));
  const unknown = wanted.filter((rule) => !held.has(ruleIdentity(rule)));
  // In a default VPC nothing is said about rules that don't exist; elsewhere nothing at all is revoked.
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
  const inDefault = myVpcs(call).some(({ id, isDefault }) => id === group.vpcId && isDefault);
  if (unknown.length > 0 && !inDefault) {
    throw refusal("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
  }
  return { gone: wanted.flatMap((rule) => held.get(ruleIdentity(rule)) ?? []), unknown };
};

const peerOf = (call: Call, asked: Params, group: SecurityGroup): Peer => {
  const [v4, v6, list, other] = ["CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId"].map((name) =>
    asked.text(name),
  );
  const said = [v4, v6, list, other].filter((value) => value !== undefined);
  if (said.length !== 1)
    throw refusal("InvalidParameterCombination", "Exactly one source must be specified for a security group rule");
  if (v4 !== undefined) return cidrPeer(v4, "ipv4");
  if (v6 !== undefined) return cidrPeer(v6, "ipv6");
  return list !== undefined ? prefixListPeer(call, list) : groupPeer(call, other ?? "", group.vpcId);
};

const refuseDuplicate = (held: readonly Rule[], rule: WantedRule): void => {
  if (!held.some((other) => ruleIdentity(other) === ruleIdentity(rule))) return;
  const ports = rule.fromPort === -1 ? "" : ` from port: ${String(rule.fromPort)}, to port: ${String(rule.toPort)},`;
  const protocol = rule.protocol === "-1" ? "ALL" : rule.protocol.toUpperCase();
  throw refusal(
    "InvalidPermission.Duplicate",
    `the specified rule "peer: ${peerText(rule.peer)}, ${protocol},${ports} ALLOW" already exists`,
  );
};

/** Each direction and family counts apart; a group counts once in both, a prefix list as often as it may have entries. */
const refuseTooMany = ({ state, limits }: Call, rules: readonly Rule[]): void => {
  for (const isEgress of [false, true]) {
    for (const family of ["ipv4", "ipv6"] as const) {
      const count = rules
        .filter((rule) => rule.isEgress === isEgress)
        .reduce((sum, { peer }) => sum + weight(state, peer, family), 0);
      if (count > limits.rulesPerGroup) {
        throw refusal(
          "RulesPerSecurityGroupLimitExceeded",
          "The maximum number of rules per security group has been reached.",
        );
      }
    }
  }
};

const weight = (state: Ec2State, peer: Peer, family: "ipv4" | "ipv6"): number => {
  if (peer.kind === "group") return 1;
  if (peer.kind !== "prefix-list") return peer.kind === family ? 1 : 0;
  const list = state.prefixLists.get(peer.id);
  return list?.family.toLowerCase() === family ? list.maxEntries : 0;
};
