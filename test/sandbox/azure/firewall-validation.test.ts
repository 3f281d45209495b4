/** What Azure refuses of a firewall, and the resources around one. */

import { describe, expect, test } from "vitest";
import { clients, collect, ids } from "../azure-setup.ts";
import { FIREWALL, hub, MANAGED, nat, natRule, network, networkRule, SECOND } from "./hub.ts";

type Properties = Readonly<Record<string, unknown>>;

const refusal = async (change: Properties, id = FIREWALL): Promise<string> => {
  const { ask } = await hub({ operationMs: 1 });
  const { body } = await ask("GET", id);
  const put = await ask("PUT", id, { ...body, properties: { ...body.properties, ...change } });
  return put.status === 200 ? "taken" : `${put.status} ${put.body.error.code}`;
};

const nats = (...rules: Parameters<typeof nat>[2][]): Properties => ({ natRuleCollections: [nat("n", 300, ...rules)] });
const networks = (...rules: Parameters<typeof network>[3][]): Properties => ({
  networkRuleCollections: [network("n", 300, "Deny", ...rules)],
});
const many = (count: number) => Array.from({ length: count }, (_, i) => natRule(`r${i}`));

describe("a firewall", () => {
  test.each<[string, Properties, string]>([
    ["248 DNAT rules beside two addresses", nats(...many(248)), "taken"],
    ["a 249th", nats(...many(249)), "AzureFirewallDnatRulesLimitReached"],
    ["the lowest priority", { networkRuleCollections: [network("n", 100, "Allow", networkRule("r"))] }, "taken"],
    [
      "below it",
      { networkRuleCollections: [network("n", 99, "Allow", networkRule("r"))] },
      "AzureFirewallRuleCollectionInvalidPriority",
    ],
    ["the highest priority", { networkRuleCollections: [network("n", 65_000, "Deny", networkRule("r"))] }, "taken"],
    [
      "above it",
      { networkRuleCollections: [network("n", 65_001, "Deny", networkRule("r"))] },
      "AzureFirewallRuleCollectionInvalidPriority",
    ],
    [
      "a priority twice",
      { natRuleCollections: [nat("a", 300, natRule("r")), nat("b", 300, natRule("r"))] },
      "AzureFirewallRuleCollectionPriorityConflict",
    ],
    ["a priority in two kinds", { ...nats(natRule("r")), ...networks(networkRule("r")) }, "taken"],
    [
      "a name twice",
      { natRuleCollections: [nat("a", 300, natRule("r")), nat("A", 301, natRule("r"))] },
      "AzureFirewallRuleDuplicateName",
    ],
    ["a rule's name twice", nats(natRule("r"), natRule("R")), "AzureFirewallRuleDuplicateName"],
    ["an empty collection", nats(), "AzureFirewallRuleCollectionEmpty"],
    ["a name with a space", nats(natRule("a b")), "InvalidResourceName"],
    [
      "another action",
      {
        natRuleCollections: [
          {
            ...nat("n", 300, natRule("r")),
            properties: { priority: 300, action: { type: "Allow" }, rules: [natRule("r")] },
          },
        ],
      },
      "InvalidRequestFormat",
    ],
    ["words in another letter case", nats(natRule("r", { protocols: ["tcp" as "TCP"] })), "taken"],
    [
      "DNAT of any protocol",
      nats(natRule("r", { protocols: ["Any" as "TCP"] })),
      "AzureFirewallRuleInvalidDnatProtocol",
    ],
    ["DNAT of both protocols", nats(natRule("r", { protocols: ["TCP", "UDP"] })), "taken"],
    ["the other address", nats(natRule("r", { destinationAddresses: [SECOND] })), "taken"],
    [
      "somebody else's address",
      nats(natRule("r", { destinationAddresses: ["20.50.2.10"] })),
      "AzureFirewallRuleInvalidDnatDestination",
    ],
    [
      "two addresses",
      nats(natRule("r", { destinationAddresses: ["20.50.1.10", SECOND] })),
      "AzureFirewallRuleInvalidDnatDestination",
    ],
    ["a range of ports", nats(natRule("r", { destinationPorts: ["50000-50010"] })), "taken"],
    [
      "two ports",
      nats(natRule("r", { destinationPorts: ["50000", "50001"] })),
      "AzureFirewallRuleInvalidDnatPortOrRangeFormat",
    ],
    [
      "a translated range",
      nats(natRule("r", { translatedPort: "22-23" })),
      "AzureFirewallRuleInvalidDnatPortOrRangeFormat",
    ],
    ["no translation", nats(natRule("r", { translatedAddress: "" })), "AzureFirewallRuleInvalidDnatTranslation"],
    ["no source", nats(natRule("r", { sourceAddresses: [] })), "AzureFirewallRuleParametersMissing"],
    ["a range of sources", nats(natRule("r", { sourceAddresses: ["203.0.113.1-203.0.113.9"] })), "taken"],
    ["an IPv6 source", nats(natRule("r", { sourceAddresses: ["2001:db8::/32"] })), "AzureFirewallRuleInvalidAddress"],
    [
      "a service tag as a source",
      networks(networkRule("r", { sourceAddresses: ["Storage"] })),
      "AzureFirewallRuleInvalidAddress",
    ],
    [
      "a service tag as a destination",
      networks(networkRule("r", { destinationAddresses: ["Storage.WestEurope"] })),
      "taken",
    ],
    [
      "an IP group",
      networks(networkRule("r", { sourceAddresses: [], sourceIpGroups: [ids.ipGroup("offices")] })),
      "taken",
    ],
    [
      "an IP group that isn't there",
      networks(networkRule("r", { sourceIpGroups: [ids.ipGroup("no")] })),
      "InvalidResourceReference",
    ],
    ["no ports", networks(networkRule("r", { destinationPorts: [] })), "AzureFirewallRuleParametersMissing"],
    ["no destination", networks(networkRule("r", { destinationAddresses: [] })), "AzureFirewallRuleParametersMissing"],
    ["no protocol", networks(networkRule("r", { protocols: [] })), "AzureFirewallRuleParametersMissing"],
    [
      "a port too high",
      networks(networkRule("r", { destinationPorts: ["65536"] })),
      "AzureFirewallRuleInvalidPortOrRangeFormat",
    ],
  ])("with %s", async (_name, change, said) => {
    expect(await refusal(change)).toBe(said === "taken" ? said : `400 ${said}`);
  });

  test("that a policy manages has no rules of its own", async () => {
    expect(await refusal({}, MANAGED)).toBe("taken");
    const rules = networks(networkRule("r"));
    expect(await refusal(rules, MANAGED)).toBe("400 AzureFirewallPolicyAndRuleCollectionsConflict");
  });
});

