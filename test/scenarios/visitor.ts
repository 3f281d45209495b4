/** Browsers of people who follow a link out of Slack, from wherever they are. */

import { ADDRESS_LINK } from "../../src/slack/address-answers.ts";
import type { Stage } from "./stage.ts";

export interface Seen {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Keeps cookies, runs no scripts. */
export interface Browser {
  readonly open: (url: URL | string, headers?: Readonly<Record<string, string>>) => Promise<Seen>;
  /** Presses the only button of the page at this link. */
  readonly press: (
    url: URL | string,
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Seen>;
}

export const browserAt = ({ front }: Pick<Stage, "front">, address: string): Browser => {
  let cookie = "";
  const visit = async (url: URL | string, init: RequestInit): Promise<Seen> => {
    const headers = { ...(init.headers as Record<string, string> | undefined), ...(cookie === "" ? {} : { cookie }) };
    const answer = await front.visit(address, url, { ...init, headers });
    cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  return {
    open: (url, headers = {}) => visit(url, { headers }),
    press: (url, fields = {}, headers = {}) =>
      visit(url, { method: "POST", headers, body: new URLSearchParams(fields) }),
  };
};

/** Where the latest "Use my address" leads that this person sees. */
export const linkFrom = ({ slack }: Pick<Stage, "slack">, user: string): URL => {
  const links = slack
    .see(user)
    .channels.flatMap(({ messages }) => messages)
    .filter(({ onlyForYou }) => onlyForYou)
    .toSorted((a, b) => Number(a.ts) - Number(b.ts))
    .flatMap(({ raw }) => raw.blocks ?? [])
    .flatMap((block) =>
      "elements" in block ? (block.elements as readonly { action_id?: string; url?: string }[]) : [],
    )
    .flatMap(({ action_id, url }) => (action_id === ADDRESS_LINK && url !== undefined ? [url] : []));
  const latest = links.at(-1);
  if (latest === undefined) throw new Error(`${user} was given no link`);
  return new URL(latest);
};
