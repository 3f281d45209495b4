/** Who can reach a port, by sets of addresses, agrees with asking about one packet after the other. */

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AzureTarget, Target } from "../../src/cloud/rules.ts";
import { addressOf } from "../../src/posture/address.ts";
import type { Decider } from "../../src/posture/decider.ts";
import type { Outcome } from "../../src/posture/outcome.ts";
import { type Partition, partsOf } from "../../src/posture/partition.ts";
import { createReachability } from "../../src/posture/reachability.ts";
import { letsIn } from "./aws-oracle.ts";
import { directly, HERE, type Packet, routed, translated, verdictOf } from "./azure-oracle.ts";
import { edgesOf, type Family } from "./bits.ts";
import { aFirewall, anAddress, anAwsTarget, anAzureTarget } from "./random-rules.ts";

const RUNS = Number(process.env.POSTURE_RUNS ?? 4_000);

const outcomeAt = ({ starts, values }: Partition<Outcome>, text: string): Outcome => {
  const { address } = addressOf(text);
  const value = values[starts.findLastIndex((start) => start <= address)];
  if (value === undefined) throw new Error(`no part holds ${text}`);
  return value;
};

/** `expect` is too slow to be asked millions of times. */
const same = (found: unknown, wanted: unknown, where: string): void => {
  if (found !== wanted) expect(found, where).toBe(wanted);
};

const ruleOf = (decider: Decider): string => ("rule" in decider ? decider.rule : decider.kind);

/** Addresses at the edges of what a rule set names. */
const edges = (target: Target, family: Family, nth: number): readonly string[] => {
  const texts =
    target.cloud === "aws"
      ? target.groups.flatMap(({ rules }) => rules.map(({ source }) => source))
      : [
          ...[target.subnetGroup, target.interfaceGroup].flatMap(
            (nsg) => nsg?.rules.flatMap(({ sources }) => sources) ?? [],
          ),
          ...target.firewalls.flatMap((firewall) =>
            firewall.kind === "policy"
              ? []
              : [...firewall.natCollections, ...firewall.networkCollections].flatMap(({ rules }) =>
                  rules.flatMap(({ sources }) => sources),
                ),
          ),
        ];
  const all = [...texts, ...(target.table.virtualNetwork ?? []), ...[...target.table.named.values()].flat()].flatMap(
    edgesOf,
  );
  // The neighbour of a prefix may be IPv4 written as IPv6, which is a source of the other family.
  const fitting = [...new Set(all)].filter(
    (address) => address.includes(":") === (family === "ipv6") && !/^(?:0:){5}ffff:/u.test(address),
  );
  // Some of them, others each time: many rule sets tell more than many addresses.
  const step = Math.ceil(fitting.length / 12);
  return fitting.filter((_, index) => index % step === nth % step);
};

/** The best that a sender can do who may pick its own port. */
const SENDERS_PORTS = [1, 1_023, 1_024, 5_000, 65_535];

const best = (verdicts: readonly string[]): string =>
  verdicts.includes("allow") ? "allow" : verdicts.includes("unknown") ? "unknown" : "deny";

const sourcePortsMatter = (target: AzureTarget): boolean =>
  [target.subnetGroup, target.interfaceGroup].some((nsg) =>
    nsg?.rules.some(({ sourcePorts }) => sourcePorts.join() !== "*"),
  );

const isWhole = (outcomes: Partition<Outcome>, family: Family): void => {
  let next = 0n;
  for (const { first, last } of partsOf(outcomes)) {
    same(BigInt(first), next, "without gaps");
    same(last >= first, true, "not empty");
    next = BigInt(last) + 1n;
  }
  same(next, 1n << (family === "ipv4" ? 32n : 128n), "to the last address");
};

const tally = () => ({ allow: 0, deny: 0, unknown: 0 });

describe.each(["ipv4", "ipv6"] as const)("%s", (family) => {
  const strays = fc.array(anAddress(family), { minLength: 4, maxLength: 4 });

  test("network security groups", { timeout: 300_000 }, () => {
    const seen = tally();
    fc.assert(
      fc.property(anAzureTarget(family), strays, fc.nat(), (target, others, nth) => {
        const [door] = createReachability().doors(target, HERE);
        if (door === undefined) throw new Error("there is always a door");
        isWhole(door.outcomes, family);
        const exact = !sourcePortsMatter(target);
        for (const source of [...edges(target, family, nth), ...others]) {
          const asked = (exact ? [5_000] : SENDERS_PORTS).map((sourcePort) =>
            directly(target, { ...HERE, source, sourcePort }),
          );
          const verdict = best(asked.map(verdictOf));
          const found = outcomeAt(door.outcomes, source);
          same(found.verdict, verdict, source);
          seen[found.verdict] += 1;
          const [only] = asked;
          if (exact && only?.length === 1 && found.verdict !== "unknown") {
            same(found.deciders.map(ruleOf).join(" "), only[0]?.rule, source);
          }
        }
      }),
      { numRuns: RUNS },
    );
    expect(Math.min(seen.allow, seen.deny, seen.unknown)).toBeGreaterThan(RUNS / 10);
  });

  test("security groups", { timeout: 300_000 }, () => {
    const seen = tally();
    fc.assert(
      fc.property(anAwsTarget(family), strays, fc.nat(), (target, others, nth) => {
        const [door] = createReachability().doors(target, HERE);
        if (door === undefined) throw new Error("there is always a door");
        isWhole(door.outcomes, family);
        for (const source of [...edges(target, family, nth), ...others]) {
          const { verdict, rules } = letsIn(target, { ...HERE, source, sourcePort: 5_000 });
          const found = outcomeAt(door.outcomes, source);
          same(found.verdict, verdict, source);
          seen[found.verdict] += 1;
          if (verdict !== "deny") same(found.deciders.map(ruleOf).join(" "), rules.join(" "), source);
        }
      }),
      { numRuns: RUNS },
    );
    expect(Math.min(seen.allow, seen.deny, seen.unknown)).toBeGreaterThan(RUNS / 10);
  });
});

