/** The real SDKs against the sandbox's Azure. */

import { expect, test } from "vitest";
import { allow, clients, collect, ids, NSG, sdkRule, setup } from "./azure-setup.ts";

const FAST = { updateIntervalInMs: 10 };
const withTag = (etag = "") => ({ ...FAST, requestOptions: { headers: { "If-Match": etag } } });

for (const linkScheme of ["http", "https"] as const) {
  test(`a rule is put, read, listed and deleted, with operation links that say ${linkScheme}`, async () => {
    const { azure } = await setup({ linkScheme });
    const { network } = clients(azure);
    const before = azure.export(NSG);

    const rule = { sourceAddressPrefixes: ["203.0.113.7/32", "203.0.113.9/32"], destinationPortRanges: ["22", "3389"] };
    const { sourceAddressPrefix: _, destinationPortRange: __, ...base } = sdkRule("ssh", 100);
    const put = await network.securityRules.createOrUpdate("rg-prod", "NSG-WEB", "ssh", { ...base, ...rule }, FAST);
    expect(put).toMatchObject({ name: "ssh", priority: 100, provisioningState: "Succeeded", ...rule });
    expect(put.sourceAddressPrefix).toBeUndefined();
    expect(await network.securityRules.get("rg-prod", "nsg-web", "SSH")).toMatchObject({
      id: `${NSG}/securityRules/ssh`,
    });
    expect((await collect(network.securityRules.list("rg-prod", "nsg-web"))).map(({ name }) => name)).toEqual([
      "https",
      "ssh",
    ]);

    await network.securityRules.delete("rg-prod", "nsg-web", "ssh", FAST);
    expect(azure.export(NSG)).toEqual(before);
    await network.securityRules.delete("rg-prod", "nsg-web", "ssh", FAST);
  });
}

test("a whole group is replaced only with the etag that was read", async () => {
  const { azure } = await setup();
  const { network } = clients(azure);
  const read = await network.networkSecurityGroups.get("rg-prod", "nsg-web");
  azure.editAsSomeoneElse(NSG, (rules) => [...rules, allow("colleague", 300)]);
  const changed = {
    location: read.location ?? "",
    tags: read.tags ?? {},
    securityRules: [...(read.securityRules ?? []), sdkRule("ssh", 100)],
  };

  await expect(
    network.networkSecurityGroups.createOrUpdate("rg-prod", "nsg-web", changed, withTag(read.etag)),
  ).rejects.toMatchObject({ statusCode: 412, code: "PreconditionFailed" });
  expect(azure.export(NSG).securityRules.map(({ name }) => name)).toEqual(["colleague", "https"]);

  const again = await network.networkSecurityGroups.get("rg-prod", "nsg-web");
  const put = await network.networkSecurityGroups.createOrUpdate("rg-prod", "nsg-web", changed, withTag(again.etag));
  expect(put.securityRules?.map(({ name }) => name)).toEqual(["https", "ssh"]);
  expect(put.etag).not.toBe(again.etag);
});

