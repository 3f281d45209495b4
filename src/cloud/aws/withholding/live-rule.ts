/** A rule that a group has now: whose it is, and how it compares with one that is withheld. */

import { identityOf, type RuleValues } from "./foreign-rule.ts";
import { isWithin } from "./split-range.ts";
import type { WithheldState } from "./withheld-state.ts";

/** An ingress rule of the group as it is now; `values` are without our own tags. */
export interface LiveRule {
  readonly id: string;
  readonly values: RuleValues;
  /** Whether it has the tag that we put on what is left of a withheld rule. */
  readonly isMarked: boolean;
}

/** Not what is left of withheld rules, nor what we made: somebody else's, as things are. */
export const foreignRules = (state: WithheldState, live: readonly LiveRule[]): readonly LiveRule[] =>
  live.filter((rule) => !isOurs(rule, state));

/** By its id where that is remembered, else by our mark, and by being a part of a rule that we know. */
export const isOurs = (rule: LiveRule, { made, going, rules }: WithheldState): boolean => {
  const was = made.get(rule.id) ?? going.get(rule.id);
  if (was !== undefined) return was === identityOf(rule.values);
  return rule.isMarked && [...rules.values()].some((whole) => isPartOf(rule.values, whole));
};

export const isPartOf = (part: RuleValues, whole: RuleValues): boolean =>
  part.protocol === whole.protocol &&
  part.source.at === whole.source.at &&
  part.ports !== undefined &&
  whole.ports !== undefined &&
  isWithin(part.ports, whole.ports);

export const isCovered = (part: RuleValues | undefined, live: readonly LiveRule[]): boolean =>
  part !== undefined && live.some(({ values }) => isPartOf(part, values));

/** Tags that were added since don't count: many accounts have something that adds them by itself. */
export const isAsItWas = (now: RuleValues, was: RuleValues): boolean =>
  now.description === was.description &&
  was.tags.every(({ Key, Value }) => now.tags.some((tag) => tag.Key === Key && tag.Value === Value));
