/** `Microsoft.Authorization` at any scope: role assignments, role definitions and deny assignments, to be read. */

import { type ArmAnswer, armError, badRequest, methodNotAllowed, unknownType } from "../arm-errors.ts";
import { matches, readFilter } from "./authorization-filters.ts";
import type { Role, RolePermission } from "./built-in-roles.ts";
import type { Assigned, Denial, Readable, RoleState } from "./role-world.ts";

export interface AuthorizationRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** `undefined`: the path is of another provider. */
export const authorization = (
  request: AuthorizationRequest,
  state: RoleState,
): ArmAnswer | { readonly list: readonly unknown[] } | undefined => {
  const [, at, type = "", name] = PATH.exec(decodeURIComponent(request.path)) ?? [];
  if (at === undefined) return undefined;
  const kind = KINDS.find((each) => each.toLowerCase() === type.toLowerCase());
  if (kind === undefined) return unknownType(`Microsoft.Authorization/${type}`);
  if (request.method !== "GET") return methodNotAllowed(request.method);
  const version = request.query.get("api-version") ?? "";
  if (!VERSIONS.includes(version)) return noSuchVersion(kind, version);
  const scope = at === "" ? "/" : at;
  if (state.isForbidden(kind)) return notAllowed(kind, scope);
  if (kind === "roleDefinitions") return roleDefinitions(scope, name, request.query, state);

  const filter = readFilter(request.query.get("$filter") ?? "");
  if (filter === undefined) return badRequest("InvalidFilter", "The filter isn't one that this list knows.");
  if (filter.assignedTo !== undefined && state.isGroup(filter.assignedTo)) {
    return badRequest("InvalidFilter", "assignedTo takes a user or a service principal, not a group.");
  }
  const withConditions = version >= "2020-03-01";
  if (kind === "roleAssignments") {
    const found = state
      .assignments()
      .filter((one) => name === undefined || one.name === name.toLowerCase())
      .filter((one) => matches({ scope: one.scope, principals: [one.principal] }, filter, scope, state))
      .map((one) => assignmentBody(one, withConditions));
    return name === undefined ? { list: found } : only(found, "RoleAssignmentNotFound", name);
  }
  const found = state
    .denials()
    .filter((one) => name === undefined || one.name === name.toLowerCase())
    .filter(({ denyAssignmentName }) => (filter.named ?? denyAssignmentName) === denyAssignmentName)
    .filter((one) =>
      matches({ scope: one.scope, principals: one.principals.map(({ id }) => id) }, filter, scope, state),
    )
    .map(denialBody);
  return name === undefined ? { list: found } : only(found, "DenyAssignmentNotFound", name);
};

const PATH = /^(.*?)\/providers\/microsoft\.authorization\/([^/]+)(?:\/([^/]+))?\/?$/iu;
const KINDS: readonly Readable[] = ["roleAssignments", "roleDefinitions", "denyAssignments"];

/** https://learn.microsoft.com/rest/api/authorization/versions */
const VERSIONS: readonly string[] = [
  "2015-07-01",
  "2018-01-01-preview",
  "2018-07-01",
  "2018-07-01-preview",
  "2018-09-01-preview",
  "2020-03-01-preview",
  "2020-04-01-preview",
  "2020-08-01-preview",
  "2020-10-01-preview",
  "2021-04-01-preview",
  "2022-04-01",
  "2022-05-01-preview",
];

const roleDefinitions = (
  scope: string,
  name: string | undefined,
  query: URLSearchParams,
  { roles }: RoleState,
): ArmAnswer | { readonly list: readonly unknown[] } => {
  if (name !== undefined) {
    const found = roles().filter((each) => each.name === name.toLowerCase());
    return only(
      found.map((role) => roleBody(role, scope)),
      "RoleDefinitionDoesNotExist",
      name,
    );
  }
  const filter = query.get("$filter") ?? "";
  const [, key, value] = /^(roleName|type) eq '([^']*)'$/u.exec(filter) ?? [];
  if (filter !== "" && filter !== "atScopeAndBelow()" && key === undefined) {
    return badRequest("InvalidFilter", "The filter isn't one that this list knows.");
  }
  const wanted = roles().filter((role) => key === undefined || role[key === "type" ? "type" : "roleName"] === value);
  return { list: wanted.map((role) => roleBody(role, scope)) };
};

/** A role is of the subscription in which one asks for it, or of none. */
const roleId = (scope: string, name: string): string => {
  const [subscription = ""] = /^\/subscriptions\/[^/]+/iu.exec(scope) ?? [];
  return `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${name}`;
};

const roleBody = (role: Role, scope: string): unknown => ({
  properties: {
    roleName: role.roleName,
    type: role.type,
    description: role.description,
    assignableScopes: role.assignableScopes,
    permissions: role.permissions.map(permissionBody),
    ...CREATED,
  },
  id: roleId(scope, role.name),
  type: "Microsoft.Authorization/roleDefinitions",
  name: role.name,
});

const permissionBody = ({ condition, ...lists }: RolePermission): unknown => ({
  ...NOTHING,
  ...lists,
  ...(condition === undefined ? {} : { condition, conditionVersion: "2.0" }),
});

const NOTHING = { actions: [], notActions: [], dataActions: [], notDataActions: [] };
const CREATED = {
  createdOn: "2015-02-02T21:55:09.8806423Z",
  updatedOn: "2023-07-10T15:10:53.4910484Z",
  createdBy: null,
  updatedBy: null,
};

const assignmentBody = (
  { name, principal, principalType, role, scope, condition, at }: Assigned,
  withConditions: boolean,
): unknown => ({
  properties: {
    roleDefinitionId: roleId(scope, role),
    principalId: principal,
    principalType,
    scope,
    ...(withConditions ? conditionBody(condition) : {}),
    createdOn: at,
    updatedOn: at,
    createdBy: null,
    updatedBy: null,
    delegatedManagedIdentityResourceId: null,
    description: null,
  },
  id: `${scope === "/" ? "" : scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
  type: "Microsoft.Authorization/roleAssignments",
  name,
});

const denialBody = ({ name, at, condition, permissions, scope, ...said }: Denial): unknown => ({
  properties: {
    ...said,
    description: null,
    permissions: permissions.map(permissionBody),
    scope,
    isSystemProtected: true,
    ...conditionBody(condition),
    createdOn: at,
    updatedOn: at,
    createdBy: null,
    updatedBy: null,
  },
  id: `${scope === "/" ? "" : scope}/providers/Microsoft.Authorization/denyAssignments/${name}`,
  type: "Microsoft.Authorization/denyAssignments",
  name,
});

const conditionBody = (condition: string | undefined): object => ({
  condition: condition ?? null,
  conditionVersion: condition === undefined ? null : "2.0",
});

const only = (found: readonly unknown[], code: string, name: string): ArmAnswer =>
  found[0] === undefined
    ? armError(404, code, `'${name}' does not exist.`)
    : {
        status: 200,
        body: found[0],
      };

const notAllowed = (kind: Readable, scope: string): ArmAnswer =>
  armError(
    403,
    "AuthorizationFailed",
    `The client 'sandbox' does not have authorization to perform action 'Microsoft.Authorization/${kind}/read' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );

const noSuchVersion = (kind: Readable, version: string): ArmAnswer =>
  armError(
    400,
    "NoRegisteredProviderFound",
    `No registered resource provider found for location 'global' and API version '${version}' for type '${kind}'. The supported api-versions are '${VERSIONS.join(", ")}'.`,
  );
