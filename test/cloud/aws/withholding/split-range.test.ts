import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isWithin,
  type PortRange,
  parseRange,
  showRange,
  without,
} from "../../../../src/cloud/aws/withholding/split-range.ts";

const anyRange = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 20 }))
  .map(([from, more]): PortRange => ({ from, to: from + more }));
const portsIn = (ranges: readonly PortRange[]): readonly number[] =>
  ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));

test("what is left holds just the ports that weren't taken out, in order and each once", () => {
  fc.assert(
    fc.property(anyRange, fc.array(anyRange, { maxLength: 5 }), (range, taken) => {
      const out = new Set(portsIn(taken));
      const left = without(range, taken);
      expect(portsIn(left)).toEqual(portsIn([range]).filter((port) => !out.has(port)));
      expect(left.every((part) => isWithin(part, range))).toBe(true);
    }),
  );
});

test("ends of a range can be taken out, and the whole", () => {
  const range = { from: 0, to: 65_535 };
  expect(without(range, [{ from: 0, to: 0 }])).toEqual([{ from: 1, to: 65_535 }]);
  expect(without(range, [{ from: 65_535, to: 65_535 }])).toEqual([{ from: 0, to: 65_534 }]);
  expect(without(range, [range])).toEqual([]);
  expect(without(range, [])).toEqual([range]);
});

test("a range is read as it is written, and nothing else is", () => {
  fc.assert(
    fc.property(anyRange, (range) => {
      expect(parseRange(showRange(range))).toEqual(range);
    }),
  );
  for (const text of ["", "all", "5-2", "1-65536", "-1", "1-2-3"]) expect(parseRange(text)).toBeUndefined();
});
