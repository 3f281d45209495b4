/** Makes and deletes security groups. */

import { type Action, type Call, findMine, isMine, myGroups, myVpcs } from "./call.ts";
import { groupArn } from "./describe-groups.ts";
import { refusal } from "./error.ts";
import { firstEgressRules } from "./open-world.ts";
import { isPlainText } from "./permission.ts";
import { newId, type SecurityGroup } from "./state.ts";
import { tagSetXml, tagsForNew } from "./tag-set.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html */
export const createSecurityGroup: Action = (call) => {
  const { params, state, limits } = call;
  const name = nameOf(params.required("GroupName"));
  const description = params.required("GroupDescription");
  if (!isPlainText(description)) {
    throw refusal(
      "InvalidParameterValue",
      "Invalid security group description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
    );
  }
  const vpcId = params.text("VpcId") ?? myVpcs(call).find(({ isDefault }) => isDefault)?.id;
  if (vpcId === undefined) throw refusal("VPCIdNotSpecified", "No default VPC for this user");
  const vpc = findMine(myVpcs(call), vpcId, "vpc");
  const tags = tagsForNew(params, "security-group", limits);

  const everyGroup = [...state.groups.values()].filter(isMine(call));
  if (everyGroup.some((group) => group.vpcId === vpcId && group.name === name)) {
    throw refusal("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpcId}'`);
  }
  if (everyGroup.length >= limits.groupsPerRegion) {
    throw refusal("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.");
  }
  const group: SecurityGroup = {
    id: newId("sg"),
    vpcId,
    name,
    description,
    tags,
    rules: firstEgressRules(vpc.ipv6Cidr !== undefined),
    knownFrom: call.now + limits.eventuallyConsistentMs,
  };
  state.groups.set(group.id, group);
  return { return: true, groupId: group.id, tagSet: tagSetXml(tags), securityGroupArn: groupArn(call, group.id) };
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html */
export const deleteSecurityGroup: Action = (call) => {
  const group = groupNamed(call);
  if (group.name === "default") {
    throw refusal("CannotDelete", `the specified group: "${group.id}" name: "default" cannot be deleted by a user`);
  }
  const { state } = call;
  const attached = [...state.interfaces.values()].some(({ groupIds }) => groupIds.includes(group.id));
  // A rule in a peered VPC doesn't hold the group back; it goes stale.
  // https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html#vpc-peering-stale-groups
  const named = [...state.groups.values()].some(
    ({ id, rules }) =>
      id !== group.id &&
      rules.some(({ peer }) => peer.kind === "group" && peer.id === group.id && peer.across === undefined),
  );
  if (attached || named) throw refusal("DependencyViolation", `resource ${group.id} has a dependent object`);
  state.groups.delete(group.id);
  return { return: true, groupId: group.id };
};

/** By `GroupId`, or by `GroupName` in the default VPC, where alone names are taken. */
export const groupNamed = (call: Call): SecurityGroup => {
  const id = call.params.text("GroupId");
  if (id !== undefined) return findMine(myGroups(call), id, "sg");
  const name = call.params.text("GroupName");
  if (name === undefined)
    throw refusal("MissingParameter", "The request must contain the parameter groupName or groupId");
  const vpc = myVpcs(call).find(({ isDefault }) => isDefault);
  const found = myGroups(call).find((group) => group.vpcId === vpc?.id && group.name === name);
  if (found !== undefined) return found;
  throw refusal(
    "InvalidGroup.NotFound",
    `The security group '${name}' does not exist in default VPC '${vpc?.id ?? "none"}'`,
  );
};

const nameOf = (name: string): string => {
  if (name.toLowerCase() === "default")
    throw refusal("InvalidParameterValue", "Cannot use reserved security group name: default");
  if (/^sg-/iu.test(name)) {
    throw refusal(
      "InvalidParameterValue",
      `Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.`,
    );
  }
  if (!isPlainText(name)) {
    throw refusal(
      "InvalidParameterValue",
      `Value (${name}) for parameter GroupName is invalid. It must be at most 255 characters of a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*`,
    );
  }
  return name.trim();
};
