/** How often one may ask: ARM's token buckets, and the network provider's own limit on top. */

import type { Clock } from "../../access/time.ts";

export type RequestKind = "reads" | "writes" | "deletes";

export interface Bucket {
  readonly size: number;
  readonly refillPerSecond: number;
}

export interface ThrottlingLimits extends Readonly<Record<RequestKind, Bucket>> {
  /** Of the network provider, writes and deletes together, counted in windows that start with the first call. */
  readonly networkWrites: { readonly calls: number; readonly windowMs: number };
}

/** https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling */
export const AZURE_LIMITS: ThrottlingLimits = {
  reads: { size: 250, refillPerSecond: 25 },
  writes: { size: 200, refillPerSecond: 10 },
  deletes: { size: 200, refillPerSecond: 10 },
  networkWrites: { calls: 1_000, windowMs: 300_000 },
};

export type Admission =
  | { readonly kind: "admitted"; readonly remaining: number }
  | { readonly kind: "throttled"; readonly retryAfterSeconds: number };

export interface Throttling {
  readonly ask: (subscription: string, kind: RequestKind, isNetwork: boolean) => Admission;
}

interface Level {
  tokens: number;
  at: number;
  /** Who asks before this instant starts the wait again. */
  closedUntil: number;
  retryAfterSeconds: number;
}

export const createThrottling = (clock: Clock, limits: ThrottlingLimits): Throttling => {
  const levels = new Map<string, Level>();
  const windows = new Map<string, { startedAt: number; calls: number }>();

  const askBucket = (key: string, { size, refillPerSecond }: Bucket): Admission => {
    const now = clock.now();
    const level = levels.get(key) ?? { tokens: size, at: now, closedUntil: 0, retryAfterSeconds: 0 };
    levels.set(key, level);
    level.tokens = Math.min(size, level.tokens + ((now - level.at) / 1_000) * refillPerSecond);
    level.at = now;
    if (now >= level.closedUntil) {
      if (level.tokens >= 1) {
        level.tokens -= 1;
        return { kind: "admitted", remaining: Math.floor(level.tokens) };
      }
      level.retryAfterSeconds = Math.max(1, Math.ceil((1 - level.tokens) / refillPerSecond));
    }
    level.closedUntil = now + level.retryAfterSeconds * 1_000;
    return { kind: "throttled", retryAfterSeconds: level.retryAfterSeconds };
  };

  const askNetwork = (subscription: string): number | undefined => {
    const { calls, windowMs } = limits.networkWrites;
    const now = clock.now();
    const found = windows.get(subscription);
    const window = found === undefined || now >= found.startedAt + windowMs ? { startedAt: now, calls: 0 } : found;
    windows.set(subscription, window);
    if (window.calls >= calls) return Math.max(1, Math.ceil((window.startedAt + windowMs - now) / 1_000));
    window.calls += 1;
    return undefined;
  };

  return {
    ask: (subscription, kind, isNetwork) => {
      const admission = askBucket(`${kind} ${subscription.toLowerCase()}`, limits[kind]);
      if (admission.kind === "throttled" || kind === "reads" || !isNetwork) return admission;
      const wait = askNetwork(subscription.toLowerCase());
      return wait === undefined ? admission : { kind: "throttled", retryAfterSeconds: wait };
    },
  };
};
