/** Events toward the app, told again when they aren't acknowledged. https://docs.slack.dev/apis/events-api */

import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { VERIFICATION_TOKEN } from "./commands.ts";
import type { Ack, Delivery } from "./delivery.ts";
import { type Json, objectOf, textOf } from "./json.ts";
import type { Workspace } from "./workspace.ts";

/** Slack tries again nearly at once, after a minute and after five. */
export const SLACKS_RETRIES_MS: readonly number[] = [0, 60_000, 300_000];

export interface EventDeps {
  readonly workspace: Workspace;
  readonly delivery: Delivery;
  readonly retriesMs: readonly number[];
  readonly stopped: () => AbortSignal;
}

/** Every attempt, the last one acknowledged or given up. */
export const sendEvent = async (
  event: Json,
  { workspace, delivery, retriesMs, stopped }: EventDeps,
): Promise<readonly Ack[]> => {
  const { team, bot, clock } = workspace;
  const payload = {
    token: VERIFICATION_TOKEN,
    team_id: team.id,
    context_team_id: team.id,
    context_enterprise_id: team.enterpriseId ?? null,
    api_app_id: bot.appId,
    event: { event_ts: workspace.newTs(), ...event },
    type: "event_callback",
    event_id: `Ev${randomBytes(5).toString("hex").toUpperCase()}`,
    event_time: Math.floor(clock.now() / 1_000),
    authorizations: [
      {
        enterprise_id: team.enterpriseId ?? null,
        team_id: team.id,
        user_id: bot.userId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: workspace.conversation(textOf(event.channel) ?? "")?.is_ext_shared === true,
    event_context: `4-${randomBytes(16).toString("hex")}`,
  };
  const attempts: Ack[] = [];
  for (const [number, waitMs] of [0, ...retriesMs].entries()) {
    const last = attempts.at(-1);
    if (last !== undefined && (last.outcome === "ok" || last.headers["x-slack-no-retry"] === "1")) break;
    if (waitMs > 0) await pause(waitMs, undefined, { signal: stopped(), ref: false }).catch(() => undefined);
    if (stopped().aborted) break;
    attempts.push(
      await delivery.deliver({
        kind: "events",
        name: "deliver event_callback",
        payload,
        ...(last === undefined ? {} : { retry: { number, reason: reasonFor(last) } }),
      }),
    );
  }
  return attempts;
};

const reasonFor = (ack: Ack): string => {
  if (ack.outcome === "operation_timeout") return ack.via === "socket" ? "timeout" : "http_timeout";
  return ack.status === undefined ? "connection_failed" : "http_error";
};

/** Whether the app answers the question by which Slack makes sure that an address is the app's. */
export const verifyUrl = async (delivery: Delivery, url?: string): Promise<boolean> => {
  const challenge = randomBytes(24).toString("base64url");
  const ack = await delivery.sendSigned(
    JSON.stringify({ type: "url_verification", token: VERIFICATION_TOKEN, challenge }),
    {
      contentType: "application/json",
      ...(url === undefined ? {} : { url }),
    },
  );
  return ack.outcome === "ok" && (ack.body === challenge || objectOf(ack.body).challenge === challenge);
};
