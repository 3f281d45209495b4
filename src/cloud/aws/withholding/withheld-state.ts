/** All that is remembered of what we withhold from one group: the same in memory and on the group's own tags, so that either may be lost. */

import type { ProtectionId } from "../../../access/identifier.ts";
import { ID_PATTERN } from "../../../access/identifier.ts";
import type { EpochMs } from "../../../access/time.ts";
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
import { placeOnTag, provenEntries, type Signer, signedTag, tagPrefix } from "./withholds-tag.ts";

export interface WithheldState {
  /** `undefined` for one that can't be read. */
  readonly blocks: ReadonlyMap<ProtectionId, HeldBlock | undefined>;
  /** By `identityOf`. */
  readonly rules: ReadonlyMap<string, WithheldRule>;
  /** Where a withheld rule stood that can't be read any more, and what stands there. It is left alone while there are blocks. On tags it isn't signed. */
  readonly damaged: ReadonlyMap<string, string>;
  /** Ids of rules of ours that were seen in the group, and their identities then. In memory only: it tells what others did to them. */
  readonly made: ReadonlyMap<string, string>;
  /** Since when those of `made` that the group doesn't show any more are missed. In memory only. */
  readonly missed: ReadonlyMap<string, EpochMs>;
  /** Ids of rules of ours that are about to be taken away. In memory only. */
  readonly going: ReadonlyMap<string, string>;
}

export interface Stored {
  readonly state: WithheldState;
  /** Grows with each change: of memory and tags the later one is right. */
  readonly version: number;
}

export interface Read extends Stored {
  /** What the later of memory and tags says by itself: what was written under this version. */
  readonly written: WithheldState;
  /** Set when only tags tell of something, and nothing proves that these are ours: the blocks that they name. `state` has none of them then. */
  readonly unproven: readonly ProtectionId[] | undefined;
}

export const NOTHING_WITHHELD: WithheldState = {
  blocks: new Map(),
  rules: new Map(),
  damaged: new Map(),
  made: new Map(),
  missed: new Map(),
  going: new Map(),
};

export const isNothing = ({ blocks, rules, damaged, going }: WithheldState): boolean =>
  [blocks, rules, damaged, going].every(({ size }) => size === 0);

/**
 * `tags`: all of the group's. They are believed where memory says the same, or where they prove to be ours: whoever may write tags must not thereby
 * put rules into a group.
 */
export const readStored = (memory: string | undefined, tags: readonly Tag[], signer: Signer): Read => {
  const remembered = readMemory(memory);
  const onTags = readEntryTags(tags, signer.installation);
  const proven = provenEntries(signer, tags, onTags);
  if (remembered === undefined && proven === undefined) return readUnproven(tags, onTags, signer);

  const { made, missed, going } = remembered ?? NOTHING_WITHHELD;
  const tagsAreLater = (proven?.version ?? -1) > (remembered?.version ?? -1);
  const first = (tagsAreLater ? proven : remembered)?.entries ?? new Map<string, string>();
  const second = (tagsAreLater ? remembered : proven)?.entries ?? new Map<string, string>();
  const entries = new Map(first);
  for (const [key, text] of second) {
    // Memory that is behind knows of what was withheld before. Tags that are behind were only not taken away yet.
    const isWanted = entries.has(key) ? !isSound(key, entries.get(key) ?? "") : tagsAreLater && key.startsWith(RULE);
    if (isWanted) entries.set(key, text);
  }
  const read = readEntries(entries);
  return {
    version: Math.max(proven?.version ?? -1, remembered?.version ?? -1),
    written: { ...readEntries(first), made, missed, going },
    state: { ...read, damaged: new Map([...(remembered?.damaged ?? []), ...read.damaged]), made, missed, going },
    unproven: undefined,
  };
};

