/** The security group of ours for one network interface: finding it, making it harmless, deleting it. */

import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  type DescribeSecurityGroupsRequest,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  type SecurityGroup,
  type SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import { Fault } from "../../../access/fault.ts";
import { isMissing } from "../aws-fault.ts";
import { type Ask, allPages, quoted } from "../ec2.ts";
import { groupName, type InterfaceKey, writeInterface } from "../firewall-id.ts";
import { ruleId } from "./ingress-permission.ts";
import { INSTALLATION_TAG } from "./owner-mark.ts";

export interface OwnGroup {
  readonly id: string;
  readonly name: string;
  readonly vpc: string;
  readonly ingress: readonly SecurityGroupRule[];
  readonly egress: { readonly ruleIds: readonly string[]; readonly permissions: readonly IpPermission[] };
}

export interface FoundGroups {
  readonly groups: readonly OwnGroup[];
  readonly taken: boolean;
}

/** Which interface, and whose: enough to recognise the group by its name and its tag. */
export interface Owner {
  readonly installation: string;
  readonly key: InterfaceKey;
}

export const INTERFACE_TAG = "latch:interface";

/** By its tag; the name alone anybody may take, and the tag alone anybody may copy, so it takes both. */
export const isOwn = (group: SecurityGroup, installation: string): boolean =>
  (group.Tags ?? []).some((tag) => tag.Key === INSTALLATION_TAG && tag.Value === installation);

/** Normally none or one. `taken`: somebody else's group has our name, so that none of ours can be made. */
export const readOwnGroups = async (read: Ask, { installation, key }: Owner): Promise<FoundGroups> => {
  const name = groupName(installation, key.eni);
  const Filters = [{ Name: "group-name", Values: [name] }];
  const named = (await readGroups(read, name, { Filters })).filter((group) => group.GroupName === name);
  const found = await withRules(read, name, named);
  const tagged = new Set(named.filter((group) => isOwn(group, installation)).map((group) => group.GroupId));
  // Somebody may have taken the group's tag away, but its rules still say whose they are: they must not stay open for that.
  const groups = found.filter(
    (group) => tagged.has(group.id) || group.ingress.some((rule) => isOurs(rule, installation)),
  );
  return { groups, taken: groups.length === 0 && named.length > 0 };
};

const isOurs = (rule: SecurityGroupRule, installation: string): boolean =>
  (rule.Tags ?? []).some((tag) => tag.Key === INSTALLATION_TAG && tag.Value === installation);

/** A group with its tags from the first instant. Nothing is attached to it and it holds no ingress rule. */
export const createOwnGroup = async (write: Ask, { installation, key }: Owner, vpc: string): Promise<OwnGroup> => {
  const name = groupName(installation, key.eni);
  const Tags = [
    { Key: INSTALLATION_TAG, Value: installation },
    { Key: INTERFACE_TAG, Value: writeInterface(key) },
    { Key: "Name", Value: name },
  ];
  const { GroupId: id } = await write(`create ${quoted(name)}`, (client, options) =>
    client.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: `Made and deleted by Latch (${installation}) for ${key.eni}. Edits are undone.`,
        ...(vpc === "" ? {} : { VpcId: vpc }),
        TagSpecifications: [{ ResourceType: "security-group", Tags }],
      }),
      options,
    ),
  );
  if (id === undefined) throw new Fault("aws", `cannot create ${quoted(name)}: no group id`, { retry: "later" });
  return { id, name, vpc, ingress: [], egress: { ruleIds: [], permissions: [] } };
};

/**
 * Takes away what the group lets out. A new one lets everything out, which would widen what the machine may reach as soon as it is attached.
 * https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
 *
 * Returns only after the group itself was read without any.
 */
export const removeEgress = async (read: Ask, write: Ask, group: OwnGroup): Promise<void> => {
  const before = await readGroup(read, group);
  if (!letsOut(before)) return;
  await write(`revoke egress of ${quoted(group.name)}`, (client, options) =>
    client.send(
      new RevokeSecurityGroupEgressCommand({
        GroupId: group.id,
        ...(before.egress.ruleIds.length > 0
          ? { SecurityGroupRuleIds: [...before.egress.ruleIds] }
          : { IpPermissions: [...before.egress.permissions] }),
      }),
      options,
    ),
  );
  if (letsOut(await readGroup(read, group))) {
    throw new Fault("aws", `${quoted(group.name)} still lets traffic out, so it isn't attached`, { retry: "later" });
  }
};

export const letsOut = ({ egress }: OwnGroup): boolean => egress.ruleIds.length + egress.permissions.length > 0;

/** One that is gone already is fine. */
export const deleteGroup = async (write: Ask, group: OwnGroup): Promise<void> => {
  try {
    await write(`delete ${quoted(group.name)}`, (client, options) =>
      client.send(new DeleteSecurityGroupCommand({ GroupId: group.id }), options),
    );
  } catch (error) {
    if (!isMissing(error, "group")) throw error;
  }
};

/**
 * Repeats a call that EC2 refuses because it doesn't know a group of a moment ago everywhere yet.
 * https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
 */
export const onceKnown =
  (ask: Ask, signal: AbortSignal): Ask =>
  async (doing, send) => {
    for (const waitMs of [100, 200, 400, 800, 1_600]) {
      try {
        return await ask(doing, send);
      } catch (error) {
        if (!isMissing(error, "group")) throw error;
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return await ask(doing, send);
  };

/** By its id, so that a group that isn't known yet is an error and not one without egress. */
const readGroup = async (read: Ask, { id, name }: OwnGroup): Promise<OwnGroup> => {
  const { SecurityGroups } = await read(`read ${quoted(name)}`, (client, options) =>
    client.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }), options),
  );
  const [group] = await withRules(
    read,
    name,
    (SecurityGroups ?? []).filter((each) => each.GroupId === id),
  );
  if (group === undefined) throw new Fault("aws", `cannot read ${quoted(name)}: not shown`, { retry: "later" });
  return group;
};

const readGroups = (read: Ask, name: string, which: DescribeSecurityGroupsRequest): Promise<readonly SecurityGroup[]> =>
  allPages(
    read,
    `read ${quoted(name)}`,
    (client, options, at) => client.send(new DescribeSecurityGroupsCommand({ ...which, ...at }), options),
    (page) => page.SecurityGroups,
  );

const withRules = async (read: Ask, name: string, groups: readonly SecurityGroup[]): Promise<readonly OwnGroup[]> => {
  if (groups.length === 0) return [];
  const Filters = [{ Name: "group-id", Values: groups.flatMap((group) => group.GroupId ?? []) }];
  const rules = await allPages(
    read,
    `read the rules of ${quoted(name)}`,
    (client, options, at) => client.send(new DescribeSecurityGroupRulesCommand({ Filters, ...at }), options),
    (page) => page.SecurityGroupRules,
  );
  return groups.flatMap((group): OwnGroup[] => {
    const id = group.GroupId;
    if (id === undefined) return [];
    const here = rules.filter((rule) => rule.GroupId === id);
    return [
      {
        id,
        name,
        vpc: group.VpcId ?? "",
        ingress: here.filter((rule) => rule.IsEgress !== true),
        egress: {
          ruleIds: here.filter((rule) => rule.IsEgress === true).map(ruleId),
          permissions: group.IpPermissionsEgress ?? [],
        },
      },
    ];
  });
};
