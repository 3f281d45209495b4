/** Instants and lengths of time. Everything is epoch milliseconds UTC; zones are for display only. */

declare const epochMs: unique symbol;
declare const durationMs: unique symbol;

/** An instant, in milliseconds since 1970 UTC. */
export type EpochMs = number & { readonly [epochMs]: true };

/** A length of time in milliseconds. A day is always 24 hours. */
export type DurationMs = number & { readonly [durationMs]: true };

/** Where `now` comes from. The product never calls `Date.now()` elsewhere, so that tests and the sandbox can move time. */
export interface Clock {
  readonly now: () => EpochMs;
}

export const systemClock: Clock = { now: () => Date.now() as EpochMs };

export const SECOND = 1_000 as DurationMs;
export const MINUTE = 60_000 as DurationMs;
export const HOUR = 3_600_000 as DurationMs;
export const DAY = 86_400_000 as DurationMs;

export const later = (at: EpochMs, by: DurationMs): EpochMs => (at + by) as EpochMs;

/** From `from` to `to`; negative when `to` is earlier. */
export const between = (from: EpochMs, to: EpochMs): DurationMs => (to - from) as DurationMs;

/** The earliest of some instants; `undefined` ones don't count. */
export const earliest = (...instants: readonly (EpochMs | undefined)[]): EpochMs | undefined =>
  instants.reduce((a, b) => (a === undefined ? b : b === undefined || a <= b ? a : b), undefined);

/** `2026-11-23T16:02:00Z`, without fractions: what owner marks and operators read. */
export const isoSeconds = (at: EpochMs): string => new Date(at).toISOString().replace(/\.\d{3}Z$/u, "Z");
