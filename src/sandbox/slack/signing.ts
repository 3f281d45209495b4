/** Slack's signature of a request: https://docs.slack.dev/authentication/verifying-requests-from-slack */

import { createHmac } from "node:crypto";

/** `v0=` and the HMAC of version, seconds and the body as sent. */
export const signature = (secret: string, timestamp: string, body: string): string =>
  `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`;
