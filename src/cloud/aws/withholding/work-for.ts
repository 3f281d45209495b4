/** What is to be added to a group and taken out of it, by what is remembered and by the rules that are there. */

import { covers, identityOf, showRule } from "./foreign-rule.ts";
import { isOurs, isPartOf, type LiveRule } from "./live-rule.ts";
import { type WantedRule, wantedRules } from "./wanted-rules.ts";
import type { WithheldState } from "./withheld-state.ts";

export interface Work {
  readonly add: readonly WantedRule[];
  /** Withheld ones that are still there. */
  readonly withhold: readonly LiveRule[];
  /** What is left of rules, that is no longer needed so. */
  readonly drop: readonly LiveRule[];
  /** Of ours but without our mark; with our mark but not, or no longer, ours. */
  readonly mark: readonly string[];
  readonly unmark: readonly LiveRule[];
  readonly said: readonly string[];
}

/** `state` is one that was intended, and is remembered. */
export const workFor = (state: WithheldState, live: readonly LiveRule[], groupName: string): Work => {
  const wanted = wantedRules(state, live);
  const byIdentity = new Map(live.map((rule) => [identityOf(rule.values), rule]));
  const ours = live.filter((rule) => isOurs(rule, state));
  const surplus = ours.filter((rule) => !wanted.has(identityOf(rule.values)));
  const edited = surplus.filter((rule) => isRedescribed(rule, state) && !coversBlocked(rule, state));
  const stays = (rule: LiveRule): boolean => wanted.get(identityOf(rule.values))?.remains === true;
  return {
    add: [...wanted].flatMap(([identity, target]) => (byIdentity.has(identity) ? [] : [target])),
    withhold: live.filter((rule) => isWithheldNow(rule, state)),
    drop: surplus.filter((rule) => !edited.includes(rule)),
    mark: ours.filter((rule) => !rule.isMarked && stays(rule)).map(({ id }) => id),
    unmark: live.filter(
      (rule) =>
        rule.isMarked &&
        (edited.includes(rule) || !ours.includes(rule) || wanted.get(identityOf(rule.values))?.remains === false),
    ),
    said: edited.map((rule) => `Somebody described \`${showRule(rule.values)}\` in ${groupName} anew: it stays there.`),
  };
};

export const isNoWork = ({ add, withhold, drop, mark, unmark }: Work): boolean =>
  [add, withhold, drop, mark, unmark].every((each) => each.length === 0);

const isWithheldNow = ({ id, values }: LiveRule, { rules }: WithheldState): boolean => {
  const record = rules.get(identityOf(values));
  return record !== undefined && record.id === id && record.out.length > 0;
};

const isRedescribed = ({ values }: LiveRule, { rules }: WithheldState): boolean => {
  const wholes = [...rules.values()].filter((whole) => isPartOf(values, whole));
  return wholes.length > 0 && wholes.every((whole) => whole.description !== values.description);
};

const coversBlocked = ({ values }: LiveRule, { blocks }: WithheldState): boolean =>
  [...blocks.values()].some((block) => block?.ports.some((port) => covers(values, port)));
