/** Which rules of others let in what a block is to keep out. */

import { type AddressRange, firstAddress, lastAddress } from "../../../posture/address.ts";
import type { ForeignAllow } from "../../firewall.ts";
import { eitherAt } from "../json.ts";
import { type Destination, groupsAt, type InboundRule, mayAllow, surelyDenies, surelyHolds } from "./inbound-rule.ts";

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

/** Whether nothing that `allow` lets in at this destination comes past `deny`. */
const stops = (deny: InboundRule, allow: InboundRule, { at }: Destination): boolean =>
  deny.priority !== undefined &&
  allow.priority !== undefined &&
  deny.priority < allow.priority &&
  (deny.sources.some((prefix) => prefix === "any" || (prefix !== "unknown" && isWholeFamily(prefix, at))) ||
    allow.sources.every((source) => deny.sources.some((prefix) => surelyHolds(prefix, source))));

const isWholeFamily = ({ family, first, last }: AddressRange, at: AddressRange): boolean =>
  family === at.family && first === firstAddress(family) && last === lastAddress(family);
