/** The one place where a "no" becomes words. A new refusal doesn't compile until it has some. */

import { type Refusal, type RefusalCode, type RefusalFacts, refuse } from "../access/refusal.ts";
import { cut } from "./blocks.ts";
import { addressWords } from "./refusals/address.ts";
import { answeringWords } from "./refusals/answering.ts";
import { authorityWords } from "./refusals/authorities.ts";
import { extendingWords } from "./refusals/extending.ts";
import { linkingWords } from "./refusals/linking.ts";
import { lockdownWords } from "./refusals/lockdown.ts";
import { machineWords } from "./refusals/machine.ts";
import { policyWords } from "./refusals/policy.ts";
import { protectingWords } from "./refusals/protecting.ts";
import { timeWords } from "./refusals/times-and-limits.ts";
import { typedWords } from "./refusals/typed.ts";
import type { Situation, Words } from "./refusals/words.ts";

export type { Situation } from "./refusals/words.ts";

/** Several refusals of one ask, a line each, none said twice, the first few of many. What to type instead is shown only where it would do. */
export const refusalsText = (refusals: readonly Refusal[], { command, ...situation }: Situation): string => {
  const together = inOneLine(ofUse(refusals));
  const isAll = together.length === 1 && command !== undefined;
  const each: Situation = { ...situation, ...(isAll ? { command } : {}) };
  return fewReasons([...new Set(together.map((refusal) => refusalText(refusal, each)))]).join("\n");
};

/** Without what could be typed otherwise, where that wouldn't help because this person may not ask at all. */
export const ofUse = (refusals: readonly Refusal[]): readonly Refusal[] =>
  refusals.some(({ code }) => HOPELESS.has(code)) ? refusals.filter(({ code }) => !TYPED.has(code)) : refusals;

const HOPELESS: ReadonlySet<RefusalCode> = new Set(["machine-not-offered", "not-eligible", "denied-by-policy"]);
const TYPED: ReadonlySet<RefusalCode> = new Set([
  "duration-too-long",
  "source-missing",
  "source-not-allowed",
  "justification-missing",
  "justification-mismatch",
]);

/** As many as one reads, and as a message has room for; how many more there are is said. */
export const fewReasons = (texts: readonly string[]): readonly string[] => {
  const shown = texts.slice(0, MOST_REASONS).map((text) => cut(text, REASON_TEXT));
  const more = texts.length - shown.length;
  return more === 0 ? shown : [...shown, `And ${more} more ${more === 1 ? "reason" : "reasons"}.`];
};

const MOST_REASONS = 12;
const REASON_TEXT = 800;

/** In mrkdwn. Says what is refused and why, and what would work instead. */
export const refusalText = ({ code, facts }: Refusal, situation: Situation): string => wordsOf(code, facts, situation);

const WORDS: Words = {
  ...typedWords,
  ...policyWords,
  ...timeWords,
  ...authorityWords,
  ...linkingWords,
  ...machineWords,
  ...answeringWords,
  ...protectingWords,
  ...extendingWords,
  ...addressWords,
  ...lockdownWords,
};

const wordsOf = <C extends RefusalCode>(code: C, facts: RefusalFacts[C], situation: Situation): string =>
  WORDS[code](facts, situation);

/** A network has many prefixes, and what is said of each is the same. */
const inOneLine = (refusals: readonly Refusal[]): readonly Refusal[] => {
  const refused = refusals.filter((each) => each.code === "source-not-allowed");
  const [first] = refused;
  if (first === undefined || refused.length === 1) return refusals;
  const source = [...new Set(refused.map(({ facts }) => facts.source))].join(", ");
  const together = refuse("source-not-allowed", { ...first.facts, source });
  return refusals.flatMap((each): readonly Refusal[] =>
    each === first ? [together] : each.code === "source-not-allowed" ? [] : [each],
  );
};
