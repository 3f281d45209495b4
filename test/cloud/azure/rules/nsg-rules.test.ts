import type { AzureFirewall, SecurityRule } from "@azure/arm-network";
import { expect, test } from "vitest";
import { readFirewall } from "../../../../src/cloud/azure/rules/firewall-rules.ts";
import { readNsgRules } from "../../../../src/cloud/azure/rules/nsg-rules.ts";

const ID = "/subscriptions/S/resourceGroups/RG/providers/Microsoft.Network/networkSecurityGroups/NSG-Web";

const read = (...securityRules: readonly object[]) =>
  readNsgRules({ id: ID, name: "NSG-Web", securityRules: securityRules as SecurityRule[] }).rules;

test("words in any letter case, and the singular and the plural together", () => {
  expect(
    read({
      name: "odd",
      priority: 100,
      direction: "INBOUND",
      access: "DENY",
      protocol: "TCP",
      sourceAddressPrefix: "10.0.0.0/8",
      sourceAddressPrefixes: ["Internet"],
      sourceApplicationSecurityGroups: [{ id: "/Subscriptions/S/ASG" }],
      sourcePortRange: "*",
      destinationAddressPrefix: "",
      destinationAddressPrefixes: ["10.1.0.4"],
      destinationPortRange: "22",
      destinationPortRanges: ["80-90"],
    }),
  ).toEqual([
    {
      name: "odd",
      priority: 100,
      access: "deny",
      protocol: "tcp",
      sources: ["10.0.0.0/8", "Internet", "/subscriptions/s/asg"],
      sourcePorts: ["*"],
      destinations: ["10.1.0.4"],
      destinationPorts: ["22", "80-90"],
    },
  ]);
});

test("what isn't told stays empty, which whoever evaluates takes for unknown", () => {
  expect(read({ name: "bare", priority: 100, access: "Allow", sourceAddressPrefixes: null })).toEqual([
    {
      name: "bare",
      priority: 100,
      access: "allow",
      protocol: "any",
      sources: [],
      sourcePorts: [],
      destinations: [],
      destinationPorts: [],
    },
  ]);
});

test("outbound rules aren't among them", () => {
  expect(read({ name: "out", priority: 100, direction: "outbound", access: "Allow" })).toEqual([]);
});

test("an answer that tells nothing of its rules is none", () => {
  expect(() => readNsgRules({ id: ID })).toThrow("the answer is empty");
  expect(readNsgRules({ id: ID, provisioningState: "Succeeded" })).toEqual({
    id: ID.toLowerCase(),
    name: "NSG-Web",
    rules: [],
  });
});

test("a firewall's application rules matter by the ports that they allow", () => {
  const collection = (type: string, ...ports: readonly number[]) => ({
    action: { type },
    rules: [{ protocols: ports.map((port) => ({ port, protocolType: "Http" })) }, {}],
  });
  const firewall = {
    id: "/subscriptions/S/azureFirewalls/FW",
    applicationRuleCollections: [collection("allow", 8_080, 443), collection("Deny", 22), {}],
    networkRuleCollections: [
      { name: "odd", priority: 200, action: { type: "DENY" }, rules: [{ protocols: ["any", "ICMP"] }] },
    ],
  } as AzureFirewall;
  expect(readFirewall(firewall, { publicAddresses: [], subnetPrefixes: [] })).toEqual({
    kind: "classic",
    id: "/subscriptions/s/azurefirewalls/fw",
    name: "FW",
    publicAddresses: [],
    subnetPrefixes: [],
    natCollections: [],
    networkCollections: [
      {
        name: "odd",
        priority: 200,
        access: "deny",
        rules: [{ name: "", protocols: ["any", "other"], sources: [], destinations: [], destinationPorts: [] }],
      },
    ],
    applicationPorts: [443, 8_080],
  });
});
