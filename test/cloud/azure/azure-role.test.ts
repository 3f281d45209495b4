import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { aHubWorld, setupHub } from "./classic-firewall/firewall-world.ts";
import { aRule, aWorld, grantNumber, networkId, never, reconcile } from "./small-world.ts";

const VERBS: Readonly<Record<string, string>> = { GET: "read", PUT: "write", DELETE: "delete" };

/** `PUT …/providers/Microsoft.Network/networkSecurityGroups/n/securityRules/r` → `microsoft.network/networksecuritygroups/securityrules/write` */
const actionOf = ({ method, path }: { readonly method: string; readonly path: string }): string => {
  const [, provider = "", rest = ""] = /\/providers\/([^/]+)\/(.+)$/u.exec(path) ?? [];
  const types = rest.split("/").filter((_, index) => index % 2 === 0);
  return [provider, ...types, VERBS[method] ?? method].join("/").toLowerCase();
};

const UNSEEN = [
  // Followed only when Azure names no operation but a place of the result.
  "microsoft.network/locations/operationresults/read",
  // Who writes a firewall needs them for what it refers to: https://learn.microsoft.com/azure/firewall/roles-permissions
  "microsoft.network/virtualnetworks/subnets/join/action",
  "microsoft.network/publicipaddresses/join/action",
  // Read where rules or interfaces name them.
  "microsoft.network/ipgroups/read",
  "microsoft.network/loadbalancers/read",
  // Read where a rule says `authorities: [azure-roles]`.
  "microsoft.authorization/roleassignments/read",
  "microsoft.authorization/roledefinitions/read",
  "microsoft.authorization/denyassignments/read",
];

test("the role in manifests/ allows what the adapter does, and nothing else", async () => {
  const world = aWorld();
  const [first, ...others] = world.networkInterfaces;
  const strayed = first?.ipConfigurations.map((one) => ({
    ...one,
    subnet: networkId("virtualNetworks", "away/subnets/a"),
  }));
  const networkInterfaces = first === undefined ? others : [{ ...first, ipConfigurations: strayed ?? [] }, ...others];
  const strayedWorld = { ...world, networkInterfaces };
  const { azure, cloud, nsg, firewall } = await setupHub({ world: aHubWorld(undefined, strayedWorld) });
  const [, whole] = await cloud.inventory.machines(never);
  if (whole === undefined) throw new Error("two machines were there");
  await cloud.readRules([whole], never);
  await cloud.inventory.marked(never);
  for (const count of [1, 0, 8, 0]) {
    await reconcile(
      nsg,
      Array.from({ length: count }, (_, i) => aRule(grantNumber(i))),
    );
  }
  await reconcile(firewall, [aRule()]);

  const role: unknown = JSON.parse(await readFile("manifests/azure-role.json", "utf8"));
  const { Actions: allowed } = role as { readonly Actions: readonly string[] };
  expect([...new Set([...azure.calls.map(actionOf), ...UNSEEN])].toSorted()).toEqual(
    allowed.map((action) => action.toLowerCase()).toSorted(),
  );
});
