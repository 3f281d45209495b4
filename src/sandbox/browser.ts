/** A browser somewhere in the world, for links that lead out of Slack: keeps cookies, runs no scripts. */

import type { Front } from "./front.ts";

export interface Browser {
  readonly open: (url: URL | string, headers?: Readonly<Record<string, string>>) => Promise<SeenPage>;
  /** Presses the only button of the page at this link. */
  readonly press: (
    url: URL | string,
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<SeenPage>;
}

export interface SeenPage {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export const browserAt = (front: Front, address: string): Browser => {
  let cookie = "";
  const visit = async (url: URL | string, init: RequestInit): Promise<SeenPage> => {
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

/** The lines of a page, on a terminal. */
export const readPage = ({ text }: SeenPage): readonly string[] =>
  (/<body>([\s\S]*)<\/body>/u.exec(text)?.[1] ?? text)
    .replace(/<script[\s\S]*?<\/script>/gu, "")
    .replace(/<input type="checkbox"[^>]*>/gu, "[ ]")
    .replace(/<button>([^<]*)<\/button>/gu, "[$1]")
    .replace(/<\/(?:h\d|p|li|label)>/gu, "\n")
    .replace(/<[^>]*>/gu, "")
    .replace(/&#(\d+);/gu, (_, number: string) => String.fromCodePoint(Number(number)))
    .replace(/&(amp|lt|gt|quot);/gu, (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"' })[name] ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
