/** Random rules before a few instances of the sandbox's EC2. */

import type { Ec2World, RuleSpec } from "../../src/sandbox/aws/world.ts";
import type { Dice } from "./dice.ts";

export const AWS_CLIENTS = [
  "203.0.113.7",
  "203.0.113.8",
  "198.51.100.7",
  "8.8.8.8",
  "10.0.1.4",
  "10.0.1.5",
  "10.0.1.6",
  "10.1.1.4",
  "10.9.9.9",
  "2001:db8:9::7",
  "2a05:d018:5:1::4",
  "2a05:d018:6::1",
];

const PEERS = [
  "0.0.0.0/0",
  "::/0",
  "203.0.113.0/24",
  "203.0.113.7/32",
  "198.51.100.0/25",
  "10.0.0.0/8",
  "10.0.1.4/31",
  "2a05:d018:5::/48",
  "2001:db8:9::7/128",
  "pl-0a1",
  "pl-0a2",
  "sg-0a1",
  "sg-0a2",
  "sg-0a4",
];

const GROUPS = ["sg-0a1", "sg-0a2", "sg-0a3"];

export const randomEc2World = (dice: Dice): Ec2World => {
  const rules = (count: number): readonly RuleSpec[] => {
    const specs = Array.from({ length: count }, (): RuleSpec => {
      const peer = dice.pick(PEERS.slice(dice.chance(0.3) ? 0 : 2));
      const protocol = dice.pick(["tcp", "tcp", "tcp", "udp", "-1"]);
      if (protocol === "-1") return { protocol, peer };
      return {
        protocol,
        peer,
        ports: dice.pick<number | readonly [number, number]>([22, 443, 3389, [20, 25], [400, 4_000], [0, 65_535]]),
      };
    });
    // EC2 refuses the same rule twice.
    return [...new Map(specs.map((spec) => [JSON.stringify([spec.protocol, spec.ports, spec.peer]), spec])).values()];
  };
  return {
    accounts: [{ id: "111122223333", keys: [{ id: "AKIAOURS", secret: "ours" }] }],
    vpcs: [
      {
        id: "vpc-0a1",
        account: "111122223333",
        region: "eu-west-1",
        cidr: "10.0.0.0/16",
        ipv6Cidr: "2a05:d018:5::/56",
      },
      { id: "vpc-0a2", account: "111122223333", region: "eu-west-1", cidr: "10.1.0.0/16" },
    ],
    subnets: [
      { id: "subnet-0a1", vpc: "vpc-0a1", cidr: "10.0.1.0/24", ipv6Cidr: "2a05:d018:5:1::/64" },
      { id: "subnet-0a2", vpc: "vpc-0a2", cidr: "10.1.1.0/24" },
    ],
    peerings: [{ id: "pcx-0a1", vpcs: ["vpc-0a1", "vpc-0a2"] }],
    prefixLists: [
      {
        id: "pl-0a1",
        account: "111122223333",
        region: "eu-west-1",
        name: "offices",
        maxEntries: 4,
        cidrs: dice.some(["203.0.113.0/25", "198.51.100.7/32", "8.8.0.0/16"], 3),
      },
      {
        id: "pl-0a2",
        account: "111122223333",
        region: "eu-west-1",
        name: "offices-v6",
        maxEntries: 4,
        cidrs: ["2001:db8:9::/48"],
      },
    ],
    groups: [
      ...GROUPS.map((id) => ({ id, vpc: "vpc-0a1", name: `group ${id}`, ingress: rules(1 + dice.roll(4)) })),
      { id: "sg-0a4", vpc: "vpc-0a2", name: "far", ingress: [] },
    ],
    instances: [
      {
        id: "i-0a1",
        name: "one",
        interfaces: [
          {
            id: "eni-0a1",
            subnet: "subnet-0a1",
            privateIp: "10.0.1.4",
            secondaryPrivateIps: ["10.0.1.5"],
            publicIp: "52.30.0.4",
            ipv6: ["2a05:d018:5:1::4"],
            groups: dice.some(GROUPS, 2),
          },
        ],
      },
      {
        id: "i-0a2",
        name: "two",
        interfaces: [
          { id: "eni-0a2", subnet: "subnet-0a1", privateIp: "10.0.1.6", groups: dice.some(GROUPS, 3) },
          { id: "eni-0a3", subnet: "subnet-0a1", privateIp: "10.0.1.7", groups: dice.some(GROUPS, 1) },
        ],
      },
      {
        id: "i-0a3",
        name: "far",
        interfaces: [{ id: "eni-0a4", subnet: "subnet-0a2", privateIp: "10.1.1.4", groups: ["sg-0a4"] }],
      },
    ],
  };
};
