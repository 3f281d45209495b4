/** What need not, or can't, be remembered any more. */

import { identityOf, showRule } from "./foreign-rule.ts";
import { isAsItWas, type LiveRule } from "./live-rule.ts";
import { showRange } from "./split-range.ts";
import { cutFrom, missedParts, partsOf, type WantedRule } from "./wanted-rules.ts";
import type { WithheldState } from "./withheld-state.ts";
import type { WithheldRule } from "./withheld-text.ts";

/** Those that nothing is withheld from any more: forgotten once there is no work left, with what can't be as it was. */
export const finished = (
  state: WithheldState,
  live: readonly LiveRule[],
  groupName: string,
): { readonly state: WithheldState; readonly said: readonly string[] } => {
  const over = [...state.rules].filter(([, rule]) => isOver(rule, state, live));
  const said = over.flatMap(([identity, rule]) => {
    const there = live.find((each) => identityOf(each.values) === identity);
    if (there === undefined) {
      const parts = rule.cut.map(showRange).join(", ");
      return partsOf(rule).length === 0
        ? []
        : [`\`${showRule(rule)}\` is back in ${groupName} without ${parts}, which somebody took out meanwhile.`];
    }
    if (isAsItWas(there.values, rule)) return [];
    return [`Somebody made \`${showRule(rule)}\` in ${groupName} anew meanwhile: it stays as they wrote it.`];
  });
  const rules = new Map([...state.rules].filter(([, rule]) => !isOver(rule, state, live)));
  const damaged = state.blocks.size + rules.size === 0 ? new Map<string, string>() : state.damaged;
  const lost = [...state.damaged].flatMap(([key, text]) =>
    damaged.has(key)
      ? []
      : [
          `What was withheld from ${groupName} isn't put back: its tag \`${key}\` says only \`${text}\`, and nothing proves that Latch wrote it so.`,
        ],
  );
  return { state: { ...state, rules, damaged, going: new Map() }, said: [...said, ...lost] };
};

/** When the cloud says that there is no such source any more: the part can't be there, and nobody could use it. */
export const giveUp = (state: WithheldState, { values }: WantedRule): WithheldState => {
  const rules = [...state.rules].flatMap(([identity, rule]): (readonly [string, WithheldRule])[] => {
    const lost = partsOf(rule).filter((part) => identityOf(part) === identityOf(values));
    if (lost.some(({ ports }) => ports === undefined)) return [];
    return [[identity, cutFrom(rule, lost)]];
  });
  return { ...state, rules: new Map(rules) };
};

/** Nothing is withheld of it, and nothing of it is in doubt. */
const isOver = (rule: WithheldRule, state: WithheldState, live: readonly LiveRule[]): boolean =>
  rule.out.length === 0 && missedParts(rule, state, live).length === 0;
