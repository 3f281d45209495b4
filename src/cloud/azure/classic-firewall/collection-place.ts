/** Where among an Azure Firewall's network collections ours have to stand. */

import type { IngressRule } from "../../firewall.ts";
import type { ClassicCollection, ClassicRule } from "./classic-document.ts";
import { type Destination, fitsDestination, fitsSource } from "./classic-extent.ts";

export interface PlaceAsk {
  readonly foreign: readonly ClassicCollection[];
  /** Where ours stand now. */
  readonly allowAt: number | undefined;
  readonly denyAt: number | undefined;
  /** What the allow collection is to hold: what stays, and what is new. */
  readonly staying: readonly Opening[];
  readonly added: readonly Opening[];
  /** What the deny collection holds already and is to go on holding, and what is new in it. */
  readonly closed: readonly Destination[];
  readonly closing: readonly Destination[];
  /** `collection/rule` of foreign allows that the deny has to come before. */
  readonly overruled: ReadonlySet<string>;
}

export type Opening = Pick<IngressRule, "addresses" | "protocol" | "ports" | "sources">;

export type Place =
  | { readonly kind: "place"; readonly allow: number; readonly deny: number }
  | { readonly kind: "none"; readonly reason: string };

/** https://learn.microsoft.com/azure/firewall/rule-processing */
const FIRST = 100;
const LAST = 65_000;

/**
 * Allow before deny, both where they are if that is right. No two collections of a kind share a number, and nobody else's is renumbered, ever.
 *
 * The allow takes the first free number. What denies before that what we are to open can't be helped; for what is open already it is left to others
 * to tell.
 *
 * The deny is one collection with one number for all that it closes. It goes after the foreign allows that speak of what is newly closed, which keep priority,
 * and before those that are overruled; who asks for both gets the latter. Once it stands, it goes further back only when that lets nobody in at what it
 * closes already: a rule that others put behind it since must not come to life by what happens to another machine.
 */
export const placeCollections = (ask: PlaceAsk): Place => {
  const { foreign, closed, closing, overruled } = ask;
  const taken = new Set(foreign.map(({ priority }) => priority));
  const free = (from: number, below: number): number | undefined => {
    for (let at = Math.max(FIRST, from); at < below && at <= LAST; at += 1) if (!taken.has(at)) return at;
    return undefined;
  };

  const allowBelow = (limit: number): number | undefined =>
    isNumber(ask.allowAt) && ask.allowAt < limit ? ask.allowAt : free(FIRST, limit);
  const denyOfAny = firstForeignDeny(foreign, [...ask.staying, ...ask.added]);
  const denyOfAdded = firstForeignDeny(foreign, ask.added);
  const allow = allowBelow(denyOfAny?.priority ?? LAST + 1) ?? allowBelow(denyOfAdded?.priority ?? LAST + 1);
  if (allow === undefined) {
    return none(
      denyOfAdded === undefined
        ? `every priority from ${FIRST} to ${LAST} is taken`
        : `\`${idOf(denyOfAdded.collection, denyOfAdded.rule)}\` denies it at priority ${denyOfAdded.priority}, and no number before that is free`,
    );
  }

  const allows = foreign.filter(({ action }) => action === "allow");
  const end = Math.min(
    LAST + 1,
    ...allows
      .filter((each) => each.rules.some((rule) => overruled.has(idOf(each, rule))))
      .map(({ priority }) => priority),
  );
  const keeping = allows
    .filter((each) => each.rules.some((rule) => !overruled.has(idOf(each, rule)) && speaksOf(rule, closing)))
    .map(({ priority }) => priority)
    .filter((priority) => priority < end);
  const start = Math.max(FIRST - 1, ...keeping);
  const now = isNumber(ask.denyAt) ? ask.denyAt : undefined;
  /** Whether going back to `to` lets anybody in at what is closed now. */
  const wouldOpen = (to: number): boolean =>
    now !== undefined &&
    allows.some(
      ({ priority, rules }) => now < priority && priority < to && rules.some((rule) => speaksOf(rule, closed)),
    );

  const denyAfter = (opens: number): number | undefined => {
    const staying = now !== undefined && opens < now && now < end ? now : undefined;
    if (staying !== undefined && staying > start) return staying;
    const after = free(Math.max(start, opens) + 1, end);
    if (after !== undefined && !wouldOpen(after)) return after;
    if (staying !== undefined) return staying;
    // The last before what is overruled: the later it is, the less else is overruled with it.
    for (let at = end - 1; at > opens; at -= 1) if (!taken.has(at) && !wouldOpen(at)) return at;
    return undefined;
  };
  for (const opens of [allow, free(FIRST, allow) ?? allow]) {
    const deny = denyAfter(opens);
    if (deny !== undefined) return { kind: "place", allow: opens, deny };
  }
  const overruledThere = foreign.find(({ priority }) => priority === end);
  return none(
    overruledThere === undefined
      ? "no number is free where a deny could stand"
      : `no two numbers before \`${overruledThere.name}\` at priority ${end} are free`,
  );
};

/** `web-in/ssh` */
export const idOf = ({ name }: ClassicCollection, rule: ClassicRule): string => `${name}/${rule.name}`;

export const speaksOf = (rule: ClassicRule, destinations: readonly Destination[]): boolean =>
  destinations.some((destination) => fitsDestination(rule, destination) !== "no");

interface ForeignDeny {
  readonly collection: ClassicCollection;
  readonly rule: ClassicRule;
  readonly priority: number;
}

/** The first foreign rule that keeps one of these from letting anybody in somewhere. Only what is certain. */
const firstForeignDeny = (
  foreign: readonly ClassicCollection[],
  openings: readonly Opening[],
): ForeignDeny | undefined =>
  foreign
    .filter(({ action }) => action === "deny")
    .toSorted((a, b) => a.priority - b.priority)
    .flatMap((collection) => collection.rules.map((rule) => ({ collection, rule, priority: collection.priority })))
    .find(({ rule }) => openings.some((opening) => keepsOut(rule, opening)));

const keepsOut = (rule: ClassicRule, { addresses, protocol, ports, sources }: Opening): boolean =>
  sources.some((source) => fitsSource(rule, source) === "yes") &&
  addresses.some((address) =>
    ports.some((port) => fitsDestination(rule, { address, port: { port, protocol } }) === "yes"),
  );

const isNumber = (priority: number | undefined): priority is number =>
  priority !== undefined && Number.isInteger(priority) && priority >= FIRST && priority <= LAST;

const none = (reason: string): Place => ({ kind: "none", reason });
