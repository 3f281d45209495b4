/** For one source and one port: what every level on every way says, by which rule, and what of the rule it matched. */

import type { Port } from "../access/port.ts";
import { type Cidr, familyOf } from "../access/source.ts";
import type { Target } from "../cloud/rules.ts";
import { readRange } from "./address.ts";
import { type AddressSet, cidrsOf, intersect } from "./address-set.ts";
import type { Decider } from "./decider.ts";
import type { Door, DoorRef, Level } from "./door.ts";
import type { Verdict } from "./outcome.ts";
import { within } from "./partition.ts";
import { holdsPort, readPortRange } from "./port-range.ts";
import type { Reachability } from "./reachability.ts";

/** What a rule says that fits, as written in it; empty for what isn't a rule. */
export interface Cause {
  readonly decider: Decider;
  /** `Internet`, `203.0.113.0/24` */
  readonly sources: readonly string[];
  /** `20-25` */
  readonly ports: readonly string[];
}

/** What one level does with a part of the source. */
export interface Finding {
  readonly level: Level["name"];
  readonly sources: readonly Cidr[];
  readonly verdict: Verdict;
  readonly causes: readonly Cause[];
}

export interface DoorFindings {
  readonly door: DoorRef;
  /** `partly` when it isn't the same for the whole source. */
  readonly verdict: Verdict | "partly";
  /** What decides: all that lets in, or what blocks first, or all that it may hang on. */
  readonly decisive: readonly Finding[];
  /** Every level in the order of passage, each asked by itself: also what would block if what blocks first were gone. */
  readonly chain: readonly Finding[];
}

/** One for each way to the port in the source's address family; none when the machine has no address of that family. */
export const why = (reachability: Reachability, target: Target, port: Port, source: Cidr): readonly DoorFindings[] => {
  const range = readRange(source);
  if (range === undefined) return [];
  const asked: AddressSet = [range];
  return reachability
    .doors(target, port)
    .filter(({ family }) => family === familyOf(source))
    .map((door) => {
      const chain = door.levels.flatMap((level) => findings(reachability, target, port, door, level, asked));
      const verdicts = new Set(within(door.outcomes, asked).map(({ value }) => value.verdict));
      const [verdict = "unknown"] = verdicts;
      const { kind, address, ports, family, firewall } = door;
      return {
        door: { kind, address, ports, family, firewall },
        verdict: verdicts.size === 1 ? verdict : "partly",
        decisive: decisiveOf(door, chain, asked),
        chain,
      };
    });
};

const findings = (
  { book }: Reachability,
  target: Target,
  port: Port,
  door: Door,
  level: Level,
  asked: AddressSet,
): readonly Finding[] =>
  within(level.outcomes, asked).map(({ first, last, value }) => {
    const seen = level.seenAs ?? [{ first, last }];
    const causeOf = (decider: Decider): Cause => {
      if (!("sources" in decider)) return { decider, sources: [], ports: [] };
      const at = decider.kind === "nat-rule" ? door.ports.from : port.port;
      return {
        decider,
        sources: decider.sources.filter((text) => {
          const { certain, possible } = book.entryOf(text, door.family, target.table);
          return [certain, possible].some((set) => intersect(set, seen).length > 0);
        }),
        ports: decider.ports.filter((text) => {
          const range = readPortRange(text);
          return range === undefined || holdsPort(range, at);
        }),
      };
    };
    return {
      level: level.name,
      sources: cidrsOf([{ first, last }], door.family),
      verdict: value.verdict,
      causes: value.deciders.map(causeOf),
    };
  });

/** The findings whose rules the whole way's outcome names. */
const decisiveOf = (door: Door, chain: readonly Finding[], asked: AddressSet): readonly Finding[] => {
  const naming = new Set(within(door.outcomes, asked).flatMap(({ value }) => value.deciders));
  return chain.filter(({ causes }) => causes.some(({ decider }) => naming.has(decider)));
};
