import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../../src/access/time.ts";
import { fixedToken } from "../../../src/cloud/azure/arm-endpoint.ts";
import { type AzureDeps, createAzureCloud } from "../../../src/cloud/azure/azure-cloud.ts";
import type { Cloud } from "../../../src/cloud/firewall.ts";
import { DEFAULT_RANGES } from "./default-ranges.ts";
import { aRule, firewallOf, grantNumber, NSG, NSG_ID, never, reconcile, SUBSCRIPTION, TOKEN } from "./small-world.ts";

/** A server that somebody else could have written: as little of ARM as a test needs. */
interface Asked {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly ifMatch: string | undefined;
  readonly body: string;
}

const serve = async (answer: (asked: Asked, response: ServerResponse, base: string) => void) => {
  const asked: Asked[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, authorization: headers.authorization, ifMatch: headers["if-match"], body };
      asked.push(one);
      answer(one, response, base());
    });
  });
  const base = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: base(), asked };
};

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
};

const cloudAt = (endpoint: string, more: Partial<AzureDeps> = {}): Cloud =>
  createAzureCloud({
    ...DEFAULT_RANGES,
    installation: "acme",
    subscriptions: [SUBSCRIPTION],
    credential: fixedToken(TOKEN),
    endpoint,
    clock: systemClock,
    limits: { callMs: 1_000, writeMs: 3_000, pollMs: 10 },
    ...more,
  });

const foreign = {
  name: "theirs",
  id: `${NSG}/securityRules/theirs`,
  properties: { priority: 200, access: "Deny", direction: "Inbound", ofNextYear: { keep: ["me", null] } },
  alsoNew: 1,
};
const aGroup = (rules: readonly unknown[] = [foreign]) => ({
  id: NSG,
  name: "nsg-Prod-web",
  location: "westeurope",
  etag: 'W/"1"',
  zonesOfNextYear: ["1"],
  properties: { provisioningState: "Succeeded", flushConnection: true, newSwitch: "on", securityRules: rules },
});

test("what nobody knew when the SDK was written goes over the wire and back", async () => {
  const server = await serve((_asked, response) => json(response, 200, aGroup()));
  await reconcile(
    firewallOf(cloudAt(server.url)),
    Array.from({ length: 6 }, (_, i) => aRule(grantNumber(i))),
  );
  const put = server.asked.find(({ method }) => method === "PUT");
  expect(put?.ifMatch).toBe('W/"1"');
  const { etag: _, ...group } = aGroup();
  const sent = JSON.parse(put?.body ?? "");
  expect(sent).toMatchObject({ ...group, properties: { flushConnection: true, newSwitch: "on" } });
  expect(sent.properties.securityRules[0]).toEqual(foreign);
  expect(sent.properties.securityRules).toHaveLength(7);
});

test("a group without an etag is never written as a whole", async () => {
  const { etag: _, ...group } = aGroup();
  const server = await serve((_asked, response) => json(response, 200, group));
  await reconcile(
    firewallOf(cloudAt(server.url)),
    Array.from({ length: 6 }, (_unused, i) => aRule(grantNumber(i))),
  );
  const puts = server.asked.filter(({ method }) => method === "PUT");
  expect(puts).toHaveLength(6);
  expect(puts.every(({ url }) => url.includes("/securityRules/"))).toBe(true);
});

