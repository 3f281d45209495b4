/** Where among a group's rules a deny of ours has to stand. */

import { type Band, LIMITS } from "./priority.ts";

/** A rule that stands somewhere; `name` is for people. */
export interface Standing {
  readonly name: string;
  readonly priority: number;
}

export interface PlaceAsk {
  /** Inbound numbers of all other rules. */
  readonly taken: ReadonlySet<unknown>;
  /** Where the deny stands now. */
  readonly present: number | undefined;
  /** Allows of others that keep priority over it. */
  readonly keeping: readonly Standing[];
  /** Allows of others that it goes over. */
  readonly overruled: readonly Standing[];
  /** Our own allows for what it closes; they have to come before it, and may be moved within their band for that. */
  readonly own: readonly Standing[];
  /** Of our own allows. */
  readonly band: Band;
}

export type Place =
  | { readonly kind: "place"; readonly priority: number; readonly moves: readonly Move[] }
  | { readonly kind: "none"; readonly reason: string };

/** An allow of ours that takes another number. */
export interface Move {
  readonly name: string;
  readonly to: number;
}

/** Denies stand from here on, so that the band before it stays free for our allows. */
const DENIES_FROM = 1_000;

/**
 * Where it is, when that is right. Else the first free number from 1000 on that comes after all that keeps priority and before all that is
 * overruled. Where that leaves none from 1000 on, the last free one before 1000: the later it is, the more room is left before it for our allows.
 *
 * Who keeps priority but comes after one that is overruled can't have both: the deny is one rule with one number. Overruling wins, because a port
 * that people asked to close mustn't stay open; so what comes between is overruled with it.
 */
export const placeDeny = (ask: PlaceAsk): Place => {
  const end = earliest(ask.overruled);
  const before = end?.priority ?? LIMITS.to + 1;
  const start = latest(ask.keeping.filter(({ priority }) => priority < before));
  const after = start?.priority ?? LIMITS.from - 1;

  const free: number[] = [];
  for (let number = after + 1; number < before; number += 1) if (!ask.taken.has(number)) free.push(number);
  const first = Math.max(DENIES_FROM, ask.band.to + 1);
  const [high, low] = [free.filter((number) => number >= first), free.filter((number) => number < first).toReversed()];
  const stay = free.filter((number) => number === ask.present);
  const order = [...stay.filter((number) => number >= first), ...high, ...stay, ...low];
  for (const priority of order) {
    const moves = movesBefore(priority, ask);
    if (moves !== undefined) return { kind: "place", priority, moves };
  }
  return { kind: "none", reason: reasonOf(start, end, free.length > 0) };
};

/** Those of our allows that would come after the deny, to the first free numbers before it; `undefined` when these are too few. */
const movesBefore = (priority: number, { own, taken, band }: PlaceAsk): readonly Move[] | undefined => {
  const late = own.filter((allow) => allow.priority > priority);
  const moves: Move[] = [];
  for (let to = band.from; to <= band.to && to < priority && moves.length < late.length; to += 1) {
    const name = late[moves.length]?.name;
    if (!taken.has(to) && name !== undefined) moves.push({ name, to });
  }
  return moves.length === late.length ? moves : undefined;
};

const reasonOf = (start: Standing | undefined, end: Standing | undefined, isFree: boolean): string => {
  if (isFree) return `our own allows need numbers before it, and there are too few`;
  const bounds = [
    ...(start === undefined
      ? []
      : [`after rule \`${start.name}\` at priority ${start.priority}, which keeps priority`]),
    ...(end === undefined ? [] : [`before rule \`${end.name}\` at priority ${end.priority}`]),
  ];
  return ["no number is free", bounds.join(", and ")].join(" ").trim();
};

const earliest = (rules: readonly Standing[]): Standing | undefined =>
  rules.toSorted((a, b) => a.priority - b.priority)[0];

const latest = (rules: readonly Standing[]): Standing | undefined =>
  rules.toSorted((a, b) => b.priority - a.priority)[0];
