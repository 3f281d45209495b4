/** All that is remembered of what we withhold from one group: the same in memory and on the group's own tags, so that either may be lost. */

import type { ProtectionId } from "../../../access/identifier.ts";
import { ID_PATTERN } from "../../../access/identifier.ts";
import type { Tag } from "../own-group/owner-mark.ts";
import { identityOf } from "./foreign-rule.ts";
import { readTags, writeTags } from "./tag-text.ts";
import {
  type HeldBlock,
  readBlock,
  readRule,
  ruleKey,
  type WithheldRule,
  writeBlock,
  writeRule,
} from "./withheld-text.ts";

export interface WithheldState {
  /** `undefined` for one that can't be read. */
  readonly blocks: ReadonlyMap<ProtectionId, HeldBlock | undefined>;
  /** By `identityOf`. */
  readonly rules: ReadonlyMap<string, WithheldRule>;
  /** Where a withheld rule stood that can't be read any more, and what stands there. It is left alone while there are blocks. */
  readonly damaged: ReadonlyMap<string, string>;
  /** Ids of rules of ours that were seen in the group, and their identities then. In memory only: it tells what others did to them. */
  readonly made: ReadonlyMap<string, string>;
  /** Ids of rules of ours that are about to be taken away. In memory only. */
  readonly going: ReadonlyMap<string, string>;
}

export interface Stored {
  readonly state: WithheldState;
  /** Counts the changes: of memory and tags the later one is right. */
  readonly version: number;
}

export const isNothing = ({ blocks, rules, damaged, going }: WithheldState): boolean =>
  [blocks, rules, damaged, going].every(({ size }) => size === 0);

/** `latch:acme:`: what the keys of all our tags on somebody else's group begin with. */
export const tagPrefix = (installation: string): string => `latch:${installation}:`;

/** On each group that has any of our tags, so that it can be found. */
export const withholdsTag = (installation: string): string => `${tagPrefix(installation)}withholds`;

/** `tags`: all of the group's. Withheld rules that only one of the two knows are kept: nothing may be forgotten that isn't put back. */
export const readStored = (
  memory: string | undefined,
  tags: readonly Tag[],
  installation: string,
): Stored & {
  /** What the later one of the two says by itself: what was written under this version. */
  readonly written: WithheldState;
} => {
  const remembered = readMemory(memory);
  const tagged = readGroupTags(tags, installation);
  const [first, second] = remembered.version >= tagged.version ? [remembered, tagged] : [tagged, remembered];
  const { made, going } = remembered;
  const entries = new Map(first.entries);
  for (const [key, text] of second.entries) {
    const isUsable = text !== undefined && (key.startsWith(RULE) || key.startsWith(BLOCK));
    const isWanted = key.startsWith(RULE) || entries.has(key);
    if (isUsable && isWanted && (entries.get(key) === undefined || !isSound(key, entries.get(key))))
      entries.set(key, text);
  }
  const read = readEntries(entries);
  // We never leave tags of rules without one of a block. Who may write tags only must not make us put rules into a group.
  const isBelievable = remembered.version >= 0 || read.blocks.size > 0;
  const told = new Map([...read.rules.values()].map((rule) => [`${RULE}${ruleKey(rule)}`, writeRule(rule)]));
  return {
    version: first.version,
    written: { ...readEntries(first.entries), made, going },
    state: {
      ...(isBelievable ? read : { ...read, rules: new Map(), damaged: new Map([...read.damaged, ...told]) }),
      made,
      going,
    },
  };
};

/** The text for memory; `undefined` when there is nothing to remember. */
export const writeMemory = ({ state, version }: Stored): string | undefined => {
  if (isNothing(state)) return undefined;
  const texts = (map: ReadonlyMap<string, string>) => Object.fromEntries(sorted(map));
  return JSON.stringify({
    version,
    entries: texts(writeEntries(state)),
    made: texts(state.made),
    going: texts(state.going),
  });
};

/** The tags that the group should have of ours; `place` is for people and for finding the account again. */
export const writeGroupTags = ({ state, version }: Stored, installation: string, place: string): readonly Tag[] => {
  if (isNothing(state)) return [];
  const prefix = tagPrefix(installation);
  return [
    { Key: withholdsTag(installation), Value: `${place} ${version}` },
    ...[...writeEntries(state)].flatMap(([key, text]) => writeTags(`${prefix}${key}`, text)),
  ];
};