test("machines, interfaces, addresses, networks and groups are read page by page", async () => {
  const { azure } = await setup({ pageSize: 1 });
  const { network, compute } = clients(azure);

  const machines = await collect(compute.virtualMachines.listAll());
  expect(machines.map(({ name }) => name)).toEqual(["web-1", "win-1"]);
  expect(machines[0]?.id).toContain("/resourceGroups/RG-PROD/");
  expect(machines[0]?.networkProfile?.networkInterfaces?.[0]?.id).toBe(ids.networkInterface("web-1-nic"));
  expect(machines[1]?.networkProfile?.networkInterfaces?.map(({ primary }) => primary)).toEqual([true, false]);
  expect(machines[0]?.storageProfile?.osDisk?.osType).toBe("Linux");
  expect(machines[0]?.instanceView).toBeUndefined();

  const statuses = await collect(compute.virtualMachines.listAll({ statusOnly: "true" }));
  const power = statuses.map(
    ({ instanceView }) => instanceView?.statuses?.find(({ code }) => code?.startsWith("PowerState/"))?.code,
  );
  expect(power).toEqual(["PowerState/running", "PowerState/deallocated"]);
  const expanded = await collect(compute.virtualMachines.list("rg-prod", { expand: "instanceView" }));
  expect(expanded[1]).toMatchObject({ name: "win-1", instanceView: { computerName: "win-1" } });
  const one = await compute.virtualMachines.get("RG-PROD", "WEB-1", { expand: "instanceView" });
  expect(one.instanceView?.statuses).toHaveLength(2);
  expect((await compute.virtualMachines.instanceView("rg-prod", "web-1")).statuses).toHaveLength(2);

  const interfaces = await collect(network.networkInterfaces.listAll());
  expect(interfaces).toHaveLength(3);
  expect(interfaces[0]).toMatchObject({
    primary: true,
    virtualMachine: { id: ids.virtualMachine("web-1") },
    networkSecurityGroup: { id: NSG },
  });
  expect(interfaces[0]?.ipConfigurations?.map(({ privateIPAddressVersion }) => privateIPAddressVersion)).toEqual([
    "IPv4",
    "IPv6",
  ]);
  expect((await collect(network.networkInterfaces.list("rg-prod"))).length).toBe(3);

  expect(await collect(network.publicIPAddresses.listAll())).toMatchObject([{ ipAddress: "198.51.100.10" }]);
  const [vnet] = await collect(network.virtualNetworks.listAll());
  expect(vnet?.subnets?.map(({ addressPrefix, addressPrefixes }) => addressPrefix ?? addressPrefixes)).toEqual([
    ["10.0.1.0/24", "fd00::/64"],
    "10.0.2.0/24",
  ]);
  expect(await collect(network.subnets.list("rg-prod", "vnet"))).toHaveLength(2);
  expect(await network.subnets.get("rg-prod", "vnet", "web")).toMatchObject({
    networkSecurityGroup: { id: ids.securityGroup("nsg-subnet") },
  });

  const groups = await collect(network.networkSecurityGroups.listAll());
  expect(groups.map(({ name }) => name)).toEqual(["nsg-web", "nsg-subnet", "nsg-free"]);
  expect(groups[0]?.networkInterfaces?.map(({ id }) => id)).toEqual([ids.networkInterface("web-1-nic")]);
  expect(groups[1]?.subnets?.map(({ id }) => id)).toEqual([ids.subnet("vnet", "web")]);
  expect(groups[2]?.subnets).toBeUndefined();
  const inbound = groups[0]?.defaultSecurityRules?.filter(({ direction }) => direction === "Inbound");
  expect(inbound?.map(({ priority }) => priority)).toEqual([65_000, 65_001, 65_500]);
});

test("what isn't there is told as Azure tells it", async () => {
  const { azure } = await setup();
  const { network, compute } = clients(azure);
  await expect(network.networkSecurityGroups.get("rg-prod", "none")).rejects.toMatchObject({
    statusCode: 404,
    code: "ResourceNotFound",
  });
  await expect(network.securityRules.get("rg-prod", "nsg-web", "none")).rejects.toMatchObject({
    statusCode: 404,
    code: "NotFound",
  });
  await expect(compute.virtualMachines.get("none", "web-1")).rejects.toMatchObject({ code: "ResourceGroupNotFound" });
});

test("an operation that fails or is canceled fails the poller, and leaves nothing behind", async () => {
  const { azure } = await setup();
  const { network } = clients(azure);
  const before = azure.export(NSG);
  const put = () => network.securityRules.createOrUpdate("rg-prod", "nsg-web", "ssh", sdkRule("ssh", 100), FAST);
  for (const end of ["Failed", "Canceled"] as const) {
    azure.operations.nextEnds(end, /\/securityrules\/ssh$/u);
    await expect(put().then(({ provisioningState }) => provisioningState)).rejects.toThrow();
    expect(azure.export(NSG)).toEqual(before);
    expect((await network.networkSecurityGroups.get("rg-prod", "nsg-web")).provisioningState).toBe(end);
  }
  await put();
  expect((await network.networkSecurityGroups.get("rg-prod", "nsg-web")).provisioningState).toBe("Succeeded");
});

test("a group is made and deleted, unless something uses it", async () => {
  const { azure } = await setup();
  const { network } = clients(azure);
  const made = await network.networkSecurityGroups.createOrUpdate(
    "rg-prod",
    "nsg-new",
    { location: "West Europe" },
    FAST,
  );
  expect(made).toMatchObject({ name: "nsg-new", provisioningState: "Succeeded", securityRules: [] });
  await network.networkSecurityGroups.delete("rg-prod", "nsg-new", FAST);
  expect(azure.state().networkSecurityGroups).toHaveLength(3);
  await expect(network.networkSecurityGroups.delete("rg-prod", "nsg-web", FAST)).rejects.toMatchObject({
    code: "InUseNetworkSecurityGroupCannotBeDeleted",
  });
});
