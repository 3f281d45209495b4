/** Words that were made for Slack, on a terminal: people are their ids there, and what to copy keeps its backticks. */

import { plainText } from "../slack/plain-text.ts";

export const terminalText = (mrkdwn: string): string => plainText(mrkdwn, { nameOf: (id) => id, keepsCode: true });
