import { AuthorizeSecurityGroupIngressCommand } from "@aws-sdk/client-ec2";
import { afterEach, expect, test } from "vitest";

import { systemClock } from "../../src/access/time.ts";
import { createAzureServer } from "../../src/sandbox/azure/server.ts";
import type { AzureWorld } from "../../src/sandbox/azure/world.ts";
import { createFaults } from "../../src/sandbox/faults.ts";
import { createAwsGround } from "../../src/sandbox/network/aws-ground.ts";
import { createAzureGround } from "../../src/sandbox/network/azure-ground.ts";
import { echoes } from "../../src/sandbox/network/client.ts";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { setupEc2 } from "./ec2-world.ts";

const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-prod`;
const of = (kind: string, name: string): string => `${GROUP}/providers/Microsoft.${kind}/${name}`;
const NSG = of("Network/networkSecurityGroups", "nsg-prod");
const VNET = of("Network/virtualNetworks", "vnet");
const location = "westeurope";

const world: AzureWorld = {
  subscriptions: [SUBSCRIPTION],
  resourceGroups: [{ id: GROUP, location }],
  virtualMachines: [
    {
      id: of("Compute/virtualMachines", "prod-vm-3"),
      location,
      os: "Linux",
      powerState: "running",
      networkInterfaces: [of("Network/networkInterfaces", "nic-3")],
    },
  ],
  networkInterfaces: [
    {
      id: of("Network/networkInterfaces", "nic-3"),
      location,
      networkSecurityGroup: NSG,
      ipConfigurations: [{ name: "ip", privateAddress: "10.0.1.4", subnet: `${VNET}/subnets/web` }],
    },
  ],
  publicAddresses: [],
  virtualNetworks: [
    { id: VNET, location, prefixes: ["10.0.0.0/16"], subnets: [{ name: "web", prefixes: ["10.0.1.0/24"] }] },
  ],
  networkSecurityGroups: [{ id: NSG, location, rules: [] }],
};

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  ends = [];
});

test("one network stands on both clouds, and opens and closes with what their public interfaces are told", async () => {
  const azure = await createAzureServer({ clock: systemClock, faults: createFaults(), token: "t", world });
  ends.push(() => azure.stop());
  const aws = await setupEc2();
  ends.push(() => aws.end());
  const network = createNetwork({ grounds: [createAzureGround(azure), createAwsGround(aws.server)] });
  ends.push(() => network.stop());
  const outcomeAt = async (machine: string): Promise<string> =>
    (await network.connect({ from: "203.0.113.7", machine, port: 22 })).outcome;

  expect([await outcomeAt("prod-vm-3"), await outcomeAt("prod-web-1")]).toEqual(["refused", "refused"]);

  const rule = `${azure.url}${NSG}/securityRules/office?api-version=2024-05-01`;
  const authorization = "Bearer t";
  const properties = {
    protocol: "Tcp",
    access: "Allow",
    direction: "Inbound",
    priority: 100,
    sourceAddressPrefix: "203.0.113.7/32",
    sourcePortRange: "*",
    destinationAddressPrefix: "10.0.1.4",
    destinationPortRange: "22",
  };
  const put = await fetch(rule, {
    method: "PUT",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ properties }),
  });
  expect(put.status).toBe(201);
  await aws.ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: "sg-web",
      IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "203.0.113.7/32" }] }],
    }),
  );
  await expect.poll(() => outcomeAt("prod-vm-3")).toBe("open");
  expect(await outcomeAt("prod-web-1")).toBe("open");
  expect((await network.connect({ from: "203.0.113.8", machine: "prod-vm-3", port: 22 })).outcome).toBe("refused");

  const inside = await network.connect({ from: "203.0.113.7", machine: "prod-vm-3", port: 22 });
  await fetch(rule, { method: "DELETE", headers: { authorization } });
  await expect.poll(() => outcomeAt("prod-vm-3")).toBe("refused");
  expect(inside.outcome === "open" && (await echoes(inside.socket))).toBe(true);
});