/** Nobody remembers what these tags say, and nothing proves it. Those of another place were copied with the group, and mean nothing here. */
const readUnproven = (
  tags: readonly Tag[],
  entries: ReadonlyMap<string, string | undefined>,
  { installation, place }: Signer,
): Read => {
  const named = placeOnTag(tags, installation);
  const isElsewhere = named !== undefined && named !== place;
  const ours = isElsewhere ? [] : [...entries];
  const damaged = ours.flatMap(([key, text]) => (key.startsWith(RULE) ? [[key, text ?? ""] as const] : []));
  return {
    version: -1,
    written: NOTHING_WITHHELD,
    state: { ...NOTHING_WITHHELD, damaged: new Map(damaged) },
    unproven: ours.length === 0 ? undefined : ours.flatMap(([key]) => (key.startsWith(BLOCK) ? blockId(key) : [])),
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
    missed: Object.fromEntries([...state.missed].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    going: texts(state.going),
    damaged: texts(state.damaged),
  });
};

/** The tags that the group should have of ours. */
export const writeGroupTags = ({ state, version }: Stored, signer: Signer): readonly Tag[] => {
  if (isNothing(state)) return [];
  const prefix = tagPrefix(signer.installation);
  const entries = writeEntries(state);
  return [
    signedTag(signer, version, entries),
    ...[...entries].flatMap(([key, text]) => writeTags(`${prefix}${key}`, text)),
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

interface Remembered {
  readonly version: number;
  readonly entries: ReadonlyMap<string, string>;
  readonly made: ReadonlyMap<string, string>;
  readonly missed: ReadonlyMap<string, EpochMs>;
  readonly going: ReadonlyMap<string, string>;
  readonly damaged: ReadonlyMap<string, string>;
}

const readMemory = (memory: string | undefined): Remembered | undefined => {
  if (memory === undefined) return undefined;
  try {
    const found = JSON.parse(memory) as Partial<Record<(typeof PARTS)[number], Record<string, string>>> & {
      version?: unknown;
      missed?: Record<string, EpochMs>;
    };
    const texts = (part: Record<string, string> = {}) =>
      new Map(Object.entries(part).filter(([, text]) => typeof text === "string"));
    return {
      version: typeof found.version === "number" ? found.version : 0,
      entries: texts(found.entries),
      made: texts(found.made),
      missed: new Map(Object.entries(found.missed ?? {}).filter(([, at]) => typeof at === "number")),
      going: texts(found.going),
      damaged: texts(found.damaged),
    };
  } catch {
    return undefined;
  }
};

const readEntryTags = (tags: readonly Tag[], installation: string): ReadonlyMap<string, string | undefined> =>
  new Map(
    [...readTags(tags, tagPrefix(installation))].filter(([key]) => key.startsWith(BLOCK) || key.startsWith(RULE)),
  );

const readEntries = (entries: ReadonlyMap<string, string>) => {
  const blocks = new Map<ProtectionId, HeldBlock | undefined>();
  const rules = new Map<string, WithheldRule>();
  const damaged = new Map<string, string>();
  for (const [key, text] of entries) {
    if (key.startsWith(BLOCK)) {
      for (const id of blockId(key)) blocks.set(id, readBlock(text));
      continue;
    }
    const rule = readRule(text);
    if (rule === undefined) damaged.set(key, text);
    else rules.set(identityOf(rule), rule);
  }
  return { blocks, rules, damaged };
};

const blockId = (key: string): readonly ProtectionId[] => {
  const id = key.slice(BLOCK.length);
  return WHOLE_ID.test(id) ? [id as ProtectionId] : [];
};

const isSound = (key: string, text: string): boolean =>
  (key.startsWith(BLOCK) ? readBlock(text) : readRule(text)) !== undefined;

const writeEntries = ({ blocks, rules }: WithheldState): ReadonlyMap<string, string> =>
  new Map([
    ...[...blocks].map(([id, block]) => [`${BLOCK}${id}`, block === undefined ? "" : writeBlock(block)] as const),
    ...[...rules.values()].map((rule) => [`${RULE}${ruleKey(rule)}`, writeRule(rule)] as const),
  ]);

const sorted = (map: ReadonlyMap<string, string>): readonly (readonly [string, string])[] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));

const PARTS = ["entries", "made", "going", "damaged"] as const;
const BLOCK = "protect:";
const RULE = "withheld:";
const WHOLE_ID = new RegExp(`^${ID_PATTERN}$`, "u");
