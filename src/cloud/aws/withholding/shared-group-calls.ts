/** What is asked of EC2 about one security group of somebody else's: few calls, and rules by their ids. */

import {
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeManagedPrefixListsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import { isFault } from "../../../access/fault.ts";
import { isDuplicate, isMissing } from "../aws-fault.ts";
import { type Ask, allPages, quoted } from "../ec2.ts";
import { interfaceOfGroup } from "../firewall-id.ts";
import { ruleId } from "../own-group/ingress-permission.ts";
import { INSTALLATION_TAG, type Tag } from "../own-group/owner-mark.ts";
import { permissionFor, readValues } from "./foreign-rule.ts";
import type { LiveRule } from "./live-rule.ts";
import type { WantedRule } from "./wanted-rules.ts";
import { tagPrefix } from "./withholds-tag.ts";

export interface SharedGroup {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly Tag[];
  /** The interface for whose grants this or another installation made it. On any other interface it is a group as others are. */
  readonly madeFor: string | undefined;
  readonly live: readonly LiveRule[];
}

/** `undefined` when there is no such group any more. */
export const readSharedGroup = async (
  read: Ask,
  id: string,
  installation: string,
): Promise<SharedGroup | undefined> => {
  try {
    const [groups, live] = await Promise.all([
      read(`read ${quoted(id)}`, (client, options) =>
        client.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }), options),
      ),
      readLive(read, id, installation),
    ]);
    const group = groups.SecurityGroups?.find((each) => each.GroupId === id);
    if (group === undefined) return undefined;
    const tags = (group.Tags ?? []).flatMap(({ Key = "", Value = "" }) => (Key === "" ? [] : [{ Key, Value }]));
    const name = group.GroupName ?? id;
    const owner = tags.find(({ Key }) => Key === INSTALLATION_TAG)?.Value;
    const madeFor = owner === undefined ? undefined : interfaceOfGroup(owner, name);
    return { id, name, tags, madeFor, live };
  } catch (error) {
    if (isMissing(error, "group")) return undefined;
    throw error;
  }
};

export const readLive = async (read: Ask, id: string, installation: string): Promise<readonly LiveRule[]> => {
  const rules = await allPages(
    read,
    `read the rules of ${quoted(id)}`,
    (client, options, at) =>
      client.send(
        new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [id] }], ...at }),
        options,
      ),
    (page) => page.SecurityGroupRules,
  );
  return rules
    .filter((rule) => rule.GroupId === id && rule.IsEgress !== true)
    .map((rule) => liveRule(rule, installation));
};

/** On each rule of ours that is what is left of a withheld one. */
export const remainsTag = (installation: string): Tag => ({
  Key: `${tagPrefix(installation)}remains`,
  Value: "of a rule that Latch withholds",
});

/** Returns those whose source EC2 doesn't know. That others are there already shows at the next reading, and then some may still be to add. */
export const authorizeKnown = async (
  write: Ask,
  group: string,
  add: readonly WantedRule[],
  installation: string,
): Promise<readonly WantedRule[]> => {
  try {
    await authorize(write, group, add, installation);
    return [];
  } catch (error) {
    if (isDuplicate(error)) return [];
    if (!isMissing(error, "group") && !isMissing(error, "prefix-list")) throw error;
    if (add.length === 1) return add;
    const lost: WantedRule[] = [];
    for (const each of add) lost.push(...(await authorizeKnown(write, group, [each], installation)));
    return lost;
  }
};

/** One call for all rules with the same tags. */
const authorize = async (write: Ask, group: string, targets: readonly WantedRule[], installation: string) => {
  const tagsOf = ({ values, remains }: WantedRule): readonly Tag[] =>
    remains ? [...values.tags, remainsTag(installation)] : values.tags;
  for (const alike of Map.groupBy(targets, (target) => JSON.stringify(tagsOf(target))).values()) {
    const Tags = [...tagsOf(alike[0] as WantedRule)];
    await write(`put rules into ${quoted(group)}`, (client, options) =>
      client.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId: group,
          IpPermissions: alike.map(({ values }) => permissionFor(values)),
          ...(Tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: "security-group-rule", Tags }] }),
        }),
        options,
      ),
    );
  }
};

/** `readAgain` tells which are still there, when EC2 says that one of them isn't: it refuses all of them then. */
export const revoke = async (
  write: Ask,
  group: string,
  ids: readonly string[],
  readAgain: () => Promise<readonly LiveRule[]>,
): Promise<void> => {
  if (ids.length === 0) return;
  const ask = (SecurityGroupRuleIds: string[]) =>
    write(`take rules out of ${quoted(group)}`, (client, options) =>
      client.send(new RevokeSecurityGroupIngressCommand({ GroupId: group, SecurityGroupRuleIds }), options),
    );
  try {
    await ask([...ids]);
  } catch (error) {
    if (!isMissing(error, "rule")) throw error;
    const there = new Set((await readAgain()).map(({ id }) => id));
    const left = ids.filter((id) => there.has(id));
    if (left.length > 0) await ask(left);
  }
};

export const putTags = async (write: Ask, resources: readonly string[], tags: readonly Tag[]): Promise<void> => {
  if (tags.length === 0 || resources.length === 0) return;
  await write(`tag ${quoted(resources.join(" "))}`, (client, options) =>
    client.send(new CreateTagsCommand({ Resources: [...resources], Tags: [...tags] }), options),
  );
};

export const takeTags = async (write: Ask, resources: readonly string[], keys: readonly string[]): Promise<void> => {
  if (keys.length === 0 || resources.length === 0) return;
  await write(`untag ${quoted(resources.join(" "))}`, (client, options) =>
    client.send(new DeleteTagsCommand({ Resources: [...resources], Tags: keys.map((Key) => ({ Key })) }), options),
  );
};

export interface PrefixListSize {
  readonly family: "ipv4" | "ipv6";
  readonly entries: number;
}

/** What rules that name these lists count; of those that can't be read nothing is known, and EC2 itself refuses what is too much. */
export const readPrefixListSizes = async (
  read: Ask,
  ids: readonly string[],
): Promise<ReadonlyMap<string, PrefixListSize>> => {
  if (ids.length === 0) return new Map();
  try {
    const lists = await allPages(
      read,
      "read the sizes of prefix lists",
      (client, options, at) =>
        client.send(
          new DescribeManagedPrefixListsCommand({ Filters: [{ Name: "prefix-list-id", Values: [...ids] }], ...at }),
          options,
        ),
      (page) => page.PrefixLists,
    );
    return new Map(
      lists.flatMap(({ PrefixListId: id, MaxEntries: entries, AddressFamily }) =>
        id === undefined || entries === undefined
          ? []
          : [[id, { family: AddressFamily?.toLowerCase() === "ipv6" ? "ipv6" : "ipv4", entries }] as const],
      ),
    );
  } catch (error) {
    if (isFault(error)) return new Map();
    throw error;
  }
};

const liveRule = (rule: SecurityGroupRule, installation: string): LiveRule => {
  const values = readValues(rule);
  const prefix = tagPrefix(installation);
  return {
    id: ruleId(rule),
    values: { ...values, tags: values.tags.filter(({ Key }) => !Key.startsWith(prefix)) },
    isMarked: values.tags.some(({ Key }) => Key === remainsTag(installation).Key),
  };
};
