/** Which rules of others let in what a block is to keep out. */

import { type Port, type Protocol, parsePort } from "../../../access/port.ts";
import { type AddressRange, firstAddress, lastAddress, readRange as readAddresses } from "../../../posture/address.ts";
import type { ForeignAllow } from "../../firewall.ts";
import { eitherAt, isObject, type JsonObject, listAt, stringAt } from "../json.ts";
import type { NsgRule } from "./nsg-document.ts";
import { isInbound } from "./priority.ts";

/** One port of one address: what a rule speaks of or doesn't. */
export interface Destination {
  /** As a block writes it: `10.0.1.4`. */
  readonly address: string;
  /** That one address. */
  readonly at: AddressRange;
  readonly port: Port;
}

/** An inbound rule, read once for all the destinations that it is asked about. */
export interface InboundRule {
  readonly name: string;
  /** `undefined` when Azure didn't say, so that it may stand before anything. */
  readonly priority: number | undefined;
  readonly access: "allow" | "deny";
  readonly protocol: Protocol | "any" | "unknown" | "none";
  readonly ports: readonly (PortRange | "unknown")[];
  readonly sources: readonly (AddressRange | "any" | "unknown")[];
  readonly destinations: readonly (AddressRange | "any" | "unknown")[];
  readonly anySourcePort: boolean;
  readonly properties: JsonObject;
}

interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Without outbound ones and those of protocols that have no ports. */
export const readInbound = (rules: readonly NsgRule[]): readonly InboundRule[] =>
  rules
    .filter(({ properties }) => isInbound(properties))
    .map(({ name, properties }): InboundRule => {
      const { priority } = properties;
      return {
        name,
        priority: typeof priority === "number" ? priority : undefined,
        access: stringAt(properties, "access")?.toLowerCase() === "deny" ? "deny" : "allow",
        protocol: PROTOCOLS.get(stringAt(properties, "protocol")?.toLowerCase() ?? "") ?? "unknown",
        ports: orUnknown(eitherAt(properties, "destinationPortRange", "destinationPortRanges").map(readRange)),
        sources: prefixesOf(properties, "source"),
        destinations: prefixesOf(properties, "destination"),
        anySourcePort: eitherAt(properties, "sourcePortRange", "sourcePortRanges").includes("*"),
        properties,
      };
    })
    .filter(({ protocol }) => protocol !== "none");

/** Whether it lets anybody in there, or may: nobody knows how far a service tag or an application security group reaches. */
export const mayAllow = (rule: InboundRule, { at, port }: Destination): boolean =>
  rule.access === "allow" &&
  (rule.protocol === port.protocol || rule.protocol === "any" || rule.protocol === "unknown") &&
  rule.ports.some((range) => range === "unknown" || isWithin(port.port, range)) &&
  rule.destinations.some((prefix) => prefix === "unknown" || reaches(prefix, at)) &&
  // A packet has one family on both ends.
  rule.sources.some((prefix) => prefix === "unknown" || prefix === "any" || prefix.family === at.family);

/** The allows that let somebody in at one of these destinations, as things are: those that no deny stands before which certainly stops all that they let in. */
export const effectiveAllows = (
  allows: readonly InboundRule[],
  all: readonly InboundRule[],
  destinations: readonly Destination[],
): readonly InboundRule[] => {
  const found = new Set<InboundRule>();
  for (const destination of destinations) {
    const speaking = allows.filter((allow) => !found.has(allow) && mayAllow(allow, destination));
    const denies = speaking.length === 0 ? [] : all.filter((rule) => surelyDenies(rule, destination));
    for (const allow of speaking) if (!denies.some((deny) => stops(deny, allow, destination))) found.add(allow);
  }
  return allows.filter((allow) => found.has(allow));
};

export const foreignAllowOf = ({ name, priority, protocol, properties }: InboundRule): ForeignAllow => ({
  id: name,
  name,
  priority,
  protocol: protocol === "tcp" || protocol === "udp" ? protocol : "any",
  ports: eitherAt(properties, "destinationPortRange", "destinationPortRanges"),
  sources: [...eitherAt(properties, "sourceAddressPrefix", "sourceAddressPrefixes"), ...groupsAt(properties, "source")],
});

/** From some sources at least. */
const surelyDenies = (rule: InboundRule, { at, port }: Destination): boolean =>
  rule.access === "deny" &&
  (rule.protocol === port.protocol || rule.protocol === "any") &&
  rule.anySourcePort &&
  rule.ports.some((range) => range !== "unknown" && isWithin(port.port, range)) &&
  rule.destinations.some((prefix) => prefix !== "unknown" && reaches(prefix, at));

/** Whether nothing that `allow` lets in at this destination comes past `deny`. */
const stops = (deny: InboundRule, allow: InboundRule, { at }: Destination): boolean =>
  deny.priority !== undefined &&
  allow.priority !== undefined &&
  deny.priority < allow.priority &&
  (deny.sources.some((prefix) => prefix === "any" || (prefix !== "unknown" && isWholeFamily(prefix, at))) ||
    allow.sources.every((source) =>
      deny.sources.some(
        (prefix) => source !== "any" && source !== "unknown" && prefix !== "unknown" && reaches(prefix, source),
      ),
    ));

const isWholeFamily = ({ family, first, last }: AddressRange, at: AddressRange): boolean =>
  family === at.family && first === firstAddress(family) && last === lastAddress(family);

const reaches = (prefix: AddressRange | "any", inner: AddressRange): boolean =>
  prefix === "any" || (prefix.family === inner.family && prefix.first <= inner.first && prefix.last >= inner.last);

const isWithin = (port: number, { from, to }: PortRange): boolean => from <= port && port <= to;

/** https://learn.microsoft.com/rest/api/virtualnetwork/security-rules/create-or-update#securityruleprotocol */
const PROTOCOLS: ReadonlyMap<string, InboundRule["protocol"]> = new Map([
  ["tcp", "tcp"],
  ["udp", "udp"],
  ["*", "any"],
  ["icmp", "none"],
  ["esp", "none"],
  ["ah", "none"],
]);

const readRange = (text: string): PortRange | "unknown" => {
  if (text === "*") return { from: 0, to: 65_535 };
  const [from, to = from] = text.split("-").map((part) => (part.trim() === "0" ? 0 : parsePort(part)?.port));
  return from === undefined || to === undefined ? "unknown" : { from, to };
};

const prefixesOf = (
  properties: JsonObject,
  side: "source" | "destination",
): readonly (AddressRange | "any" | "unknown")[] =>
  orUnknown([
    ...eitherAt(properties, `${side}AddressPrefix`, `${side}AddressPrefixes`).map((prefix) =>
      prefix === "*" ? "any" : (readAddresses(prefix) ?? "unknown"),
    ),
    ...groupsAt(properties, side).map(() => "unknown" as const),
  ]);

const groupsAt = (properties: JsonObject, side: "source" | "destination"): readonly string[] =>
  listAt(properties, `${side}ApplicationSecurityGroups`).map((group) =>
    isObject(group) ? (stringAt(group, "id") ?? "") : "",
  );

/** Azure requires at least one, so an empty list says only that we can't read it. */
const orUnknown = <T>(values: readonly T[]): readonly (T | "unknown")[] => (values.length === 0 ? ["unknown"] : values);
