/** What the sandbox's terminal shows of the firewalls before a machine. */

import { expect, onTestFinished, test } from "vitest";
import { createEc2Server } from "../../src/sandbox/aws/server.ts";
import { createFaults } from "../../src/sandbox/faults.ts";
import { showRules } from "../../src/sandbox/show-rules.ts";
import { azureWorld, ec2World } from "../../src/sandbox/world.ts";
import { setup } from "./azure-setup.ts";

const start = async () => {
  const { azure, clock } = await setup({ world: azureWorld });
  const ec2 = await createEc2Server({ clock, world: ec2World, faults: createFaults() });
  onTestFinished(() => ec2.stop());
  return (name: string) => showRules(name, { azure, ec2 }).split("\n");
};

test("a machine behind a firewall shows its group and the firewall's classic rules", async () => {
  const show = await start();
  expect(show("prod-fw-1")).toEqual([
    "  nsg-behind",
    "    1000 Deny  Tcp 22 from *  DenyManagement",
    "  fw-hub",
    "      200 Dnat  web",
    "            TCP 20.50.1.10:443 to 10.0.4.41:443 from *  prod-fw-1-https",
    "      500 Allow storage",
    "            TCP Storage.WestEurope 443 from 10.0.4.0/24  backup",
    "      500 Allow updates",
    "            *.ubuntu.com from 10.0.0.0/16  ubuntu",
  ]);
});

test("a machine behind a managed firewall shows that its rules are elsewhere, and others show no firewall", async () => {
  const show = await start();
  expect(show("prod-policy-1").at(-1)).toBe("  fw-managed: its rules are in the policy policy-acme");
  expect(show("prod-vm-1").filter((line) => line.startsWith("  fw-"))).toEqual([]);
  expect(show("dev-open-1")).toContain("     300 Allow Tcp 22 from Internet  AllowSSH");
});
