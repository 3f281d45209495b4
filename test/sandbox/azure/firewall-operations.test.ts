/** Writes of an Azure Firewall that take their time: etags, conflicts, failures, and when the network follows. */

import { expect, test } from "vitest";
import { THREE_TO_FIVE_MINUTES } from "../../../src/sandbox/azure/firewall-durations.ts";
import { type Asked, clients, collect, setup, until } from "../azure-setup.ts";
import { FIREWALL, held, hub, hubWorld, MANAGED, nat, natRule } from "./hub.ts";

type Ask = Awaited<ReturnType<typeof hub>>["ask"];

/** What is there, with one NAT collection more, as a client reads, modifies and writes. */
const withSsh = async (ask: Ask): Promise<Asked["body"]> => {
  const { body } = await ask("GET", FIREWALL);
  body.properties.natRuleCollections.push(nat("ssh", 300, natRule("ssh")));
  return body;
};

const natNames = (collections: readonly { readonly name: string }[]) => collections.map(({ name }) => name);

test("a write is shown at once, and obeyed when its operation is done", async () => {
  const { azure, ask } = await held();
  const told: string[] = [];
  azure.onChange((id) => told.push(id));
  const obeyed = () => natNames(azure.state().azureFirewalls[0]?.natRuleCollections ?? []);

  const sent = await withSsh(ask);
  const put = await ask("PUT", FIREWALL, sent, { "if-match": sent.etag });
  expect(put.status).toBe(200);
  expect(put.body.properties).toMatchObject({ provisioningState: "Updating", sku: { name: "AZFW_VNet" } });
  expect(natNames(put.body.properties.natRuleCollections)).toEqual(["web", "ssh"]);
  expect(put.body.properties.natRuleCollections[1]).toMatchObject({
    id: `${FIREWALL}/natRuleCollections/ssh`,
    type: "Microsoft.Network/azureFirewalls/natRuleCollections",
    properties: { provisioningState: "Updating", rules: [{ sourceIpGroups: [], translatedPort: "22" }] },
  });
  expect(obeyed()).toEqual(["web"]);
  expect(told).toEqual([]);

  const link = put.headers.get("azure-asyncoperation") ?? "";
  expect((await ask("GET", link)).body).toEqual({ status: "InProgress" });
  azure.operations.endRunning("Succeeded");
  expect((await ask("GET", link)).body).toEqual({ status: "Succeeded" });
  const read = await ask("GET", FIREWALL);
  expect(read.body.properties.provisioningState).toBe("Succeeded");
  expect(read.body.etag).not.toBe(put.body.etag);
  expect(read.headers.get("etag")).toBe(read.body.etag);
  expect(obeyed()).toEqual(["web", "ssh"]);
  expect(told).toEqual([FIREWALL]);
});

test("an old etag is refused, and so is a second write while the first runs", async () => {
  const { azure, ask } = await held();
  const sent = await withSsh(ask);
  azure.editFirewallAsSomeoneElse(FIREWALL, () => ({ natRuleCollections: [] }));
  const old = await ask("PUT", FIREWALL, sent, { "if-match": sent.etag });
  expect([old.status, old.body.error.code]).toEqual([412, "PreconditionFailed"]);

  const first = await withSsh(ask);
  expect((await ask("PUT", FIREWALL, first, { "if-match": first.etag })).status).toBe(200);
  const second = await ask("PUT", FIREWALL, first);
  expect([second.status, second.body.error.code]).toEqual([409, "AnotherOperationInProgress"]);
  expect(second.headers.get("retry-after")).toBe("10");
  azure.operations.endRunning("Succeeded");
  expect((await ask("PUT", FIREWALL, first)).status).toBe(200);
  expect(azure.firewallPuts(FIREWALL.toUpperCase())).toBe(2);
});

test("a failed write leaves the old rules", async () => {
  const { azure, ask } = await held();
  const put = await ask("PUT", FIREWALL, await withSsh(ask));
  azure.operations.endRunning("Failed");
  expect((await ask("GET", put.headers.get("azure-asyncoperation") ?? "")).body.status).toBe("Failed");
  const { body } = await ask("GET", FIREWALL);
  expect(body.properties.provisioningState).toBe("Failed");
  expect(natNames(body.properties.natRuleCollections)).toEqual(["web"]);
});

test("after a failed write what was asked for is shown and not obeyed, when that is wanted", async () => {
  const { azure, ask } = await held({ afterFirewallFailure: "asked" });
  await ask("PUT", FIREWALL, await withSsh(ask));
  azure.operations.endRunning("Failed");
  const { body } = await ask("GET", FIREWALL);
  expect(body.properties.provisioningState).toBe("Failed");
  expect(natNames(body.properties.natRuleCollections)).toEqual(["web", "ssh"]);
  expect(natNames(azure.state().azureFirewalls[0]?.natRuleCollections ?? [])).toEqual(["web"]);
  await ask("PUT", FIREWALL, body);
  azure.operations.endRunning("Succeeded");
  expect(natNames(azure.state().azureFirewalls[0]?.natRuleCollections ?? [])).toEqual(["web", "ssh"]);
});

