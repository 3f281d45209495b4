/**
 * A network security group as the JSON that Azure answered, so that whoever sends it back loses nothing.
 *
 * The SDK's model drops properties that it doesn't know; a customer's rule may have some.
 */

import { isObject, type Json, type JsonObject, listAt, nameKey, objectAt, stringAt, without } from "../json.ts";

/** One rule, as answered. */
export interface NsgRule {
  readonly name: string;
  readonly properties: JsonObject;
  /** All of it, also what we don't know. */
  readonly raw: JsonObject;
}

export interface NsgDocument {
  /** `undefined` when the server gave none: then the whole NSG must not be written. */
  readonly etag: string | undefined;
  /** `Succeeded`, `Updating`, …; `undefined` when the server doesn't say. */
  readonly provisioningState: string | undefined;
  readonly rules: readonly NsgRule[];
  readonly raw: JsonObject;
}

/** Reads the answer to `GET …/networkSecurityGroups/{nsg}`. Throws when it isn't one. */
export const readNsg = (body: string): NsgDocument => {
  const raw: unknown = JSON.parse(body);
  if (!isObject(raw)) throw new Error("the answer is not an NSG");
  const properties = objectAt(raw, "properties");
  // No `properties` at all would read as "no rules here", and so as "all closed".
  if (properties === undefined) throw new Error("the answer is an NSG without properties");
  return {
    etag: stringAt(raw, "etag"),
    provisioningState: stringAt(properties, "provisioningState"),
    rules: listAt(properties, "securityRules").flatMap((rule) => {
      const name = isObject(rule) ? stringAt(rule, "name") : undefined;
      return isObject(rule) && name !== undefined
        ? [{ name, properties: objectAt(rule, "properties") ?? {}, raw: rule }]
        : [];
    }),
    raw,
  };
};

/** A rule as it is sent. */
export interface NewRule {
  readonly name: string;
  readonly properties: JsonObject;
}

/**
 * The body that replaces the whole NSG: everything as it was read, without the rules in `remove` (by name) and with those in `put`,
 * in the place of one of the same name if there is one.
 *
 * Left out is only what the API's specification marks as read-only and the server computes by itself.
 */
export const editNsg = (nsg: NsgDocument, remove: readonly string[], put: readonly NewRule[]): string => {
  const removed = new Set(remove.map(nameKey));
  const placed = new Map(put.map((rule) => [nameKey(rule.name), rule]));
  const properties = objectAt(nsg.raw, "properties") ?? {};
  const kept = listAt(properties, "securityRules").flatMap((rule): Json[] => {
    const name = isObject(rule) ? stringAt(rule, "name") : undefined;
    if (name === undefined) return [rule];
    if (removed.has(nameKey(name))) return [];
    const replacement = placed.get(nameKey(name));
    placed.delete(nameKey(name));
    return [replacement === undefined ? rule : { ...replacement }];
  });
  return JSON.stringify({
    ...without(nsg.raw, ["etag"]),
    properties: {
      ...without(properties, READ_ONLY),
      securityRules: [...kept, ...[...placed.values()].map((rule) => ({ ...rule }))],
    },
  });
};

export const findRule = (nsg: NsgDocument, name: string): NsgRule | undefined =>
  nsg.rules.find((rule) => nameKey(rule.name) === nameKey(name));

/** `NetworkSecurityGroupPropertiesFormat`: https://learn.microsoft.com/rest/api/virtualnetwork/network-security-groups/get */
const READ_ONLY = [
  "defaultSecurityRules",
  "networkInterfaces",
  "subnets",
  "flowLogs",
  "resourceGuid",
  "provisioningState",
] as const;
