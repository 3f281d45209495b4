/** Where the sandbox's time can be moved to: by so much, or to shortly before the next access ends. */

import { HOUR, MINUTE, SECOND } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { MovableClock } from "./movable-clock.ts";
import { accessesIn } from "./page/machines/accesses.ts";

export interface Endings {
  /** When the first of what is open ends; `undefined`: nothing is open. */
  readonly next: number | undefined;
  /** How many should be closed by now, and aren't said to be. */
  readonly overdue: number;
}

/** Reads them from the bot's audit log. */
export const endingsIn = (events: readonly AuditEvent[], now: number): Endings => {
  const ends = accessesIn(events)
    .filter(({ openedAt, overAt }) => openedAt !== undefined && overAt === undefined)
    .flatMap(({ expiresAt, revokedAt }) => {
      const known = [expiresAt, revokedAt].filter((at) => at !== undefined);
      return known.length === 0 ? [] : [Math.min(...known)];
    });
  const toCome = ends.filter((end) => end > now);
  return {
    next: toCome.length === 0 ? undefined : Math.min(...toCome),
    overdue: ends.filter((end) => end + OBEYING_MS < now).length,
  };
};

/** From now to a minute before that end, or, within that minute, to the end. */
export const toEnd = (end: number, now: number): number => (end - now > MINUTE ? end - MINUTE - now : end - now);

/**
 * `what`: `10m`, `1h`, or `end`: to a minute before the next end, and from there to it. Resolves to the milliseconds that were skipped; throws when there
 * is no such time.
 */
export const skip = async (what: string, clock: MovableClock, events: readonly AuditEvent[]): Promise<number> => {
  const [, hours = "0", minutes = "0"] = /^(?:(\d{1,3})h)?(?:(\d{1,4})m)?$/u.exec(what) ?? [];
  const { next } = endingsIn(events, clock.now());
  if (what === "end" && next === undefined) throw new Error("nothing is open, so nothing ends");
  const ms =
    what === "end" && next !== undefined ? toEnd(next, clock.now()) : Number(hours) * HOUR + Number(minutes) * MINUTE;
  if (ms <= 0) throw new Error(`time can't be moved by \`${what}\`: \`10m\`, \`1h\` and \`end\` are ways to say it`);
  await clock.advance(Math.ceil(ms));
  return ms;
};

/** So long a cloud takes at most when nothing is wrong. */
const OBEYING_MS = 5 * SECOND;
