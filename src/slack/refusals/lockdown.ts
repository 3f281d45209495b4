/** Words for what a lockdown keeps from happening. */

import { mention, when } from "../mrkdwn.ts";
import type { Words } from "./words.ts";

export const lockdownWords: Words<"locked-down" | "not-locked-down"> = {
  "locked-down": ({ by, at }, { now, zone }) =>
    `Everything is locked down: ${mention(by)} did that at ${when(at, now, zone)}, and nothing opens until security lifts it.`,

  "not-locked-down": () => "Nothing is locked down, so there is nothing to lift.",
};
