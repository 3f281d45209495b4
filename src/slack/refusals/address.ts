/** Words for a "no" about where somebody is. */

import { literal, mention } from "../mrkdwn.ts";
import { sources, type Words } from "./words.ts";

export const addressWords: Words<
  "no-address-page" | "not-moved" | "moving-already" | "source-narrowed" | "move-unapproved"
> = {
  "no-address-page": () =>
    "I can't see where you are: nobody reaches me outside of Slack. Ask again with `from` and your address, like `from 203.0.113.7`, and close the other one.",

  "not-moved": ({ machine }) => `You are where you were, so ${literal(machine)} stays open as it is.`,

  "moving-already": ({ machine }) =>
    `${literal(machine)} is already being opened from elsewhere. Wait until it is open.`,

  "source-narrowed": ({ machine, by, allowed }) =>
    `${mention(by)} gave you ${literal(machine)} from ${sources(allowed)} only, so it doesn't move from there. For where you are now, ask anew with \`/jit\`.`,

  "move-unapproved": ({ machine, rule }) =>
    `${literal(machine)} was opened without approval, and rule *${literal(rule)}* asks for one by now. For where you are now, ask anew with \`/jit\`.`,
};
