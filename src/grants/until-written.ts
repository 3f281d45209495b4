/** Writes that others may be ahead of: read and decided again, until one counts. */

import { Fault } from "../access/fault.ts";

/** `attempt` says `again` where others were first. `doing`: such as "store a request". Throws a `Fault` when others always were. */
export const untilWritten = async <T>(doing: string, attempt: () => Promise<T | "again">): Promise<T> => {
  for (let attempts = 0; attempts < ATTEMPTS; attempts += 1) {
    const outcome = await attempt();
    if (outcome !== "again") return outcome;
  }
  throw new Fault("redis", `cannot ${doing}: others were first ${ATTEMPTS} times`, { retry: "later" });
};

/** Of two who write one is done each time, so it takes as many as may write one thing in a moment: the approvers of one request, say. */
const ATTEMPTS = 20;
