import { expect, test } from "vitest";
import { createTurns } from "../../src/access/turns.ts";

/** Works of which each goes on until it is let go, and the order of what happened to them. */
const setup = () => {
  const oneByOne = createTurns();
  const happened: string[] = [];
  const held = new Map<string, PromiseWithResolvers<string>>();
  const start = (name: string, label: string): Promise<string> => {
    const hold = Promise.withResolvers<string>();
    held.set(label, hold);
    return oneByOne(name, async () => {
      happened.push(`${label} begins`);
      const result = await hold.promise;
      happened.push(`${label} ends`);
      return result;
    });
  };
  return {
    happened,
    start,
    end: (label: string) => held.get(label)?.resolve(label),
    fail: (label: string) => held.get(label)?.reject(new Error(`${label} failed`)),
  };
};

test("work of one name is done in the order it was asked for, each after the other, with its own result", async () => {
  const { happened, start, end } = setup();
  const all = [start("a", "one"), start("a", "two"), start("a", "three")];
  for (const label of ["three", "two", "one"]) end(label);
  expect(await Promise.all(all)).toEqual(["one", "two", "three"]);
  expect(happened).toEqual(["one begins", "one ends", "two begins", "two ends", "three begins", "three ends"]);
});

test("a turn that fails tells who asked for it, and doesn't stop the next", async () => {
  const { start, end, fail } = setup();
  const first = start("a", "one");
  const second = start("a", "two");
  fail("one");
  end("two");
  await expect(first).rejects.toThrow("one failed");
  expect(await second).toBe("two");
});

test("work of another name goes on beside it", async () => {
  const { happened, start, end } = setup();
  const slow = start("a", "slow");
  const quick = start("b", "quick");
  end("quick");
  expect(await quick).toBe("quick");
  expect(happened).not.toContain("slow ends");
  end("slow");
  expect(await slow).toBe("slow");
});
