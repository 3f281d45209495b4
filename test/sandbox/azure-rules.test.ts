/** Which security rules the sandbox's Azure takes, and what it says to the others. */

import { expect, test } from "vitest";
import { allow, ids, NSG, setup, until } from "./azure-setup.ts";

const rulePath = (name: string): string => `${NSG}/securityRules/${name}`;
const many = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `10.${(from + index) >> 8}.${(from + index) & 255}.1/32`);
const body = (more: object, priority = 100): { readonly properties: object } => ({
  properties: { ...allow("x", priority).properties, ...more },
});

const REFUSED: readonly (readonly [string, object, string])[] = [
  ["a priority below the range", { priority: 99 }, "SecurityRuleInvalidPriority"],
  ["a priority above the range", { priority: 4097 }, "SecurityRuleInvalidPriority"],
  ["a priority in use", { priority: 2000 }, "SecurityRuleConflict"],
  ["a long description", { description: "d".repeat(141) }, "SecurityRuleDescriptionTooLong"],
  ["a strange protocol", { protocol: "Sctp" }, "SecurityRuleInvalidProtocol"],
  ["a strange access", { access: "Maybe" }, "SecurityRuleInvalidAccessType"],
  ["a text for a priority", { priority: "100" }, "InvalidRequestFormat"],
  ["a port too high", { destinationPortRange: "65536" }, "SecurityRuleInvalidPortRange"],
  ["a range the wrong way round", { destinationPortRange: "30-20" }, "SecurityRuleInvalidPortRange"],
  ["ports in one text", { destinationPortRange: "22,80" }, "SecurityRuleInvalidPortRange"],
  [
    "a wildcard in a list of ports",
    { destinationPortRange: "", destinationPortRanges: ["*"] },
    "SecurityRuleParameterContainsInvalidPortRanges",
  ],
  ["one port and a list", { destinationPortRanges: ["80"] }, "SecurityRuleParametersConflict"],
  ["no port", { destinationPortRange: null }, "SecurityRuleParametersMissing"],
  ["no source", { sourceAddressPrefix: null }, "SecurityRuleParametersMissing"],
  ["one source and a list", { sourceAddressPrefixes: ["10.0.0.0/8"] }, "SecurityRuleParametersConflict"],
  ["no address at all", { sourceAddressPrefix: "any" }, "SecurityRuleInvalidAddressPrefix"],
  ["a prefix too long", { sourceAddressPrefix: "10.0.0.0/33" }, "SecurityRuleInvalidAddressPrefix"],
  ["bits behind the prefix", { sourceAddressPrefix: "10.0.0.1/24" }, "SecurityRuleInvalidAddressPrefix"],
  ["an address of three numbers", { sourceAddressPrefix: "10.0.1" }, "SecurityRuleInvalidAddressPrefix"],
  [
    "a tag in a list",
    { sourceAddressPrefix: "", sourceAddressPrefixes: ["Internet"] },
    "SecurityRuleParameterContainsUnsupportedValue",
  ],
  [
    "a wildcard in a list",
    { sourceAddressPrefix: "", sourceAddressPrefixes: ["*"] },
    "SecurityRuleParameterContainsUnsupportedValue",
  ],
  [
    "overlapping prefixes",
    { sourceAddressPrefix: "", sourceAddressPrefixes: ["10.1.0.0/16", "10.0.0.0/8"] },
    "OverlappingSubnetsNotPermittedInSecurityRule",
  ],
  [
    "one address in two spellings",
    { sourceAddressPrefix: "", sourceAddressPrefixes: ["10.0.0.4", "10.0.0.4/32"] },
    "OverlappingSubnetsNotPermittedInSecurityRule",
  ],
  [
    "the same prefix twice",
    { sourceAddressPrefix: "", sourceAddressPrefixes: ["10.1.0.0/16", "10.1.0.0/16"] },
    "OverlappingSubnetsNotPermittedInSecurityRule",
  ],
  [
    "both families in a list",
    { sourceAddressPrefix: "", sourceAddressPrefixes: ["10.0.0.4", "2001:db8::/32"], destinationAddressPrefix: "*" },
    "ResourceCannotContainAddressPrefixesFromDifferentAddressFamilies",
  ],
  [
    "one family each",
    { sourceAddressPrefix: "2001:db8::1" },
    "ResourceCannotContainAddressPrefixesFromDifferentAddressFamilies",
  ],
];

