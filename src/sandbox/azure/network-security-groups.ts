/** The network security groups: what was asked of each, what its network obeys, and how one becomes the other. */

import { randomUUID } from "node:crypto";
import type { OperationEnd } from "./asynchronous-operations.ts";
import { idKey, lastName, steadyGuid } from "./resource-identifiers.ts";
import { checkRuleSet } from "./rule-set-validation.ts";
import { readSecurityRule } from "./security-rule-validation.ts";
import type { ArmId, AzureWorld, NetworkSecurityGroup, SecurityRule, Tags, WrittenRule } from "./world.ts";

export interface GroupContent {
  readonly tags: Tags | undefined;
  readonly flushConnection: boolean | undefined;
  readonly rules: readonly SecurityRule[];
}

/** An immutable record; every change puts a new one in its place. */
export interface Group {
  readonly id: ArmId;
  readonly location: string;
  readonly guid: string;
  /** One for the group and all its rules, as real answers show it: `W/"…"`. */
  readonly etag: string;
  readonly state: "Succeeded" | "Updating" | "Deleting" | "Failed" | "Canceled";
  /** What the last write asked for; what a GET shows. */
  readonly goal: GroupContent;
  /** Rules that are being deleted: still shown, and still obeyed. */
  readonly leaving: readonly SecurityRule[];
  /** What the network obeys; absent while the group is being made. */
  readonly obeyed: GroupContent | undefined;
  /** The operation that runs on it. */
  readonly operation: { readonly id: string; readonly name: string } | undefined;
}

export interface SecurityGroups {
  readonly get: (id: ArmId) => Group | undefined;
  readonly all: () => readonly Group[];
  readonly put: (group: Group) => void;
  /** Ends the operation `operationId` on a group, unless another has taken its place. */
  readonly settle: (id: ArmId, operationId: string, end: OperationEnd) => void;
  /** A colleague's change in the portal, done at once. Throws when Azure would refuse the rules. */
  readonly edit: (id: ArmId, edit: (rules: readonly SecurityRule[]) => readonly WrittenRule[]) => void;
  readonly obeyed: () => readonly NetworkSecurityGroup[];
  /** Told when what the network obeys has changed. Returns a function that stops it. */
  readonly onChange: (listener: (id: ArmId) => void) => () => void;
}

export const newEtag = (): string => `W/"${randomUUID()}"`;

export const createSecurityGroups = (seeds: AzureWorld["networkSecurityGroups"]): SecurityGroups => {
  const groups = new Map<string, Group>();
  const listeners = new Set<(id: ArmId) => void>();
  const changed = (id: ArmId): void => {
    for (const listener of listeners) listener(id);
  };

  for (const { id, location, tags, flushConnection, rules } of seeds) {
    const content: GroupContent = { tags, flushConnection, rules: checkedRules(id, rules) };
    const guid = steadyGuid(id);
    const idle = { state: "Succeeded", leaving: [], operation: undefined } as const;
    groups.set(idKey(id), { id, location, guid, etag: newEtag(), goal: content, obeyed: content, ...idle });
  }

  return {
    get: (id) => groups.get(idKey(id)),
    all: () => [...groups.values()],
    put: (group) => {
      groups.set(idKey(group.id), group);
    },
    settle: (id, operationId, end) => {
      const group = groups.get(idKey(id));
      if (group === undefined || group.operation?.id !== operationId) return;
      if (group.state === "Deleting" && end === "Succeeded") {
        groups.delete(idKey(id));
      } else {
        groups.set(idKey(id), settled(group, end));
      }
      if (end === "Succeeded") changed(id);
    },
    edit: (id, edit) => {
      const group = groups.get(idKey(id));
      if (group === undefined) throw new Error(`no network security group \`${id}\` in the sandbox`);
      const apply = (content: GroupContent): GroupContent => ({
        ...content,
        rules: checkedRules(id, edit(content.rules)),
      });
      const goal = apply(group.goal);
      const obeyed = group.obeyed === undefined || group.operation === undefined ? goal : apply(group.obeyed);
      groups.set(idKey(id), { ...group, goal, obeyed, etag: newEtag() });
      changed(id);
    },
    obeyed: () => [...groups.values()].flatMap(({ id, location, obeyed }) => asWorld(id, location, obeyed)),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

/** Failed and canceled operations leave no trace but the state, so that trying again is the way out, as Azure advises. */
const settled = (group: Group, end: OperationEnd): Group => {
  const content = end === "Succeeded" ? group.goal : (group.obeyed ?? { ...group.goal, rules: [] });
  return { ...group, goal: content, obeyed: content, leaving: [], state: end, etag: newEtag(), operation: undefined };
};

const asWorld = (id: ArmId, location: string, content: GroupContent | undefined): readonly NetworkSecurityGroup[] => {
  if (content === undefined) return [];
  const { tags, flushConnection, rules } = content;
  return [
    {
      id,
      location,
      rules,
      ...(tags === undefined ? {} : { tags }),
      ...(flushConnection === undefined ? {} : { flushConnection }),
    },
  ];
};

const checkedRules = (groupId: ArmId, written: readonly WrittenRule[]): readonly SecurityRule[] => {
  const rules = written.map((rule) => {
    const read = readSecurityRule(`${groupId}/securityRules/${rule.name}`, rule.name, rule);
    if (read.kind === "refused")
      throw new Error(`\`${lastName(groupId)}\` \`${rule.name}\`: ${JSON.stringify(read.answer.body)}`);
    return read.value;
  });
  const problem = checkRuleSet(groupId, rules);
  if (problem !== undefined) throw new Error(`\`${lastName(groupId)}\`: ${JSON.stringify(problem.body)}`);
  return rules;
};
