/** `open from office` and `use` in the terminal: the links that one is given in Slack, from wherever one is. */

import { type Browser, browserAt, readPage } from "./browser.ts";
import type { Sandbox } from "./sandbox.ts";
import { ADDRESSES } from "./world.ts";

export interface FollowLinks {
  /** `open`, `open from office`, `open <link> from 203.0.113.9`: what the page says. Without a link the latest that this person was given. */
  readonly open: (user: string, text: string) => Promise<readonly string[]>;
  /** Presses the button of the page that was opened last; `use remember` ticks its box. */
  readonly use: (text: string) => Promise<readonly string[]>;
}

export const createFollowLinks = ({ slack, front }: Pick<Sandbox, "slack" | "front">): FollowLinks => {
  /** One in each place, by its address. */
  const browsers = new Map<string, Browser>();
  let opened: { readonly browser: Browser; readonly link: string } | undefined;

  const latestLink = (user: string): string | undefined =>
    slack
      .see(user)
      .channels.flatMap(({ messages }) => messages)
      .toSorted((a, b) => Number(a.ts) - Number(b.ts))
      .flatMap(({ buttons }) => buttons.flatMap(({ url }) => url ?? []))
      .at(-1);

  return {
    open: async (user, text) => {
      const [, given = "", from = "vpn"] = /^(?:(\S+?)\s*)??(?:from\s+(\S+))?$/u.exec(text) ?? [];
      const link = given === "" ? latestLink(user) : given;
      if (link === undefined) return ["You were given no link."];
      const address = from in ADDRESSES ? ADDRESSES[from as keyof typeof ADDRESSES] : from;
      const browser = browsers.get(address) ?? browserAt(front, address);
      browsers.set(address, browser);
      opened = { browser, link };
      return readPage(await browser.open(link));
    },
    use: async (text) => {
      if (opened === undefined) return ["No page is open. `open from office` opens the link you were given last."];
      return readPage(await opened.browser.press(opened.link, text === "remember" ? { remember: "day" } : {}));
    },
  };
};
