/** From a method and a path to an answer: which resources there are to ask for. */

import {
  type ArmAnswer,
  badRequest,
  childNotFound,
  methodNotAllowed,
  parentNotFound,
  resourceGroupNotFound,
  resourceNotFound,
  subscriptionNotFound,
  unknownType,
} from "./arm-errors.ts";
import type { Operation, Operations } from "./asynchronous-operations.ts";
import { instanceViewBody, machineBody, shoutGroup } from "./compute-resources.ts";
import { defaultSecurityRules } from "./default-security-rules.ts";
import { interfaceBody, publicAddressBody, subnetBody, virtualNetworkBody } from "./network-resources.ts";
import type { SecurityGroups } from "./network-security-groups.ts";
import { groupNameOf, sameId, subscriptionOf } from "./resource-identifiers.ts";
import { groupBody, ruleBody } from "./security-group-shapes.ts";
import { bare, findRule, type SecurityGroupWrites, type WriteCall } from "./security-group-writes.ts";
import type { AzureWorld } from "./world.ts";

export interface ArmRequest extends WriteCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

export interface RouteDeps {
  readonly world: AzureWorld;
  readonly groups: SecurityGroups;
  readonly writes: SecurityGroupWrites;
  readonly operations: Operations;
  readonly links: (operation: Operation, withLocation: boolean) => Readonly<Record<string, string>>;
  readonly retryAfter: Readonly<Record<string, string>>;
}

/** Lists come back whole, as `{ list }`; the server pages them. */
export type Routed = ArmAnswer | { readonly list: readonly unknown[] };

interface Place {
  readonly subscription: string;
  /** Absent: the whole subscription. */
  readonly group: string | undefined;
  /** `microsoft.network/networksecuritygroups`, and as asked. */
  readonly type: string;
  readonly askedType: string;
  readonly name: string | undefined;
  readonly child: string | undefined;
  readonly childName: string | undefined;
  /** The id of the resource, or of its parent, without the child. */
  readonly id: string;
}

export const route = (request: ArmRequest, deps: RouteDeps): Routed => {
  const { world, operations } = deps;
  const segments = request.path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  const [head, subscription = ""] = segments;
  if (head?.toLowerCase() !== "subscriptions" || subscription === "") return unknownType(request.path);
  if (!world.subscriptions.some((id) => id.toLowerCase() === subscription.toLowerCase())) {
    return subscriptionNotFound(subscription);
  }
  const operation = /\/providers\/microsoft\.network\/locations\/[^/]+\/(operations|operationresults)\/([^/]+)$/iu.exec(
    request.path,
  );
  if (operation !== null) {
    const id = operation[2] ?? "";
    if (operation[1]?.toLowerCase() === "operations") return operations.status(id, deps.retryAfter);
    const location = deps.links({ id, name: "", subscription, location: segments[5] ?? "" }, true).location ?? "";
    return operations.result(id, { location, ...deps.retryAfter });
  }
  const place = readPlace(subscription, segments.slice(2));
  if (place === undefined) return unknownType(request.path);
  const groupId = `/subscriptions/${subscription}/resourceGroups/${place.group}`;
  if (place.group !== undefined && !world.resourceGroups.some(({ id }) => sameId(id, groupId))) {
    return resourceGroupNotFound(place.group);
  }
  return answer(place, request, deps);
};

const readPlace = (subscription: string, rest: readonly string[]): Place | undefined => {
  const inGroup = rest[0]?.toLowerCase() === "resourcegroups";
  const [providers, namespace = "", type = "", name, child, childName, ...more] = inGroup ? rest.slice(2) : rest;
  if (providers?.toLowerCase() !== "providers" || type === "" || more.length > 0) return undefined;
  const group = inGroup ? rest[1] : undefined;
  if (group === undefined && name !== undefined) return undefined;
  const askedType = `${namespace}/${type}`;
  const id = `/subscriptions/${subscription}/resourceGroups/${group}/providers/${askedType}/${name}`;
  return {
    subscription,
    group,
    type: askedType.toLowerCase(),
    askedType,
    name,
    child: child?.toLowerCase(),
    childName,
    id,
  };
};

