import { expect, test } from "vitest";
import { drawWhere } from "../../../src/slack/address/answers.ts";

test("who breaks the glass is told so where they have yet to say where they are", () => {
  const ask = { services: ["ssh"], machine: "dev-vm-1", end: "1h", from: [], because: "" };
  const said = (breakGlass: boolean): string =>
    JSON.stringify(drawWhere({ ...ask, breakGlass }, new URL("https://latch.example.com/address/x")));
  expect(said(true)).toContain("by break-glass");
  expect(said(true)).toContain("it opens at once, and everybody who would have been asked is told");
  expect(said(false)).not.toContain("break-glass");
});
