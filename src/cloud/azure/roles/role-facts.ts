/** What Azure says of roles, as far as a decision needs it, read strictly: what can't be read must not pass for a rule that isn't there. */

import { isObject, type JsonObject, listAt, objectAt, stringAt } from "../json.ts";
import { idKey } from "../resource-id.ts";

/** Of a role or a deny assignment: allowed, or denied, is what an action covers and no notAction of the same entry takes out again. */
export interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly isConditional: boolean;
}

export interface RoleAssignment {
  /** Object id, lower case. */
  readonly principal: string;
  /** `User`, `Group`, `ServicePrincipal`, …; `undefined` when it isn't said. */
  readonly principalType: string | undefined;
  readonly scope: string;
  /** Id of the role definition. */
  readonly role: string;
  readonly isConditional: boolean;
}

export interface RoleDefinition {
  readonly name: string;
  readonly permissions: readonly Permission[];
}

export interface Principal {
  /** Object id, lower case; empty when it isn't said. */
  readonly id: string;
  readonly type: string | undefined;
}

export interface DenyAssignment {
  /** Lower case. */
  readonly id: string;
  readonly name: string;
  /** `undefined`: not said. */
  readonly scope: string | undefined;
  readonly doNotApplyToChildScopes: boolean;
  readonly principals: readonly Principal[];
  readonly excluded: readonly Principal[];
  readonly permissions: readonly Permission[];
  readonly isConditional: boolean;
}

/** What came isn't what is documented. */
export class Unreadable extends Error {
  constructor(what: string) {
    super(what);
    this.name = "Unreadable";
  }
}

/** The entries of all pages of a list. An answer without a list is no empty list, and a last page that names another one isn't the last. */
export const readPages = (bodies: readonly string[]): readonly JsonObject[] => {
  const pages = bodies.map(readObject);
  const next = pages.at(-1)?.["nextLink"];
  if (pages.length === 0 || (!isAbsent(next) && next !== "")) throw new Unreadable("the list ends before its end");
  return pages.flatMap(({ value }) => {
    if (!Array.isArray(value)) throw new Unreadable("no list in the answer");
    return value.map((entry) => objectOf(entry, "the list"));
  });
};

/** https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope; `undefined`: it doesn't say whom it gives what, so nothing to anybody. */
export const readRoleAssignment = (entry: JsonObject): RoleAssignment | undefined => {
  const properties = propertiesOf(entry);
  const [principal, scope, role] = ["principalId", "scope", "roleDefinitionId"].map((key) =>
    stringAt(properties, key)?.trim(),
  );
  if (principal === undefined || scope === undefined || role === undefined) return undefined;
  return {
    principal: principal.toLowerCase(),
    principalType: stringAt(properties, "principalType"),
    scope,
    role,
    isConditional: hasCondition(properties),
  };
};

/** https://learn.microsoft.com/rest/api/authorization/role-definitions/get-by-id */
export const readRoleDefinition = (body: string): RoleDefinition => {
  const properties = propertiesOf(readObject(body));
  return {
    name: stringAt(properties, "roleName") ?? "a role",
    permissions: objectsAt(properties, "permissions").map(readPermission),
  };
};

/** https://learn.microsoft.com/azure/role-based-access-control/deny-assignments#deny-assignment-properties */
export const readDenyAssignment = (entry: JsonObject): DenyAssignment => {
  const properties = propertiesOf(entry);
  if (!Array.isArray(properties["permissions"])) throw new Unreadable("a deny assignment without permissions");
  return {
    id: idKey(stringAt(entry, "id") ?? ""),
    name: stringAt(properties, "denyAssignmentName") ?? stringAt(entry, "name") ?? "a deny assignment",
    scope: stringAt(properties, "scope"),
    doNotApplyToChildScopes: properties["doNotApplyToChildScopes"] === true,
    principals: objectsAt(properties, "principals").map(readPrincipal),
    excluded: objectsAt(properties, "excludePrincipals").map(readPrincipal),
    permissions: objectsAt(properties, "permissions").map(readPermission),
    isConditional: hasCondition(properties),
  };
};

const readPrincipal = (entry: JsonObject): Principal => ({
  id: (stringAt(entry, "id") ?? "").toLowerCase(),
  type: stringAt(entry, "type"),
});

const readPermission = (entry: JsonObject): Permission => ({
  actions: stringsAt(entry, "actions"),
  notActions: stringsAt(entry, "notActions"),
  isConditional: hasCondition(entry),
});

/** Absent, null and empty are how Azure says that there is none. */
const hasCondition = (object: JsonObject): boolean => !isAbsent(object["condition"]) && object["condition"] !== "";

const stringsAt = (object: JsonObject, key: string): readonly string[] => {
  const strings = listOf(object, key).filter((each) => typeof each === "string");
  if (strings.length < listAt(object, key).length) throw new Unreadable(`\`${key}\` isn't a list of texts`);
  return strings;
};

const objectsAt = (object: JsonObject, key: string): readonly JsonObject[] =>
  listOf(object, key).map((each) => objectOf(each, `\`${key}\``));

const listOf = (object: JsonObject, key: string): ReturnType<typeof listAt> => {
  if (!isAbsent(object[key]) && !Array.isArray(object[key])) throw new Unreadable(`\`${key}\` isn't a list`);
  return listAt(object, key);
};

const propertiesOf = (entry: JsonObject): JsonObject => {
  const properties = objectAt(entry, "properties");
  if (properties === undefined) throw new Unreadable("an entry without properties");
  return properties;
};

const objectOf = (value: unknown, where: string): JsonObject => {
  if (!isObject(value)) throw new Unreadable(`something in ${where} isn't an object`);
  return value;
};

const readObject = (body: string): JsonObject => {
  try {
    return objectOf(JSON.parse(body), "the answer");
  } catch (error) {
    throw error instanceof Unreadable ? error : new Unreadable("the answer isn't JSON");
  }
};

const isAbsent = (value: unknown): boolean => value === undefined || value === null;
