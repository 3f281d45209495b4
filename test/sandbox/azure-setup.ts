/** A small Azure for the sandbox's own tests, with the real SDKs pointed at it. */

import { ComputeManagementClient } from "@azure/arm-compute";
import { NetworkManagementClient } from "@azure/arm-network";
import {
  createDefaultHttpClient,
  createPipelineRequest,
  type HttpClient,
  type PipelinePolicy,
} from "@azure/core-rest-pipeline";
import { afterEach } from "vitest";
import type { Clock, EpochMs } from "../../src/access/time.ts";
import { azureIds } from "../../src/sandbox/azure/resource-identifiers.ts";
import { type AzureServer, type AzureServerOptions, createAzureServer } from "../../src/sandbox/azure/server.ts";
import type { AzureWorld, WrittenRule } from "../../src/sandbox/azure/world.ts";
import { createFaults } from "../../src/sandbox/faults.ts";

export const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
export const TOKEN = "sandbox-token";
export const ids = azureIds(SUBSCRIPTION, "rg-Prod");
export const NSG = ids.securityGroup("nsg-web");

/** The same rule as the SDK's types want it: they don't know `readonly`, nor optional properties that may be `undefined`. */
export const sdkRule = (name: string, priority: number) => ({
  name,
  protocol: "Tcp",
  sourcePortRange: "*",
  destinationPortRange: "22",
  sourceAddressPrefix: "203.0.113.7/32",
  destinationAddressPrefix: "10.0.1.4",
  access: "Allow",
  priority,
  direction: "Inbound",
});

export const allow = (name: string, priority: number, more: Partial<WrittenRule["properties"]> = {}): WrittenRule => ({
  name,
  properties: {
    protocol: "Tcp",
    sourcePortRange: "*",
    destinationPortRange: "22",
    sourceAddressPrefix: "203.0.113.7/32",
    destinationAddressPrefix: "10.0.1.4",
    access: "Allow",
    priority,
    direction: "Inbound",
    ...more,
  },
});

export const world: AzureWorld = {
  subscriptions: [SUBSCRIPTION],
  resourceGroups: [{ id: ids.group, location: "westeurope" }],
  virtualMachines: [
    {
      id: ids.virtualMachine("web-1"),
      location: "westeurope",
      tags: { env: "prod" },
      os: "Linux",
      powerState: "running",
      networkInterfaces: [ids.networkInterface("web-1-nic")],
    },
    {
      id: ids.virtualMachine("win-1"),
      location: "westeurope",
      os: "Windows",
      powerState: "deallocated",
      networkInterfaces: [ids.networkInterface("win-1-nic"), ids.networkInterface("win-1-nic-b")],
    },
  ],
  networkInterfaces: [
    {
      id: ids.networkInterface("web-1-nic"),
      location: "westeurope",
      networkSecurityGroup: NSG,
      ipConfigurations: [
        {
          name: "ipconfig1",
          privateAddress: "10.0.1.4",
          subnet: ids.subnet("vnet", "web"),
          publicAddress: ids.publicAddress("web-1-ip"),
        },
        { name: "ipconfig6", privateAddress: "fd00::4", subnet: ids.subnet("vnet", "web") },
      ],
    },
    ...["win-1-nic", "win-1-nic-b"].map((name, index) => ({
      id: ids.networkInterface(name),
      location: "westeurope",
      ipConfigurations: [
        { name: "ipconfig1", privateAddress: `10.0.2.${4 + index}`, subnet: ids.subnet("vnet", "win") },
      ],
    })),
  ],
  publicAddresses: [{ id: ids.publicAddress("web-1-ip"), location: "westeurope", address: "198.51.100.10" }],
  virtualNetworks: [
    {
      id: ids.virtualNetwork("vnet"),
      location: "westeurope",
      prefixes: ["10.0.0.0/16", "fd00::/48"],
      subnets: [
        { name: "web", prefixes: ["10.0.1.0/24", "fd00::/64"], networkSecurityGroup: ids.securityGroup("nsg-subnet") },
        { name: "win", prefixes: ["10.0.2.0/24"] },
      ],
    },
  ],
  networkSecurityGroups: [
    {
      id: NSG,
      location: "westeurope",
      tags: { env: "prod" },
      rules: [allow("https", 2_000, { destinationPortRange: "443" })],
    },
    { id: ids.securityGroup("nsg-subnet"), location: "westeurope", rules: [] },
    { id: ids.securityGroup("nsg-free"), location: "westeurope", rules: [] },
  ],
};

const servers: AzureServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

export const setup = async (options: Partial<AzureServerOptions> = {}) => {
  let moved = 0;
  const start = Date.UTC(2026, 10, 23);
  const clock: Clock & { advance: (ms: number) => void } = {
    now: () => (start + moved) as EpochMs,
    advance: (ms) => {
      moved += ms;
    },
  };
  const faults = createFaults();
  const azure = await createAzureServer({ clock, faults, token: TOKEN, world, ...options });
  servers.push(azure);
  return { azure, clock, faults, ask: asker(azure) };
};

export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of many shapes
  readonly body: any;
}

/** `ask("PUT", id, body, headers)`; adds token and version unless they are there. */
const asker =
  (azure: AzureServer) =>
  async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Asked> => {
    const url = new URL(path, azure.url);
    if (!url.searchParams.has("api-version")) url.searchParams.set("api-version", "2024-05-01");
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, connection: "close", ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
  };

/** Waits for a condition, not for a time. */
export const until = async (met: () => boolean | Promise<boolean>, limitMs = 3_000): Promise<void> => {
  const end = performance.now() + limitMs;
  while (!(await met())) {
    if (performance.now() > end) throw new Error("waited too long");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** Bearer tokens are refused over plain http, so the SDK believes in https and a copy of its request goes over http. */
const overHttp = (): HttpClient => {
  const real = createDefaultHttpClient();
  return {
    sendRequest: async (original) => {
      const copy = createPipelineRequest({ ...original, url: original.url.replace(/^https:/u, "http:") });
      copy.allowInsecureConnection = true;
      return { ...(await real.sendRequest(copy)), request: original };
    },
  };
};

export const clients = (azure: AzureServer) => {
  const credential = { getToken: async () => ({ token: TOKEN, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) };
  const options = {
    endpoint: azure.url.replace("http:", "https:"),
    httpClient: overHttp(),
    retryOptions: { maxRetries: 0 },
  };
  const network = new NetworkManagementClient(credential, SUBSCRIPTION, options);
  const compute = new ComputeManagementClient(credential, SUBSCRIPTION, options);
  // Links of operations and pages may say http; signing, which comes later, wants https.
  const secured: PipelinePolicy = {
    name: "https-links",
    sendRequest: (request, next) => {
      request.url = request.url.replace(/^http:/u, "https:");
      return next(request);
    },
  };
  const early = { beforePolicies: ["bearerTokenAuthenticationPolicy"] };
  network.pipeline.addPolicy(secured, early);
  compute.pipeline.addPolicy(secured, early);
  return { network, compute };
};

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
