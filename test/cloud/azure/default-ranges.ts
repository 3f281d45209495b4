/** What the configuration has where its file says nothing. */

import type { AzureDeps } from "../../../src/cloud/azure/azure-cloud.ts";

export const DEFAULT_RANGES: Pick<AzureDeps, "allowPriorities" | "mappedPorts"> = {
  allowPriorities: { from: 100, to: 999 },
  mappedPorts: { from: 50_000, to: 59_999 },
};
