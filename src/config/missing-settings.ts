/** What the file asks for and the environment doesn't have: nothing breaks, but something the file promises isn't there. */

import type { Config } from "./build.ts";
import type { Settings } from "./environment.ts";

/** A sentence each, for operators. */
export const missingSettings = (
  { identities, onCall }: Pick<Config, "identities" | "onCall">,
  { publicUrl, onCallTokens }: Pick<Settings, "publicUrl" | "onCallTokens">,
): readonly string[] => [
  ...(identities.signIn !== undefined && publicUrl === undefined
    ? ["LATCH_PUBLIC_URL is not set: nobody can sign in as `identities.signIn` says, and `/jit link` is not offered"]
    : []),
  ...(["pagerduty", "opsgenie"] as const)
    .filter((service) => onCall[service] !== undefined && onCallTokens[service] === undefined)
    .map(
      (service) =>
        `LATCH_${service.toUpperCase()}_TOKEN is not set: no schedule of ${service} says who is on call, and the roles under \`otherwise\` answer instead`,
    ),
];
