/** What an Azure Firewall is to hold after some changes: our three collections, made anew from what is there. */

import { Fault, isFault } from "../../../access/fault.ts";
import type { Block, Changes } from "../../firewall.ts";
import { type JsonObject, nameKey, stringAt } from "../json.ts";
import { blocksIn, destinationsOf, printBlock } from "./classic-block.ts";
import type { ClassicCollection, ClassicRule, NewCollection } from "./classic-document.ts";
import type { Destination } from "./classic-extent.ts";
import { type HoleRules, holdingsIn, observeHolding, ownerOf, printHole } from "./classic-hole.ts";
import { placeCollections } from "./collection-place.ts";
import { type FirewallMark, printOwner } from "./firewall-mark.ts";
import { MOST_PUBLIC_AND_TRANSLATED, translatedCount } from "./mapped-port.ts";
import type { Divided } from "./own-collections.ts";
import { full, type MappingDeps, mapPorts, mappingsAt } from "./port-mappings.ts";

export interface PlanDeps extends MappingDeps {
  /** How many public addresses it has, read or not. */
  readonly publicAddresses: number;
  readonly mark: FirewallMark;
}

export interface Planned {
  /** Those that have rules. */
  readonly nat: readonly NewCollection[];
  readonly network: readonly NewCollection[];
  /** Whether that differs from what is there. */
  readonly differs: boolean;
}

/**
 * What it is to hold, and what of the changes couldn't be made part of that. Additions come in all or none of them, and blocks too; neither keeps a
 * removal, a restamp or the other one back.
 */
export const planAsFarAsPossible = (
  changes: Changes,
  deps: PlanDeps,
): { readonly planned: Planned | undefined; readonly fault: Fault | undefined } => {
  const less: readonly Partial<Changes>[] = [
    {},
    { add: [] },
    { block: [] },
    { add: [], block: [] },
    { add: [], block: [], restamp: [] },
  ];
  let fault: Fault | undefined;
  for (const without of less) {
    const planned = planClassic({ ...changes, ...without }, deps);
    if (!isFault(planned)) return { planned, fault };
    fault ??= planned;
  }
  return { planned: undefined, fault };
};

/** All of the changes, or why not. */
const planClassic = (changes: Changes, deps: PlanDeps): Planned | Fault => {
  const { name, divided, front } = deps;
  const before = new Map(holdingsIn(divided).map((holding) => [holding.key, holding]));
  const removed = new Set(changes.remove.map(({ id }) => nameKey(id)));
  const kept = new Map([...before].filter(([key, { owner }]) => owner !== undefined && !removed.has(key)));

  const printed = new Map<string, HoleRules>();
  for (const { observed, rule } of changes.restamp) {
    const there = kept.get(observed.id);
    if (there === undefined || observeHolding(there, divided, front).rule === undefined)
      return changedMeanwhile(observed.id, name);
    printed.set(observed.id, printHole(rule, mappingsAt(there)));
  }
  for (const rule of changes.add) {
    const key = printOwner(ownerOf(rule));
    if (kept.has(key) || printed.has(key)) return changedMeanwhile(key, name);
    printed.set(key, { nat: [], allow: [] });
  }
  const added = mapPorts(changes.add, before, [...kept.values()], deps);
  if (isFault(added)) return added;
  for (const [rule, mappings] of added) printed.set(printOwner(ownerOf(rule)), printHole(rule, mappings));

  const holes: readonly HoleRules[] = [
    ...[...kept]
      .filter(([key]) => !printed.has(key))
      .map(([, { nat, allow }]) => ({ nat: nat.map(rawOf), allow: allow.map(rawOf) })),
    ...printed.values(),
  ];
  const nat = holes.flatMap((hole) => hole.nat);
  const total =
    translatedCount([...divided.foreignNat.flatMap(({ rules }) => rules), ...nat.map(asRule)]) + deps.publicAddresses;
  if (changes.add.length > 0 && total > MOST_PUBLIC_AND_TRANSLATED) {
    return full(
      changes.add.length,
      name,
      `it can have ${MOST_PUBLIC_AND_TRANSLATED} public addresses and translated ports, and would have ${total}`,
    );
  }

  const denied = denyRules(changes, divided);
  const place = placeCollections({
    foreign: divided.foreignNetwork,
    allowAt: divided.allow?.priority,
    denyAt: divided.deny?.priority,
    staying: [...kept.values()].flatMap((holding) => observeHolding(holding, divided, front).rule ?? []),
    added: changes.add,
    ...denied,
    overruled: new Set(changes.block.flatMap(({ overrules }) => overrules)),
  });
  if (place.kind === "none") {
    const what = changes.add.length > 0 ? `open ${changes.add.length} more` : `close ${changes.block.length} more`;
    return new Fault("quota", `cannot ${what} in \`${name}\`: ${place.reason}`, { retry: "never" });
  }
  return assemble({ nat, allow: holes.flatMap((hole) => hole.allow), deny: denied.rules, place }, deps);
};

