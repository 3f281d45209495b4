import fc from "fast-check";
import { expect, test } from "vitest";
import type { FirewallId } from "../../../src/access/machine.ts";
import {
  groupName,
  interfaceOfGroup,
  readFirewallId,
  readGroupId,
  writeFirewallId,
  writeGroupId,
} from "../../../src/cloud/aws/firewall-id.ts";

const anyEni = fc.stringMatching(/^eni-[0-9a-f]{3,17}$/u);

test("an id names account, region and interface", () => {
  expect(writeFirewallId({ account: "111122223333", region: "eu-west-1", eni: "eni-0a1" })).toBe(
    "aws-groups:111122223333/eu-west-1/eni-0a1",
  );
});

test("an id says after reading what it said when written", () => {
  const anyKey = fc.record({
    account: fc.stringMatching(/^\d{12}$/u),
    region: fc.constantFrom("eu-west-1", "us-gov-east-1"),
    eni: anyEni,
  });
  fc.assert(
    fc.property(anyKey, (key) => {
      expect(readFirewallId(writeFirewallId(key))).toEqual(key);
    }),
  );
});

test.each([
  "azure-nsg:/subscriptions/1/nsg-prod",
  "aws-groups:",
  "aws-groups:1/eu-west-1",
  "aws-groups:1/eu-west-1/sg-0a1",
  "aws-groups:1/eu-west-1/eni-0a1/more",
])("%s isn't an id of ours", (id) => {
  expect(readFirewallId(id as FirewallId)).toBeUndefined();
});

test("a group's name belongs to one installation, also where one's name begins like another's", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9-]{1,20}$/u),
      fc.stringMatching(/^[a-z0-9-]{1,20}$/u),
      anyEni,
      (ours, theirs, eni) => {
        expect(interfaceOfGroup(ours, groupName(ours, eni))).toBe(eni);
        if (ours !== theirs) expect(interfaceOfGroup(ours, groupName(theirs, eni))).toBeUndefined();
      },
    ),
  );
  expect(interfaceOfGroup("acme", "latch-acme-eu-eni-0a1")).toBeUndefined();
  expect(interfaceOfGroup("acme", "latch-acme-default")).toBeUndefined();
});

test("a group of somebody else's is named by its account, region and id", () => {
  const key = { account: "111122223333", region: "eu-west-1", group: "sg-0a1" };
  expect(writeGroupId(key)).toBe("aws-group:111122223333/eu-west-1/sg-0a1");
  expect(readGroupId(writeGroupId(key))).toEqual(key);
  expect(readFirewallId(writeGroupId(key))).toBeUndefined();
  for (const id of ["aws-group:1/eu-west-1/eni-0a1", "aws-groups:1/eu-west-1/sg-0a1", "aws-group:sg-0a1", ""]) {
    expect(readGroupId(id as FirewallId)).toBeUndefined();
  }
});
