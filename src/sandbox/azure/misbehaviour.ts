/** Obeys a `Misbehaviour` around the answering of one HTTP request. */

import type { Misbehaviour } from "../faults.ts";
import type { ArmAnswer } from "./arm-errors.ts";

export interface Exchange {
  /** Does what was asked, or only says so. */
  readonly answer: (lie: boolean) => ArmAnswer;
  readonly throttled: (retryAfterSeconds: number) => ArmAnswer;
  /** Aborted when hanging requests shall end. */
  readonly released: AbortSignal;
}

/** `nothing`: the connection is closed without an answer. */
export type Outcome = ArmAnswer | "nothing";

export const misbehave = async (does: Misbehaviour | undefined, exchange: Exchange): Promise<Outcome> =>
  does === undefined ? exchange.answer(false) : await obey(does, exchange);

const obey = (does: Misbehaviour, { answer, throttled, released }: Exchange): Outcome | Promise<Outcome> => {
  switch (does.kind) {
    case "delay":
      return waitFor(released, does.ms).then(() => answer(false));
    case "drop":
      return "nothing";
    case "hang":
      return waitFor(released).then(() => "nothing");
    case "lose-answer":
      answer(false);
      return "nothing";
    case "hang-after":
      answer(false);
      return waitFor(released).then(() => "nothing");
    case "answer":
      return { status: does.status, body: does.body, headers: does.headers ?? {} };
    case "throttle":
      return throttled(does.retryAfterSeconds ?? 1);
    case "lie":
      break;
  }
  // What is left is a lie.
  does.kind satisfies "lie";
  return answer(true);
};

/** Until released, or for `ms` if that is shorter. */
const waitFor = (released: AbortSignal, ms?: number): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      released.removeEventListener("abort", done);
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(done, ms);
    released.addEventListener("abort", done);
    if (released.aborted) done();
  });
