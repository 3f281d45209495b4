import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sourceAt } from "../../../../src/cloud/aws/withholding/foreign-rule.ts";
import { readTags, readWord, writeTags, writeWord } from "../../../../src/cloud/aws/withholding/tag-text.ts";
import {
  readBlock,
  readRule,
  type WithheldRule,
  writeBlock,
  writeRule,
} from "../../../../src/cloud/aws/withholding/withheld-text.ts";

const VALUE = /^[A-Za-z0-9 +\-=._:/@]*$/u;
const anyText = fc.string({ unit: "grapheme", maxLength: 255 });
const ports = (...numbers: readonly number[]) => numbers.map((port) => ({ port, protocol: "tcp" as const }));

describe("in tags", () => {
  test("any text can be written as one word, and be read again", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(writeWord(text)).toMatch(/^[A-Za-z0-9+\-=._/@]*$/u);
        expect(readWord(writeWord(text))).toBe(text);
      }),
    );
    expect(readWord("=C3")).toBeUndefined();
  });

  test("text of any length can be written, also where longer text stood before", () => {
    const anyWords = fc
      .array(fc.stringMatching(/^[a-z0-9:/]{1,40}$/u), { maxLength: 60 })
      .map((words) => words.join(" "));
    fc.assert(
      fc.property(anyWords, anyWords, (before, text) => {
        const tags = new Map(
          [...writeTags("p:k", before), ...writeTags("p:k", text)].map(({ Key, Value }) => [Key, Value]),
        );
        const there = [...tags].map(([Key, Value]) => ({ Key, Value }));
        for (const { Value } of there) {
          expect(Value.length).toBeLessThanOrEqual(256);
          expect(Value).toMatch(VALUE);
          expect(Value.trim()).toBe(Value);
        }
        expect(readTags(there, "p:").get("k")).toBe(text);
      }),
    );
  });

  test("text of which a part is missing isn't read as less", () => {
    const tags = writeTags("p:k", "word ".repeat(120).trim());
    expect(tags.length).toBe(3);
    expect(readTags(tags.slice(0, 2), "p:").get("k")).toBeUndefined();
    expect(readTags(tags.slice(1), "p:").get("k")).toBeUndefined();
  });
});

describe("a block", () => {
  test("is read as it is written", () => {
    const block = { addresses: ["10.0.1.4", "2001:db8::4"], ports: ports(22, 3389), note: "prod vm: U0SEC1 22/tcp" };
    expect(readBlock(writeBlock(block))).toEqual(block);
  });

  test.each([
    "",
    "22/tcp note:x",
    "10.0.1.4 note:x",
    "22/tcp 10.0.1.4",
    "22/tcp 10.0.1.4 note:x more",
    "0/tcp 10.0.1.4 note:",
  ])("that somebody edited is not read: %s", (text) => expect(readBlock(text)).toBeUndefined());
});

describe("a withheld rule", () => {
  const anyRule: fc.Arbitrary<WithheldRule> = fc.record({
    id: fc.constant("sgr-0a1"),
    protocol: fc.constant("tcp"),
    ports: fc.constantFrom({ from: 20, to: 25 }, { from: 22, to: 22 }, undefined),
    source: fc.constantFrom("10.0.0.0/8", "2001:db8::/32", "pl-0a1").map((at) => sourceAt(at)),
    description: fc.option(anyText, { nil: undefined }),
    tags: fc.array(fc.record({ Key: anyText, Value: anyText }), { maxLength: 3 }),
    out: fc.constantFrom(ports(22), []),
    cut: fc.constantFrom([], [{ from: 24, to: 25 }]),
  });

  test("is read as it is written, whatever its description and tags", () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        expect(readRule(writeRule(rule))).toEqual(rule);
      }),
    );
    const fromGroup = { ...fc.sample(anyRule, 1)[0], source: sourceAt("sg-0a1", "444455556666") } as WithheldRule;
    expect(readRule(writeRule(fromGroup))).toEqual(fromGroup);
  });

  test.each([
    "",
    "tcp 22",
    "tcp 22 10.0.0.0/8 sgr-0a1 for:23/tcp",
    "tcp 22 nowhere sgr-0a1",
    "tcp 22 10.0.0.0/8 sgr-0a1 odd",
  ])("that somebody edited is not read: %s", (text) => expect(readRule(text)).toBeUndefined());
});
