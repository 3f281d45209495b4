/** What operators read of an error. */

import { isFault } from "./access/fault.ts";

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Fields for a log line. The cause of a fault may hold more than a log should, so only what we said of it; a mistake of ours shows where it is. */
export const problemOf = (error: unknown): object =>
  isFault(error)
    ? { problem: error.message, code: error.code, retry: error.retry }
    : { problem: messageOf(error), stack: error instanceof Error ? error.stack : undefined };
