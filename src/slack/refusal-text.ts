/** The one place where a "no" becomes words. A new refusal doesn't compile until it has some. */

import { type Refusal, type RefusalCode, type RefusalFacts, refuse } from "../access/refusal.ts";
import { answeringWords } from "./refusals/answering.ts";
import { authorityWords } from "./refusals/authorities.ts";
import { linkingWords } from "./refusals/linking.ts";
import { machineWords } from "./refusals/machine.ts";
import { policyWords } from "./refusals/policy.ts";
import { protectingWords } from "./refusals/protecting.ts";
import { timeWords } from "./refusals/times-and-limits.ts";
import { typedWords } from "./refusals/typed.ts";
import type { Situation, Words } from "./refusals/words.ts";

export type { Situation } from "./refusals/words.ts";

/** Several refusals of one ask, a line each, none said twice. What to type instead is shown only where it would do. */
export const refusalsText = (refusals: readonly Refusal[], { command, ...situation }: Situation): string => {
  const together = inOneLine(refusals);
  const isAll = together.length === 1 && command !== undefined;
  return [...new Set(together.map((each) => refusalText(each, { ...situation, ...(isAll ? { command } : {}) })))].join(
    "\n",
  );
};

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
