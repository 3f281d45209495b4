/** Which rules of others let in what a block is to keep out. */

import { type Port, type Protocol, parsePort } from "../../access/port.ts";
import { type Cidr, contains, familyOf, parseCidr } from "../../access/source.ts";
import type { ForeignAllow } from "../firewall.ts";
import { eitherAt, type JsonObject, listAt, type NsgRule, stringAt } from "./nsg-document.ts";
import { isInbound } from "./priority.ts";

/** One port of one address: what a rule speaks of or doesn't. */
export interface Spot {
  readonly address: Cidr;
  readonly port: Port;
}

/** An inbound rule, read once for all the spots that it is asked about. */
export interface InboundRule {
  readonly name: string;
  /** `undefined` when Azure didn't say, so that it may stand before anything. */
  readonly priority: number | undefined;
  readonly access: "allow" | "deny";
  readonly protocol: Protocol | "any" | "unknown" | "none";
  readonly ports: readonly (PortRange | "unknown")[];
  readonly sources: readonly (Cidr | "any" | "unknown")[];
  readonly destinations: readonly (Cidr | "any" | "unknown")[];
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
export const mayAllow = (rule: InboundRule, { address, port }: Spot): boolean =>
  rule.access === "allow" &&
  (rule.protocol === port.protocol || rule.protocol === "any" || rule.protocol === "unknown") &&
  rule.ports.some((range) => range === "unknown" || isWithin(port.port, range)) &&
  rule.destinations.some((prefix) => prefix === "unknown" || reaches(prefix, address)) &&
  // A packet has one family on both ends.
  rule.sources.some((prefix) => prefix === "unknown" || prefix === "any" || familyOf(prefix) === familyOf(address));

/** The allows that let somebody in at one of these spots, as things are: those that no deny stands before which certainly stops all that they let in. */
export const effectiveAllows = (
  allows: readonly InboundRule[],
  all: readonly InboundRule[],
  spots: readonly Spot[],
): readonly InboundRule[] => {
  const denies = all.filter(({ access }) => access === "deny");
  return allows.filter((allow) =>
    spots.some((spot) => mayAllow(allow, spot) && !denies.some((deny) => stops(deny, allow, spot))),
  );
};

export const foreignAllowOf = ({ name, priority, protocol, properties }: InboundRule): ForeignAllow => ({
  id: name,
  name,
  priority,
  protocol: protocol === "tcp" || protocol === "udp" ? protocol : "any",
  ports: eitherAt(properties, "destinationPortRange", "destinationPortRanges"),
  sources: [...eitherAt(properties, "sourceAddressPrefix", "sourceAddressPrefixes"), ...groupsAt(properties, "source")],
});

/** Whether nothing that `allow` lets in at this spot comes past `deny`. */
const stops = (deny: InboundRule, allow: InboundRule, { address, port }: Spot): boolean =>
  deny.priority !== undefined &&
  allow.priority !== undefined &&
  deny.priority < allow.priority &&
  (deny.protocol === port.protocol || deny.protocol === "any") &&
  deny.anySourcePort &&
  deny.ports.some((range) => range !== "unknown" && isWithin(port.port, range)) &&
  deny.destinations.some((prefix) => prefix !== "unknown" && reaches(prefix, address)) &&
  (deny.sources.some((prefix) => prefix === "any" || isWholeFamily(prefix, address)) ||
    allow.sources.every((source) =>
      deny.sources.some(
        (prefix) => source !== "any" && source !== "unknown" && prefix !== "unknown" && reaches(prefix, source),
      ),
    ));

const isWholeFamily = (prefix: Cidr | "unknown", address: Cidr): boolean =>
  prefix === (familyOf(address) === "ipv4" ? "0.0.0.0/0" : "::/0");

const reaches = (prefix: Cidr | "any", inner: Cidr): boolean => prefix === "any" || contains(prefix, inner);

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

const prefixesOf = (properties: JsonObject, side: "source" | "destination"): readonly (Cidr | "any" | "unknown")[] =>
  orUnknown([
    ...eitherAt(properties, `${side}AddressPrefix`, `${side}AddressPrefixes`).map((prefix) =>
      prefix === "*" ? "any" : (parseCidr(prefix) ?? "unknown"),
    ),
    ...groupsAt(properties, side).map(() => "unknown" as const),
  ]);

const groupsAt = (properties: JsonObject, side: "source" | "destination"): readonly string[] =>
  listAt(properties, `${side}ApplicationSecurityGroups`).map((group) =>
    typeof group === "object" && group !== null && !Array.isArray(group)
      ? (stringAt(group as JsonObject, "id") ?? "")
      : "",
  );

/** Azure requires at least one, so an empty list says only that we can't read it. */
const orUnknown = <T>(values: readonly T[]): readonly (T | "unknown")[] => (values.length === 0 ? ["unknown"] : values);
