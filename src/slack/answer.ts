/** Answers that only the person who did something sees. */

import type { RespondFn } from "@slack/bolt";
import type { KnownBlock } from "@slack/types";
import { isFault } from "../access/fault.ts";
import { randomId } from "../access/identifier.ts";
import { type Refusal, refuse } from "../access/refusal.ts";
import type { Drawn } from "./blocks.ts";

/** What the listeners tell operators; the cause of a fault is theirs, people get its reference. */
export type LogProblem = (problem: {
  readonly reference: string;
  readonly error: unknown;
  readonly doing: string;
}) => void;

export const answerPrivately = async (respond: RespondFn, { text, blocks }: Drawn): Promise<void> => {
  await respond({ response_type: "ephemeral", replace_original: false, text, blocks: blocks as KnownBlock[] });
};

/**
 * Runs something that decides; what breaks becomes a "no" with a reference. This is where faults on a person's way end.
 */
export const orCannotCheck = async <T>(
  doing: string,
  log: LogProblem,
  work: () => Promise<T>,
): Promise<T | Refusal> => {
  try {
    return await work();
  } catch (error) {
    const reference = randomId().slice(0, 4);
    log({ reference, error, doing });
    return refuse("cannot-check", { what: isFault(error) && error.code === "slack" ? "people" : "memory", reference });
  }
};
