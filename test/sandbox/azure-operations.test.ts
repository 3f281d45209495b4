/** Operations that take their time: etags, preconditions, conflicts, and when the network follows. */

import { expect, test } from "vitest";
import { allow, NSG, SUBSCRIPTION, setup, until } from "./azure-setup.ts";

const SSH = `${NSG}/securityRules/ssh`;
/** Operations run until the test ends them, however slow the machine is. */
const held = async (options: Parameters<typeof setup>[0] = {}) => {
  const all = await setup(options);
  all.azure.operations.nextEnds("never", /./u, 100);
  return all;
};
const body = (priority = 100) => allow("ssh", priority);

test("a new rule is shown at once, and obeyed when its operation is done", async () => {
  const { azure, ask } = await held();
  const obeyed = () => azure.state().networkSecurityGroups[0]?.rules.map(({ name }) => name);
  const told: string[] = [];
  azure.onChange((id) => told.push(id));

  const put = await ask("PUT", SSH, body());
  expect(put.status).toBe(201);
  expect(put.body).toMatchObject({
    name: "ssh",
    id: SSH,
    properties: { provisioningState: "Updating", sourcePortRanges: [] },
  });
  expect(put.headers.get("azure-asyncoperation")).toMatch(
    new RegExp(
      `^${azure.url}/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope/operations/`,
      "u",
    ),
  );
  expect(obeyed()).toEqual(["https"]);
  expect(told).toEqual([]);

  const link = put.headers.get("azure-asyncoperation") ?? "";
  expect((await ask("GET", link)).body).toEqual({ status: "InProgress" });
  azure.operations.endRunning("Succeeded");
  expect((await ask("GET", link)).body).toEqual({ status: "Succeeded" });
  expect(obeyed()).toEqual(["https", "ssh"]);
  expect(told).toEqual([NSG]);
  const read = await ask("GET", SSH);
  expect(read.body.properties.provisioningState).toBe("Succeeded");
  expect(read.body.etag).not.toBe(put.body.etag);
  expect(read.headers.get("etag")).toBe(read.body.etag);
  expect((await ask("GET", NSG)).body.etag).toBe(read.body.etag);
  expect((await ask("GET", SSH, undefined, { "if-none-match": read.body.etag })).status).toBe(304);
});

test("a rule being deleted is shown and obeyed until it is gone, and deleting it again is fine", async () => {
  const { azure, ask } = await held();
  const gone = await ask("DELETE", `${NSG}/securityRules/https`);
  expect(gone.status).toBe(202);
  expect((await ask("GET", `${NSG}/securityRules/https`)).body.properties.provisioningState).toBe("Deleting");
  const result = gone.headers.get("location") ?? "";
  expect((await ask("GET", result)).status).toBe(202);
  azure.operations.endRunning("Succeeded");
  expect((await ask("GET", result)).status).toBe(204);
  expect((await ask("GET", `${NSG}/securityRules/https`)).body.error.code).toBe("NotFound");
  expect((await ask("DELETE", `${NSG}/securityRules/https`)).status).toBe(204);
});

test("If-Match and If-None-Match guard writes", async () => {
  const { azure, ask } = await held();
  const { etag } = (await ask("GET", NSG)).body;
  azure.editAsSomeoneElse(NSG, (rules) => rules);
  const whole = { location: "westeurope", properties: { securityRules: [] } };
  for (const [method, path, sent, headers] of [
    ["PUT", NSG, whole, { "if-match": etag }],
    ["DELETE", `${NSG}/securityRules/https`, undefined, { "if-match": etag }],
    ["PUT", SSH, body(), { "if-match": "*" }],
    ["PUT", `${NSG}/securityRules/https`, body(), { "if-none-match": "*" }],
  ] as const) {
    const answer = await ask(method, path, sent, headers);
    expect([answer.status, answer.body.error.code]).toEqual([412, "PreconditionFailed"]);
  }
  expect((await ask("PUT", SSH, body(), { "if-none-match": "*" })).status).toBe(201);
});

test("a second write meets the first: 409 by default", async () => {
  const { azure, ask } = await held();
  await ask("PUT", SSH, body());
  const second = await ask("DELETE", `${NSG}/securityRules/https`);
  expect([second.status, second.body.error.code]).toEqual([409, "AnotherOperationInProgress"]);
  expect(second.headers.get("retry-after")).toBe("1");
  azure.operations.endRunning("Succeeded");
  expect((await ask("DELETE", `${NSG}/securityRules/https`)).status).toBe(202);
});

test("a second write meets the first: 429 when asked for", async () => {
  const { ask } = await held({ whenBusy: "RetryableError" });
  await ask("PUT", SSH, body());
  const second = await ask("PUT", SSH, body(101));
  expect([second.status, second.body.error.code]).toEqual([429, "RetryableError"]);
  expect(second.body.error.details[0].code).toBe("RetryableErrorDueToAnotherOperation");
});

test("a second write meets the first: takes its place when asked for", async () => {
  const { azure, ask } = await held({ whenBusy: "supersede" });
  const first = await ask("PUT", SSH, body());
  await ask("DELETE", `${NSG}/securityRules/https`);
  const status = await ask("GET", first.headers.get("azure-asyncoperation") ?? "");
  expect(status.body.status).toBe("Canceled");
  expect(status.body.error.details[0].code).toBe("CanceledAndSupersededDueToAnotherOperation");
  azure.operations.endRunning("Succeeded");
  expect(azure.state().networkSecurityGroups[0]?.rules.map(({ name }) => name)).toEqual(["ssh"]);
});

test("an operation that never ends stays so until it is ended", async () => {
  const { azure, ask } = await setup({ operationMs: 1 });
  azure.operations.nextEnds("never", /^DELETE /u);
  await ask("DELETE", `${NSG}/securityRules/https`);
  const other = await ask("PUT", `${NSG.replace("nsg-web", "nsg-free")}/securityRules/ssh`, body());
  await until(
    async () => (await ask("GET", other.headers.get("azure-asyncoperation") ?? "")).body.status === "Succeeded",
  );
  expect(azure.operations.running()).toBe(1);
  expect(azure.state().networkSecurityGroups[0]?.rules).toHaveLength(1);
  azure.operations.endRunning("Succeeded");
  expect(azure.state().networkSecurityGroups[0]?.rules).toHaveLength(0);
});

test("a colleague's edit while an operation runs is kept, whether that ends well or not", async () => {
  for (const end of ["Succeeded", "Failed"] as const) {
    const { azure, ask } = await held();
    await ask("PUT", SSH, body());
    azure.editAsSomeoneElse(NSG, (rules) => [...rules, allow("colleague", 300)]);
    azure.operations.endRunning(end);
    const names = azure.state().networkSecurityGroups[0]?.rules.map(({ name }) => name);
    expect(names).toEqual(end === "Failed" ? ["https", "colleague"] : ["https", "ssh", "colleague"]);
  }
});

test("slow operations say when to ask again", async () => {
  const { ask } = await setup({ operationMs: 5_000 });
  const put = await ask("PUT", SSH, body());
  expect(put.headers.get("retry-after")).toBe("5");
  expect((await ask("GET", put.headers.get("azure-asyncoperation") ?? "")).headers.get("retry-after")).toBe("5");
});
