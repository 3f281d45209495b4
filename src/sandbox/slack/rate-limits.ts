/**
 * How often each method may be called: tiers by the minute, messages by channel and second.
 * https://docs.slack.dev/apis/web-api/rate-limits
 */

import type { Clock } from "../../access/time.ts";

export interface RateLimitOptions {
  /** How many minutes' worth of calls may come at once; 5 when not given, so that ordinary use never notices. */
  readonly minutesAtOnce?: number;
  /** How many messages may come at once in one channel, beyond one each second; 30 when not given. */
  readonly messagesAtOnce?: number;
}

export interface RateLimits {
  /** Counts the call; `undefined`: it may go on. Else the seconds to wait, a whole number as in `Retry-After`. */
  readonly take: (method: string, channel: string | undefined) => number | undefined;
}

export const createRateLimits = (clock: Clock, options: RateLimitOptions | false): RateLimits => {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take: (method, channel) => {
      if (options === false) return undefined;
      const { key, perSecond, atOnce } = limitOf(method, channel, options);
      const now = clock.now();
      const bucket = buckets.get(key) ?? { tokens: atOnce, at: now };
      const tokens = Math.min(atOnce, bucket.tokens + (Math.max(0, now - bucket.at) / 1_000) * perSecond);
      const enough = tokens >= 1;
      buckets.set(key, { tokens: enough ? tokens - 1 : tokens, at: now });
      return enough ? undefined : Math.max(1, Math.ceil((1 - tokens) / perSecond));
    },
  };
};

const limitOf = (method: string, channel: string | undefined, options: RateLimitOptions) => {
  if (method === "chat.postMessage")
    return { key: `${method} ${channel ?? ""}`, perSecond: 1, atOnce: options.messagesAtOnce ?? 30 };
  const perMinute = tiers[method] ?? 50;
  return { key: method, perSecond: perMinute / 60, atOnce: Math.max(1, perMinute * (options.minutesAtOnce ?? 5)) };
};

/**
 * Calls a minute, from each method's page. `auth.test` and `api.test` have hundreds. Opening connections is of the
 * first tier (1 a minute and more), yet an app may open all of its ten at once.
 */
const tiers: Readonly<Record<string, number>> = {
  "apps.connections.open": 10,
  "users.list": 20,
  "usergroups.list": 20,
  "usergroups.users.list": 20,
  "conversations.list": 20,
  "chat.update": 50,
  "chat.delete": 50,
  "conversations.open": 50,
  "conversations.info": 50,
  "conversations.history": 50,
  "conversations.replies": 50,
  "chat.postEphemeral": 100,
  "conversations.members": 100,
  "users.info": 100,
  "users.profile.get": 100,
  "team.profile.get": 50,
  "views.open": 100,
  "views.push": 100,
  "views.update": 100,
  "views.publish": 100,
  "files.getUploadURLExternal": 100,
  "files.completeUploadExternal": 100,
  "chat.getPermalink": 600,
  "auth.test": 600,
  "api.test": 600,
};
