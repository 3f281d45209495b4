/** Whether a packet gets past one network security group of the sandbox: slow and obvious, and apart from the product's reading of rules. */

import type { Port } from "../../../src/access/port.ts";
import { type Cidr, contains, familyOf, parseCidr } from "../../../src/access/source.ts";
import type { SecurityRule } from "../../../src/sandbox/azure/world.ts";

export interface Packet {
  readonly from: Cidr;
  readonly to: Cidr;
  readonly port: Port;
}

/** Where `tags` holds a source or destination that isn't a prefix, it says whether the packet is of it. */
export const getsPast = (
  rules: readonly SecurityRule[],
  packet: Packet,
  tags: Readonly<Record<string, boolean>> = { Internet: true, VirtualNetwork: false },
): boolean => {
  const [first] = rules
    .filter(({ properties }) => properties.direction === "Inbound" && fits(properties, packet, tags))
    .toSorted((a, b) => a.properties.priority - b.properties.priority);
  return first?.properties.access === "Allow";
};

const fits = (
  rule: SecurityRule["properties"],
  { from, to, port }: Packet,
  tags: Readonly<Record<string, boolean>>,
): boolean => {
  const holds = (text: string, address: Cidr): boolean => {
    if (text === "*") return true;
    const prefix = parseCidr(text);
    return prefix === undefined
      ? tags[text] === true
      : familyOf(prefix) === familyOf(address) && contains(prefix, address);
  };
  const inRange = (text: string, number: number): boolean => {
    const [first = "", last = first] = text === "*" ? ["0", "65535"] : text.split("-");
    return Number(first) <= number && number <= Number(last);
  };
  const listed = (one: string | undefined, many: readonly string[]): readonly string[] =>
    one === undefined || one === "" ? many : [one];
  return (
    (rule.protocol === "*" || rule.protocol.toLowerCase() === port.protocol) &&
    listed(rule.sourcePortRange, rule.sourcePortRanges).some((text) => inRange(text, 50_000)) &&
    listed(rule.destinationPortRange, rule.destinationPortRanges).some((text) => inRange(text, port.port)) &&
    listed(rule.sourceAddressPrefix, rule.sourceAddressPrefixes).some((text) => holds(text, from)) &&
    listed(rule.destinationAddressPrefix, rule.destinationAddressPrefixes).some((text) => holds(text, to))
  );
};