test.each([
  ["at once", 200, {}],
  ["at once, created", 201, {}],
  ["followed by Location alone", 202, { location: "/done" }],
  ["followed by an operation on https", 201, { "azure-asyncoperation": "https://HOST/operation" }],
  ["followed by an operation on http", 201, { "azure-asyncoperation": "http://HOST/operation" }],
  ["followed by an operation on localhost", 201, { "azure-asyncoperation": "http://localhost:PORT/operation" }],
])("a write may be done %s", async (_name, status, headers) => {
  const server = await serve(({ method, url }, response, base) => {
    const { host, port } = new URL(base);
    if (url.startsWith("/operation")) return json(response, 200, { status: "Succeeded" });
    const filled = Object.entries(headers).map(([name, link]) => [
      name,
      link.replace("HOST", host).replace("PORT", port).replace(/^\//u, `${base}/`),
    ]);
    return json(
      response,
      method === "GET" ? 200 : status,
      aGroup(),
      method === "GET" ? {} : Object.fromEntries(filled),
    );
  });
  await reconcile(firewallOf(cloudAt(server.url)), [aRule()]);
  expect(server.asked.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);
});

test("a link in an answer that leads elsewhere isn't followed, and no token goes there", async () => {
  const elsewhere = await serve((_asked, response) => json(response, 200, { value: [] }));
  const server = await serve((_asked, response) =>
    json(response, 200, { value: [], nextLink: `${elsewhere.url}/more` }),
  );
  await expect(cloudAt(server.url).inventory.marked(never)).rejects.toMatchObject({ code: "azure" });
  expect(elsewhere.asked).toEqual([]);
});

test("a token is in no fault, however deep one looks", async () => {
  const server = await serve((_asked, response) =>
    json(response, 403, { error: { code: "AuthorizationFailed", message: "no" } }),
  );
  const fault: unknown = await firewallOf(cloudAt(server.url))
    .observe(never)
    .catch((error: unknown) => error);
  expect(inspect(fault, { depth: 20, showHidden: true })).not.toContain(TOKEN);
  expect(fault).toMatchObject({ message: "cannot read `nsg-prod-web`: 403 AuthorizationFailed" });
});

test("a proxy of the environment is not used to reach this machine", async () => {
  vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:9");
  vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:9");
  vi.stubEnv("NO_PROXY", "");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const server = await serve((_asked, response) => json(response, 200, aGroup()));
  expect((await firewallOf(cloudAt(server.url)).observe(never)).rules).toEqual([]);
});

test("an answer that begins and never ends has its time", async () => {
  const server = await serve((_asked, response) => {
    response.writeHead(200, { "content-type": "application/json" }).write('{"properties":');
  });
  await expect(firewallOf(cloudAt(server.url)).observe(never)).rejects.toMatchObject({
    retry: "later",
    message: "cannot read `nsg-prod-web`: no answer within 1 s",
  });
});

test("a read whose connection is cut is asked once more, and not again", async () => {
  let cuts = 1;
  const server = await serve((_asked, response) => {
    cuts -= 1;
    if (cuts >= 0) response.socket?.resetAndDestroy();
    else json(response, 200, aGroup());
  });
  expect((await firewallOf(cloudAt(server.url)).observe(never)).rules).toEqual([]);
  expect(server.asked).toHaveLength(2);
  cuts = 2;
  await expect(firewallOf(cloudAt(server.url)).observe(never)).rejects.toMatchObject({ retry: "later" });
  expect(server.asked).toHaveLength(4);
});

test("a write whose connection is cut isn't repeated: it may have had its effect", async () => {
  const server = await serve(({ method }, response) => {
    if (method === "GET") json(response, 200, aGroup());
    else response.socket?.resetAndDestroy();
  });
  await expect(reconcile(firewallOf(cloudAt(server.url)), [aRule()])).rejects.toThrow();
  expect(server.asked.filter(({ method }) => method !== "GET")).toHaveLength(1);
});

test("a credential that never gives a token has its time", async () => {
  const server = await serve((_asked, response) => json(response, 200, aGroup()));
  const credential = { getToken: async () => new Promise<never>(() => {}) };
  await expect(firewallOf(cloudAt(server.url, { credential })).observe(never)).rejects.toMatchObject({
    message: "cannot read `nsg-prod-web`: no answer within 1 s",
  });
});

test("a group may come without most of what it can have", async () => {
  const server = await serve((_asked, response) => json(response, 200, { properties: {} }));
  expect(await firewallOf(cloudAt(server.url), NSG_ID).observe(never)).toMatchObject({
    rules: [],
    blocks: [],
    settled: true,
  });
});

test("a power state that can't be read is unknown, and machines may come without most of what they can have", async () => {
  const vm = {
    id: `/subscriptions/${SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/bare`,
    name: "bare",
  };
  const server = await serve(({ url }, response) => {
    if (url.includes("statusOnly=true"))
      return json(response, 403, { error: { code: "AuthorizationFailed", message: "no" } });
    return json(response, 200, { value: url.includes("virtualMachines") ? [vm] : [] });
  });
  expect(await cloudAt(server.url).inventory.machines(never)).toMatchObject([
    { name: "bare", power: "unknown", os: "unknown", interfaces: [], tags: {} },
  ]);
});
