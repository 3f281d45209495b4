/** The least work that turns what a firewall holds into what it should hold. */

import { SECOND } from "../access/time.ts";
import type { Changes, Firewall, Holder, IngressRule, Observed, ObservedRule } from "../cloud/firewall.ts";
import { ruleKey } from "./desired.ts";

/**
 * | in desired | in observed | owner mark |         |
 * | ---------- | ----------- | ---------- | ------- |
 * | yes        | yes         | the same   | keep    |
 * | yes        | yes         | differs    | restamp |
 * | yes        | no          |            | add     |
 * | no         | yes         |            | remove  |
 *
 * `observed` holds nothing but what carries our mark, so nothing foreign can be in `remove`. The same rule observed twice keeps its
 * first copy; a rule that can't be read matches nothing and goes.
 */
export const plan = (
  desired: readonly IngressRule[],
  observed: readonly ObservedRule[],
  ruleHolds: Firewall["ruleHolds"],
): Changes => {
  const missing = new Map(desired.map((rule) => [ruleKey(rule, ruleHolds, rule.holders), rule]));
  const remove: ObservedRule[] = [];
  const restamp: { observed: ObservedRule; rule: IngressRule }[] = [];
  for (const there of observed) {
    const key = there.rule === undefined ? undefined : ruleKey(there.rule, ruleHolds, there.holders);
    const wanted = key === undefined ? undefined : missing.get(key);
    if (key === undefined || wanted === undefined) {
      remove.push(there);
      continue;
    }
    missing.delete(key);
    if (!sameHolders(wanted.holders, there.holders)) restamp.push({ observed: there, rule: wanted });
  }
  return { remove, restamp, add: [...missing.values()] };
};

/** Nothing to do: the rules are right, and have the effect they claim. */
export const isDone = (changes: Changes, observed: Pick<Observed, "settled">): boolean =>
  observed.settled && changes.remove.length === 0 && changes.restamp.length === 0 && changes.add.length === 0;

/** Marks keep whole seconds, and cut the note, so the note doesn't count. */
const sameHolders = (wanted: readonly Holder[], there: ObservedRule["holders"]): boolean => {
  const seconds = new Map(
    there.map((holder) => [holder.grant, holder.expiresAt === undefined ? undefined : toSecond(holder.expiresAt)]),
  );
  return (
    wanted.length === there.length && wanted.every((holder) => seconds.get(holder.grant) === toSecond(holder.expiresAt))
  );
};

const toSecond = (at: number): number => Math.ceil(at / SECOND);
