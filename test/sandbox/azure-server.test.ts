/** Who gets in, how often, and how the sandbox's Azure misbehaves when it is told to. */

import { expect, test } from "vitest";
import { allow, ids, NSG, setup, until } from "./azure-setup.ts";

const SSH = `${NSG}/securityRules/ssh`;
const names = (azure: Awaited<ReturnType<typeof setup>>["azure"]) =>
  azure.export(NSG).securityRules.map(({ name }) => name);

test("asks for a token, a version, and things that exist", async () => {
  const { azure, ask } = await setup();
  const without = await fetch(`${azure.url}${NSG}?api-version=2024-05-01`);
  expect([without.status, await without.json()]).toMatchObject([401, { error: { code: "AuthenticationFailed" } }]);
  const wrong = await ask("GET", NSG, undefined, { authorization: "Bearer other" });
  expect([wrong.status, wrong.body.error.code]).toEqual([401, "InvalidAuthenticationToken"]);
  expect(wrong.headers.get("www-authenticate")).toContain("Bearer");
  expect((await ask("GET", `${NSG}?api-version=`)).body.error.code).toBe("MissingApiVersionParameter");
  expect((await ask("GET", `${NSG}?api-version=new`)).body.error.code).toBe("InvalidApiVersionParameter");
  expect((await ask("GET", NSG.replace(/0001/u, "0009"))).body.error.code).toBe("SubscriptionNotFound");
  expect((await ask("GET", `${ids.securityGroup("none")}/securityRules/a`)).body.error.code).toBe(
    "ParentResourceNotFound",
  );
  expect((await ask("PATCH", NSG, {})).status).toBe(405);
  expect((await ask("GET", NSG.toUpperCase())).body.id).toBe(NSG);
  expect((await ask("GET", NSG)).headers.get("x-ms-request-id")).toMatch(/^[0-9a-f-]{36}$/u);
});

test("throttles by token buckets, and asking too early starts the wait again", async () => {
  const bucket = { size: 2, refillPerSecond: 0.5 };
  const networkWrites = { calls: 1_000, windowMs: 300_000 };
  const { ask, clock } = await setup({ throttling: { reads: bucket, writes: bucket, deletes: bucket, networkWrites } });
  const read = async () => ask("GET", NSG);
  expect((await read()).headers.get("x-ms-ratelimit-remaining-subscription-reads")).toBe("1");
  expect((await read()).headers.get("x-ms-ratelimit-remaining-subscription-reads")).toBe("0");
  const refused = await read();
  expect([refused.status, refused.body.error.code, refused.headers.get("retry-after")]).toEqual([
    429,
    "SubscriptionRequestsThrottled",
    "2",
  ]);
  clock.advance(1_999);
  expect((await read()).status).toBe(429);
  clock.advance(1);
  expect((await read()).status).toBe(429);
  clock.advance(2_000);
  expect((await read()).status).toBe(200);
  expect((await ask("PUT", SSH, allow("ssh", 100))).headers.get("x-ms-ratelimit-remaining-subscription-writes")).toBe(
    "1",
  );
  expect((await ask("DELETE", SSH)).headers.get("x-ms-ratelimit-remaining-subscription-deletes")).toBe("1");
});

test("the network provider has its own limit of writes", async () => {
  const wide = { size: 100, refillPerSecond: 100 };
  const throttling = { reads: wide, writes: wide, deletes: wide, networkWrites: { calls: 2, windowMs: 300_000 } };
  const { ask, clock } = await setup({ throttling });
  const remove = async () => (await ask("DELETE", `${NSG}/securityRules/none`)).status;
  expect([await remove(), await remove(), await remove()]).toEqual([204, 204, 429]);
  clock.advance(300_000);
  expect(await remove()).toBe(204);
});

