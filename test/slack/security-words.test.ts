import { expect, test } from "vitest";
import type { RequestId } from "../../src/access/identifier.ts";
import type { Cidr } from "../../src/access/source.ts";
import { drawMessage } from "../../src/slack/messages.ts";
import { type SecurityContact, securityText } from "../../src/slack/security-words.ts";
import { DEV, NOW } from "../contracts/samples.ts";

test.each<[SecurityContact | undefined, string]>([
  [{ channel: "C0SEC", roles: ["guards"] }, "security (<#C0SEC>)"],
  [{ channel: undefined, roles: ["guards", "leads"] }, "security (*guards* or *leads*)"],
  [{ channel: undefined, roles: [] }, "security"],
  [undefined, "security"],
])("of %j is called %s", (contact, text) => {
  expect(securityText(contact)).toBe(text);
});

test("whoever was seen somewhere is told where to say that it wasn't they", () => {
  const event = {
    id: "e",
    at: NOW,
    actor: { kind: "person", person: DEV },
    kind: "address.seen",
    person: DEV,
    addresses: ["192.0.2.7/32" as Cidr],
    requestId: "k7f3q2xd" as RequestId,
  } as const;
  const security = { channel: "C0SEC", roles: [] };
  const drawn = drawMessage({ kind: "message", event, to: "requester" }, { now: NOW, zone: "utc", security });
  expect(JSON.stringify(drawn?.blocks)).toContain("If it wasn't you who opened the page, tell security (<#C0SEC>).");
});
