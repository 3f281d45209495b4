/** The rules that should be there by what is remembered: what is left of withheld ones, and those that are put back. */

import { identityOf, type RuleValues } from "./foreign-rule.ts";
import { isCovered, type LiveRule } from "./live-rule.ts";
import { isWithin, type PortRange, parseRange, without } from "./split-range.ts";
import type { WithheldState } from "./withheld-state.ts";
import type { WithheldRule } from "./withheld-text.ts";

/** A rule that should be there: what is left of a withheld one (`remains`), or one that is put back. */
export interface WantedRule {
  readonly values: RuleValues;
  readonly remains: boolean;
}

/** What is put back goes before what is left over, where both are the same rule. */
export const wantedRules = (state: WithheldState, live: readonly LiveRule[]): ReadonlyMap<string, WantedRule> => {
  const targets = new Map<string, WantedRule>();
  const there = new Set(live.map(({ values }) => identityOf(values)));
  for (const [whole, rule] of state.rules) {
    const open = missedParts(rule, state, live);
    const remains = rule.out.length > 0 || open.length > 0;
    // Where somebody made it anew as a whole, no part of it is put back beside it.
    for (const values of !remains && there.has(whole) ? [valuesOf(rule)] : partsOf(cutFrom(rule, open))) {
      const identity = identityOf(values);
      if (!remains || !targets.has(identity)) targets.set(identity, { values, remains });
    }
  }
  return targets;
};

/** What of a rule should be there, by its record. One for all protocols, or without ports, can't be split. */
export const partsOf = (rule: WithheldRule): readonly RuleValues[] => {
  const { out, cut } = rule;
  const values = valuesOf(rule);
  if (values.ports === undefined) return out.length > 0 ? [] : [values];
  const taken = [...out.map(({ port }): PortRange => ({ from: port, to: port })), ...cut];
  return without(values.ports, taken).map((ports) => ({ ...values, ports }));
};

export const valuesOf = ({ id: _id, out: _out, cut: _cut, ...values }: WithheldRule): RuleValues => values;

/** The part of the rule that this is the identity of. */
export const partOf = (identity: string, rule: WithheldRule): RuleValues | undefined => {
  const values = valuesOf(rule);
  const ports = parseRange(identity.split(" ")[1] ?? "");
  if (ports === undefined || values.ports === undefined || !isWithin(ports, values.ports)) return undefined;
  const part = { ...values, ports };
  return identityOf(part) === identity ? part : undefined;
};

/** Parts that aren't shown, and aren't believed to be gone yet: they are neither made anew nor given up. */
export const missedParts = (
  rule: WithheldRule,
  { made, missed }: WithheldState,
  live: readonly LiveRule[],
): readonly RuleValues[] =>
  [...missed.keys()].flatMap((id) => {
    const part = partOf(made.get(id) ?? "", rule);
    return part === undefined || isCovered(part, live) ? [] : [part];
  });

export const cutFrom = (rule: WithheldRule, parts: readonly RuleValues[]): WithheldRule =>
  parts.length === 0 ? rule : { ...rule, cut: [...rule.cut, ...parts.flatMap(({ ports }) => ports ?? [])] };
