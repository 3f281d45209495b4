/** Inbound rules of a network security group: what each speaks of, and what surely follows from that. */

import type { Port, Protocol } from "../../../access/port.ts";
import { type AddressRange, readRange } from "../../../posture/address.ts";
import { holdsPort, type PortRange, readPortRange } from "../../../posture/port-range.ts";
import { eitherAt, isObject, type JsonObject, listAt, stringAt } from "../json.ts";
import type { NsgRule } from "./nsg-document.ts";

/** One port of one address: what a rule speaks of or doesn't. */
export interface Destination {
  /** As a block writes it: `10.0.1.4`. */
  readonly address: string;
  /** That one address. */
  readonly at: AddressRange;
  readonly port: Port;
}

/** Nobody knows how far a service tag or an application security group reaches. */
export type Prefix = AddressRange | "any" | "unknown";

/** An inbound rule, read once for all the destinations that it is asked about. */
export interface InboundRule {
  readonly name: string;
  /** `undefined` when Azure didn't say, so that it may stand before anything. */
  readonly priority: number | undefined;
  readonly access: "allow" | "deny";
  readonly protocol: Protocol | "any" | "unknown" | "none";
  readonly ports: readonly (PortRange | "unknown")[];
  readonly sources: readonly Prefix[];
  readonly destinations: readonly Prefix[];
  readonly anySourcePort: boolean;
  readonly properties: JsonObject;
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
        ports: orUnknown(
          eitherAt(properties, "destinationPortRange", "destinationPortRanges").map(
            (text) => readPortRange(text) ?? "unknown",
          ),
        ),
        sources: prefixesOf(properties, "source"),
        destinations: prefixesOf(properties, "destination"),
        anySourcePort: eitherAt(properties, "sourcePortRange", "sourcePortRanges").includes("*"),
        properties,
      };
    })
    .filter(({ protocol }) => protocol !== "none");

export const isInbound = (rule: JsonObject): boolean => stringAt(rule, "direction")?.toLowerCase() !== "outbound";

/** Whether it lets anybody in there, or may. */
export const mayAllow = (rule: InboundRule, { at, port }: Destination): boolean =>
  rule.access === "allow" &&
  (rule.protocol === port.protocol || rule.protocol === "any" || rule.protocol === "unknown") &&
  rule.ports.some((range) => range === "unknown" || holdsPort(range, port.port)) &&
  rule.destinations.some((prefix) => prefix === "unknown" || reaches(prefix, at)) &&
  // A packet has one family on both ends.
  rule.sources.some((prefix) => prefix === "unknown" || prefix === "any" || prefix.family === at.family);

/** Whether it lets nobody in there, from some sources at least. */
export const surelyDenies = (rule: InboundRule, { at, port }: Pick<Destination, "at" | "port">): boolean =>
  rule.access === "deny" &&
  (rule.protocol === port.protocol || rule.protocol === "any") &&
  rule.anySourcePort &&
  rule.ports.some((range) => range !== "unknown" && holdsPort(range, port.port)) &&
  rule.destinations.some((prefix) => prefix !== "unknown" && reaches(prefix, at));

/** Whether it surely lets nobody in from some of the sources of `allow` to some port that this opens. */
export const surelyDeniesSome = (deny: InboundRule, allow: InboundRule): boolean =>
  destinationsIn(allow).some((destination) => surelyDenies(deny, destination)) &&
  allow.sources.some((source) => deny.sources.some((prefix) => surelyHolds(prefix, source)));

/** Whether all of `inner` is in `prefix`, for all that is known of them. */
export const surelyHolds = (prefix: Prefix, inner: Prefix): boolean =>
  inner !== "any" && inner !== "unknown" && prefix !== "unknown" && reaches(prefix, inner);

/** Every single port of every prefix that an allow of ours speaks of: it names ports one by one, and a machine's addresses. */
const destinationsIn = ({ protocol, ports, destinations }: InboundRule): readonly Pick<Destination, "at" | "port">[] =>
  protocol !== "tcp" && protocol !== "udp"
    ? []
    : destinations.flatMap((at) =>
        at === "any" || at === "unknown"
          ? []
          : ports.flatMap((range) => (range === "unknown" ? [] : [{ at, port: { port: range.from, protocol } }])),
      );

const reaches = (prefix: AddressRange | "any", inner: AddressRange): boolean =>
  prefix === "any" || (prefix.family === inner.family && prefix.first <= inner.first && prefix.last >= inner.last);

/** https://learn.microsoft.com/rest/api/virtualnetwork/security-rules/create-or-update#securityruleprotocol */
const PROTOCOLS: ReadonlyMap<string, InboundRule["protocol"]> = new Map([
  ["tcp", "tcp"],
  ["udp", "udp"],
  ["*", "any"],
  ["icmp", "none"],
  ["esp", "none"],
  ["ah", "none"],
]);

const prefixesOf = (properties: JsonObject, side: "source" | "destination"): readonly Prefix[] =>
  orUnknown([
    ...eitherAt(properties, `${side}AddressPrefix`, `${side}AddressPrefixes`).map((prefix) =>
      prefix === "*" ? "any" : (readRange(prefix) ?? "unknown"),
    ),
    ...groupsAt(properties, side).map(() => "unknown" as const),
  ]);

export const groupsAt = (properties: JsonObject, side: "source" | "destination"): readonly string[] =>
  listAt(properties, `${side}ApplicationSecurityGroups`).map((group) =>
    isObject(group) ? (stringAt(group, "id") ?? "") : "",
  );

/** Azure requires at least one, so an empty list says only that we can't read it. */
const orUnknown = <T>(values: readonly T[]): readonly (T | "unknown")[] => (values.length === 0 ? ["unknown"] : values);
