/** People who follow a link out of Slack, from wherever they are. */

import { type Browser, browserAt as browserOf } from "../../src/sandbox/browser.ts";
import { ADDRESS_LINK } from "../../src/slack/address/answers.ts";
import type { Stage } from "./stage.ts";

export const browserAt = ({ front }: Pick<Stage, "front">, address: string): Browser => browserOf(front, address);

/** Where the latest "Use my address" leads that this person sees. */
export const linkFrom = ({ slack }: Pick<Stage, "slack">, user: string): URL => {
  const latest = slack
    .see(user)
    .channels.flatMap(({ messages }) => messages)
    .filter(({ onlyForYou }) => onlyForYou)
    .toSorted((a, b) => Number(a.ts) - Number(b.ts))
    .flatMap(({ buttons }) => buttons)
    .flatMap(({ actionId, url }) => (actionId === ADDRESS_LINK && url !== undefined ? [url] : []))
    .at(-1);
  if (latest === undefined) throw new Error(`${user} was given no link`);
  return new URL(latest);
};
