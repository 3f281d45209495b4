import { expect, test } from "vitest";
import { systemClock } from "../../../src/access/time.ts";
import { checkEndpoint, fixedToken } from "../../../src/cloud/azure/arm-endpoint.ts";
import { createAzureCloud } from "../../../src/cloud/azure/azure-cloud.ts";
import { DEFAULT_RANGES } from "./default-ranges.ts";

test.each([
  [undefined, false],
  ["https://management.chinacloudapi.cn", false],
  ["http://127.0.0.1:4710", true],
  ["http://127.0.0.1:4710/", false],
  ["http://[::1]:4710", true],
  ["http://localhost:4710", true],
  ["https://localhost:4710", true],
])("%s with a fixed token (%s) is fine", (endpoint, token) => {
  expect(checkEndpoint(endpoint, token)).toBeUndefined();
});

test.each([
  [undefined, true, "only for an endpoint on loopback"],
  ["https://management.azure.com", true, "a fixed token is only for loopback"],
  ["https://127.0.0.1.example.com", true, "a fixed token is only for loopback"],
  ["https://localhost.example.com", true, "a fixed token is only for loopback"],
  ["http://10.0.0.1:4710", true, "a fixed token is only for loopback"],
  ["http://management.azure.com", false, "http is only for loopback"],
  ["http://user@127.0.0.1:1", true, "an address only"],
  ["127.0.0.1:4710", true, "is not an address"],
  ["ftp://127.0.0.1", true, "is not an address"],
  ["", false, "is not an address"],
])("%s with a fixed token (%s) is refused", (endpoint, token, why) => {
  expect(checkEndpoint(endpoint, token)).toContain(why);
});

test("the adapter itself refuses to send a fixed token elsewhere", () => {
  const deps = {
    ...DEFAULT_RANGES,
    installation: "acme",
    subscriptions: [],
    credential: fixedToken("t"),
    clock: systemClock,
  };
  expect(() => createAzureCloud({ ...deps, endpoint: "https://management.azure.com" })).toThrow("only for loopback");
  expect(() => createAzureCloud(deps)).toThrow("only for an endpoint on loopback");
});
