import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../src/access/time.ts";
import type { Firewall } from "../../src/cloud/firewall.ts";
import type { Grant } from "../../src/grants/grant.ts";
import { desiredRules, readNote, ruleKey, writeNote } from "../../src/reconcile/desired.ts";
import { holesIn } from "../fakes/memory-firewall.ts";
import {
  cidrs,
  END,
  GROUPS,
  grantOn,
  later,
  MINUTE,
  NOW,
  NSG,
  ONE,
  ports,
  SSH_HOLE,
  SUBNET_NSG,
  THREE,
  TWO,
} from "./world.ts";

const byGrant: Pick<Firewall, "id" | "ruleHolds"> = { id: NSG, ruleHolds: "grant" };
const byHole: Pick<Firewall, "id" | "ruleHolds"> = { id: GROUPS, ruleHolds: "hole" };
const at = (instant: number): EpochMs => instant as EpochMs;
const reaches = (prefix: string, from: string): boolean => {
  const [parsed, range] = [ipaddr.parse(from), ipaddr.parseCIDR(prefix)];
  return parsed.kind() === range[0].kind() && parsed.match(range);
};

describe("time", () => {
  const grant = grantOn({ startsAt: NOW, expiresAt: END });

  test.each([
    ["the last millisecond before the start", NOW - 1, 0],
    ["the start", NOW, 1],
    ["the last millisecond", END - 1, 1],
    ["the end itself", END, 0],
    ["long after", END + 86_400_000, 0],
  ])("at %s", (_, instant, count) => {
    expect(desiredRules([grant], byGrant, at(instant))).toHaveLength(count);
  });

  test("a revoked grant wants nothing, from the revocation on and whatever its times", () => {
    const revoked = grantOn({ revoked: { kind: "closed", at: NOW, by: grant.requester } });
    expect(desiredRules([revoked], byGrant, NOW)).toEqual([]);
    expect(desiredRules([revoked], byGrant, at(END - 1))).toEqual([]);
  });
});

describe("where rules belong to grants", () => {
  test("one rule has all ports and sources of a grant, sorted, each once", () => {
    const grant = grantOn({
      ports: ports("443", "22", "8080", "22"),
      sources: cidrs("203.0.113.7/32", "198.51.100.0/24", "203.0.113.7/32"),
    });
    expect(desiredRules([grant], byGrant, NOW)).toEqual([
      {
        addresses: ["10.0.0.4"],
        protocol: "tcp",
        ports: [22, 443, 8080],
        sources: ["198.51.100.0/24", "203.0.113.7/32"],
        holders: [{ grant: ONE, expiresAt: END, note: "U0DEV1: INC-1 disk full" }],
      },
    ]);
  });

  test("each protocol and each family has its own, and a family without address or source has none", () => {
    const both = { ports: ports("53", "53/udp"), sources: cidrs("203.0.113.7/32", "2001:db8:1::/48") };
    const shown = (addresses: readonly string[]) =>
      desiredRules([grantOn(both, [NSG], addresses)], byGrant, NOW).map((rule) => [
        rule.protocol,
        rule.addresses,
        rule.sources,
      ]);
    expect(shown(["fd00:db8::4", "10.0.0.4"])).toEqual([
      ["tcp", ["10.0.0.4"], ["203.0.113.7/32"]],
      ["udp", ["10.0.0.4"], ["203.0.113.7/32"]],
      ["tcp", ["fd00:db8::4"], ["2001:db8:1::/48"]],
      ["udp", ["fd00:db8::4"], ["2001:db8:1::/48"]],
    ]);
    expect(shown(["10.0.0.4"]).map(([protocol]) => protocol)).toEqual(["tcp", "udp"]);
  });

  test("a prefix inside another goes, because a cloud refuses overlapping ones", () => {
    const sources = cidrs("203.0.113.0/24", "203.0.113.7/32", "203.0.112.0/23", "198.51.100.7/32", "2001:db8:1::/48");
    expect(desiredRules([grantOn({ sources })], byGrant, NOW)[0]?.sources).toEqual([
      "198.51.100.7/32",
      "203.0.112.0/23",
    ]);
  });

  test("only targets on this firewall count", () => {
    const grant = grantOn({
      targets: [
        { firewall: NSG, addresses: ["10.0.0.4"] },
        { firewall: SUBNET_NSG, addresses: ["10.0.0.5"] },
      ],
    });
    expect(desiredRules([grant], byGrant, NOW).map(({ addresses }) => addresses)).toEqual([["10.0.0.4"]]);
    expect(desiredRules([grant], { ...byGrant, id: SUBNET_NSG }, NOW).map(({ addresses }) => addresses)).toEqual([
      ["10.0.0.5"],
    ]);
    expect(desiredRules([grant], byHole, NOW)).toEqual([]);
  });

  test("two grants for the same hole have a rule each", () => {
    const rules = desiredRules([grantOn({ id: TWO }), grantOn({ id: ONE })], byGrant, NOW);
    expect(rules.map(({ holders }) => holders.map(({ grant }) => grant))).toEqual([[ONE], [TWO]]);
  });
});

