import { describe } from "vitest";
import { firewallContract } from "../../../contracts/firewall-contract.ts";
import { setStage } from "../stage.ts";

describe("the groups of a network interface", () => {
  firewallContract(async () => {
    const { ec2, firewall } = await setStage();
    const [web] = ec2.state().groups.get("sg-0a1")?.rules ?? [];
    const ours = (name: string): boolean => name.startsWith("latch-acme-");
    return {
      firewall: firewall("eni-0a1"),
      others: firewall("eni-0a1", "other"),
      addresses: { ipv4: "10.0.1.4", ipv6: "2001:db8:5:1::4" },
      foreign: () => {
        const { attached, ...rest } = ec2.export("eni-0a1");
        const groups = [...ec2.state().groups.values()].filter(({ name }) => !ours(name));
        return structuredClone({ ...rest, attached: attached.filter(({ name }) => !ours(name)), groups });
      },
      foreignRuleId: web?.id ?? "",
    };
  });
});
