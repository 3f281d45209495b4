/** Carries out one `Misbehaviour` around a call over HTTP. */

import { setTimeout as pause } from "node:timers/promises";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Faults, Misbehaviour } from "../faults.ts";

export interface Behaviours {
  /** Does it and answers. */
  readonly act: () => Response;
  /** Answers as if it were done. */
  readonly pretend: () => Response;
  readonly throttle: (retryAfterSeconds: number) => Response;
}

export const misbehave = async (
  does: Misbehaviour | undefined,
  { act, pretend, throttle }: Behaviours,
  { incoming, faults, stopped }: { incoming: HttpBindings["incoming"]; faults: Faults; stopped: AbortSignal },
): Promise<Response> => {
  const cut = (): Response => {
    incoming.socket.destroy();
    return RESPONSE_ALREADY_SENT;
  };
  const hang = async (): Promise<Response> => {
    await until(AbortSignal.any([faults.released(), stopped]));
    return cut();
  };
  switch (does?.kind) {
    case undefined:
      return act();
    case "delay":
      await pause(does.ms, undefined, { signal: stopped }).catch(() => undefined);
      return act();
    case "drop":
      return cut();
    case "lose-answer":
      act();
      return cut();
    case "hang":
      return hang();
    case "hang-after":
      act();
      return hang();
    case "answer":
      return new Response(does.body, {
        status: does.status,
        ...(does.headers === undefined ? {} : { headers: does.headers }),
      });
    case "throttle":
      return throttle(does.retryAfterSeconds ?? 1);
    case "lie":
      return pretend();
  }
};

export const until = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
