/** Real connections through an Azure Firewall: translated, routed, and as the machine's own group sees them. */

import { expect, onTestFinished, test } from "vitest";
import type { WrittenCollections } from "../../../src/sandbox/azure/firewall-world.ts";
import type { AzureServerOptions } from "../../../src/sandbox/azure/server.ts";
import { createAzureGround } from "../../../src/sandbox/network/azure-ground.ts";
import { echoes } from "../../../src/sandbox/network/client.ts";
import { createNetwork } from "../../../src/sandbox/network/network.ts";
import { azureWorld, firewallId, nsgId } from "../../../src/sandbox/world.ts";
import { nat, natRule, networkRule, network as rules } from "../azure/hub.ts";
import { setup } from "../azure-setup.ts";

const HUB = firewallId("fw-hub");
const OFFICE = "203.0.113.10";
const STRANGER = "192.0.2.66";
const MACHINE = "10.0.4.41";
const FIRST = "20.50.1.10";

const start = async (options: Partial<AzureServerOptions> = {}) => {
  const { azure } = await setup({ world: azureWorld, ...options });
  const network = createNetwork({ grounds: [createAzureGround(azure)] });
  onTestFinished(() => network.stop());
  const connect = async (from: string, machine: string, port: number): Promise<string> => {
    const outcome = await network.connect({ from, machine, port });
    return outcome.outcome === "open" ? outcome.banner.trim() : "refused";
  };
  const why = (from: string, machine: string, port: number): string => network.explain({ from, machine, port }).because;
  /** Adds to what the network team has. */
  const add = (more: WrittenCollections): void =>
    azure.editFirewallAsSomeoneElse(HUB, (content) => ({
      natRuleCollections: [...content.natRuleCollections, ...(more.natRuleCollections ?? [])],
      networkRuleCollections: [...content.networkRuleCollections, ...(more.networkRuleCollections ?? [])],
    }));
  const letIn = (source: string): void =>
    azure.editAsSomeoneElse(nsgId("nsg-behind"), (held) => [
      ...held,
      {
        name: "let-in",
        properties: {
          priority: 900,
          access: "Allow",
          direction: "Inbound",
          protocol: "Tcp",
          sourcePortRange: "*",
          destinationPortRange: "22",
          sourceAddressPrefix: source,
          destinationAddressPrefix: MACHINE,
        },
      },
    ]);
  return { azure, network, connect, why, add, letIn };
};

const ssh = natRule("ssh", { translatedAddress: MACHINE, sourceAddresses: [OFFICE] });

test("a connection to the firewall's address is answered by the machine behind it", async () => {
  const { connect, why } = await start();
  expect(await connect(STRANGER, FIRST, 443)).toBe("prod-fw-1 listens on 443");
  expect(why(STRANGER, FIRST, 443)).toBe("fw-hub web/prod-fw-1-https and AllowVnetInBound");
  expect(await connect(STRANGER, FIRST, 50022)).toBe("refused");
  expect(await connect(STRANGER, "20.50.1.11", 443)).toBe("refused");
  expect(await connect(STRANGER, MACHINE, 443)).toBe("refused");
});

test("needs the firewall's rule and the group's, which sees an address of the firewall's subnet", async () => {
  const { connect, why, add, letIn } = await start();
  add({ natRuleCollections: [nat("ssh", 300, ssh)] });
  expect(why(OFFICE, FIRST, 50022)).toBe("DenyManagement");
  letIn(OFFICE);
  expect(await connect(OFFICE, FIRST, 50022)).toBe("refused");
  const other = await start();
  other.letIn("10.10.1.0/26");
  expect(await other.connect(OFFICE, FIRST, 50022)).toBe("refused");
  other.add({ natRuleCollections: [nat("ssh", 300, ssh)] });
  expect(await other.connect(OFFICE, FIRST, 50022)).toBe("SSH-2.0-OpenSSH_9.9 prod-fw-1");
  expect(await other.connect(STRANGER, FIRST, 50022)).toBe("refused");
  expect(await other.connect(OFFICE, "fw-hub", 50022)).toBe("SSH-2.0-OpenSSH_9.9 prod-fw-1");
});

test("the firewall's own private address isn't the one that comes through", async () => {
  const { connect, add, letIn } = await start();
  add({ natRuleCollections: [nat("ssh", 300, ssh)] });
  letIn("10.10.1.4");
  expect(await connect(OFFICE, FIRST, 50022)).toBe("refused");
});

