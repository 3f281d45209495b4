/**
 * What limits are counted by: of each person the asks of the last hour, and of each rule the grants under way of a person and on a machine. They name what they
 * count, so that writing twice counts once, and each with its instant, so that what is over stops counting although nobody says so.
 */

import { personKey } from "../access/person.ts";
import { type DurationMs, type EpochMs, HOUR, later } from "../access/time.ts";
import type { Limit, Write } from "../grants/ledger.ts";
import type { Command } from "./chained-write.ts";
import { asJson } from "./connection.ts";
import type { entityKeys } from "./keys.ts";

type Keys = ReturnType<typeof entityKeys>;

/** Id to an instant: of an ask when it was made, of a grant when it expires. */
export type Counts = ReadonlyMap<string, EpochMs>;

/** What a write does to one of them. */
export interface Count {
  readonly key: string;
  readonly id: string;
  /** `undefined`: it doesn't count any more. */
  readonly at: EpochMs | undefined;
  /** Earlier ones are forgotten; it is looked at when something is added. */
  readonly oldest: EpochMs;
  readonly keptMs: DurationMs;
}

export const readCounts = (value: string | undefined): Counts =>
  new Map(Object.entries((asJson(value) ?? {}) as Readonly<Record<string, EpochMs>>));

/** Every new ask, and every grant under a rule. */
export const countedBy = ({ request, grant }: Write, keys: Keys): readonly Count[] => {
  const counts: Count[] = [];
  if (request?.version === 1) {
    const { id, requester, askedAt } = request;
    const oldest = later(askedAt, -HOUR as DurationMs);
    counts.push({ key: keys.asksOf(personKey(requester)), id, at: askedAt, oldest, keptMs: HOUR });
  }
  if (grant?.rule !== undefined) {
    const { id, rule, requester, machine, startsAt, expiresAt, revoked, endedAt } = grant;
    const at = revoked === undefined && endedAt === undefined ? expiresAt : undefined;
    for (const key of [keys.grantsOfPerson(rule, personKey(requester)), keys.grantsOnMachine(rule, machine.id)])
      counts.push({ key, id, at, oldest: startsAt, keptMs: (expiresAt - startsAt + HOUR) as DurationMs });
  }
  return counts;
};

export const countCommands = (
  { key, id, at, oldest, keptMs }: Count,
  value: string | undefined,
): readonly Command[] => {
  const before = readCounts(value);
  if (before.get(id) === at) return [];
  const rest = [...before].filter(([other, then]) => other !== id && (at === undefined || then > oldest));
  const counts = at === undefined ? rest : [...rest, [id, at] as const];
  // Whatever is in it is over by the time that it goes.
  const longest = Math.max(keptMs, ...rest.map(([, then]) => then - oldest + HOUR));
  return [counts.length === 0 ? ["DEL", key] : ["SET", key, JSON.stringify(Object.fromEntries(counts)), "PX", longest]];
};

export const limitKey = (limit: Limit, keys: Keys): string => {
  switch (limit.kind) {
    case "asks-of-person":
      return keys.asksOf(limit.person);
    case "grants-of-person":
      return keys.grantsOfPerson(limit.rule, limit.person);
    case "grants-on-machine":
      return keys.grantsOnMachine(limit.rule, limit.machine);
  }
};

export const isBelow = (limit: Limit, counts: Counts): boolean => {
  const since = limit.kind === "asks-of-person" ? limit.after : limit.now;
  return [...counts.values()].filter((at) => at > since).length < limit.most;
};
