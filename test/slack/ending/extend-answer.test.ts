import { expect, test } from "vitest";
import { drawExtending } from "../../../src/slack/ending/extend-answer.ts";
import { aGrant, NOW } from "../../contracts/samples.ts";

test("what was never seen open isn't called open when it is made longer", () => {
  const said = (openedAt: typeof NOW | undefined): string =>
    drawExtending({ kind: "extended", grant: aGrant({ openedAt }), before: NOW }, NOW, "utc").text;
  expect(said(undefined)).toContain("isn't open yet; once it is, it stays open for you until");
  expect(said(NOW)).toContain("stays open for you until");
  expect(said(NOW)).not.toContain("isn't open yet");
});