export const sameEntries = (a: WithheldState, b: WithheldState): boolean =>
  JSON.stringify(sorted(writeEntries(a))) === JSON.stringify(sorted(writeEntries(b))) &&
  a.damaged.size === b.damaged.size;

/** Keys of our tags that the group has and should not have. */
export const staleKeys = (tags: readonly Tag[], wanted: readonly Tag[], state: WithheldState, installation: string) => {
  const prefix = tagPrefix(installation);
  const kept = new Set(wanted.map(({ Key }) => Key));
  return tags.flatMap(({ Key }) =>
    Key.startsWith(prefix) && !kept.has(Key) && !state.damaged.has(Key.slice(prefix.length).replace(/:\d+$/u, ""))
      ? [Key]
      : [],
  );
};

/** The place that the tag names, when it names one. */
export const placeOnTag = (tags: readonly Tag[], installation: string): string | undefined =>
  tags.find(({ Key }) => Key === withholdsTag(installation))?.Value.split(" ")[0];

interface Found {
  /** -1: nothing was found. */
  readonly version: number;
  readonly entries: ReadonlyMap<string, string | undefined>;
  readonly made: ReadonlyMap<string, string>;
  readonly going: ReadonlyMap<string, string>;
}

const readMemory = (memory: string | undefined): Found => {
  const none: Found = { version: -1, entries: new Map(), made: new Map(), going: new Map() };
  if (memory === undefined) return none;
  try {
    const found = JSON.parse(memory) as Partial<Record<"entries" | "made" | "going", Record<string, string>>> & {
      version?: unknown;
    };
    const texts = (part: Record<string, string> = {}) =>
      new Map(Object.entries(part).filter(([, text]) => typeof text === "string"));
    return {
      version: typeof found.version === "number" ? found.version : 0,
      entries: texts(found.entries),
      made: texts(found.made),
      going: texts(found.going),
    };
  } catch {
    return none;
  }
};

const readGroupTags = (tags: readonly Tag[], installation: string): Found => {
  const prefix = tagPrefix(installation);
  const entries = new Map([...readTags(tags, prefix)].filter(([key]) => key.startsWith(BLOCK) || key.startsWith(RULE)));
  const version = Number(tags.find(({ Key }) => Key === withholdsTag(installation))?.Value.split(" ")[1]);
  return {
    version: Number.isInteger(version) ? version : entries.size > 0 ? 0 : -1,
    entries,
    made: new Map(),
    going: new Map(),
  };
};

const readEntries = (entries: ReadonlyMap<string, string | undefined>) => {
  const blocks = new Map<ProtectionId, HeldBlock | undefined>();
  const rules = new Map<string, WithheldRule>();
  const damaged = new Map<string, string>();
  for (const [key, text] of entries) {
    if (key.startsWith(BLOCK)) {
      const id = key.slice(BLOCK.length);
      if (WHOLE_ID.test(id)) blocks.set(id as ProtectionId, text === undefined ? undefined : readBlock(text));
      continue;
    }
    const rule = text === undefined ? undefined : readRule(text);
    if (rule === undefined) damaged.set(key, text ?? "");
    else rules.set(identityOf(rule), rule);
  }
  return { blocks, rules, damaged };
};

const isSound = (key: string, text: string | undefined): boolean =>
  text !== undefined && (key.startsWith(BLOCK) ? readBlock(text) : readRule(text)) !== undefined;

const writeEntries = ({ blocks, rules }: WithheldState): ReadonlyMap<string, string> =>
  new Map([
    ...[...blocks].map(([id, block]) => [`${BLOCK}${id}`, block === undefined ? "" : writeBlock(block)] as const),
    ...[...rules.values()].map((rule) => [`${RULE}${ruleKey(rule)}`, writeRule(rule)] as const),
  ]);

const sorted = (map: ReadonlyMap<string, string>): readonly (readonly [string, string])[] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));

const BLOCK = "protect:";
const RULE = "withheld:";
const WHOLE_ID = new RegExp(`^${ID_PATTERN}$`, "u");
