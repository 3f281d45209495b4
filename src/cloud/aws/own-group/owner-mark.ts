/** The owner mark of a rule in AWS: one tag per grant that holds it open, and one that says which installation's it is. */

import { type GrantId, ID_PATTERN } from "../../../access/identifier.ts";
import { type EpochMs, SECOND } from "../../../access/time.ts";
import type { Holder, ObservedRule } from "../../firewall.ts";

/** As EC2 shows tags; both parts may be absent in what is read. */
export interface Tag {
  readonly Key: string;
  readonly Value: string;
}
export type ReadTags = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];

export const INSTALLATION_TAG = "latch:installation";

/** A resource holds at most so many, those that begin with `aws:` not counted: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html */
export const TAGS_PER_RESOURCE = 50;

/** `latch:installation` = `acme`, `latch:grant:k7f3q2xd` = `until 2026-11-23T16:02:00Z for U0DEV1: INC-1042 disk full`, … */
export const markOf = (installation: string, holders: readonly Holder[]): readonly Tag[] => [
  { Key: INSTALLATION_TAG, Value: installation },
  ...holders.map(holderTag),
];

/** Keeps whole seconds: an end is rounded up. The note loses what a tag can't hold. */
export const holderTag = ({ grant, expiresAt, note }: Holder): Tag => {
  const end = `until ${writeSecond(expiresAt)}`;
  const readable = readableNote(note);
  return { Key: holderKey(grant), Value: readable === "" ? end : `${end} for ${readable}` };
};

export const holderKey = (grant: GrantId): string => `${HOLDER_PREFIX}${grant}`;

/** Who holds a rule open, by its tags. A damaged value still names its grant; tags of others don't count. */
export const readHolders = (tags: ReadTags): ObservedRule["holders"] =>
  tags
    .flatMap(({ Key = "", Value = "" }) => {
      const [, grant] = HOLDER_KEY.exec(Key) ?? [];
      if (grant === undefined) return [];
      const [, end = "", note = ""] = /^until (\S+)(?: for (.*))?$/su.exec(Value) ?? [];
      return [{ grant: grant as GrantId, expiresAt: readSecond(end), note }];
    })
    .toSorted((a, b) => (a.grant < b.grant ? -1 : 1));

/** What of a note survives: the characters that every AWS service takes in a tag, single spaces, and what room is left. */
export const readableNote = (note: string): string => {
  const clean = note
    .replace(/\s+/gu, " ")
    .replace(/[^\p{L}\p{N} +\-=._:/@]/gu, "_")
    .trim();
  return cut(clean, VALUE_LENGTH - "until 2026-11-23T16:02:00Z for ".length).trim();
};

const HOLDER_PREFIX = "latch:grant:";
const HOLDER_KEY = new RegExp(`^${HOLDER_PREFIX}(${ID_PATTERN})$`, "u");
const VALUE_LENGTH = 256;

/** By UTF-16 units, the strictest way to count, and never through the middle of a character. */
const cut = (text: string, length: number): string => {
  let kept = "";
  for (const character of text) {
    if (kept.length + character.length > length) break;
    kept += character;
  }
  return kept;
};

const writeSecond = (at: EpochMs): string =>
  new Date(Math.ceil(at / SECOND) * SECOND).toISOString().replace(".000Z", "Z");

/** Only what `writeSecond` writes: JavaScript reads `2026-02-30` as the second of March. */
const readSecond = (text: string): EpochMs | undefined => {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u.test(text)) return undefined;
  const at = Date.parse(text) as EpochMs;
  return Number.isNaN(at) || writeSecond(at) !== text ? undefined : at;
};
