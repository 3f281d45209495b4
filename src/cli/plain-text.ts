/** Words that were made for Slack, on a terminal. */

const ZERO_WIDTH = /\u{200B}/gu;

/** Undoes what `slack/mrkdwn` did: `<@U0DEV1>` is `U0DEV1`, a date is its text, and marks for bold are gone. */
export const plainText = (mrkdwn: string): string =>
  mrkdwn
    .replace(/<!date\^[^|>]*\|([^>]*)>/gu, "$1")
    .replace(/<@([A-Z0-9]+)>/gu, "$1")
    .replace(/<!subteam\^([A-Z0-9]+)>/gu, "$1")
    .replace(/(^|[\s(])\*([^*\n]+)\*/gu, "$1$2")
    .replace(ZERO_WIDTH, "")
    .replace(/&(amp|lt|gt);/gu, (_, name: "amp" | "lt" | "gt") => ({ amp: "&", lt: "<", gt: ">" })[name]);
