import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { aRule, aWorld, grantNumber, networkId, never, reconcile, setup } from "./small-world.ts";

const VERBS: Readonly<Record<string, string>> = { GET: "read", PUT: "write", DELETE: "delete" };

/** `PUT …/providers/Microsoft.Network/networkSecurityGroups/n/securityRules/r` → `microsoft.network/networksecuritygroups/securityrules/write` */
const actionOf = ({ method, path }: { readonly method: string; readonly path: string }): string => {
  const [, provider = "", rest = ""] = /\/providers\/([^/]+)\/(.+)$/u.exec(path) ?? [];
  const types = rest.split("/").filter((_, index) => index % 2 === 0);
  return [provider, ...types, VERBS[method] ?? method].join("/").toLowerCase();
};

test("the role in manifests/ allows what the adapter does, and nothing else", async () => {
  const world = aWorld();
  const [first, ...others] = world.networkInterfaces;
  const strayed = first?.ipConfigurations.map((one) => ({
    ...one,
    subnet: networkId("virtualNetworks", "away/subnets/a"),
  }));
  const networkInterfaces = first === undefined ? others : [{ ...first, ipConfigurations: strayed ?? [] }, ...others];
  const { azure, cloud, nsg } = await setup({ world: { ...world, networkInterfaces } });
  await cloud.inventory.machines(never);
  await cloud.inventory.marked(never);
  for (const count of [1, 0, 8, 0]) {
    await reconcile(
      nsg,
      Array.from({ length: count }, (_, i) => aRule(grantNumber(i))),
    );
  }

  const role: unknown = JSON.parse(await readFile("manifests/azure-role.json", "utf8"));
  const { Actions: allowed } = role as { readonly Actions: readonly string[] };
  // Followed only when Azure names no operation but a place of the result.
  const results = "microsoft.network/locations/operationresults/read";
  expect([...new Set([...azure.calls.map(actionOf), results])].toSorted()).toEqual(
    allowed.map((action) => action.toLowerCase()).toSorted(),
  );
});
