/**
 * An Azure Firewall with classic rules as the JSON that Azure answered, so that whoever sends it back loses nothing.
 *
 * Its rules aren't resources of their own: every change is a PUT of all of it.
 * https://learn.microsoft.com/rest/api/firewall/azure-firewalls/create-or-update
 */

import { isObject, type Json, type JsonObject, listAt, nameKey, objectAt, stringAt, without } from "../json.ts";

/** One rule, as answered; unlike an NSG's it has no `properties`. */
export interface ClassicRule {
  readonly name: string;
  readonly raw: JsonObject;
}

export interface ClassicCollection {
  readonly name: string;
  /** 0 when it can't be read: before all others, so that nobody takes it for harmless. */
  readonly priority: number;
  /** Lower case: `allow`, `deny`, `dnat`. */
  readonly action: string;
  readonly rules: readonly ClassicRule[];
}

export interface ClassicDocument {
  /** `undefined` when the server gave none: then the firewall must not be written. */
  readonly etag: string | undefined;
  /** `Succeeded`, `Updating`, …; `undefined` when the server doesn't say. */
  readonly provisioningState: string | undefined;
  /** Id of the firewall policy that has its rules. */
  readonly policy: string | undefined;
  /** Resource ids. */
  readonly publicAddresses: readonly string[];
  readonly nat: readonly ClassicCollection[];
  readonly network: readonly ClassicCollection[];
  readonly raw: JsonObject;
}

/** A collection as it is sent. */
export interface NewCollection {
  readonly name: string;
  readonly priority: number;
  readonly action: "Dnat" | "Allow" | "Deny";
  readonly rules: readonly JsonObject[];
}

/** Reads the answer to `GET …/azureFirewalls/{name}`; `header` is its `ETag`. Throws when it isn't one. */
export const readClassicFirewall = (body: string, header: string | undefined): ClassicDocument => {
  const raw: unknown = JSON.parse(body);
  const properties = isObject(raw) ? objectAt(raw, "properties") : undefined;
  // No `properties` at all would read as "no rules here", and so as "all closed".
  if (!isObject(raw) || properties === undefined) throw new Error("the answer is not a firewall");
  return {
    etag: stringAt(raw, "etag") ?? header,
    provisioningState: stringAt(properties, "provisioningState"),
    policy: idAt(properties, "firewallPolicy"),
    publicAddresses: listAt(properties, "ipConfigurations").flatMap((configuration) => {
      const its = isObject(configuration) ? objectAt(configuration, "properties") : undefined;
      const id = its === undefined ? undefined : idAt(its, "publicIPAddress");
      return id === undefined ? [] : [id];
    }),
    nat: listAt(properties, NAT).flatMap(readCollection),
    network: listAt(properties, NETWORK).flatMap(readCollection),
    raw,
  };
};

/**
 * The body that replaces the firewall: everything as it was read, but of the collections that `isOurs` tells exactly those given, in
 * the place of one of the same name if there is one.
 *
 * Left out is only what the API's specification marks as read-only and the server computes by itself.
 */
export const editClassicFirewall = (
  firewall: ClassicDocument,
  isOurs: (name: string) => boolean,
  { nat, network }: { readonly nat: readonly NewCollection[]; readonly network: readonly NewCollection[] },
): string => {
  const properties = objectAt(firewall.raw, "properties") ?? {};
  return JSON.stringify({
    ...without(firewall.raw, ["etag"]),
    properties: {
      ...without(properties, READ_ONLY),
      [NAT]: replace(listAt(properties, NAT), isOurs, nat),
      [NETWORK]: replace(listAt(properties, NETWORK), isOurs, network),
    },
  });
};

/** The strings in a list. */
export const textsAt = (object: JsonObject, key: string): readonly string[] =>
  listAt(object, key).filter((value): value is string => typeof value === "string");

const NAT = "natRuleCollections";
const NETWORK = "networkRuleCollections";

/** `AzureFirewallPropertiesFormat` of the specification. */
const READ_ONLY = ["provisioningState", "ipGroups", "afcConfiguration"] as const;

const replace = (
  there: readonly Json[],
  isOurs: (name: string) => boolean,
  ours: readonly NewCollection[],
): readonly Json[] => {
  const missing = new Map(ours.map((collection) => [nameKey(collection.name), collection]));
  const kept = there.flatMap((collection): Json[] => {
    const name = isObject(collection) ? stringAt(collection, "name") : undefined;
    if (name === undefined || !isOurs(name)) return [collection];
    const replacement = missing.get(nameKey(name));
    missing.delete(nameKey(name));
    return replacement === undefined ? [] : [printCollection(replacement)];
  });
  return [...kept, ...[...missing.values()].map(printCollection)];
};

const printCollection = ({ name, priority, action, rules }: NewCollection): JsonObject => ({
  name,
  properties: { priority, action: { type: action }, rules },
});

const readCollection = (collection: Json): readonly ClassicCollection[] => {
  const name = isObject(collection) ? stringAt(collection, "name") : undefined;
  if (!isObject(collection) || name === undefined) return [];
  const properties = objectAt(collection, "properties") ?? {};
  const { priority } = properties;
  return [
    {
      name,
      priority: typeof priority === "number" ? priority : 0,
      action: (stringAt(objectAt(properties, "action") ?? {}, "type") ?? "").toLowerCase(),
      rules: listAt(properties, "rules").flatMap((rule) =>
        isObject(rule) ? [{ name: stringAt(rule, "name") ?? "", raw: rule }] : [],
      ),
    },
  ];
};

const idAt = (object: JsonObject, key: string): string | undefined => {
  const id = stringAt(objectAt(object, key) ?? {}, "id");
  return id === "" ? undefined : id;
};
