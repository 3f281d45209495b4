/** What is to be remembered of a group before anything in it is changed: from the blocks on it, from what was remembered and from its rules. */

import type { ProtectionId } from "../../../access/identifier.ts";
import { type Port, samePort } from "../../../access/port.ts";
import type { EpochMs } from "../../../access/time.ts";
import type { Block, Changes } from "../../firewall.ts";
import { covers, identityOf } from "./foreign-rule.ts";
import { learn } from "./learn.ts";
import { isAsItWas, isOurs, type LiveRule } from "./live-rule.ts";
import { wantedRules } from "./wanted-rules.ts";
import type { WithheldState } from "./withheld-state.ts";
import type { HeldBlock, WithheldRule } from "./withheld-text.ts";

/** The state that the changes lead to. What others did to our rules meanwhile becomes part of it, and is told. */
export const intend = (
  before: WithheldState,
  live: readonly LiveRule[],
  changes: Pick<Changes, "block" | "unblock">,
  groupName: string,
  now: EpochMs,
): { readonly state: WithheldState; readonly said: readonly string[] } => {
  const blocks = new Map(before.blocks);
  for (const { protection } of changes.unblock) blocks.delete(protection);
  for (const { protection, addresses, ports, note } of changes.block)
    blocks.set(protection, { addresses, ports, note });

  const { rules: known, missed, said } = learn(before, live, groupName, now);
  const rules = new Map<string, WithheldRule>();
  for (const [identity, rule] of known) {
    const out = portsOut(rule, blocks);
    rules.set(identity, { ...(out.length > 0 ? adopted(rule, live) : rule), out });
  }
  for (const found of newlyOverruled(changes.block, before, live)) {
    const withheld = { ...found.values, id: found.id, out: [], cut: [] };
    rules.set(identityOf(found.values), { ...withheld, out: portsOut(withheld, blocks) });
  }

  const draft: WithheldState = { ...before, blocks, rules, missed };
  const wanted = wantedRules(draft, live);
  const ours = live.filter((rule) => isOurs(rule, before));
  const texts = (some: readonly LiveRule[]) => new Map(some.map((rule) => [rule.id, identityOf(rule.values)]));
  // Until it is unmarked, what it was says that it isn't ours any more.
  const edited = live.flatMap(({ id, values, isMarked }) => {
    const was = before.made.get(id) ?? before.going.get(id);
    return isMarked && was !== undefined && was !== identityOf(values) ? [[id, was] as const] : [];
  });
  const stays = (rule: LiveRule): boolean => wanted.get(identityOf(rule.values))?.remains === true;
  const stillMissed = [...before.made].filter(([id]) => missed.has(id));
  return {
    state: {
      ...draft,
      made: new Map([...edited, ...texts(ours.filter(stays)), ...stillMissed]),
      going: texts(ours.filter((rule) => !stays(rule))),
    },
    said,
  };
};

/** One that was being put back, is there again as it was and is withheld once more: the same rule under a new id. */
const adopted = (rule: WithheldRule, live: readonly LiveRule[]): WithheldRule => {
  if (rule.out.length > 0) return rule;
  const there = live.find(({ values }) => identityOf(values) === identityOf(rule) && isAsItWas(values, rule));
  return there === undefined ? rule : { ...rule, id: there.id };
};

const newlyOverruled = (blocks: readonly Block[], before: WithheldState, live: readonly LiveRule[]) =>
  live.filter(
    (rule) =>
      !isOurs(rule, before) &&
      blocks.some(
        ({ overrules, ports }) => overrules.includes(rule.id) && ports.some((port) => covers(rule.values, port)),
      ),
  );

/** All ports of all blocks, whichever of them named the rule. While a block can't be read, nothing is put back. */
const portsOut = (rule: WithheldRule, blocks: ReadonlyMap<ProtectionId, HeldBlock | undefined>): readonly Port[] => {
  const known = [...blocks.values()].flatMap((block) => block?.ports ?? rule.out);
  return known
    .filter((port, i) => covers(rule, port) && known.findIndex((other) => samePort(other, port)) === i)
    .toSorted((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
};
