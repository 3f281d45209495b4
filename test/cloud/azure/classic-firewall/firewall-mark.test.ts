import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GrantId, ID_ALPHABET } from "../../../../src/access/identifier.ts";
import {
  createFirewallMark,
  parseNatOwner,
  parseOwner,
  printNatName,
  printOwner,
} from "../../../../src/cloud/azure/classic-firewall/firewall-mark.ts";

const { nameOf, whichOf } = createFirewallMark("acme");

test("our three collections are recognised in any letter case, and by their whole name only", () => {
  for (const which of ["nat", "allow", "deny"] as const) expect(whichOf(nameOf(which).toUpperCase())).toBe(which);
  for (const name of [
    "latch-acme-2-nat",
    "latch-acme-nat-nat",
    "latch-acme",
    "xlatch-acme-nat",
    "MDC-JIT-1",
    "ASC-JIT-1",
    "",
  ]) {
    expect(whichOf(name)).toBeUndefined();
  }
});

test("two installations never take each other's for their own", () => {
  const installation = fc.stringMatching(/^[\w.-]{1,20}$/u);
  fc.assert(
    fc.property(installation, installation, fc.constantFrom("nat", "allow", "deny"), (one, other, which) => {
      fc.pre(one.toLowerCase() !== other.toLowerCase());
      expect(createFirewallMark(one).whichOf(createFirewallMark(other).nameOf(which))).toBeUndefined();
    }),
  );
});

test("an installation's name that can't stand in a name is refused", () => {
  for (const name of ["", "a b", "a/b", "x".repeat(60)]) expect(() => createFirewallMark(name)).toThrow("installation");
});

describe("rule names", () => {
  const id = fc
    .string({ unit: fc.constantFrom(...ID_ALPHABET), minLength: 8, maxLength: 8 })
    .map((text) => text as GrantId);
  const owner = fc.record({ id, protocol: fc.constantFrom("tcp" as const, "udp" as const) });

  test("tell whose they are", () => {
    fc.assert(
      fc.property(owner, fc.ipV4(), fc.integer({ min: 1, max: 65_535 }), (whose, address, port) => {
        expect(parseOwner(printOwner(whose).toUpperCase())).toEqual(whose);
        expect(parseNatOwner(printNatName(whose, address, port))).toEqual(whose);
        expect(parseOwner(printNatName(whose, address, port))).toBeUndefined();
        expect(parseNatOwner(printOwner(whose))).toBeUndefined();
      }),
    );
  });

  test("that we don't give tell nothing", () => {
    for (const name of [
      "",
      "stray",
      "k7f3q2xd",
      "k7f3q2xd-icmp",
      "k7f3q2xd-tcp-",
      "k7f3q2xa-tcp",
      "k7f3q2xd-tcp-10.0.1.4",
    ]) {
      expect([parseOwner(name), parseNatOwner(name)]).toEqual([undefined, undefined]);
    }
  });
});