describe("where rules are holes", () => {
  test("each port and each source is one", () => {
    const grant = grantOn({ ports: ports("22", "443"), sources: cidrs("203.0.113.7/32", "198.51.100.0/24") }, [GROUPS]);
    const rules = desiredRules([grant], byHole, NOW);
    expect(rules.map(({ ports: each, sources }) => [each, sources])).toEqual([
      [[22], ["198.51.100.0/24"]],
      [[22], ["203.0.113.7/32"]],
      [[443], ["198.51.100.0/24"]],
      [[443], ["203.0.113.7/32"]],
    ]);
  });

  test("two grants share the hole they both want, each with its own end, until the last of them ends", () => {
    const [short, long] = [
      grantOn({ id: TWO, expiresAt: later(NOW, MINUTE) }, [GROUPS]),
      grantOn({ id: ONE, ports: ports("22", "443") }, [GROUPS]),
    ];
    const shared = (now: EpochMs) =>
      desiredRules([short, long], byHole, now).map(({ ports: each, holders }) => [
        each[0],
        holders.map(({ grant, expiresAt }) => [grant, expiresAt]),
      ]);
    expect(shared(at(NOW + MINUTE - 1))).toEqual([
      [
        22,
        [
          [ONE, END],
          [TWO, NOW + MINUTE],
        ],
      ],
      [443, [[ONE, END]]],
    ]);
    expect(shared(later(NOW, MINUTE))).toEqual([
      [22, [[ONE, END]]],
      [443, [[ONE, END]]],
    ]);
    expect(shared(END)).toEqual([]);
  });

  test("in whichever order grants are given, the same is desired", () => {
    const grants = [grantOn({ id: ONE }, [GROUPS]), grantOn({ id: TWO }, [GROUPS]), grantOn({ id: THREE }, [GROUPS])];
    expect(desiredRules(grants.toReversed(), byHole, NOW)).toEqual(desiredRules(grants, byHole, NOW));
  });
});

test("both kinds let in the same: what the active grants say, and nothing else", () => {
  const source = fc.constantFrom(
    "203.0.113.7/32",
    "203.0.113.0/24",
    "198.51.100.7/32",
    "2001:db8::7/128",
    "2001:db8::/32",
  );
  const port = fc.constantFrom("22", "443", "53/udp");
  const some = fc.record({
    id: fc.constantFrom(ONE, TWO, THREE),
    ports: fc.uniqueArray(port, { minLength: 1 }).map((each) => ports(...each)),
    sources: fc.uniqueArray(source, { minLength: 1 }).map((each) => cidrs(...each)),
    startsAt: fc.integer({ min: -2, max: 2 }).map((by) => at(NOW + by)),
    expiresAt: fc.integer({ min: -2, max: 2 }).map((by) => at(NOW + by)),
  });
  fc.assert(
    fc.property(fc.uniqueArray(some, { selector: ({ id }) => id }), (facts) => {
      const grants = facts.map((each) => grantOn(each, [NSG, GROUPS], ["10.0.0.4", "fd00:db8::4"]));
      // Slow and obvious: try every packet.
      const wanted = (from: string, to: string, each: Grant) =>
        each.startsAt <= NOW &&
        NOW < each.expiresAt &&
        each.sources.some((prefix) => reaches(prefix, from)) &&
        each.ports.some((one) => `${one.port}/${one.protocol}` === to);
      for (const firewall of [byGrant, byHole]) {
        const rules = desiredRules(grants, firewall, NOW);
        for (const from of [
          "203.0.113.7",
          "203.0.113.9",
          "198.51.100.7",
          "198.51.100.8",
          "2001:db8::7",
          "2001:db8::8",
        ]) {
          for (const to of ["22/tcp", "443/tcp", "53/udp", "22/udp"]) {
            const letIn = rules.some(
              (rule) =>
                rule.ports.some((each) => `${each}/${rule.protocol}` === to) &&
                rule.sources.some((prefix) => reaches(prefix, from)),
            );
            expect(letIn).toBe(grants.some((each) => wanted(from, to, each)));
          }
        }
      }
    }),
  );
});

describe("what identifies a rule", () => {
  const [rule] = desiredRules([grantOn()], byGrant, NOW);
  if (rule === undefined) throw new Error("no rule");

  test("a grant, where a rule holds one; and nothing of who holds it, where it is a hole", () => {
    expect(ruleKey(rule, "grant", [{ grant: ONE }])).not.toBe(ruleKey(rule, "grant", [{ grant: TWO }]));
    expect(ruleKey(rule, "hole", [{ grant: ONE }])).toBe(ruleKey(rule, "hole", [{ grant: TWO }]));
    expect(ruleKey({ ...rule, addresses: ["10.0.0.9"] }, "hole", [])).toBe(ruleKey(rule, "hole", []));
    expect(ruleKey({ ...rule, addresses: ["10.0.0.9"] }, "grant", [])).not.toBe(ruleKey(rule, "grant", []));
  });

  test("its protocol, ports and sources in both", () => {
    for (const kind of ["grant", "hole"] as const) {
      const other = [{ protocol: "udp" as const }, { ports: [23] }, { sources: cidrs("203.0.113.8/32") }];
      const keys = other.map((change) => ruleKey({ ...rule, ...change }, kind, []));
      expect(new Set([...keys, ruleKey(rule, kind, [])]).size).toBe(4);
    }
  });

  test("holes are told by what they let in", () => {
    expect(holesIn(rule)).toEqual([SSH_HOLE]);
  });
});

describe("a note in an owner mark", () => {
  const requester = { team: "T0ACME", user: "U0DEV1" };

  test.each([
    ["U0DEV1: INC-1 disk full", "U0DEV1", "INC-1 disk full"],
    ["U0DEV1", "U0DEV1", ""],
    ["U0DEV1:", "U0DEV1", ""],
    ["  U0DEV1: x: y\nz ", "U0DEV1", "x: y\nz"],
    ["somebody wrote over it", "", ""],
    ["", "", ""],
  ])("%j is read as %j with %j", (note, user, justification) => {
    expect(readNote(note)).toEqual({ user, justification });
  });

  test("gives back what was written into it", () => {
    const word = fc.string({ unit: "grapheme" }).map((text) => text.trim());
    fc.assert(
      fc.property(word, (justification) => {
        expect(readNote(writeNote({ requester, justification }))).toEqual({ user: "U0DEV1", justification });
      }),
    );
  });
});