interface Denied {
  readonly rules: readonly JsonObject[];
  readonly closed: readonly Destination[];
  readonly closing: readonly Destination[];
}

const denyRules = ({ block, unblock }: Changes, divided: Divided): Denied => {
  const there = blocksIn(divided);
  const gone = new Set([...unblock, ...block].map(({ protection }) => protection));
  const staying = there.filter(({ observed }) => !gone.has(observed.protection));
  // Made anew is not newly closed: what it closes already stays closed wherever the deny goes.
  const again = new Set(block.map(({ protection }) => protection));
  const before = there.flatMap(({ observed }) => (again.has(observed.protection) ? closedBy(observed.block) : []));
  const wanted = block.flatMap(destinationsOf);
  const known = new Set(before.map(keyOf));
  return {
    rules: [...staying.flatMap(({ rules }) => rules.map(rawOf)), ...block.flatMap(printBlock)],
    closed: [
      ...staying.flatMap(({ observed }) => closedBy(observed.block)),
      ...wanted.filter((destination) => known.has(keyOf(destination))),
    ],
    closing: wanted.filter((destination) => !known.has(keyOf(destination))),
  };
};

const closedBy = (block: Pick<Block, "addresses" | "ports"> | undefined): readonly Destination[] =>
  block === undefined ? [] : destinationsOf(block);

const keyOf = ({ address, port }: Destination): string => `${address} ${port.port} ${port.protocol}`;

interface Content {
  readonly nat: readonly JsonObject[];
  readonly allow: readonly JsonObject[];
  readonly deny: readonly JsonObject[];
  readonly place: { readonly allow: number; readonly deny: number };
}

const assemble = ({ nat, allow, deny, place }: Content, { divided, mark }: PlanDeps): Planned => {
  const collections = {
    nat: { name: mark.nameOf("nat"), priority: natPriority(divided), action: "Dnat", rules: nat },
    allow: { name: mark.nameOf("allow"), priority: place.allow, action: "Allow", rules: allow },
    deny: { name: mark.nameOf("deny"), priority: place.deny, action: "Deny", rules: deny },
  } as const satisfies Record<string, NewCollection>;
  return {
    nat: [collections.nat].filter(hasRules),
    network: [collections.allow, collections.deny].filter(hasRules),
    differs:
      differs(collections.nat, divided.nat) ||
      differs(collections.allow, divided.allow) ||
      differs(collections.deny, divided.deny),
  };
};

const hasRules = ({ rules }: NewCollection): boolean => rules.length > 0;

const differs = (wanted: NewCollection, there: ClassicCollection | undefined): boolean =>
  there === undefined
    ? hasRules(wanted)
    : !hasRules(wanted) ||
      wanted.priority !== there.priority ||
      wanted.action.toLowerCase() !== there.action ||
      wanted.rules.length !== there.rules.length ||
      !wanted.rules.every((rule) => there.rules.some(({ raw }) => saysTheSame(rule, raw)));

/** Azure answers with empty lists where nothing was sent. */
const saysTheSame = (wanted: JsonObject, there: JsonObject): boolean =>
  wanted === there ||
  [...new Set([...Object.keys(wanted), ...Object.keys(there)])].every(
    (key) => JSON.stringify(wanted[key] ?? []) === JSON.stringify(there[key] ?? []),
  );

/** NAT collections are numbered apart from network collections. Ours answers at ports that nobody else's does, so any number is right. */
const natPriority = ({ nat, foreignNat }: Divided): number => {
  if (nat !== undefined && nat.priority >= 100) return nat.priority;
  const taken = new Set(foreignNat.map(({ priority }) => priority));
  let at = 100;
  while (taken.has(at)) at += 1;
  return at;
};

const rawOf = ({ raw }: ClassicRule): JsonObject => raw;

const asRule = (raw: JsonObject): ClassicRule => ({ name: stringAt(raw, "name") ?? "", raw });

const changedMeanwhile = (rule: string, name: string): Fault =>
  new Fault("azure", `cannot write rule \`${rule}\` of \`${name}\`: it changed meanwhile`, { retry: "later" });