test("the SDK reads what stands around a firewall", async () => {
  const { azure } = await hub();
  const { network: api } = clients(azure);
  const [table] = await collect(api.routeTables.listAll());
  expect(table?.routes?.[0]).toMatchObject({ nextHopType: "VirtualAppliance", nextHopIpAddress: "10.10.1.4" });
  const [spoke, hubNetwork] = await collect(api.virtualNetworks.listAll());
  expect(spoke?.subnets?.map(({ routeTable }) => routeTable?.id)).toEqual([table?.id, undefined]);
  expect(spoke?.virtualNetworkPeerings?.[0]).toMatchObject({
    peeringState: "Connected",
    remoteVirtualNetwork: { id: hubNetwork?.id },
    remoteAddressSpace: { addressPrefixes: ["10.10.0.0/16"] },
  });
  expect((await collect(api.applicationSecurityGroups.listAll())).map(({ name }) => name)).toEqual(["asg-web"]);
  expect((await collect(api.ipGroups.list())).map(({ ipAddresses }) => ipAddresses)).toEqual([["198.51.100.0/24"]]);
  const addresses = await collect(api.publicIPAddresses.listAll());
  expect(addresses.find(({ name }) => name === "fw-ip-2")).toMatchObject({
    sku: { name: "Standard" },
    ipConfiguration: { id: `${FIREWALL}/azureFirewallIpConfigurations/second` },
  });
  expect(addresses.find(({ name }) => name === "bare-ip")?.sku?.name).toBe("Basic");
  const tags = await api.serviceTags.list("westeurope");
  const names = (tags.values ?? []).map(({ name }) => name);
  expect(names).toContain("AzureCloud.westeurope");
  expect(names).not.toContain("Internet");
});
