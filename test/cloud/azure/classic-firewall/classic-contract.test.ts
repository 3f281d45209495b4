import { describe } from "vitest";
import type { Port } from "../../../../src/access/port.ts";
import { type Cidr, showCidr } from "../../../../src/access/source.ts";
import { blockContract } from "../../../contracts/block-contract.ts";
import { firewallContract } from "../../../contracts/firewall-contract.ts";
import { firewallOf } from "../small-world.ts";
import { aNetworkCollection, FW, FW_ID, obeyed, routes, setupHub } from "./firewall-world.ts";

const ADDRESS = "10.0.1.4";

const foreignOf = (world: Awaited<ReturnType<typeof setupHub>>) => () => {
  const isForeign = ({ name }: { readonly name: string }): boolean => !name.startsWith("latch-acme-");
  const { natRuleCollections, networkRuleCollections, ...firewall } = world.azure.exportFirewall(FW);
  return {
    ...firewall,
    natRuleCollections: natRuleCollections.filter(isForeign),
    networkRuleCollections: networkRuleCollections.filter(isForeign),
  };
};

describe("an Azure Firewall with classic rules", () => {
  firewallContract(async () => {
    const world = await setupHub();
    return {
      firewall: world.firewall,
      others: firewallOf(world.another({ installation: "other" }), FW_ID),
      addresses: { ipv4: ADDRESS },
      foreign: foreignOf(world),
      foreignRuleId: "MDC-JIT-allow",
    };
  });

  blockContract(async () => {
    const world = await setupHub();
    let count = 0;
    return {
      firewall: world.firewall,
      others: firewallOf(world.another({ installation: "other" }), FW_ID),
      addresses: [ADDRESS],
      allow: ({ port, protocol }: Port, source: Cidr) => {
        count += 1;
        const [name, priority] = [`colleague-${count}`, 400 + count];
        const protocols = [protocol === "tcp" ? ("TCP" as const) : ("UDP" as const)];
        const rule = { protocols, sourceAddresses: [showCidr(source)], destinationPorts: [String(port)] };
        world.edit((there) => [...there, aNetworkCollection(name, priority, "Allow", rule)]);
        return `${name}/rule`;
      },
      disallow: (id) => world.edit((there) => there.filter(({ name }) => `${name}/rule` !== id)),
      foreign: foreignOf(world),
      letsIn: (port, source) => routes(obeyed(world), showCidr(source), ADDRESS, port),
      damage: () =>
        world.edit((there) =>
          there.map(({ name, properties }) => ({
            name,
            properties: {
              ...properties,
              rules: properties.rules.map((rule) =>
                name === "latch-acme-deny" ? { ...rule, sourceAddresses: ["192.0.2.1"] } : rule,
              ),
            },
          })),
        ),
      grantsHere: true,
    };
  });
});
