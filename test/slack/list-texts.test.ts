import { describe, expect, test } from "vitest";
import type { GrantId } from "../../src/access/identifier.ts";
import { HOUR, later } from "../../src/access/time.ts";
import type { AccessRequest } from "../../src/grants/request.ts";
import { checkBlocks } from "../../src/sandbox/slack/block-kit/blocks.ts";
import { drawListed } from "../../src/slack/list-texts.ts";
import type { Listed } from "../../src/workflow/list-mine.ts";
import { aGrant, aRequest, NOW } from "../contracts/samples.ts";

const list = (changes: Partial<Listed>, addressPage = true) => {
  const none: Listed = { pending: [], open: [], awaiting: { requests: [], more: 0 }, lockdown: undefined };
  const { blocks } = drawListed({ ...none, ...changes }, NOW, "utc", addressPage);
  expect(checkBlocks(blocks, "/blocks", "message")).toEqual([]);
  const elements = blocks.flatMap((block) => (block.type === "actions" ? block.elements : []));
  return {
    text: blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : [])).join("\n"),
    buttons: elements.flatMap((each) => (each.type === "button" ? [each.text.text] : [])),
  };
};
const longer: AccessRequest = aRequest({
  extends: "k7f3q2xd" as GrantId,
  end: { kind: "until", at: later(NOW, HOUR) },
});

describe("what waits for somebody's answer", () => {
  const asked = (mayApprove: boolean) =>
    list({ awaiting: { requests: [{ request: aRequest(), mayApprove }], more: 0 } });

  test("has the buttons of its card, but for those that wouldn't count", () => {
    expect(asked(true).buttons).toEqual(["Approve", "Approve less", "Deny"]);
    expect(asked(false).buttons).toEqual(["Deny"]);
    expect(asked(true).text).toMatch(/\*SSH to prod-vm-3\* for 2 hours · answer by <!date/u);
  });
});

test("what makes an open access longer is called so", () => {
  expect(list({ pending: [longer] }).text).toMatch(/\*SSH to prod-vm-3\* longer, until <!date.* · waiting for/u);
  expect(list({ pending: [aRequest()] }).text).toMatch(/\*SSH to prod-vm-3\* for 2 hours · waiting for/u);
});

test("an open access shows what can be typed about it, and no page where there is none", () => {
  const grant = aGrant();
  for (const addressPage of [true, false]) {
    const { text } = list({ open: [grant] }, addressPage);
    for (const typed of [`/jit extend ${grant.id} 1h`, `/jit close ${grant.id}`]) expect(text).toContain(typed);
    expect(text.includes(`/jit moved ${grant.id}`)).toBe(addressPage);
  }
});
