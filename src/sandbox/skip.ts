/** Where the sandbox's time can be moved to: by so much, or towards the end of what ends next. */

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

/** How much is left at most after each skip towards an end. The last seconds pass by themselves: then one sees that it closes on time. */
const STOPS = [MINUTE, 5 * SECOND, 0];

/** To a minute before that end, then to five seconds before it, then to it. */
export const toEnd = (end: number, now: number): number => end - now - (STOPS.find((left) => end - now > left) ?? 0);

/**
 * `what`: `10m`, `1h`, or `end`: see `toEnd`, for the next end. Resolves to the milliseconds that were skipped; throws when there
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
