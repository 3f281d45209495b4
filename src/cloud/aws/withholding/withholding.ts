/** What follows from the blocks on a group, from what was remembered and from the rules that are there: what to add, to revoke and to tell. */

import type { ProtectionId } from "../../../access/identifier.ts";
import { type Port, samePort } from "../../../access/port.ts";
import { type EpochMs, SECOND } from "../../../access/time.ts";
import type { Block, Changes } from "../../firewall.ts";
import { covers, identityOf, type RuleValues, showRule } from "./foreign-rule.ts";
import { isWithin, type PortRange, parseRange, showRange, without } from "./split-range.ts";
import type { WithheldState } from "./withheld-state.ts";
import type { HeldBlock, WithheldRule } from "./withheld-text.ts";

/** An ingress rule of the group as it is now; `values` are without our own tags. */
export interface LiveRule {
  readonly id: string;
  readonly values: RuleValues;
  /** Whether it has the tag that we put on what is left of a withheld rule. */
  readonly isMarked: boolean;
}

/** A rule that should be there: what is left of a withheld one (`remains`), or one that is put back. */
export interface WantedRule {
  readonly values: RuleValues;
  readonly remains: boolean;
}

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

/** Not what is left of withheld rules, nor what we made: somebody else's, as things are. */
export const foreignRules = (state: WithheldState, live: readonly LiveRule[]): readonly LiveRule[] =>
  live.filter((rule) => !isOurs(rule, state));

/** The rules that should be there by what is remembered. What is put back goes before what is left over, where both are the same rule. */
const wantedRules = (state: WithheldState, live: readonly LiveRule[]): ReadonlyMap<string, WantedRule> => {
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
const partsOf = (rule: WithheldRule): readonly RuleValues[] => {
  const { out, cut } = rule;
  const values = valuesOf(rule);
  if (values.ports === undefined) return out.length > 0 ? [] : [values];
  const taken = [...out.map(({ port }): PortRange => ({ from: port, to: port })), ...cut];
  return without(values.ports, taken).map((ports) => ({ ...values, ports }));
};

const valuesOf = ({ id: _id, out: _out, cut: _cut, ...values }: WithheldRule): RuleValues => values;

/**
 * What others did: to a rule before we took it out, and to what we left of it. That a part isn't shown is believed only of two looks some time
 * apart: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
 */
const learn = (before: WithheldState, live: readonly LiveRule[], groupName: string, now: EpochMs) => {
  const said: string[] = [];
  const here = new Map(live.map((rule) => [rule.id, identityOf(rule.values)]));
  const identities = new Set(here.values());
  const taken = new Set<string>();
  const missed = new Map<string, EpochMs>();
  for (const [id, was] of before.made) {
    if (identities.has(was)) continue;
    const since = before.missed.get(id) ?? now;
    const isMadeAnew = [...before.rules].some(
      ([whole, rule]) => identities.has(whole) && partOf(was, rule) !== undefined,
    );
    if (here.has(id) || isMadeAnew || now - since >= BELIEVED_AFTER) taken.add(was);
    else if ([...before.rules.values()].some((rule) => partOf(was, rule) !== undefined)) missed.set(id, since);
  }
  const marked = new Set(live.flatMap(({ isMarked, values }) => (isMarked ? identityOf(values) : [])));
  const rules = [...before.rules].flatMap(([identity, rule]): (readonly [string, WithheldRule])[] => {
    const there = live.find(({ id }) => id === rule.id);
    if (there !== undefined && identityOf(there.values) === identity) return [[identity, { ...rule, ...there.values }]];
    // It was edited before it was taken out: there is nothing to put back.
    if (there !== undefined) return [];
    const parts = new Set(partsOf(rule).map(identityOf));
    const gone = [...taken].flatMap((was) => {
      const part = partOf(was, rule);
      const isMeant = parts.has(was) || (missedParts(rule, before, live).length > 0 && !isCovered(part, live));
      return part !== undefined && isMeant ? [part] : [];
    });
    if (!identities.has(identity))
      said.push(...gone.map((part) => `Somebody took \`${showRule(part)}\` out of ${groupName}: it stays out.`));
    // One with our mark that shows up again was never taken out.
    const cut = rule.cut.filter((ports) => !marked.has(identityOf({ ...valuesOf(rule), ports })));
    return [[identity, cutFrom({ ...rule, cut }, gone)]];
  });
  return { rules: new Map(rules), missed, said };
};

/** The part of the rule that this is the identity of. */
const partOf = (identity: string, rule: WithheldRule): RuleValues | undefined => {
  const values = valuesOf(rule);
  const ports = parseRange(identity.split(" ")[1] ?? "");
  if (ports === undefined || values.ports === undefined || !isWithin(ports, values.ports)) return undefined;
  const part = { ...values, ports };
  return identityOf(part) === identity ? part : undefined;
};

const isCovered = (part: RuleValues | undefined, live: readonly LiveRule[]): boolean =>
  part !== undefined && live.some(({ values }) => isPartOf(part, values));

/** Parts that aren't shown, and aren't believed to be gone yet: they are neither made anew nor given up. */
const missedParts = (
  rule: WithheldRule,
  { made, missed }: WithheldState,
  live: readonly LiveRule[],
): readonly RuleValues[] =>
  [...missed.keys()].flatMap((id) => {
    const part = partOf(made.get(id) ?? "", rule);
    return part === undefined || isCovered(part, live) ? [] : [part];
  });

/** Nothing is withheld of it, and nothing of it is in doubt. */
const isOver = (rule: WithheldRule, state: WithheldState, live: readonly LiveRule[]): boolean =>
  rule.out.length === 0 && missedParts(rule, state, live).length === 0;

const cutFrom = (rule: WithheldRule, parts: readonly RuleValues[]): WithheldRule =>
  parts.length === 0 ? rule : { ...rule, cut: [...rule.cut, ...parts.flatMap(({ ports }) => ports ?? [])] };

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

/** By its id where that is remembered, else by our mark, and by being a part of a rule that we know. */
const isOurs = (rule: LiveRule, { made, going, rules }: WithheldState): boolean => {
  const was = made.get(rule.id) ?? going.get(rule.id);
  if (was !== undefined) return was === identityOf(rule.values);
  return rule.isMarked && [...rules.values()].some((whole) => isPartOf(rule.values, whole));
};

const isPartOf = (part: RuleValues, whole: RuleValues): boolean =>
  part.protocol === whole.protocol &&
  part.source.at === whole.source.at &&
  part.ports !== undefined &&
  whole.ports !== undefined &&
  isWithin(part.ports, whole.ports);

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

/** Tags that were added since don't count: many accounts have something that adds them by itself. */
const isAsItWas = (now: RuleValues, was: RuleValues): boolean =>
  now.description === was.description &&
  was.tags.every(({ Key, Value }) => now.tags.some((tag) => tag.Key === Key && tag.Value === Value));

/** EC2 shows a change everywhere within some seconds mostly. */
const BELIEVED_AFTER = 20 * SECOND;