const answer = (place: Place, request: ArmRequest, deps: RouteDeps): Routed => {
  const { world } = deps;
  switch (place.type) {
    case "microsoft.network/networksecuritygroups":
      return securityGroup(place, request, deps);
    case "microsoft.compute/virtualmachines":
      return virtualMachine(place, request, world);
    case "microsoft.network/networkinterfaces":
      return plain(place, request, world.networkInterfaces, (one) => interfaceBody(one, world));
    case "microsoft.network/publicipaddresses":
      return plain(place, request, world.publicAddresses, (one) => publicAddressBody(one, world));
    case "microsoft.network/virtualnetworks": {
      if (place.child === undefined) {
        return plain(place, request, world.virtualNetworks, (one) => virtualNetworkBody(one, world));
      }
      return subnets(place, request, world);
    }
    default:
      return unknownType(place.askedType);
  }
};

const plain = <T extends { readonly id: string }>(
  place: Place,
  { method }: ArmRequest,
  all: readonly T[],
  body: (one: T) => unknown,
): Routed => {
  if (method !== "GET") return methodNotAllowed(method);
  if (place.name === undefined) return { list: within(place, all).map(body) };
  const found = all.find(({ id }) => sameId(id, place.id));
  return found === undefined || place.child !== undefined ? notFound(place) : { status: 200, body: body(found) };
};

const within = <T extends { readonly id: string }>({ subscription, group }: Place, all: readonly T[]): readonly T[] =>
  all.filter(
    ({ id }) =>
      subscriptionOf(id).toLowerCase() === subscription.toLowerCase() &&
      (group === undefined || groupNameOf(id).toLowerCase() === group.toLowerCase()),
  );

const notFound = ({ askedType, name = "", group = "" }: Place): ArmAnswer => resourceNotFound(askedType, name, group);

const subnets = (place: Place, { method }: ArmRequest, world: AzureWorld): Routed => {
  if (method !== "GET") return methodNotAllowed(method);
  const network = world.virtualNetworks.find(({ id }) => sameId(id, place.id));
  if (network === undefined) return place.childName === undefined ? notFound(place) : parentNotFound(place.id);
  if (place.child !== "subnets") return unknownType(`${place.askedType}/${place.child}`);
  if (place.childName === undefined) return { list: network.subnets.map((one) => subnetBody(network, one, world)) };
  const found = network.subnets.find(({ name }) => name.toLowerCase() === place.childName?.toLowerCase());
  if (found === undefined) return childNotFound(`${network.id}/subnets/${place.childName}`);
  return { status: 200, body: subnetBody(network, found, world) };
};

const virtualMachine = (place: Place, { method, query }: ArmRequest, world: AzureWorld): Routed => {
  if (method !== "GET") return methodNotAllowed(method);
  const expand = query.get("$expand") ?? "";
  if (!["", "instanceview", "userdata"].includes(expand.toLowerCase())) {
    return badRequest("InvalidParameter", `The value '${expand}' of parameter '$expand' is invalid.`);
  }
  const withInstanceView = expand.toLowerCase() === "instanceview";
  if (place.name === undefined) {
    const wholeSubscription = place.group === undefined;
    const statusOnly = wholeSubscription && query.get("statusOnly")?.toLowerCase() === "true";
    const machines = within(place, world.virtualMachines);
    return {
      list: machines.map((one) =>
        machineBody(wholeSubscription ? shoutGroup(one) : one, { withInstanceView, statusOnly }),
      ),
    };
  }
  const found = world.virtualMachines.find(({ id }) => sameId(id, place.id));
  if (found === undefined) return notFound(place);
  if (place.child === "instanceview") return { status: 200, body: instanceViewBody(found) };
  if (place.child !== undefined) return unknownType(`${place.askedType}/${place.child}`);
  return { status: 200, body: machineBody(found, { withInstanceView, statusOnly: false }) };
};

const securityGroup = (place: Place, request: ArmRequest, { groups, world, writes }: RouteDeps): Routed => {
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

const withEtag = (etag: string, { ifNoneMatch }: ArmRequest, body: unknown): ArmAnswer =>
  ifNoneMatch !== undefined && bare(ifNoneMatch) === bare(etag)
    ? { status: 304, headers: { etag } }
    : { status: 200, body, headers: { etag } };
