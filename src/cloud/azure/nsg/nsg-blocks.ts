/** Blocks in one network security group: those that are there, what undercuts them, and the edits that make one or take it away. */

import { Fault } from "../../../access/fault.ts";
import type { ProtectionId } from "../../../access/identifier.ts";
import type { Block, ForeignAllow, ObservedBlock } from "../../firewall.ts";
import { nameKey, stringAt } from "../json.ts";
import type { Move } from "./block-place.ts";
import {
  type BlockDeps,
  edited,
  find,
  foreignAllows,
  type Group,
  isInPlace,
  numberOf,
  placeFor,
  readGroup,
  scopeNow,
} from "./deny-place.ts";
import { type Deny, deniesOf, destinationsOf, isSameScope, readBlocks } from "./deny-rules.ts";
import { effectiveAllows, foreignAllowOf } from "./foreign-allow.ts";
import { readInbound } from "./inbound-rule.ts";
import type { NsgDocument, NsgRule } from "./nsg-document.ts";
import type { Edit } from "./nsg-writes.ts";
import { type OwnerMark, printBlockDescription } from "./owner-mark.ts";
import { shortage } from "./priority.ts";
import { printDeny, printRule } from "./security-rule.ts";

/**
 * A block is as we write it wherever it stands, unless it was asked about and has to stand elsewhere: before what it overrules, after our own
 * allows, and out of their band when nothing holds it there.
 */
export const observedBlocks = (
  { rules }: NsgDocument,
  asked: readonly Block[],
  deps: BlockDeps,
): readonly ObservedBlock[] => {
  const group = readGroup(rules, deps);
  const wanted = new Map(asked.map((block) => [block.protection, block]));
  return readBlocks(rules, deps.mark).map((one) => {
    const block = wanted.get(one.protection);
    const standsWell = block === undefined || deniesOf(block, deps.mark).every((deny) => isInPlace(deny, block, group));
    return standsWell ? one : { ...one, block: undefined };
  });
};

export const undercutOf = (
  { rules }: NsgDocument,
  asked: readonly Block[],
  mark: OwnerMark,
): ReadonlyMap<ProtectionId, readonly ForeignAllow[]> => {
  if (asked.length === 0) return new Map();
  const inbound = readInbound(rules);
  const foreign = foreignAllows(inbound, mark);
  return new Map(
    asked.map((block) => {
      const destinations = deniesOf(block, mark).flatMap(({ scope }) => destinationsOf(scope));
      return [block.protection, effectiveAllows(foreign, inbound, destinations).map(foreignAllowOf)];
    }),
  );
};

export interface BlockEdits {
  readonly edits: readonly Edit[];
  /** Blocks that can't be made, or not as they should be. */
  readonly faults: readonly Fault[];
}

/** What there is of a block is replaced where it stands, by one write for each rule, so that there is no moment without it. */
export const blockEdits = (nsg: NsgDocument, blocks: readonly Block[], deps: BlockDeps): BlockEdits => {
  if (blocks.length === 0) return { edits: [], faults: [] };
  const edits: Edit[] = [];
  const faults: Fault[] = [];
  let group = readGroup(nsg.rules, deps);
  for (const block of blocks) {
    const denies = deniesOf(block, deps.mark);
    const missing = shortage(
      { ...nsg, rules: group.rules },
      denies
        .filter(({ name }) => find(group.rules, name) === undefined)
        .map(({ scope }) => ({ ...printDeny(scope, deps.band.from, "") })),
    );
    if (missing !== undefined) {
      faults.push(noRoom(block, deps, missing));
      continue;
    }
    for (const deny of denies) {
      const { place, shortfall } = placeFor(deny, block, group);
      if (shortfall !== undefined) faults.push(noRoom(block, deps, shortfall));
      if (place.kind === "none") continue;
      const next = [...moveEdits(place.moves, group), ...denyEdits(deny, place.priority, block, group)];
      group = edited(group, next);
      edits.push(...next);
    }
    // Last, so that what takes over from them is there already.
    const names = new Set(denies.map(({ name }) => nameKey(name)));
    const left = rulesOfBlock(nsg.rules, block.protection, deps.mark).filter(({ name }) => !names.has(nameKey(name)));
    edits.push(...left.map(({ name }): Edit => ({ kind: "delete", name })));
  }
  return { edits, faults };
};

export const unblockEdits = (
  { rules }: NsgDocument,
  blocks: readonly ObservedBlock[],
  mark: OwnerMark,
): readonly Edit[] =>
  blocks.flatMap(({ protection }) =>
    rulesOfBlock(rules, protection, mark).map(({ name }): Edit => ({ kind: "delete", name })),
  );

const rulesOfBlock = (rules: readonly NsgRule[], protection: ProtectionId, mark: OwnerMark): readonly NsgRule[] =>
  rules.filter(({ name }) => mark.parseBlockName(name)?.protection === protection);

const moveEdits = (moves: readonly Move[], { own }: Group): readonly Edit[] =>
  own.flatMap(({ name, hole, description }): Edit[] => {
    const move = moves.find((one) => one.name === name);
    return move === undefined ? [] : [{ kind: "put", name, properties: printRule(hole, move.to, description) }];
  });

const denyEdits = (
  { name, scope }: Deny,
  priority: number,
  { note }: Block,
  { rules, deps }: Group,
): readonly Edit[] => {
  const description = printBlockDescription(note);
  const there = find(rules, name);
  const now = scopeNow(there, deps.mark);
  const isThere =
    there !== undefined &&
    now !== undefined &&
    isSameScope(now, scope) &&
    numberOf(there) === priority &&
    stringAt(there.properties, "description") === description;
  return isThere
    ? []
    : [{ kind: "put", name: there?.name ?? name, properties: printDeny(scope, priority, description) }];
};

const noRoom = ({ note }: Block, { name }: BlockDeps, reason: string): Fault =>
  new Fault("quota", `cannot keep \`${note}\` closed in \`${name}\` as asked: ${reason}`, { retry: "never" });
