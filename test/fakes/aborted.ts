/** Waits for a signal to abort, as a call does whose other side never answers. */

import { Fault } from "../../src/access/fault.ts";

export const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const give = (): void =>
      reject(new Fault("azure", "no answer", { retry: "later", unanswered: true, cause: signal.reason }));
    if (signal.aborted) give();
    else signal.addEventListener("abort", give, { once: true });
  });