test("a lie changes nothing and counts for nothing, a lost answer does both", async () => {
  const { azure, ask, faults } = await hub({ operationMs: 1 });
  faults.add({ calls: /^PUT .*\/azureFirewalls\//u, does: { kind: "lie" }, times: 1 });
  const sent = await withSsh(ask);
  expect((await ask("PUT", FIREWALL, sent)).status).toBe(200);
  expect(azure.firewallPuts(FIREWALL)).toBe(0);
  expect(natNames((await ask("GET", FIREWALL)).body.properties.natRuleCollections)).toEqual(["web"]);

  faults.add({ calls: /^PUT .*\/azureFirewalls\//u, does: { kind: "lose-answer" }, times: 1 });
  await expect(ask("PUT", FIREWALL, sent)).rejects.toThrow();
  expect(azure.firewallPuts(FIREWALL)).toBe(1);
  await until(() => (azure.state().azureFirewalls[0]?.natRuleCollections.length ?? 0) === 2);
});

test("a write can take minutes of the clock, and none of the machine's time", async () => {
  const { azure, ask, clock } = await hub({ firewallUpdate: { ms: THREE_TO_FIVE_MINUTES, by: "clock" } });
  const told: string[] = [];
  azure.onChange((id) => told.push(id));
  const put = await ask("PUT", FIREWALL, await withSsh(ask));
  expect(put.headers.get("retry-after")).toBeNull();
  const link = put.headers.get("azure-asyncoperation") ?? "";
  clock.advance(179_999);
  expect((await ask("GET", link)).body.status).toBe("InProgress");
  clock.advance(1);
  await until(() => told.length > 0);
  expect((await ask("GET", link)).body.status).toBe("Succeeded");

  await ask("PUT", FIREWALL, (await ask("GET", FIREWALL)).body);
  clock.advance(209_999);
  expect((await ask("GET", FIREWALL)).body.properties.provisioningState).toBe("Updating");
  clock.advance(1);
  expect((await ask("GET", FIREWALL)).body.properties.provisioningState).toBe("Succeeded");
});

test("a long write says when to ask again", async () => {
  const { ask } = await hub({ firewallUpdate: { ms: 240_000 } });
  const put = await ask("PUT", FIREWALL, await withSsh(ask));
  expect(put.headers.get("retry-after")).toBe("10");
  expect((await ask("GET", put.headers.get("azure-asyncoperation") ?? "")).headers.get("retry-after")).toBe("10");
});

test("the SDK reads, lists and writes firewalls, and what it writes back unchanged changes nothing", async () => {
  const { azure } = await hub({ operationMs: 1 });
  const { network } = clients(azure);
  expect((await collect(network.azureFirewalls.listAll())).map(({ name }) => name)).toEqual(["fw-hub", "fw-managed"]);
  expect(await collect(network.azureFirewalls.list("rg-prod"))).toHaveLength(2);
  const found = await network.azureFirewalls.get("rg-prod", "fw-hub");
  expect(found.ipConfigurations?.map(({ privateIPAddress }) => privateIPAddress)).toEqual(["10.10.1.4", undefined]);
  const before = azure.exportFirewall(FIREWALL);

  const written = { ...found, natRuleCollections: [...(found.natRuleCollections ?? [])] };
  written.natRuleCollections.push({
    name: "ssh",
    priority: 300,
    action: { type: "Dnat" },
    rules: [
      {
        name: "ssh",
        protocols: ["TCP"],
        sourceAddresses: ["203.0.113.7"],
        destinationAddresses: ["20.50.1.11"],
        destinationPorts: ["50022"],
        translatedAddress: "10.0.1.4",
        translatedPort: "22",
      },
    ],
  });
  const options = { updateIntervalInMs: 1, requestOptions: { headers: { "If-Match": found.etag ?? "" } } };
  const done = await network.azureFirewalls.createOrUpdate("rg-prod", "fw-hub", written, options);
  expect(done.provisioningState).toBe("Succeeded");
  expect(done.natRuleCollections?.[1]?.rules?.[0]?.translatedPort).toBe("22");
  expect(azure.exportFirewall(FIREWALL)).not.toEqual(before);

  await network.azureFirewalls.createOrUpdate("rg-prod", "fw-hub", found, { updateIntervalInMs: 1 });
  expect(azure.exportFirewall(FIREWALL)).toEqual(before);
  expect(azure.firewallPuts(FIREWALL)).toBe(2);
});

test("a firewall without rules of its own is still one, and a new one gets an address of its subnet", async () => {
  const { ask } = await setup({ world: hubWorld, operationMs: 1 });
  expect((await ask("GET", MANAGED)).body.properties.firewallPolicy.id).toMatch(/firewallPolicies\/policy$/u);
  const { body } = await ask("GET", FIREWALL);
  const other = FIREWALL.replace("fw-hub", "fw-new");
  const put = await ask("PUT", other, { ...body, id: other, name: "fw-new" });
  expect(put.status).toBe(201);
  expect(put.body.properties.ipConfigurations[0].properties.privateIPAddress).toBe("10.10.1.4");
  expect((await ask("GET", `${FIREWALL}-not`)).body.error.code).toBe("ResourceNotFound");
});
