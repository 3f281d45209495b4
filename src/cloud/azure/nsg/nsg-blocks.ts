/** Blocks in one network security group: those that are there, what undercuts them, and the edits that make one or take it away. */

import { Fault } from "../../../access/fault.ts";
import type { ProtectionId } from "../../../access/identifier.ts";
import type { Block, ForeignAllow, ObservedBlock } from "../../firewall.ts";
import { nameKey, stringAt } from "../json.ts";
import { type Move, type Place, placeDeny } from "./block-place.ts";
import { type Deny, deniesOf, destinationsOf, isSameScope, readBlocks } from "./deny-rules.ts";
import { effectiveAllows, foreignAllowOf } from "./foreign-allow.ts";
import { type Destination, type InboundRule, mayAllow, readInbound } from "./inbound-rule.ts";
import type { NsgDocument, NsgRule } from "./nsg-document.ts";
import type { Edit } from "./nsg-writes.ts";
import { type OwnerMark, printBlockDescription } from "./owner-mark.ts";
import { type Band, shortage, takenInbound } from "./priority.ts";
import { type DenyScope, type Hole, printDeny, printRule, readDeny, readRule } from "./security-rule.ts";

export interface BlockDeps {
  /** The group's, for people. */
  readonly name: string;
  readonly mark: OwnerMark;
  /** Where our allows stand. */
  readonly band: Band;
}

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

/** A group's rules, and what was read of them once for all blocks. */
interface Group {
  readonly rules: readonly NsgRule[];
  readonly foreign: readonly InboundRule[];
  readonly own: readonly OwnAllow[];
  readonly deps: BlockDeps;
}

interface OwnAllow {
  readonly name: string;
  readonly priority: number;
  readonly hole: Hole;
  readonly description: string;
}

const readGroup = (rules: readonly NsgRule[], deps: BlockDeps): Group => ({
  rules,
  foreign: foreignAllows(readInbound(rules), deps.mark),
  own: ownAllows(rules, deps),
  deps,
});

/** `shortfall`: why it can't go over what it should go over, if it can't. */
interface Found {
  readonly place: Place;
  readonly shortfall?: string;
}

/** A block that can't go over what it should go over is still better than none: then it stands as if it needn't. */
const placeFor = (deny: Deny, { overrules }: Block, group: Group): Found => {
  const place = placeOver(deny, new Set(overrules.map(nameKey)), group);
  if (place.kind === "place") return { place };
  return { place: placeOver(deny, new Set(), group), shortfall: place.reason };
};

const placeOver = ({ name, scope }: Deny, overrules: ReadonlySet<string>, group: Group): Place => {
  const { rules, foreign, own, deps } = group;
  const there = find(rules, name);
  const present = there === undefined ? undefined : numberOf(there);
  const now = scopeNow(there, deps.mark);
  const destinations = destinationsOf(scope);
  // Of a rule that somebody edited nobody knows what it closed; it was to close this.
  const closed =
    present === undefined
      ? []
      : now === undefined
        ? destinations
        : destinations.filter((destination) => isClosedBy(now, destination));

  const speaking = foreign.flatMap((rule) => {
    const { priority } = rule;
    return priority !== undefined && destinations.some((destination) => mayAllow(rule, destination))
      ? [{ ...rule, priority }]
      : [];
  });
  // What came after us stays closed when the block is changed: that it was there before one more port was asked for gives it no say over the others.
  const isOverruled = (rule: (typeof speaking)[number]): boolean =>
    overrules.has(nameKey(rule.name)) ||
    (present !== undefined && rule.priority > present && closed.some((destination) => mayAllow(rule, destination)));
  return placeDeny({
    taken: takenInbound(rules.filter((rule) => rule !== there)),
    present,
    keeping: speaking.filter((rule) => !isOverruled(rule)),
    overruled: speaking.filter(isOverruled),
    own: own.filter(({ hole }) => overlaps(hole, scope)),
    band: deps.band,
  });
};

const isInPlace = (deny: Deny, block: Block, group: Group): boolean => {
  const there = find(group.rules, deny.name);
  const { place } = placeFor(deny, block, group);
  if (there === undefined || place.kind === "none") return true;
  return place.moves.length === 0 && place.priority === numberOf(there);
};

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

const foreignAllows = (rules: readonly InboundRule[], mark: OwnerMark): readonly InboundRule[] =>
  rules.filter(({ access, name }) => access === "allow" && !mark.isOurs(name));

/** Those of our allows that are as we write them; the others are removed anyway. */
const ownAllows = (rules: readonly NsgRule[], { mark, band }: BlockDeps): readonly OwnAllow[] =>
  rules.flatMap(({ name, properties }) => {
    const parts = mark.parseName(name);
    const hole = parts === undefined ? undefined : readRule(properties, parts, band);
    const { priority } = properties;
    if (hole === undefined || typeof priority !== "number") return [];
    return [{ name, priority, hole, description: stringAt(properties, "description") ?? "" }];
  });

const scopeNow = (there: NsgRule | undefined, mark: OwnerMark): DenyScope | undefined => {
  const parts = there === undefined ? undefined : mark.parseBlockName(there.name);
  return there === undefined || parts === undefined ? undefined : readDeny(there.properties, parts);
};

const overlaps = (hole: Hole, scope: DenyScope): boolean =>
  hole.protocol === scope.protocol &&
  hole.addresses.some((address) => scope.addresses.includes(address)) &&
  hole.ports.some((port) => scope.ports.includes(port));

const isClosedBy = (scope: DenyScope, { address, port }: Destination): boolean =>
  scope.addresses.includes(address) && scope.ports.includes(port.port);

/** Also of one that somebody turned outbound: that is where it stood. */
const numberOf = ({ properties }: NsgRule): number | undefined =>
  typeof properties.priority === "number" ? properties.priority : undefined;

const find = (rules: readonly NsgRule[], name: string): NsgRule | undefined =>
  rules.find((rule) => nameKey(rule.name) === nameKey(name));

/** As it will be. No edit of ours changes what is foreign. */
const edited = (group: Group, edits: readonly Edit[]): Group => {
  const put = edits.flatMap((edit): NsgRule[] =>
    edit.kind === "put" ? [{ name: edit.name, properties: { ...edit.properties }, raw: {} }] : [],
  );
  const names = new Set(put.map(({ name }) => nameKey(name)));
  const isKept = ({ name }: { readonly name: string }): boolean => !names.has(nameKey(name));
  return {
    ...group,
    rules: [...group.rules.filter(isKept), ...put],
    own: [...group.own.filter(isKept), ...ownAllows(put, group.deps)],
  };
};

const noRoom = ({ note }: Block, { name }: BlockDeps, reason: string): Fault =>
  new Fault("quota", `cannot keep \`${note}\` closed in \`${name}\` as asked: ${reason}`, { retry: "never" });
