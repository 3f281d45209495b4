import { expect, test } from "vitest";
import { EMPTY, type Filled, TYPED } from "../../../src/slack/form/fields.ts";
import { unfinished } from "../../../src/slack/form/unfinished.ts";

const chosen: Partial<Filled> = { machine: "m", services: ["ssh"], length: "1h", source: "vpn" };
const says = (filled: Partial<Filled>) => unfinished({ ...EMPTY, ...chosen, ...filled })?.join(" ");

test("who types is told to press Enter, for each field that nobody has told of yet", () => {
  const typed = { length: TYPED, typedLength: "until 05:00", source: TYPED, typedSource: "203.0.113.7" };
  expect(says(typed)).toBeUndefined();
  for (const missing of [{ typedLength: "" }, { typedSource: "" }, { typedLength: "", typedSource: " " }])
    expect(says({ ...typed, ...missing })).toContain("Press Enter");
});

test("who chooses is told what to choose", () => {
  expect(says({})).toBeUndefined();
  expect(says({ services: [] })).toContain("Choose a port");
  expect(says({ length: "" })).toContain("Choose a length");
});
