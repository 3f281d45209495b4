/** Writes to the ingress rules of a group of ours: as few calls as EC2 allows, always by rule id. */

import {
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import type { Changes, IngressRule } from "../../firewall.ts";
import { isMissing } from "../aws-fault.ts";
import { type Ask, quoted } from "../ec2.ts";
import { permissionOf } from "./ingress-permission.ts";
import type { OwnGroup } from "./own-group.ts";
import { holderKey, markOf, type ReadTags, readHolders, TAGS_PER_RESOURCE, type Tag } from "./owner-mark.ts";

/**
 * One call for all of them. By id, because by its properties a rule that isn't there is no error in a default VPC.
 * `readAgain` tells which of the group's rules are still there when EC2 says that one of them isn't: it refuses all of them then.
 */
export const revokeRules = async (
  write: Ask,
  group: OwnGroup,
  ids: readonly string[],
  readAgain: () => Promise<ReadonlySet<string>>,
): Promise<void> => {
  if (ids.length === 0) return;
  const revoke = (SecurityGroupRuleIds: string[]) =>
    write(`revoke rules of ${quoted(group.name)}`, (client, options) =>
      client.send(new RevokeSecurityGroupIngressCommand({ GroupId: group.id, SecurityGroupRuleIds }), options),
    );
  try {
    await revoke([...ids]);
  } catch (error) {
    if (isMissing(error, "group")) return;
    if (!isMissing(error, "rule")) throw error;
    const there = await readAgain();
    const left = ids.filter((id) => there.has(id));
    if (left.length > 0) await revoke(left);
  }
};

/** One call for all rules with the same holders. The mark is part of the call, so no rule is ever without one. */
export const authorizeRules = async (
  write: Ask,
  group: OwnGroup,
  rules: readonly IngressRule[],
  installation: string,
): Promise<void> => {
  const byHolders = Map.groupBy(rules, (rule) => JSON.stringify(markOf(installation, rule.holders)));
  for (const alike of byHolders.values()) {
    const Tags = [...markOf(installation, alike[0]?.holders ?? [])];
    await write(`add rules to ${quoted(group.name)}`, (client, options) =>
      client.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId: group.id,
          IpPermissions: alike.map((rule) => permissionOf(rule, installation)),
          TagSpecifications: [{ ResourceType: "security-group-rule", Tags }],
        }),
        options,
      ),
    );
  }
};

/**
 * Brings the tags of rules to what their holders now are, rules with the same change together. New tags come before old ones go, so
 * that a rule is never without a holder; only where both together are more than a resource may have is it the other way round.
 */
export const restampRules = async (
  write: Ask,
  group: OwnGroup,
  restamp: Changes["restamp"],
  installation: string,
): Promise<void> => {
  const tagsOf = new Map(group.ingress.map((rule) => [rule.SecurityGroupRuleId, rule.Tags ?? []]));
  const changes = restamp.flatMap(({ observed, rule }) => {
    const tags = tagsOf.get(observed.id);
    return tags === undefined ? [] : [{ id: observed.id, ...tagChange(tags, rule, installation) }];
  });
  const alike = Map.groupBy(changes, ({ create, remove, fits }) => JSON.stringify([create, remove, fits]));
  for (const same of alike.values()) {
    const [first] = same;
    if (first === undefined) continue;
    const ids = same.map(({ id }) => id);
    const create = () => createTags(write, group, ids, first.create);
    const remove = () => deleteTags(write, group, ids, first.remove);
    for (const step of first.fits ? [create, remove] : [remove, create]) await step();
  }
};

/** How many tags a rule would have with these holders, beside those of others on it. */
export const tagsWith = (rule: IngressRule, tags: ReadTags): number =>
  markOf("", rule.holders).length + foreignTags(tags);

const tagChange = (tags: ReadTags, rule: IngressRule, installation: string) => {
  const there = new Map(tags.map(({ Key, Value }) => [Key, Value]));
  const wanted = markOf(installation, rule.holders);
  const create = wanted.filter(({ Key, Value }) => there.get(Key) !== Value);
  const kept = new Set(rule.holders.map((holder) => holder.grant));
  const remove = readHolders(tags)
    .filter((holder) => !kept.has(holder.grant))
    .map((holder) => holderKey(holder.grant));
  return { create, remove, fits: tagsWith(rule, tags) + remove.length <= TAGS_PER_RESOURCE };
};

const foreignTags = (tags: ReadTags): number =>
  tags.filter(({ Key = "" }) => !Key.startsWith("latch:") && !Key.startsWith("aws:")).length;

const createTags = async (write: Ask, group: OwnGroup, Resources: string[], Tags: readonly Tag[]): Promise<void> => {
  if (Tags.length === 0) return;
  await write(`mark rules of ${quoted(group.name)}`, (client, options) =>
    client.send(new CreateTagsCommand({ Resources, Tags: [...Tags] }), options),
  );
};

const deleteTags = async (write: Ask, group: OwnGroup, Resources: string[], keys: readonly string[]): Promise<void> => {
  if (keys.length === 0) return;
  await write(`unmark rules of ${quoted(group.name)}`, (client, options) =>
    client.send(new DeleteTagsCommand({ Resources, Tags: keys.map((Key) => ({ Key })) }), options),
  );
};
