/** Where a deny of ours stands in a network security group, and where it should. */

import type { Block } from "../../firewall.ts";
import { nameKey, stringAt } from "../json.ts";
import { type Place, placeDeny } from "./block-place.ts";
import { type Deny, destinationsOf } from "./deny-rules.ts";
import { type Destination, type InboundRule, mayAllow, readInbound } from "./inbound-rule.ts";
import type { NsgRule } from "./nsg-document.ts";
import type { Edit } from "./nsg-writes.ts";
import type { OwnerMark } from "./owner-mark.ts";
import { type Band, takenInbound } from "./priority.ts";
import { type DenyScope, type Hole, readDeny, readRule } from "./security-rule.ts";

export interface BlockDeps {
  /** The group's, for people. */
  readonly name: string;
  readonly mark: OwnerMark;
  /** Where our allows stand. */
  readonly band: Band;
}

/** A group's rules, and what was read of them once for all blocks. */
export interface Group {
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

export const readGroup = (rules: readonly NsgRule[], deps: BlockDeps): Group => ({
  rules,
  foreign: foreignAllows(readInbound(rules), deps.mark),
  own: ownAllows(rules, deps),
  deps,
});

/** As it will be. No edit of ours changes what is foreign. */
export const edited = (group: Group, edits: readonly Edit[]): Group => {
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

/** `shortfall`: why it can't go over what it should go over, if it can't. */
interface Found {
  readonly place: Place;
  readonly shortfall?: string;
}

/** A block that can't go over what it should go over is still better than none: then it stands as if it needn't. */
export const placeFor = (deny: Deny, { overrules }: Block, group: Group): Found => {
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

export const isInPlace = (deny: Deny, block: Block, group: Group): boolean => {
  const there = find(group.rules, deny.name);
  const { place } = placeFor(deny, block, group);
  if (there === undefined || place.kind === "none") return true;
  return place.moves.length === 0 && place.priority === numberOf(there);
};

export const foreignAllows = (rules: readonly InboundRule[], mark: OwnerMark): readonly InboundRule[] =>
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

export const scopeNow = (there: NsgRule | undefined, mark: OwnerMark): DenyScope | undefined => {
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
export const numberOf = ({ properties }: NsgRule): number | undefined =>
  typeof properties.priority === "number" ? properties.priority : undefined;

export const find = (rules: readonly NsgRule[], name: string): NsgRule | undefined =>
  rules.find((rule) => nameKey(rule.name) === nameKey(name));
