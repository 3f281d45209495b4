import { describe } from "vitest";
import type { Firewall } from "../../src/cloud/firewall.ts";
import { firewallContract } from "../contracts/firewall-contract.ts";
import { addForeign, createMemoryFirewall } from "./memory-firewall.ts";

describe.each<Firewall["ruleHolds"]>(["grant", "hole"])("memory, where a rule holds a %s", (ruleHolds) => {
  firewallContract(async () => {
    const firewall = createMemoryFirewall({ ruleHolds });
    addForeign(firewall.state, { id: "AllowWeb", rule: undefined, holders: [] });
    return {
      firewall,
      others: createMemoryFirewall({ ruleHolds, installation: "other", state: firewall.state }),
      addresses: { ipv4: "10.0.0.4", ipv6: "fd00:db8::4" },
      foreign: firewall.foreign,
      foreignRuleId: "AllowWeb",
    };
  });
});
