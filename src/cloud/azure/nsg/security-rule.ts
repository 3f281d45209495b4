/** One hole, or what a block keeps closed, written as the properties of an NSG security rule and read back from them. */

import { type Protocol, parsePort } from "../../../access/port.ts";
import {
  type AddressFamily,
  type Cidr,
  familyOf,
  isSingleAddress,
  parseCidr,
  showCidr,
} from "../../../access/source.ts";
import type { IngressRule } from "../../firewall.ts";
import { eitherAt, type JsonObject, listAt, stringAt } from "../json.ts";
import type { BlockNameParts, NameParts } from "./owner-mark.ts";
import { type Band, isInBand } from "./priority.ts";

export type Hole = Omit<IngressRule, "holders">;

/** The part of a block that one rule can hold: `{ addresses: ["10.0.1.4"], protocol: "tcp", ports: [22, 3389] }`, of one address family. */
export type DenyScope = Pick<Hole, "addresses" | "protocol" | "ports">;

/** The family of a rule's addresses, which is that of its sources too. */
export const familyOfHole = ({ sources }: Hole): AddressFamily => {
  const [first] = sources;
  if (first === undefined) throw new Error("a rule needs at least one source");
  return familyOf(first);
};

/** `SecurityRulePropertiesFormat` as the API documents it: one value stands in the singular property, several in the plural one. */
export interface RuleProperties {
  readonly description: string;
  readonly protocol: "Tcp" | "Udp";
  readonly access: "Allow" | "Deny";
  readonly direction: "Inbound";
  readonly priority: number;
  readonly sourcePortRange: "*";
  readonly sourceAddressPrefix?: string;
  readonly sourceAddressPrefixes?: string[];
  readonly destinationAddressPrefix?: string;
  readonly destinationAddressPrefixes?: string[];
  readonly destinationPortRange?: string;
  readonly destinationPortRanges?: string[];
}

export const printRule = (hole: Hole, priority: number, description: string): RuleProperties => ({
  description,
  ...frameOf(hole),
  access: "Allow",
  priority,
  ...oneOrMany("sourceAddressPrefix", "sourceAddressPrefixes", hole.sources),
});

/** `*` as the source stands for both families, also where the destination is of one. */
export const printDeny = (scope: DenyScope, priority: number, description: string): RuleProperties => ({
  description,
  ...frameOf(scope),
  access: "Deny",
  priority,
  sourceAddressPrefix: "*",
});

/**
 * The hole that a rule of ours makes; `undefined` when it is anything that we don't write: not an inbound allow within the band, another
 * protocol or family than its name says, a tag or a group instead of a prefix, or a range of ports.
 */
export const readRule = (properties: JsonObject, name: NameParts, band: Band): Hole | undefined => {
  const { priority } = properties;
  const scope = readFrame(properties, name, "allow");
  if (scope === undefined || typeof priority !== "number" || !isInBand(priority, band)) return undefined;
  const sources = eitherAt(properties, "sourceAddressPrefix", "sourceAddressPrefixes").map(parseCidr);
  if (!allOf(sources, name.family)) return undefined;
  return { ...scope, sources: unique(sources).toSorted() };
};

/** What a rule of ours keeps closed, wherever it stands; `undefined` when it is anything that we don't write. */
export const readDeny = (properties: JsonObject, name: BlockNameParts): DenyScope | undefined => {
  const sources = eitherAt(properties, "sourceAddressPrefix", "sourceAddressPrefixes");
  return sources.length === 1 && sources[0] === "*" ? readFrame(properties, name, "deny") : undefined;
};

const frameOf = ({ protocol, addresses, ports }: DenyScope) =>
  ({
    protocol: protocol === "tcp" ? "Tcp" : "Udp",
    direction: "Inbound",
    sourcePortRange: "*",
    ...oneOrMany("destinationAddressPrefix", "destinationAddressPrefixes", addresses),
    ...oneOrMany("destinationPortRange", "destinationPortRanges", ports.map(String)),
  }) as const;

const readFrame = (
  properties: JsonObject,
  name: Pick<NameParts, "protocol" | "family">,
  access: "allow" | "deny",
): DenyScope | undefined => {
  const is = (key: string, value: string): boolean => stringAt(properties, key)?.toLowerCase() === value;
  const asWritten =
    is("access", access) &&
    is("direction", "inbound") &&
    is("protocol", name.protocol) &&
    eitherAt(properties, "sourcePortRange", "sourcePortRanges").every((range) => range === "*") &&
    listAt(properties, "sourceApplicationSecurityGroups").length === 0 &&
    listAt(properties, "destinationApplicationSecurityGroups").length === 0;
  if (!asWritten) return undefined;

  const targets = eitherAt(properties, "destinationAddressPrefix", "destinationAddressPrefixes").map(parseCidr);
  const ports = eitherAt(properties, "destinationPortRange", "destinationPortRanges").map((range) =>
    portOf(range, name.protocol),
  );
  if (!allOf(targets, name.family) || !targets.every(isSingleAddress)) return undefined;
  if (ports.length === 0 || !ports.every((port) => port !== undefined)) return undefined;
  return {
    addresses: unique(targets.map(showCidr)).toSorted(),
    protocol: name.protocol,
    ports: unique(ports).toSorted((a, b) => a - b),
  };
};

const oneOrMany = (singular: string, plural: string, values: readonly string[]): Record<string, string | string[]> => {
  const [first, ...rest] = values;
  if (first === undefined) throw new Error(`a rule needs at least one ${singular}`);
  return rest.length === 0 ? { [singular]: first } : { [plural]: [...values] };
};

const portOf = (range: string, protocol: Protocol): number | undefined => {
  const [from, to = from] = range.split("-");
  return from === to ? parsePort(`${from}/${protocol}`)?.port : undefined;
};

const allOf = (prefixes: readonly (Cidr | undefined)[], family: AddressFamily): prefixes is readonly Cidr[] =>
  prefixes.length > 0 && prefixes.every((prefix) => prefix !== undefined && familyOf(prefix) === family);

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
