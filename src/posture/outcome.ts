/** What happens to packets from each address at one place, by which rules, and what several places make of them together. */

import type { AddressFamily } from "../access/source.ts";
import type { Extent } from "./address-book.ts";
import { type AddressSet, NOTHING, union } from "./address-set.ts";
import type { Decider } from "./decider.ts";
import { allLayers, firstLayers, type Partition, whole, zip } from "./partition.ts";

/** `unknown`: it depends on something whose extent nobody told us, and neither answer may be assumed. */
export type Verdict = "allow" | "deny" | "unknown";

/**
 * Allow: what lets in, at each level. Deny: what blocks at the first level that surely does. Unknown: everything it may hang on.
 */
export interface Outcome {
  readonly verdict: Verdict;
  readonly deciders: readonly Decider[];
}

/** A rule that has a say about the port and the destination. */
export interface Candidate {
  readonly verdict: Verdict;
  readonly decider: Decider;
  /** Whether it is for this port and this destination at all. */
  readonly fit: "yes" | "maybe";
  readonly sources: Extent;
}

/** In Azure the first rule that matches decides. */
export const decideFirst = (
  family: AddressFamily,
  candidates: readonly Candidate[],
  otherwise: Outcome,
): Partition<Outcome> => {
  const sure = firstLayers(family, candidates.map(surely));
  const doubtful = allLayers(family, candidates.map(possibly));
  // One object for one combination, so that neighbours with the same one are joined.
  const made = new Map<string, Outcome>();
  return zip(sure, doubtful, (decides, maybe) => {
    const earlier = maybe.filter((index) => index < decides);
    const key = `${decides} ${earlier.join(" ")}`;
    const known =
      made.get(key) ??
      firstOf(
        earlier.flatMap((index) => candidates[index] ?? []),
        candidates[decides],
        otherwise,
      );
    made.set(key, known);
    return known;
  });
};

/** In AWS one rule that lets in is enough. */
export const decideAny = (
  family: AddressFamily,
  candidates: readonly Candidate[],
  otherwise: Outcome,
): Partition<Outcome> => {
  const outcome = (verdict: Verdict, indexes: readonly number[]): Outcome => ({
    verdict,
    deciders: indexes.flatMap((index) => candidates[index]?.decider ?? []),
  });
  const doubtful = candidates.map(possibly);
  return zip(
    allLayers(family, candidates.map(surely)),
    allLayers(family, doubtful),
    (sure, maybe) =>
      sure.length > 0 ? outcome("allow", sure) : maybe.length > 0 ? outcome("unknown", maybe) : otherwise,
    sameOutcome,
  );
};

/** A packet that must pass every one of these, in this order. */
export const passAll = (family: AddressFamily, levels: readonly Partition<Outcome>[]): Partition<Outcome> =>
  levels.length === 0
    ? whole(family, PASSED)
    : levels.reduce((before, level) => zip(before, level, throughBoth, sameOutcome));

/** A packet that may come by any of these, of which there is at least one. */
export const passAny = (ways: readonly Partition<Outcome>[]): Partition<Outcome> =>
  ways.reduce((before, way) => zip(before, way, easier, sameOutcome));

/** Rules of either let in. */
export const together = (a: Partition<Outcome>, b: Partition<Outcome>): Partition<Outcome> =>
  zip(
    a,
    b,
    (one, other) => {
      const best = easier(one, other);
      if (one.verdict !== other.verdict || best.verdict === "deny") return best;
      return { verdict: best.verdict, deciders: [...one.deciders, ...other.deciders] };
    },
    sameOutcome,
  );

/** All of one verdict, or unknown. Of none at all: unknown. */
export const uniform = (outcomes: readonly Outcome[]): Outcome => {
  const verdicts = new Set(outcomes.map(({ verdict }) => verdict));
  const deciders = [...new Set(outcomes.flatMap((outcome) => outcome.deciders))];
  const [only = "unknown"] = verdicts;
  return { verdict: verdicts.size === 1 ? only : "unknown", deciders };
};

export const PASSED: Outcome = { verdict: "allow", deciders: [] };

const throughBoth = (before: Outcome, next: Outcome): Outcome => {
  if (before.verdict === "deny") return before;
  if (next.verdict === "deny") return next;
  const verdict = before.verdict === "unknown" || next.verdict === "unknown" ? "unknown" : "allow";
  return { verdict, deciders: [...before.deciders, ...next.deciders] };
};

const EASIEST_FIRST: readonly Verdict[] = ["allow", "unknown", "deny"];

const easier = (a: Outcome, b: Outcome): Outcome =>
  EASIEST_FIRST.indexOf(b.verdict) < EASIEST_FIRST.indexOf(a.verdict) ? b : a;

const sameOutcome = (a: Outcome, b: Outcome): boolean =>
  a === b ||
  (a.verdict === b.verdict &&
    a.deciders.length === b.deciders.length &&
    a.deciders.every((decider, i) => decider === b.deciders[i]));

const surely = ({ fit, sources }: Candidate): AddressSet => (fit === "yes" ? sources.certain : NOTHING);

const possibly = ({ fit, sources }: Candidate): AddressSet => {
  if (fit === "yes") return sources.possible;
  return sources.possible.length === 0 ? sources.certain : union(sources.certain, sources.possible);
};

/**
 * Each of the doubtful rules before the sure one may or may not match, by itself. Only when nothing hangs on that is the answer known:
 * a doubtful allow above a sure one lets in either way.
 */
const firstOf = (doubtful: readonly Candidate[], sure: Candidate | undefined, otherwise: Outcome): Outcome => {
  const settled = sure === undefined ? otherwise : { verdict: sure.verdict, deciders: [sure.decider] };
  if (doubtful.every(({ verdict }) => verdict === settled.verdict)) return settled;
  return { verdict: "unknown", deciders: [...doubtful.map(({ decider }) => decider), ...settled.deciders] };
};
