/** Random rules of a customer's, crowded around few ports, addresses and priorities, so that they meet. */

import * as fc from "fast-check";
import type { SecurityRule, SecurityRuleProperties } from "../../../../src/sandbox/azure/world.ts";
import { cidr } from "../small-world.ts";

/** Strangers' and requesters' addresses. */
export const someSources = fc.constantFrom(
  ...["198.51.100.9", "198.51.100.77", "203.0.113.7", "10.0.1.9", "2001:db8:1::9", "fd00:db8::9"].map(cidr),
);

const sides = fc.constantFrom(
  { from: "*", to: ["*"] },
  { from: "Internet", to: ["10.0.1.4", "10.0.1.5"] },
  { from: "Internet", to: ["fd00:db8::/64"] },
  { from: "VirtualNetwork", to: ["VirtualNetwork"] },
  { from: "198.51.100.0/24", to: ["*"] },
  { from: "198.51.100.0/26", to: ["10.0.1.0/24"] },
  { from: "2001:db8:1::/48", to: ["fd00:db8::4"] },
  { from: "*", to: ["10.0.1.4"] },
  { from: "*", to: ["10.0.2.0/24", "10.0.1.0/28"] },
  { from: "203.0.113.7/32", to: ["VirtualNetwork"] },
);

const somePorts = fc.constantFrom(["22"], ["*"], ["20-25", "443"], ["3389"], ["53"], ["1-21", "23-65535"]);

const somewhere = fc.oneof(
  fc.integer({ min: 100, max: 106 }),
  fc.integer({ min: 300, max: 310 }),
  fc.integer({ min: 996, max: 1_004 }),
  fc.integer({ min: 2_000, max: 2_010 }),
  fc.integer({ min: 4_090, max: 4_096 }),
);

export const aSecurityRule: fc.Arbitrary<SecurityRule> = fc
  .record({
    side: sides,
    ports: somePorts,
    priority: somewhere,
    access: fc.constantFrom("Allow" as const, "Allow" as const, "Deny" as const),
    protocol: fc.constantFrom("Tcp" as const, "Tcp" as const, "*" as const, "Udp" as const, "Icmp" as const),
    direction: fc.constantFrom("Inbound" as const, "Inbound" as const, "Inbound" as const, "Outbound" as const),
  })
  .map(({ side, ports, priority, access, protocol, direction }) => {
    const { from, to } = side;
    const properties: SecurityRuleProperties = {
      protocol,
      access,
      direction,
      priority,
      sourcePortRange: "*",
      sourceAddressPrefix: from,
      ...(to.length === 1 ? { destinationAddressPrefix: to[0] ?? "*" } : {}),
      ...(ports.length === 1 ? { destinationPortRange: ports[0] ?? "*" } : {}),
      destinationAddressPrefixes: to.length === 1 ? [] : to,
      destinationPortRanges: ports.length === 1 ? [] : ports,
      sourceAddressPrefixes: [],
      sourcePortRanges: [],
    };
    return { name: `theirs-${direction}-${priority}`, properties };
  });