test("classic firewalls: translated to the machine, and routed to it", { timeout: 300_000 }, () => {
  const seen = { translated: tally(), routed: tally() };
  fc.assert(
    fc.property(
      anAzureTarget("ipv4", aFirewall),
      fc.array(anAddress("ipv4"), { maxLength: 3 }),
      fc.nat(),
      (target, others, nth) => {
        const [firewall] = target.firewalls;
        if (firewall?.kind !== "classic") throw new Error("there is one");
        const doors = createReachability().doors(target, HERE);
        const sources = [...edges(target, "ipv4", nth), ...others];
        const portsOf = (exact: boolean): readonly number[] => (exact ? [5_000] : SENDERS_PORTS);
        const sendersPorts = portsOf(!sourcePortsMatter(target));

        for (const address of ["20.0.0.1", "20.0.0.2", "20.0.0.3"]) {
          for (const port of [22, 1_999, 2_000, 2_021, 2_022, 2_023, 2_030, 2_031]) {
            const found = doors.filter(
              (door) =>
                door.kind === "translated" &&
                door.address === address &&
                door.ports.from <= port &&
                port <= door.ports.to,
            );
            same(found.length <= 1, true, "at most one door");
            for (const source of found.length === 0 ? sources.slice(0, 3) : sources) {
              const packet: Packet = { protocol: "tcp", source, sourcePort: 5_000, port };
              const verdict = verdictOf(
                translated(target, firewall, address, packet, sendersPorts).map((access) => ({ access })),
              );
              const got = found[0] === undefined ? "deny" : outcomeAt(found[0].outcomes, source).verdict;
              // An address that the firewall doesn't have isn't a door, whatever a rule for a whole prefix says.
              if (address === "20.0.0.3") continue;
              same(got, verdict, `${source} to ${address}:${port}`);
              if (found.length > 0) seen.translated[got] += 1;
            }
          }
        }

        const way = doors.find(({ kind }) => kind === "routed");
        if (way === undefined) throw new Error("it has a way through");
        for (const source of sources) {
          const verdict = best(
            sendersPorts.map((sourcePort) => verdictOf(routed(target, firewall, { ...HERE, source, sourcePort }))),
          );
          const got = outcomeAt(way.outcomes, source).verdict;
          same(got, verdict, `${source} routed`);
          seen.routed[got] += 1;
        }
      },
    ),
    { numRuns: Math.ceil(RUNS / 3) },
  );
  for (const each of Object.values(seen))
    expect(Math.min(each.allow, each.deny, each.unknown)).toBeGreaterThan(RUNS / 20);
});

test("what is said for sure stays so, whatever the unknown names turn out to hold", { timeout: 300_000 }, () => {
  const named = fc.record({ tag: anAddress("ipv4"), group: anAddress("ipv4"), everyone: fc.boolean() });
  let sure = 0;
  fc.assert(
    fc.property(anAzureTarget("ipv4", aFirewall), named, fc.nat(), (target, { tag, group, everyone }, nth) => {
      const told: AzureTarget = {
        ...target,
        table: {
          virtualNetwork: target.table.virtualNetwork ?? ["10.0.0.0/8"],
          named: new Map([
            ...target.table.named,
            ["sql", [everyone ? "0.0.0.0/0" : `${tag}/24`]],
            ["/asg/unheard", [group]],
            ["/ipg/unheard", [`${tag}/20`]],
            ["storage", [`${group}/30`]],
            ["unheard", ["20.0.0.2"]],
            ["example.org", ["10.0.1.4"]],
          ]),
        },
      };
      const [before, after] = [target, told].map((each) => createReachability().doors(each, HERE));
      for (const door of before ?? []) {
        const again = after?.find(
          (other) => other.kind === door.kind && other.address === door.address && other.ports.from === door.ports.from,
        );
        if (again === undefined) continue;
        for (const source of [tag, group, ...edges(told, "ipv4", nth)]) {
          const { verdict } = outcomeAt(door.outcomes, source);
          if (verdict === "unknown") continue;
          sure += 1;
          if (outcomeAt(again.outcomes, source).verdict !== verdict)
            expect.fail(`${source} by ${door.kind}: ${verdict} was said`);
        }
      }
    }),
    { numRuns: Math.ceil(RUNS / 3) },
  );
  expect(sure).toBeGreaterThan(RUNS);
});
