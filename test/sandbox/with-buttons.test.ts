/** Which button belongs to what, on a terminal. */

import { expect, test } from "vitest";
import type { SeenButton } from "../../src/sandbox/slack/sight.ts";
import { withButtons } from "../../src/sandbox/with-buttons.ts";

const button = (blockId: string, label: string): SeenButton => ({
  label,
  type: "button",
  actionId: `a.${label}`,
  blockId,
  value: undefined,
});
const numbered = (): ((button: SeenButton) => string) => {
  let count = 0;
  return ({ label }) => {
    count += 1;
    return `(${count}) ${label}`;
  };
};

test("each row of buttons stands where it is shown, numbered from the top", () => {
  const buttons = ["1", "2"].flatMap((row) => [button(row, "Approve"), button(row, "Deny")]);
  const text = "2 wait\nSSH to a\n[Approve] [Deny]\nRDP to b\n[Approve] [Deny]";
  expect(withButtons({ text, buttons }, numbered())).toEqual([
    "2 wait",
    "SSH to a",
    "(1) Approve   (2) Deny",
    "RDP to b",
    "(3) Approve   (4) Deny",
  ]);
});

test("what only looks like a button stays, and a menu comes last", () => {
  const text = "[urgent]\n[More ▾ Close]\n[Deny]";
  const buttons = [button("1", "More"), button("2", "Deny")];
  expect(withButtons({ text, buttons }, numbered())).toEqual(["[urgent]", "[More ▾ Close]", "(1) Deny", "(2) More"]);
});