test.each(REFUSED)("refuses %s", async (_, more, code) => {
  const { azure, ask } = await setup();
  const before = azure.export(NSG);
  const answer = await ask("PUT", rulePath("ssh"), body(more));
  expect([answer.status, answer.body.error.code]).toEqual([400, code]);
  expect(answer.body.error.message).not.toBe("");
  expect(azure.export(NSG)).toEqual(before);
});

const TAKEN: readonly (readonly [string, object])[] = [
  ["the lowest priority", { priority: 4096 }],
  ["the longest description", { description: "d".repeat(140) }],
  ["another direction at a priority in use", { priority: 2000, direction: "Outbound" }],
  ["every port", { destinationPortRange: "*" }],
  ["a list of ports and ranges", { destinationPortRange: "", destinationPortRanges: ["22", "8000-9000"] }],
  ["a service tag of a region", { sourceAddressPrefix: "AzureCloud.westeurope" }],
  ["neighbouring prefixes", { sourceAddressPrefix: "", sourceAddressPrefixes: ["10.0.0.0/25", "10.0.0.128/25"] }],
  ["IPv6 on both sides", { sourceAddressPrefix: "2001:db8::/32", destinationAddressPrefix: "fd00::4" }],
  [
    "an application security group",
    { sourceAddressPrefix: "", sourceApplicationSecurityGroups: [{ id: ids.applicationSecurityGroup("a") }] },
  ],
  ["4,000 addresses", { sourceAddressPrefix: "", sourceAddressPrefixes: many(4_000) }],
];

test.each(TAKEN)("takes %s", async (_, more) => {
  const { ask } = await setup();
  expect((await ask("PUT", rulePath("ssh"), body(more))).status).toBe(201);
});

test("names are at most 80 characters, of the right kind, and the same in any letter case", async () => {
  const { azure, ask } = await setup({ operationMs: 0 });
  const idle = () => until(() => azure.operations.running() === 0);
  for (const name of ["a".repeat(81), "-a", "a-", "a b", "ä"]) {
    const answer = await ask("PUT", rulePath(encodeURIComponent(name)), body({}));
    expect([name, answer.status, answer.body.error.code]).toEqual([name, 400, "InvalidResourceName"]);
  }
  expect((await ask("PUT", rulePath(`${"a".repeat(79)}_`), body({}))).status).toBe(201);
  await idle();
  const again = await ask("PUT", rulePath("HTTPS"), body({}, 2_000));
  expect([again.status, again.body.name]).toEqual([200, "https"]);
});

test("a group holds 1,000 rules and 4,000 addresses and not one more", async () => {
  const { azure, ask } = await setup({ operationMs: 0 });
  azure.editAsSomeoneElse(NSG, () => Array.from({ length: 1_000 }, (_, index) => allow(`r${index}`, 100 + index)));
  const more = await ask("PUT", rulePath("ssh"), body({}, 4_000));
  expect([more.status, more.body.error.code]).toEqual([400, "SecurityRuleCountLimitReached"]);

  azure.editAsSomeoneElse(NSG, () => []);
  const list = (prefixes: readonly string[], priority: number) =>
    body({ sourceAddressPrefix: "", sourceAddressPrefixes: prefixes }, priority);
  expect((await ask("PUT", rulePath("a"), list(many(3_999), 100))).status).toBe(201);
  await until(() => azure.operations.running() === 0);
  const tooMany = await ask("PUT", rulePath("b"), list(many(2, 4_000), 101));
  expect(tooMany.body.error.code).toBe("SecurityRuleAddressesOrPortsPerSecurityGroupLimitReached");
  expect((await ask("PUT", rulePath("b"), list(many(1, 4_000), 101))).status).toBe(201);
});

test("a whole group may not name a rule twice, move, or lack its place", async () => {
  const { azure, ask } = await setup();
  const put = (sent: object) => ask("PUT", NSG, sent);
  const twice = [allow("a", 100), allow("A", 101)];
  expect((await put({ location: "westeurope", properties: { securityRules: twice } })).body.error.code).toBe(
    "DuplicateResourceName",
  );
  expect((await put({ location: "eastus" })).body.error.code).toBe("InvalidResourceLocation");
  expect((await put({})).body.error.code).toBe("LocationRequired");
  expect((await ask("PUT", NSG, "{")).body.error.code).toBe("InvalidRequestContent");
  expect(azure.export(NSG).securityRules).toHaveLength(1);
});

test("a colleague's edit is held to the same rules", async () => {
  const { azure } = await setup();
  expect(() => azure.editAsSomeoneElse(NSG, (rules) => [...rules, allow("clash", 2_000)])).toThrow(
    "SecurityRuleConflict",
  );
  expect(azure.export(NSG).securityRules).toHaveLength(1);
});
