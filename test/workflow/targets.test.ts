import { describe, expect, test } from "vitest";
import type { FirewallId, Machine } from "../../src/access/machine.ts";
import type { Cidr } from "../../src/access/source.ts";
import { targetsOf } from "../../src/workflow/targets.ts";
import { cidrs, machineBehind } from "../reconcile/world.ts";

const NSG = "azure-nsg:/nsg" as FirewallId;
const FIREWALL = "azure-firewall:/fw-hub" as FirewallId;

const machine = (changes: object): Machine => {
  const plain = machineBehind([NSG, FIREWALL]);
  return { ...plain, interfaces: plain.interfaces.map((each) => ({ ...each, ...changes })) };
};
const translated = machine({
  translators: [{ firewall: FIREWALL, sendsFrom: ["10.9.0.0/26" as Cidr, "fd00:9::/64" as Cidr] }],
});

describe("a machine behind a firewall that translates addresses", () => {
  test("needs both, and the NSG lets in what the firewall sends on", () => {
    expect(targetsOf(translated, cidrs("203.0.113.7/32"))).toEqual([
      { firewall: NSG, addresses: ["10.0.0.4"], senders: ["10.9.0.0/26"] },
      { firewall: FIREWALL, addresses: ["10.0.0.4"] },
    ]);
  });

  test("can be reached by IPv6 only past it", () => {
    expect(targetsOf(translated, cidrs("2001:db8::7/128"))).toEqual([{ firewall: NSG, addresses: ["fd00:db8::4"] }]);
    expect(targetsOf(translated, cidrs("203.0.113.7/32", "2001:db8::7/128"))).toEqual([
      { firewall: NSG, addresses: ["10.0.0.4", "fd00:db8::4"], senders: ["10.9.0.0/26"] },
      { firewall: FIREWALL, addresses: ["10.0.0.4"] },
    ]);
  });
});

test("behind a firewall policy nothing can be opened, and it is said which", () => {
  expect(
    targetsOf(machine({ policyFirewall: { name: "fw-hub", policy: "hub-policy" } }), cidrs("203.0.113.7/32")),
  ).toMatchObject({ code: "policy-firewall", facts: { firewall: "fw-hub", policy: "hub-policy" } });
});

test("without a firewall there is nothing to open, and without an address nothing to reach", () => {
  expect(targetsOf(machine({ firewalls: [] }), cidrs("203.0.113.7/32"))).toMatchObject({ code: "no-firewall" });
  expect(targetsOf(machine({ privateAddresses: ["10.0.0.4"] }), cidrs("2001:db8::7/128"))).toMatchObject({
    code: "no-address-in-family",
  });
});
