import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blocksAreTooLong, checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import { actions, button, cut, lines } from "../../src/slack/blocks.ts";

const texts = (given: readonly string[]): readonly string[] =>
  lines(given).map((block) => ("text" in block && typeof block.text === "object" ? block.text.text : ""));

describe("lines", () => {
  test("stand in one section as long as there is room", () => {
    expect(texts(["one", "two"])).toEqual(["one\ntwo"]);
    expect(texts(["a".repeat(2_998), "b"])).toEqual([`${"a".repeat(2_998)}\nb`]);
    expect(texts(["a".repeat(2_999), "b"])).toEqual(["a".repeat(2_999), "b"]);
  });

  test("say how many more there are when a message has no room for them", () => {
    const long = "a".repeat(999);
    expect(
      texts(Array.from({ length: 10 }, () => long))
        .join("\n")
        .split("\n"),
    ).toHaveLength(10);
    const shown = texts(Array.from({ length: 30 }, () => long));
    expect(shown.join("\n").split("\n").slice(9)).toEqual([long, "And 20 more."]);
  });

  test("are always something that Slack takes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 5_000, size: "max" }), { minLength: 1, maxLength: 9 }),
        (given) => {
          expect(checkBlocks(lines(given), "/blocks", "message")).toEqual([]);
          expect(blocksAreTooLong(lines(given).map((block) => ({ ...block })))).toBe(false);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("cutting", () => {
  test("leaves what fits as it is, to the last character", () => {
    expect(cut("a".repeat(10), 10)).toBe("a".repeat(10));
    expect(cut("a".repeat(11), 10)).toBe(`${"a".repeat(9)}…`);
  });

  test("never leaves half of a character, of an escaped one or of a mention", () => {
    expect(cut(`${"a".repeat(8)}🔧bc`, 10)).toBe(`${"a".repeat(8)}…`);
    expect(cut("aaaaaa&amp;b", 9)).toBe("aaaaaa…");
    expect(cut("aaaa<@U0DEV1> bbbb", 9)).toBe("aaaa…");
  });
});

test("a button carries an id and nothing else", () => {
  const block = actions([
    button("Approve", "request.approve", "k7f3q2xd", "primary"),
    button("Deny", "request.deny", "k7f3q2xd"),
  ]);
  expect(block.elements).toMatchObject([{ value: "k7f3q2xd", style: "primary" }, { value: "k7f3q2xd" }]);
  expect(checkBlocks([block], "/blocks", "message")).toEqual([]);
});
