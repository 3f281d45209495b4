import { describe } from "vitest";
import { firewallContract } from "../../../contracts/firewall-contract.ts";
import { firewallOf, NSG, setup } from "../small-world.ts";

describe("a network security group", () => {
  firewallContract(async () => {
    const { azure, nsg, another } = await setup();
    return {
      firewall: nsg,
      others: firewallOf(another({ installation: "other" })),
      addresses: { ipv4: "10.0.1.4", ipv6: "fd00:db8::4" },
      foreign: () => {
        const { securityRules, ...group } = azure.export(NSG);
        return { ...group, securityRules: securityRules.filter(({ name }) => !name.startsWith("latch-acme-")) };
      },
      foreignRuleId: "AllowWeb",
    };
  });
});
