/** With what the tags that tell of withheld rules are signed: made from a secret that the bot has anyway. */

import { createHmac } from "node:crypto";

/** `from`: Slack's signing secret, or the app token. Whoever changes it makes what is on the tags unbelievable wherever memory is lost as well. */
export const tagSecret = (from: string): string =>
  createHmac("sha256", from).update("latch withheld tags").digest("hex");
