import { describe } from "vitest";
import { familyOf } from "../../../../src/access/source.ts";
import { blockContract } from "../../../contracts/block-contract.ts";
import { getsPast } from "../packet.ts";
import { aWorld, cidr, customerRules, firewallOf, NSG, setup } from "../small-world.ts";

const ADDRESSES = ["10.0.1.4", "fd00:db8::4"];

describe("a network security group", () => {
  blockContract(async () => {
    // Without the one that speaks of every port.
    const world = aWorld(customerRules.filter(({ name }) => name !== "partners"));
    const { azure, nsg, another } = await setup({ world });
    let allows = 0;
    return {
      firewall: nsg,
      others: firewallOf(another({ installation: "other" })),
      addresses: ADDRESSES,
      allow: (port, source) => {
        allows += 1;
        const name = `theirs-${allows}`;
        const properties = {
          protocol: port.protocol === "tcp" ? "Tcp" : "Udp",
          access: "Allow",
          direction: "Inbound",
          priority: 400 + 10 * allows,
          sourcePortRange: "*",
          sourceAddressPrefix: source,
          destinationAddressPrefix: "*",
          destinationPortRange: `${port.port}`,
        } as const;
        azure.editAsSomeoneElse(NSG, (rules) => [...rules, { name, properties }]);
        return name;
      },
      disallow: (id) => azure.editAsSomeoneElse(NSG, (rules) => rules.filter(({ name }) => name !== id)),
      foreign: () => {
        const { securityRules, ...group } = azure.export(NSG);
        return { ...group, securityRules: securityRules.filter(({ name }) => !name.startsWith("latch-acme-")) };
      },
      letsIn: (port, from) =>
        ADDRESSES.map(cidr)
          .filter((to) => familyOf(to) === familyOf(from))
          .every((to) => getsPast(azure.export(NSG).securityRules, { from, to, port })),
      damage: () =>
        azure.editAsSomeoneElse(NSG, (rules) =>
          rules.map(({ name, properties }) =>
            name.includes("-deny-") ? { name, properties: { ...properties, access: "Allow" } } : { name, properties },
          ),
        ),
      grantsHere: true,
    };
  });
});