test("a network rule that denies what was translated overrides the DNAT rule, unless an earlier one allows it", async () => {
  const { why, add, letIn } = await start();
  letIn("10.10.1.0/26");
  const deny = networkRule("any", { destinationAddresses: [MACHINE] });
  add({ natRuleCollections: [nat("ssh", 300, ssh)], networkRuleCollections: [rules("no", 300, "Deny", deny)] });
  expect(why(OFFICE, FIRST, 50022)).toBe("fw-hub no/any");
  const allow = networkRule("office", {
    destinationAddresses: [MACHINE],
    sourceAddresses: ["203.0.113.1-203.0.113.20"],
  });
  add({ networkRuleCollections: [rules("yes", 200, "Allow", allow)] });
  expect(why(OFFICE, FIRST, 50022)).toBe("fw-hub ssh/ssh and let-in");
});

test("of two DNAT rules the one of the lower priority number translates", async () => {
  const { connect, add } = await start();
  const elsewhere = natRule("https", {
    destinationPorts: ["1-1000"],
    sourceAddresses: ["*"],
    translatedAddress: MACHINE,
    translatedPort: "8443",
  });
  add({ natRuleCollections: [nat("early", 150, elsewhere)] });
  expect(await connect(STRANGER, FIRST, 443)).toBe("prod-fw-1 listens on 8443");
});

test("what is routed through the firewall keeps its source, and needs a network rule", async () => {
  const { connect, why, add, letIn } = await start();
  letIn(OFFICE);
  expect(why(OFFICE, "prod-fw-1", 22)).toBe("fw-hub has no rule that allows it");
  const partners = azureWorld.ipGroups?.[0]?.id ?? "";
  const allow = networkRule("office", {
    destinationAddresses: ["10.0.4.0/24"],
    sourceAddresses: [OFFICE],
    sourceIpGroups: [partners],
  });
  add({ networkRuleCollections: [rules("in", 400, "Allow", allow)] });
  expect(await connect(OFFICE, "prod-fw-1", 22)).toBe("SSH-2.0-OpenSSH_9.9 prod-fw-1");
  expect(why("192.0.2.130", "prod-fw-1", 22)).toBe("DenyManagement");
  expect(why(STRANGER, "prod-fw-1", 22)).toBe("fw-hub has no rule that allows it");
});

test("what comes from the same network or a peered one isn't routed through the firewall", async () => {
  const { why } = await start();
  expect(why("10.0.1.11", "prod-fw-1", 443)).toBe("AllowVnetInBound");
  expect(why("10.10.9.9", "prod-fw-1", 443)).toBe("AllowVnetInBound");
});

test("a firewall with a policy lets nobody in that the sandbox knows of", async () => {
  const { why } = await start();
  expect(why(OFFICE, "20.50.2.10", 22)).toMatch(/^fw-managed has its rules in a policy/u);
  expect(why(OFFICE, "prod-policy-1", 22)).toMatch(/^fw-managed has its rules in a policy/u);
});

test("the network follows a write when it is done, and an established session stays until its machine goes", async () => {
  const { azure, network, connect } = await start();
  const outcome = await network.connect({ from: OFFICE, machine: FIRST, port: 443 });
  if (outcome.outcome === "refused") throw new Error("refused");
  azure.editFirewallAsSomeoneElse(HUB, () => ({ natRuleCollections: [] }));
  expect(await connect(OFFICE, FIRST, 443)).toBe("refused");
  expect(await echoes(outcome.socket)).toBe(true);
  azure.deleteMachine("prod-fw-1");
  expect(await echoes(outcome.socket)).toBe(false);
  expect(network.machines().map(({ name }) => name)).not.toContain("prod-fw-1");
});

test("the open machines are open: by a rule, by an application security group, by a Basic address without a group", async () => {
  const { connect, azure } = await start();
  expect(await connect(STRANGER, "dev-open-1", 22)).toBe("SSH-2.0-OpenSSH_9.9 dev-open-1");
  expect(await connect(STRANGER, "dev-open-1", 443)).toBe("dev-open-1 listens on 443");
  expect(await connect(STRANGER, "dev-open-1", 3389)).toBe("refused");
  expect(await connect(STRANGER, "dev-bare-1", 3389)).toBe("RDP ready on dev-bare-1");
  azure.changeWorld((world) => ({
    ...world,
    networkInterfaces: world.networkInterfaces.map((one) => ({
      ...one,
      ipConfigurations: one.ipConfigurations.map((each) => ({ ...each, applicationSecurityGroups: [] })),
    })),
  }));
  expect(await connect(STRANGER, "dev-open-1", 443)).toBe("refused");
});
