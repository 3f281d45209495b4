import { describe, expect, test } from "vitest";
import {
  aRule,
  aWorld,
  NSG,
  NSG_ID,
  networkId,
  never,
  reconcile,
  SUBNET_NSG,
  SUBSCRIPTION,
  setup,
} from "../small-world.ts";

const SUBNET_ID = `azure-nsg:${SUBNET_NSG.toLowerCase()}`;

describe.each([50, 1])("with %i to a page", (pageSize) => {
  test("machines with all that a packet to them must pass", async () => {
    const { cloud } = await setup({ pageSize });
    const machines = await cloud.inventory.machines(never);
    expect(machines.map(({ name, os, power, account, region }) => [name, os, power, account, region])).toEqual([
      ["Prod-VM-3", "linux", "running", SUBSCRIPTION, "westeurope"],
      ["prod-vm-4", "windows", "stopped", SUBSCRIPTION, "westeurope"],
    ]);
    expect(machines[0]?.id).toBe(machines[0]?.id.toLowerCase());
    expect(machines[0]?.tags).toEqual({ env: "prod" });
    expect(machines[0]?.interfaces).toEqual([
      {
        id: networkId("networkInterfaces", "vm3-nic").toLowerCase(),
        privateAddresses: ["10.0.1.4", "fd00:db8::4"],
        publicAddresses: ["52.178.10.4", "2603:1020::4"],
        firewalls: [SUBNET_ID, NSG_ID],
      },
    ]);
    expect(machines[1]?.interfaces.map(({ firewalls }) => firewalls)).toEqual([[SUBNET_ID], [SUBNET_ID]]);
  });

  test("the groups that hold a rule of ours, and no others", async () => {
    const { cloud, nsg, another } = await setup({ pageSize });
    expect(await cloud.inventory.marked(never)).toEqual([]);
    await reconcile(nsg, [aRule()]);
    expect(await cloud.inventory.marked(never)).toEqual([NSG_ID]);
    expect(await another({ installation: "acme-2" }).inventory.marked(never)).toEqual([]);
  });
});

test("links that say https for our http server are followed there", async () => {
  const { cloud, nsg } = await setup({ pageSize: 1, linkScheme: "https" });
  expect(await cloud.inventory.machines(never)).toHaveLength(2);
  await reconcile(nsg, [aRule()]);
  expect((await nsg.observe(never)).rules).toHaveLength(1);
});

test.each(["virtualmachines", "networkinterfaces", "publicipaddresses", "virtualnetworks"])(
  "half an inventory is none: %s",
  async (type) => {
    const { cloud, faults } = await setup({ pageSize: 1 });
    faults.add({ calls: new RegExp(`^GET .*/${type}$`, "u"), does: { kind: "throttle", retryAfterSeconds: 5 } });
    await expect(cloud.inventory.machines(never)).rejects.toMatchObject({
      code: "azure",
      retry: "later",
      afterMs: 5_000,
    });
  },
);

test("a failing second page is a failure", async () => {
  const { cloud, azure, faults } = await setup({ pageSize: 1 });
  const looking = cloud.inventory.marked(never);
  await expect.poll(() => azure.calls.length).toBeGreaterThan(0);
  faults.add({ calls: /networksecuritygroups$/u, does: { kind: "drop" } });
  await looking.then(
    () => expect(azure.calls.every(({ status }) => status === 200)).toBe(true),
    (error: unknown) => expect(error).toMatchObject({ code: "azure", retry: "later" }),
  );
});

test("a subnet that we may not see may have a group: nothing of that interface is ours to open", async () => {
  const hidden = networkId("virtualNetworks", "hidden/subnets/a");
  const world = aWorld();
  const moved = world.networkInterfaces.map((nic) =>
    nic.networkSecurityGroup === NSG
      ? { ...nic, ipConfigurations: nic.ipConfigurations.map((one) => ({ ...one, subnet: hidden })) }
      : nic,
  );
  const { cloud, faults } = await setup({ world: { ...world, networkInterfaces: moved } });
  expect((await cloud.inventory.machines(never))[0]?.interfaces[0]?.firewalls).toEqual([NSG_ID]);

  const body = JSON.stringify({ error: { code: "AuthorizationFailed", message: "no" } });
  faults.add({ calls: /virtualnetworks\/hidden/u, does: { kind: "answer", status: 403, body } });
  expect((await cloud.inventory.machines(never))[0]?.interfaces[0]?.firewalls).toEqual([]);
});

test("a machine is gone when Azure says so of it, and not when we may no longer see it", async () => {
  const { cloud, faults } = await setup();
  const [machine] = await cloud.inventory.machines(never);
  if (machine === undefined) throw new Error("no machine");
  const isGone = (id: string) => cloud.inventory.isGone?.(id as typeof machine.id, never);
  expect(await isGone(machine.id)).toBe(false);
  expect(await isGone(`${machine.id}-2`)).toBe(true);
  const forbidden = {
    kind: "answer",
    status: 403,
    body: '{"error":{"code":"AuthorizationFailed","message":"no"}}',
  } as const;
  faults.add({ calls: /^GET .*\/virtualmachines\//iu, does: forbidden });
  expect(await isGone(`${machine.id}-2`)).toBe(false);
});
