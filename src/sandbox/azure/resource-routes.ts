/** From a method and a path to an answer: which resources there are to ask for. */

import {
  type ArmAnswer,
  badRequest,
  childNotFound,
  methodNotAllowed,
  parentNotFound,
  resourceGroupNotFound,
  subscriptionNotFound,
  unknownType,
} from "./arm-errors.ts";
import type { Operation, Operations } from "./asynchronous-operations.ts";
import type { AzureFirewalls } from "./azure-firewalls.ts";
import { instanceViewBody, machineBody, shoutGroup } from "./compute-resources.ts";
import { firewallBody } from "./firewall-shapes.ts";
import {
  applicationSecurityGroupBody,
  interfaceBody,
  ipGroupBody,
  publicAddressBody,
  routeTableBody,
  subnetBody,
  virtualNetworkBody,
} from "./network-resources.ts";
import type { SecurityGroups } from "./network-security-groups.ts";
import { notFound, type Place, readPlace, withEtag, within } from "./places.ts";
import { sameId } from "./resource-identifiers.ts";
import { authorization } from "./roles/authorization-routes.ts";
import type { RoleState } from "./roles/role-world.ts";
import { securityGroup } from "./security-group-routes.ts";
import type { SecurityGroupWrites } from "./security-group-writes.ts";
import { serviceTagsBody } from "./service-tag-table.ts";
import type { ArmId, AzureWorld } from "./world.ts";
import type { WriteCall } from "./write-preconditions.ts";

export interface ArmRequest extends WriteCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

export interface RouteDeps {
  readonly world: AzureWorld;
  readonly groups: SecurityGroups;
  readonly writes: SecurityGroupWrites;
  readonly firewalls: AzureFirewalls;
  readonly putFirewall: (id: ArmId, write: WriteCall) => ArmAnswer;
  readonly operations: Operations;
  readonly roles: RoleState;
  readonly links: (operation: Operation, withLocation: boolean) => Readonly<Record<string, string>>;
  readonly retryAfter: Readonly<Record<string, string>>;
}

/** Lists come back whole, as `{ list }`; the server pages them. */
export type Routed = ArmAnswer | { readonly list: readonly unknown[] };

export const route = (request: ArmRequest, deps: RouteDeps): Routed => {
  const { world, operations } = deps;
  const segments = request.path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  const [head, subscription = ""] = segments;
  const isInSubscription = head?.toLowerCase() === "subscriptions" && subscription !== "";
  if (isInSubscription && !world.subscriptions.some((id) => id.toLowerCase() === subscription.toLowerCase())) {
    return subscriptionNotFound(subscription);
  }
  const authorized = authorization(request, deps.roles);
  if (authorized !== undefined) return authorized;
  if (!isInSubscription) return unknownType(request.path);
  const operation = /\/providers\/microsoft\.network\/locations\/[^/]+\/(operations|operationresults)\/([^/]+)$/iu.exec(
    request.path,
  );
  if (operation !== null) {
    const id = operation[2] ?? "";
    if (operation[1]?.toLowerCase() === "operations") return operations.status(id, deps.retryAfter);
    const location = deps.links({ id, name: "", subscription, location: segments[5] ?? "" }, true).location ?? "";
    return operations.result(id, { location, ...deps.retryAfter });
  }
  if (/\/providers\/microsoft\.network\/locations\/[^/]+\/servicetags$/iu.test(request.path)) {
    return request.method === "GET"
      ? { status: 200, body: serviceTagsBody(subscription) }
      : methodNotAllowed(request.method);
  }
  const place = readPlace(subscription, segments.slice(2));
  if (place === undefined) return unknownType(request.path);
  const groupId = `/subscriptions/${subscription}/resourceGroups/${place.group}`;
  if (place.group !== undefined && !world.resourceGroups.some(({ id }) => sameId(id, groupId))) {
    return resourceGroupNotFound(place.group);
  }
  return answer(place, request, deps);
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
      return plain(place, request, world.publicAddresses, (one) => publicAddressBody(one, world, deps.firewalls.all()));
    case "microsoft.network/virtualnetworks": {
      if (place.child === undefined) {
        return plain(place, request, world.virtualNetworks, (one) => virtualNetworkBody(one, world));
      }
      return subnets(place, request, world);
    }
    case "microsoft.network/azurefirewalls":
      return azureFirewall(place, request, deps);
    case "microsoft.network/routetables":
      return plain(place, request, world.routeTables ?? [], (one) => routeTableBody(one, world));
    case "microsoft.network/applicationsecuritygroups":
      return plain(place, request, world.applicationSecurityGroups ?? [], applicationSecurityGroupBody);
    case "microsoft.network/ipgroups":
      return plain(place, request, world.ipGroups ?? [], (one) => ipGroupBody(one, deps.firewalls.all()));
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

const azureFirewall = (place: Place, request: ArmRequest, { firewalls, putFirewall }: RouteDeps): Routed => {
  const { method } = request;
  if (place.child !== undefined) return unknownType(`${place.askedType}/${place.child}`);
  if (place.name === undefined) {
    return method === "GET" ? { list: within(place, firewalls.all()).map(firewallBody) } : methodNotAllowed(method);
  }
  if (method === "PUT") return putFirewall(firewalls.get(place.id)?.id ?? place.id, request);
  if (method !== "GET") return methodNotAllowed(method);
  const found = firewalls.get(place.id);
  return found === undefined ? notFound(place) : withEtag(found.etag, request, firewallBody(found));
};
