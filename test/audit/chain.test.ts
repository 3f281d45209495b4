import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainHash, firstBreak, GENESIS, type Link } from "../../src/audit/chain.ts";

interface Written {
  readonly json: string;
  readonly hash: string;
  readonly previous: string;
}

const chain = (count: number, start = GENESIS): readonly Written[] => {
  let previous = start;
  return Array.from({ length: count }, (_, i) => {
    const json = JSON.stringify({ id: `e${i}` });
    const written = { json, hash: chainHash(previous, json), previous };
    previous = written.hash;
    return written;
  });
};
const linked = (written: readonly Written[]): readonly Link[] =>
  written.map(({ json, hash, previous }, i) => ({
    line: i + 1,
    id: (JSON.parse(json) as { id: string }).id,
    hash,
    previous,
    computed: chainHash(previous, json),
  }));
const found = (written: readonly Written[]) => {
  const broken = firstBreak(linked(written));
  return broken && { kind: broken.kind, id: broken.link.id, line: broken.link.line };
};

/** A log, and a place in it: neither the first nor the last. */
const place = fc
  .integer({ min: 4, max: 12 })
  .chain((count) => fc.tuple(fc.constant(chain(count)), fc.integer({ min: 1, max: count - 2 })));
const forever = (check: (log: readonly Written[], at: number) => void): void =>
  fc.assert(fc.property(place, ([log, at]) => check(log, at)));
const at = (log: readonly Written[], i: number): Written => {
  const written = log[i];
  if (written === undefined) throw new Error(`no event ${i}`);
  return written;
};
const forged = JSON.stringify({ id: "forged" });

describe("the first broken link", () => {
  test("is none in what was written, wherever it begins or ends", () => {
    forever((log, i) => {
      for (const part of [log, log.slice(i), log.slice(0, i), []]) expect(found(part)).toBeUndefined();
    });
  });

  test("is a changed event, also the first and the last", () => {
    forever((log, i) => {
      for (const where of [0, i, log.length - 1]) {
        const changed = log.with(where, { ...at(log, where), json: JSON.stringify({ id: `e${where}`, more: 1 }) });
        expect(found(changed)).toEqual({ kind: "changed", id: `e${where}`, line: where + 1 });
      }
    });
  });

  test("is a changed hash, or a changed previous one", () => {
    forever((log, i) => {
      const other = chainHash("", "other");
      expect(found(log.with(i, { ...at(log, i), hash: other }))).toMatchObject({ kind: "hash-changed", line: i + 1 });
      expect(found(log.with(i, { ...at(log, i), previous: other }))).toMatchObject({
        kind: "previous-changed",
        line: i + 1,
      });
    });
  });

  test("is what follows a removed line", () => {
    forever((log, i) => {
      expect(found(log.toSpliced(i, 1))).toEqual({ kind: "removed", id: `e${i + 1}`, line: i + 1 });
    });
  });

  test("is the first of a swapped pair, also at the start and the end", () => {
    forever((log, i) => {
      for (const where of [0, i, log.length - 2]) {
        const swapped = log.with(where, at(log, where + 1)).with(where + 1, at(log, where));
        expect(found(swapped)).toEqual({ kind: "swapped", id: `e${where + 1}`, line: where + 1 });
      }
    });
  });

  test("is an inserted line: forged with a hash that fits, with one that doesn't, or a copy", () => {
    forever((log, i) => {
      const { hash } = at(log, i);
      for (const previous of [hash, chainHash("", "")]) {
        const line = { json: forged, previous, hash: chainHash(previous, forged) };
        expect(found(log.toSpliced(i + 1, 0, line))).toEqual({ kind: "inserted", id: "forged", line: i + 2 });
        const wrong = { ...line, hash: chainHash("", "x") };
        expect(found(log.toSpliced(i + 1, 0, wrong))).toEqual({ kind: "inserted", id: "forged", line: i + 2 });
      }
      expect(found(log.toSpliced(i + 1, 0, at(log, i)))).toEqual({ kind: "repeated", id: `e${i}`, line: i + 2 });
    });
  });

  test("is a changed event with a hash of its own, by what no longer follows it", () => {
    forever((log, i) => {
      const { previous } = at(log, i);
      const anew = log.with(i, { json: forged, previous, hash: chainHash(previous, forged) });
      expect(found(anew)).toEqual({ kind: "removed", id: `e${i + 1}`, line: i + 2 });
    });
  });

  test("is where another log begins", () => {
    forever((log, i) => {
      expect(found([...log.slice(0, i), ...chain(3)])).toMatchObject({ line: i + 1 });
    });
  });
});
