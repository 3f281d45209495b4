/** PUT and DELETE of network security groups and their rules: preconditions, conflicts, checks, and the operation that follows. */

import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type ArmAnswer, armError, badRequest, networkError, parentNotFound, unreadable } from "./arm-errors.ts";
import type { Operation, Operations } from "./asynchronous-operations.ts";
import { type Group, type GroupContent, newEtag, type SecurityGroups } from "./network-security-groups.ts";
import { lastName, steadyGuid, subscriptionOf } from "./resource-identifiers.ts";
import { checkRuleSet } from "./rule-set-validation.ts";
import { type Attachments, attachedTo, groupBody, ruleBody } from "./security-group-shapes.ts";
import { checkName, type Read, readSecurityRule } from "./security-rule-validation.ts";
import type { ArmId, SecurityRule } from "./world.ts";
import { busy, checkPreconditions, sameLocation, type WhenBusy, type WriteCall } from "./write-preconditions.ts";

export interface WriteDeps {
  readonly groups: SecurityGroups;
  readonly operations: Operations;
  readonly attachments: Attachments;
  readonly whenBusy: WhenBusy;
  /** Where to follow an operation; `Location` too when asked for. */
  readonly links: (operation: Operation, withLocation: boolean) => Readonly<Record<string, string>>;
  readonly retryAfterSeconds: number;
}

export interface SecurityGroupWrites {
  readonly putGroup: (id: ArmId, write: WriteCall) => ArmAnswer;
  readonly deleteGroup: (id: ArmId, write: WriteCall) => ArmAnswer;
  readonly putRule: (groupId: ArmId, name: string, write: WriteCall) => ArmAnswer;
  readonly deleteRule: (groupId: ArmId, name: string, write: WriteCall) => ArmAnswer;
}

export const createSecurityGroupWrites = (deps: WriteDeps): SecurityGroupWrites => {
  const { groups, operations, attachments, links } = deps;

  /** Starts the operation that leads to `next`; a lie starts one that leads nowhere. */
  const begin = (name: string, next: Omit<Group, "operation">, { call, lie }: WriteCall) => {
    const operation = operations.start({
      subscription: subscriptionOf(next.id),
      location: next.location,
      name,
      call,
      settle: (end, { id }) => groups.settle(next.id, id, end),
    });
    const group: Group = { ...next, operation: { id: operation.id, name } };
    if (lie) return { group, operation };
    const earlier = groups.get(next.id)?.operation;
    groups.put(group);
    if (earlier !== undefined) operations.supersede(earlier.id, name, operation.id);
    return { group, operation };
  };

  const refusedWhileBusy = (group: Group | undefined): ArmAnswer | undefined => {
    if (group?.operation === undefined || deps.whenBusy === "supersede") return undefined;
    return busy(group, group.operation, deps);
  };

  return {
    putGroup: (id, write) => {
      const found = groups.get(id);
      const problem = checkName(lastName(id)) ?? checkPreconditions(found?.etag, write) ?? refusedWhileBusy(found);
      if (problem !== undefined) return problem;
      const read = readGroup(id, found, write.body);
      if (read.kind === "refused") return read.answer;
      const { location, content } = read.value;
      const fresh = { id, guid: steadyGuid(randomUUID()), obeyed: undefined };
      const next = {
        ...(found ?? fresh),
        location,
        goal: content,
        leaving: [],
        state: "Updating",
        etag: newEtag(),
      } as const;
      const { group, operation } = begin("PutNetworkSecurityGroupOperation", next, write);
      const body = groupBody(group, attachments);
      return { status: found === undefined ? 201 : 200, body, headers: links(operation, false) };
    },

    deleteGroup: (id, write) => {
      const found = groups.get(id);
      if (found === undefined) return { status: 204 };
      const problem = checkPreconditions(found.etag, write) ?? refusedWhileBusy(found) ?? inUse(found, attachments);
      if (problem !== undefined) return problem;
      const next = { ...found, state: "Deleting", etag: newEtag() } as const;
      const { operation } = begin("DeleteNetworkSecurityGroupOperation", next, write);
      return { status: 202, headers: links(operation, true) };
    },

    putRule: (groupId, name, write) => {
      const found = groups.get(groupId);
      if (found === undefined) return parentNotFound(groupId);
      const old = findRule(found, name);
      const problem = checkPreconditions(old === undefined ? undefined : found.etag, write) ?? refusedWhileBusy(found);
      if (problem !== undefined) return problem;
      const read = readSecurityRule(`${found.id}/securityRules/${name}`, old?.name ?? name, write.body);
      if (read.kind === "refused") return read.answer;
      const rule = read.value;
      const rules = found.goal.rules.includes(old ?? rule)
        ? found.goal.rules.map((one) => (one === old ? rule : one))
        : [...found.goal.rules, rule];
      const clash = checkRuleSet(found.id, rules);
      if (clash !== undefined) return clash;
      const leaving = found.leaving.filter((one) => one !== old);
      const next = { ...found, goal: { ...found.goal, rules }, leaving, state: "Updating", etag: newEtag() } as const;
      const { group, operation } = begin("PutSecurityRuleOperation", next, write);
      return { status: old === undefined ? 201 : 200, body: ruleBody(group, rule), headers: links(operation, false) };
    },

    deleteRule: (groupId, name, write) => {
      const found = groups.get(groupId);
      if (found === undefined) return parentNotFound(groupId);
      const old = findRule(found, name);
      if (old === undefined) return { status: 204 };
      const problem = checkPreconditions(found.etag, write) ?? refusedWhileBusy(found);
      if (problem !== undefined) return problem;
      const rules = found.goal.rules.filter((one) => one !== old);
      const leaving = [...found.leaving.filter((one) => one !== old), old];
      const next = { ...found, goal: { ...found.goal, rules }, leaving, state: "Updating", etag: newEtag() } as const;
      const { operation } = begin("DeleteSecurityRuleOperation", next, write);
      return { status: 202, headers: links(operation, true) };
    },
  };
};

