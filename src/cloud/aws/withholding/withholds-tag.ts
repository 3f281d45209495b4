/** The tag by which a group that we withhold from is found, and which proves that its other tags are ours: `withholds`. */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Tag } from "../own-group/owner-mark.ts";

/** Who writes, and where. Tags are copied from group to group, so each place has its own proof. */
export interface Signer {
  readonly installation: string;
  /** `111122223333/eu-west-1/sg-0a1` */
  readonly place: string;
  readonly secret: string;
}

/** `latch:acme:`: what the keys of all our tags on somebody else's group begin with. */
export const tagPrefix = (installation: string): string => `latch:${installation}:`;

/** On each group that has any of our tags, so that it can be found. */
export const withholdsTag = (installation: string): string => `${tagPrefix(installation)}withholds`;

/** The place that the tag names, when it names one. */
export const placeOnTag = (tags: readonly Tag[], installation: string): string | undefined =>
  tags.find(({ Key }) => Key === withholdsTag(installation))?.Value.split(" ")[0];

/**
 * `111122223333/eu-west-1/sg-0a1 7 <proof> <names>`: the names, three letters for each entry, tell which of the tags are meant, because those of
 * an earlier version may still stand beside them.
 */
export const signedTag = (signer: Signer, version: number, entries: ReadonlyMap<string, string>): Tag => ({
  Key: withholdsTag(signer.installation),
  Value: [signer.place, version, proofOf(signer, version, entries), [...entries.keys()].map(nameOf).toSorted().join("")]
    .join(" ")
    .trim(),
});

export interface Proven {
  readonly version: number;
  readonly entries: ReadonlyMap<string, string>;
}

/** Those of the entries that we wrote here together under one version; `undefined` when nothing proves it. */
export const provenEntries = (
  signer: Signer,
  tags: readonly Tag[],
  entries: ReadonlyMap<string, string | undefined>,
): Proven | undefined => {
  const anchor = tags.find(({ Key }) => Key === withholdsTag(signer.installation))?.Value ?? "";
  const [place, at = "", proof = "", names = ""] = anchor.split(" ");
  const version = Number(at);
  if (place !== signer.place || !Number.isInteger(version)) return undefined;
  const meant = new Set(names.match(/.{3}/gu));
  const here = [...entries].flatMap(([key, text]) =>
    text !== undefined && meant.has(nameOf(key)) ? [[key, text] as const] : [],
  );
  const found = new Map(here);
  return isSame(proof, proofOf(signer, version, found)) ? { version, entries: found } : undefined;
};

const proofOf = (
  { installation, place, secret }: Signer,
  version: number,
  entries: ReadonlyMap<string, string>,
): string => {
  const texts = [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHmac("sha256", secret)
    .update(JSON.stringify([installation, place, version, texts]))
    .digest("base64url")
    .slice(0, PROOF_LENGTH);
};

const isSame = (a: string, b: string): boolean => {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
};

const nameOf = (key: string): string => createHash("sha256").update(key).digest("base64url").slice(0, 3);

/** 132 bits. With the longest place and a name for each tag that a group may have, the value stays below its 256 characters. */
const PROOF_LENGTH = 22;
