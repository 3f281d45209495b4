import { describe, expect, test } from "vitest";
import type { Lockdown } from "../../../src/grants/lockdown.ts";
import { drawBeforeLift, drawBeforeLockdown, drawLockedDown } from "../../../src/slack/lockdown/answers.ts";
import { NOW } from "../../contracts/samples.ts";

const lockdown: Lockdown = {
  at: NOW,
  by: { team: "T0ACME", user: "U0SEC1" },
  because: "a *stolen* <laptop>",
  open: 3,
  channels: [],
};
const before = (open: number, waiting: number, closing = 0) =>
  drawBeforeLockdown({ open, closing, waiting, lockdown: undefined }, "k7f3q2xd", NOW, "utc");

describe("before everything is locked down", () => {
  test("what would happen is said in words and behind a button that asks again", () => {
    const { text, blocks } = before(3, 1);
    expect(text).toBe("Lock everything down?");
    expect(JSON.stringify(blocks)).toContain("Nothing opens, not even by break-glass, until security lifts it.");
    expect(JSON.stringify(blocks)).toContain("All 3 accesses that are open close now. One request waits;");
    expect(blocks.at(-1)).toMatchObject({
      type: "actions",
      elements: [
        {
          action_id: "lockdown.begin",
          value: "k7f3q2xd",
          style: "danger",
          confirm: {
            title: { type: "plain_text", text: "Lock everything down?" },
            text: { type: "plain_text", text: "All 3 accesses that are open close now. Everybody is told." },
            confirm: { type: "plain_text", text: "Lock everything down" },
            deny: { type: "plain_text", text: "Not now" },
            style: "danger",
          },
        },
      ],
    });
  });

  test("nothing, one and many are said each in its own way", () => {
    expect(JSON.stringify(before(0, 0).blocks)).toContain("Nothing is open now. No request waits.");
    expect(JSON.stringify(before(1, 2).blocks)).toContain("The one access that is open closes now. 2 requests wait;");
  });

  test("what is over and not seen closed yet isn't nothing", () => {
    const one = JSON.stringify(before(1, 0, 1).blocks);
    expect(one).toContain("One access that is over isn't closed yet; I keep trying. No request waits.");
    expect(one).not.toContain("Nothing is open");
    expect(JSON.stringify(before(5, 0, 2).blocks)).toContain(
      "All 3 accesses that are open close now. 2 accesses that are over aren't closed yet; I keep trying.",
    );
  });

  test("the dialog keeps within Slack's limits: a title of 100 characters, labels of 30, a text of 300", () => {
    const last = before(500, 300, 200).blocks.at(-1);
    const [element] = last?.type === "actions" ? last.elements : [];
    const { title, text, confirm, deny } = element?.type === "button" ? (element.confirm ?? {}) : {};
    expect(title?.text.length).toBeLessThanOrEqual(100);
    expect(text?.text.length).toBeLessThanOrEqual(300);
    for (const label of [confirm, deny]) expect(label?.text.length).toBeLessThanOrEqual(30);
  });

  test("where it stands already it says since when and why, as it was typed, without a button", () => {
    const { text, blocks } = drawBeforeLockdown({ open: 0, closing: 0, waiting: 0, lockdown }, "k", NOW, "utc");
    expect(text).toContain("Everything is locked down already. <@U0SEC1> locked everything down at");
    expect(text).not.toContain("<laptop>");
    expect(blocks.some(({ type }) => type === "actions")).toBe(false);
  });
});

test("lifting it asks again too, and there is nothing to lift where none stands", () => {
  expect(drawBeforeLift({ open: 0, closing: 0, waiting: 0, lockdown: undefined }, NOW, "utc")).toBeUndefined();
  const drawn = drawBeforeLift({ open: 0, closing: 0, waiting: 2, lockdown }, NOW, "utc");
  expect(drawn?.text).toMatch(/^Lift the lockdown\? <@U0SEC1> locked everything down at <!date.*: “a /u);
  expect(JSON.stringify(drawn?.blocks)).toContain("2 requests wait and can be approved then.");
  expect(drawn?.blocks.at(-1)).toMatchObject({ elements: [{ action_id: "lockdown.lift", confirm: {} }] });
});

test("afterwards it says how much is closing", () => {
  expect(drawLockedDown(lockdown).text).toContain("3 accesses are closing");
  expect(drawLockedDown({ ...lockdown, open: 1 }).text).toContain("one access is closing");
  expect(drawLockedDown({ ...lockdown, open: 0 }).text).toContain("Nothing was open");
});