/** Among those that a GET shows. */
export const findRule = ({ goal, leaving }: Group, name: string): SecurityRule | undefined =>
  [...goal.rules, ...leaving].find((rule) => rule.name.toLowerCase() === name.toLowerCase());

const inUse = ({ id }: Group, attachments: Attachments): ArmAnswer | undefined => {
  const { networkInterfaces, subnets } = attachedTo(id, attachments);
  const users = [...networkInterfaces, ...subnets].map((one) => one.id);
  if (users.length === 0) return undefined;
  const message = `Network security group ${id} cannot be deleted because it is in use by the following resources: ${users.join(", ")}. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.`;
  return badRequest("InUseNetworkSecurityGroupCannotBeDeleted", message);
};

const sentGroup = z.object({
  location: z.string().optional(),
  tags: z.record(z.string(), z.string()).nullish(),
  properties: z
    .object({
      flushConnection: z.boolean().nullish(),
      securityRules: z.array(z.looseObject({ name: z.string() })).nullish(),
    })
    .nullish(),
});

const readGroup = (
  id: ArmId,
  found: Group | undefined,
  body: unknown,
): Read<{ readonly location: string; readonly content: GroupContent }> => {
  const parsed = sentGroup.safeParse(body);
  if (!parsed.success) return { kind: "refused", answer: unreadable };
  const { location, tags, properties } = parsed.data;
  if (location === undefined) {
    const message = "The location property is required for this definition.";
    return { kind: "refused", answer: armError(400, "LocationRequired", message) };
  }
  if (found !== undefined && sameLocation(location) !== sameLocation(found.location)) {
    const message = `The resource '${lastName(id)}' already exists in location '${found.location}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`;
    return { kind: "refused", answer: networkError(409, "InvalidResourceLocation", message) };
  }
  const rules: SecurityRule[] = [];
  for (const sent of properties?.securityRules ?? []) {
    const read = readSecurityRule(`${id}/securityRules/${sent.name}`, sent.name, sent);
    if (read.kind === "refused") return read;
    rules.push(read.value);
  }
  const problem = checkRuleSet(id, rules);
  if (problem !== undefined) return { kind: "refused", answer: problem };
  const content = { tags: tags ?? undefined, flushConnection: properties?.flushConnection ?? undefined, rules };
  return { kind: "read", value: { location: found?.location ?? location, content } };
};
