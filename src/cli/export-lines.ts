/** The lines of an export of the audit log: an event as it was written, with its hash and the one before. */

import { chainHash, type Link } from "../audit/chain.ts";

/** `{"event":{…},"hash":"…","previous":"…"}` */
export const exportLine = (entry: {
  readonly json: string;
  readonly hash: string;
  readonly previous: string;
}): string => `{"event":${entry.json},"hash":"${entry.hash}","previous":"${entry.previous}"}`;

/** `undefined`: it is no such line. */
export const readExportLine = (text: string, line: number): Link | undefined => {
  try {
    const entry: { event?: unknown; hash?: unknown; previous?: unknown } = JSON.parse(text);
    const { event, hash, previous, ...others } = entry;
    // No hash covers them.
    if (Object.keys(others).length > 0) return undefined;
    if (typeof event !== "object" || event === null || typeof hash !== "string" || typeof previous !== "string")
      return undefined;
    const id = "id" in event && typeof event.id === "string" ? event.id : "";
    return {
      line,
      id,
      hash,
      previous,
      computed: chainHash(previous, AS_WRITTEN.exec(text)?.[1] ?? JSON.stringify(event)),
    };
  } catch {
    return undefined;
  }
};

/** The hash is of the very characters; where another program wrote the line anew, of what it says. */
const AS_WRITTEN = /^\{"event":(.*),"hash":"[0-9a-f]{64}","previous":"[0-9a-f]{64}"\}$/su;