test("a lie looks like success to the end, and changes nothing", async () => {
  const { azure, ask, faults } = await setup();
  faults.add({ calls: /^(?:PUT|DELETE) .*\/securityrules\//u, does: { kind: "lie" } });
  const put = await ask("PUT", SSH, allow("ssh", 100));
  expect([put.status, put.body.properties.provisioningState]).toEqual([201, "Updating"]);
  const removed = await ask("DELETE", `${NSG}/securityRules/https`);
  expect(removed.status).toBe(202);
  for (const answer of [put, removed]) {
    const link = answer.headers.get("azure-asyncoperation") ?? "";
    await until(async () => (await ask("GET", link)).body.status === "Succeeded");
  }
  expect(names(azure)).toEqual(["https"]);
  expect((await ask("GET", SSH)).status).toBe(404);
});

test("a lost answer has its effect, a dropped call hasn't", async () => {
  const { azure, ask, faults } = await setup();
  faults.add({ calls: /^PUT /u, does: { kind: "lose-answer" }, times: 1 });
  await expect(ask("PUT", SSH, allow("ssh", 100))).rejects.toThrow("fetch failed");
  expect(names(azure)).toEqual(["https", "ssh"]);
  await until(() => azure.operations.running() === 0);
  faults.add({ calls: /^DELETE /u, does: { kind: "drop" }, times: 1 });
  await expect(ask("DELETE", SSH)).rejects.toThrow("fetch failed");
  expect(names(azure)).toEqual(["https", "ssh"]);
  expect((await ask("DELETE", SSH)).status).toBe(202);
});

test("a hanging call ends when faults are cleared or the server stops", async () => {
  const { azure, ask, faults } = await setup();
  faults.add({ calls: /securityRules\/ssh$/u, does: { kind: "hang-after" } });
  const hanging = ask("PUT", SSH, allow("ssh", 100));
  const ended = expect(hanging).rejects.toThrow("fetch failed");
  await until(() => names(azure).includes("ssh"));
  faults.clear();
  await ended;

  faults.add({ calls: /^GET /u, does: { kind: "hang" } });
  const other = expect(ask("GET", NSG)).rejects.toThrow("fetch failed");
  await until(() => azure.calls.length === 2);
  await azure.stop();
  await other;
  faults.clear();
});

test("answers, throttles and delays as told", async () => {
  const { ask, faults } = await setup();
  faults.add({
    calls: /./u,
    does: { kind: "answer", status: 500, body: '{"error":{"code":"InternalServerError"}}' },
    times: 1,
  });
  const failed = await ask("GET", NSG);
  expect([failed.status, failed.body.error.code]).toEqual([500, "InternalServerError"]);
  faults.add({ calls: /./u, does: { kind: "throttle", retryAfterSeconds: 7 }, times: 1 });
  const throttled = await ask("DELETE", SSH);
  expect([throttled.status, throttled.headers.get("retry-after")]).toEqual([429, "7"]);
  faults.add({ calls: /./u, does: { kind: "delay", ms: 30 }, times: 1 });
  const started = performance.now();
  expect((await ask("GET", NSG)).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThan(25);
});

test("is gone while stopped, and has kept everything when it is back on its port", async () => {
  const { azure, ask } = await setup();
  await ask("PUT", SSH, allow("ssh", 100));
  await azure.stop();
  await expect(ask("GET", SSH)).rejects.toThrow("fetch failed");
  await azure.restart();
  expect((await ask("GET", SSH)).status).toBe(200);
  await azure.restart();
  expect((await ask("GET", SSH)).status).toBe(200);
});

test("remembers what was asked and when", async () => {
  const { azure, ask, clock } = await setup();
  await ask("GET", `${NSG}?api-version=2024-05-01&$expand=x`);
  clock.advance(5);
  await ask("PUT", SSH, allow("ssh", 100), { "if-match": "*" });
  expect(azure.calls).toMatchObject([
    { method: "GET", path: NSG, status: 200 },
    { method: "PUT", path: SSH, status: 412, ifMatch: "*", at: clock.now() },
  ]);
});
