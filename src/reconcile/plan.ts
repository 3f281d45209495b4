/** The least work that turns what a firewall holds into what it should hold. */

import { portKey } from "../access/port.ts";
import { SECOND } from "../access/time.ts";
import {
  type Block,
  type Changes,
  type Firewall,
  type Holder,
  type IngressRule,
  NO_CHANGES,
  type Observed,
  type ObservedBlock,
  type ObservedRule,
} from "../cloud/firewall.ts";
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
  return { ...NO_CHANGES, remove, restamp, add: [...missing.values()] };
};

/**
 * A block that is there for these ports and addresses, and that no rule undercuts which it is to go over, is kept; any other one that is desired is
 * made, in place of what is there; what nobody desires is taken away.
 */
export const planBlocks = (
  desired: readonly Block[],
  { blocks, undercut }: Pick<Observed, "blocks" | "undercut">,
): Pick<Changes, "block" | "unblock"> => {
  const there = new Map(blocks.map((block) => [block.protection, block]));
  const wanted = new Set(desired.map((block) => block.protection));
  return {
    block: desired.filter((block) => {
      const standing = (undercut.get(block.protection) ?? []).map((allow) => allow.id);
      return !isAsDesired(block, there.get(block.protection)) || block.overrules.some((id) => standing.includes(id));
    }),
    unblock: blocks.filter((block) => !wanted.has(block.protection)),
  };
};

const isAsDesired = ({ addresses, ports }: Block, there: ObservedBlock | undefined): boolean =>
  there?.block !== undefined &&
  there.block.addresses.join() === addresses.join() &&
  there.block.ports.map(portKey).join() === ports.map(portKey).join();

/** Nothing to do: the rules are right, and have the effect they claim. */
export const isDone = (changes: Changes, observed: Pick<Observed, "settled">): boolean =>
  observed.settled && Object.values(changes).every((list) => list.length === 0);

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
