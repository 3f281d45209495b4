/** The chain of hashes that holds the audit log together, and where it is broken first. */

import { createHash } from "node:crypto";

/** An event's hash is `sha256(previous hash + event JSON)`, in hexadecimal; before the first event stands this. */
export const GENESIS = "0".repeat(64);

export const chainHash = (previous: string, eventJson: string): string =>
  createHash("sha256").update(previous).update(eventJson).digest("hex");

/** One event as it stands in an export. */
export interface Link {
  readonly line: number;
  /** The event's own id. */
  readonly id: string;
  readonly hash: string;
  readonly previous: string;
  /** Of the event as it stands there, and `previous`. */
  readonly computed: string;
}

export type Break =
  /** The event isn't what was written. */
  | { readonly kind: "changed"; readonly link: Link }
  /** The event is, its hash isn't. */
  | { readonly kind: "hash-changed"; readonly link: Link }
  /** All but what it says to follow. */
  | { readonly kind: "previous-changed"; readonly link: Link; readonly before: Link }
  /** What it follows isn't there: something between the two was removed, or `before` was changed and hashed anew. */
  | { readonly kind: "removed"; readonly link: Link; readonly before: Link }
  /** What it follows comes only later. */
  | { readonly kind: "swapped"; readonly link: Link; readonly with: Link }
  /** It isn't part of the log: what stands after it follows what stands before it. */
  | { readonly kind: "inserted"; readonly link: Link; readonly after: Link }
  /** It stands there already. */
  | { readonly kind: "repeated"; readonly link: Link; readonly first: Link }
  /** A first event, after others: another log. */
  | { readonly kind: "begins-anew"; readonly link: Link };

/** The first break; `undefined`: none. What stands before the first line isn't looked at: an export may begin anywhere. */
export const firstBreak = (links: readonly Link[]): Break | undefined => {
  const [first] = links;
  if (first !== undefined && first.computed !== first.hash) return ownBreak(links, 0, first);
  for (const [i, link] of links.entries()) {
    const before = links[i - 1];
    if (before === undefined) continue;
    if (link.previous === before.hash) {
      if (link.computed !== link.hash) return ownBreak(links, i, link);
    } else return orderBreak(links, i, link, before);
  }
  return undefined;
};

/** It follows what stands before it, and its hash isn't of what stands there. */
const ownBreak = (links: readonly Link[], i: number, link: Link): Break => {
  const next = links[i + 1];
  const [before, after] = [links[i - 1], links[i + 2]];
  if (next !== undefined && next.previous === link.computed) return { kind: "hash-changed", link };
  // A forged line needn't fit at all.
  if (before !== undefined && next?.previous === before.hash && (after === undefined || after.previous === next.hash))
    return { kind: "inserted", link, after: before };
  return { kind: "changed", link };
};

const orderBreak = (links: readonly Link[], i: number, link: Link, before: Link): Break => {
  const [next, beforeThat] = [links[i + 1], links[i - 2]];
  const first = links.slice(0, i).find(({ hash, line }) => hash === link.hash && line !== link.line);
  if (first !== undefined) return { kind: "repeated", link, first };
  if (link.previous === GENESIS && link.computed === link.hash && before.previous !== link.hash)
    return { kind: "begins-anew", link };
  // The first two of a file can't be told by what stands before them.
  if (before.previous === link.hash) return { kind: "swapped", link: before, with: link };
  if (beforeThat !== undefined && link.previous === beforeThat.hash)
    return { kind: "inserted", link: before, after: beforeThat };
  const followed = links.slice(i + 1).find(({ hash }) => hash === link.previous);
  if (followed !== undefined) return { kind: "swapped", link, with: followed };
  if (next?.previous === before.hash) return { kind: "inserted", link, after: before };
  if (link.computed !== link.hash && next?.previous === link.hash) return { kind: "previous-changed", link, before };
  return { kind: "removed", link, before };
};
