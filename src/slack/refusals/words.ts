/** What the words for every "no" have in common: the situation they are said in, and how they name things. */

import type { RefusalCode, RefusalFacts } from "../../access/refusal.ts";
import type { EpochMs } from "../../access/time.ts";
import type { Ask } from "../../workflow/submit-request.ts";
import { showAsk } from "../ask-text.ts";
import { listed, shortened } from "../lists.ts";
import { code, literal, showSource } from "../mrkdwn.ts";
import { leadingTitle } from "../title.ts";

export interface Situation {
  /** What was asked, to show what to ask instead. */
  readonly command?: Ask;
  readonly now: EpochMs;
  /** Zone for readers whose client doesn't know their own. */
  readonly zone: string;
  /** People can tell who they are elsewhere, by `/jit link`. */
  readonly offersLinking?: boolean;
}

/** In mrkdwn, on one line: what is refused and why, and what would work instead. */
export type Words<C extends RefusalCode = RefusalCode> = {
  readonly [Code in C]: (facts: RefusalFacts[Code], situation: Situation) => string;
};

export const EXAMPLE = "For example `/jit ssh prod-vm-3 2h`";

export const retry = (ask: Ask): string =>
  code(showAsk({ ...ask, because: ask.because.length > 200 ? "…" : ask.because }));

export const title = (port: string): string => literal(port === "" ? "No port" : leadingTitle([port]));

export const names = (list: readonly string[]): string => shortList(list.map(code)).join(", ");

export const either = (list: readonly string[]): string => listed(shortList(list.map(code)), "or");

export const roles = (list: readonly string[]): string =>
  shortList(list.map((name) => `*${literal(name)}*`)).join(" or ");

/** Policy's two words for sources are words, not names that one could type. */
export const sources = (allowed: readonly string[]): string =>
  listed(shortList(allowed.map((name) => (name === "single-address" ? "one single address" : showSource(name)))), "or");

export const shortList = (list: readonly string[]): readonly string[] => shortened(list, 12);
