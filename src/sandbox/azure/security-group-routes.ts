/** Asking for network security groups and their rules. */

import { childNotFound, methodNotAllowed, parentNotFound, unknownType } from "./arm-errors.ts";
import { defaultSecurityRules } from "./default-security-rules.ts";
import type { SecurityGroups } from "./network-security-groups.ts";
import { notFound, type Place, withEtag, within } from "./places.ts";
import type { ArmRequest, RouteDeps, Routed } from "./resource-routes.ts";
import { groupBody, ruleBody } from "./security-group-shapes.ts";
import { findRule, type SecurityGroupWrites } from "./security-group-writes.ts";

export const securityGroup = (place: Place, request: ArmRequest, { groups, world, writes }: RouteDeps): Routed => {
  const { method } = request;
  if (place.child !== undefined) return securityRule(place, request, groups, writes);
  if (place.name === undefined) {
    return method === "GET"
      ? { list: within(place, groups.all()).map((group) => groupBody(group, world)) }
      : methodNotAllowed(method);
  }
  if (method === "PUT") return writes.putGroup(groups.get(place.id)?.id ?? place.id, request);
  if (method === "DELETE") return writes.deleteGroup(place.id, request);
  if (method !== "GET") return methodNotAllowed(method);
  const found = groups.get(place.id);
  if (found === undefined) return notFound(place);
  return withEtag(found.etag, request, groupBody(found, world));
};

const securityRule = (
  place: Place,
  request: ArmRequest,
  groups: SecurityGroups,
  writes: SecurityGroupWrites,
): Routed => {
  const { method } = request;
  if (place.child === "defaultsecurityrules") return defaultRule(place, request, groups);
  if (place.child !== "securityrules") return unknownType(`${place.askedType}/${place.child}`);
  if (method === "PUT" && place.childName !== undefined) return writes.putRule(place.id, place.childName, request);
  if (method === "DELETE" && place.childName !== undefined)
    return writes.deleteRule(place.id, place.childName, request);
  if (method !== "GET") return methodNotAllowed(method);
  const group = groups.get(place.id);
  if (group === undefined) return parentNotFound(place.id);
  if (place.childName === undefined) {
    return { list: [...group.goal.rules, ...group.leaving].map((rule) => ruleBody(group, rule)) };
  }
  const found = findRule(group, place.childName);
  if (found === undefined) return childNotFound(`${group.id}/securityRules/${place.childName}`);
  return withEtag(group.etag, request, ruleBody(group, found));
};

const defaultRule = (place: Place, { method }: ArmRequest, groups: SecurityGroups): Routed => {
  if (method !== "GET") return methodNotAllowed(method);
  const group = groups.get(place.id);
  if (group === undefined) return parentNotFound(place.id);
  const bodyOf = (rule: (typeof defaultSecurityRules)[number]): unknown =>
    ruleBody(group, rule, "defaultSecurityRules");
  if (place.childName === undefined) return { list: defaultSecurityRules.map(bodyOf) };
  const found = defaultSecurityRules.find(({ name }) => name.toLowerCase() === place.childName?.toLowerCase());
  return found === undefined
    ? childNotFound(`${group.id}/defaultSecurityRules/${place.childName}`)
    : { status: 200, body: bodyOf(found) };
};
