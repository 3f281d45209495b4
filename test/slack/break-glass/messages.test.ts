import { describe, expect, test } from "vitest";
import type { RequestId } from "../../../src/access/identifier.ts";
import type { Cidr } from "../../../src/access/source.ts";
import { HOUR, later } from "../../../src/access/time.ts";
import type { AuditEvent } from "../../../src/audit/event.ts";
import { factsOf } from "../../../src/grants/facts.ts";
import type { AccessRequest, BreakGlassUse } from "../../../src/grants/request.ts";
import type { Audience } from "../../../src/notices/notice.ts";
import { checkBlocks } from "../../../src/sandbox/slack/block-kit/blocks.ts";
import { drawMessage } from "../../../src/slack/messages.ts";
import { drawAsked } from "../../../src/slack/private-texts.ts";
import { aGrant, aRequest, LEAD, NOW } from "../../contracts/samples.ts";

const END = aGrant().expiresAt;
const facts = { id: "e", at: NOW, actor: { kind: "bot" }, ...factsOf(aGrant({ justification: "INC-1" })) } as const;
const used: AuditEvent = {
  ...facts,
  kind: "break-glass.used",
  rule: "production",
  skipped: ["U0LEAD1", "S0LEADS"],
  tell: ["U0SEC1", "S0SEC", "C0SECURITY"],
  expiresAt: END,
};
const unreviewed: AuditEvent = {
  ...facts,
  kind: "break-glass.unreviewed",
  usedAt: NOW,
  tell: ["U0SEC1", "C0SECURITY"],
};

const said = (event: AuditEvent, to: Audience, now = NOW, request?: AccessRequest) => {
  const drawn = drawMessage({ kind: "message", event, to }, { now, zone: "utc", request });
  if (drawn === undefined) throw new Error("nothing said");
  expect(checkBlocks(drawn.blocks, "/blocks", "message")).toEqual([]);
  return {
    notification: drawn.text,
    text: drawn.blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : [])).join("\n"),
    buttons: drawn.blocks.flatMap((block) =>
      block.type === "actions"
        ? block.elements.flatMap((each) => (each.type === "button" ? [`${each.text.text} ${each.value}`] : []))
        : [],
    ),
  };
};

const extended: AuditEvent = {
  ...facts,
  kind: "grant.extended",
  grantId: aGrant().id,
  before: NOW,
  expiresAt: END,
  approvers: [],
  skipped: ["U0LEAD1", "S0LEADS"],
  tell: ["U0SEC1", "C0SECURITY"],
};

describe("that somebody went past approval", () => {
  test("is said again when it is made longer, and when it moves", () => {
    const longer = said(extended, "skipped");
    expect(longer.notification).toMatch(/^BREAK-GLASS: <@U0DEV1> makes SSH to prod-vm-3 longer, until <!date.*>\.$/u);
    expect(longer.text).toContain("also where it was reviewed before");
    expect(longer.buttons).toEqual(["Reviewed k7f3q2xd"]);
    expect(said(extended, "channel").text).toContain("For <@U0SEC1>.");
    const moved = said({ ...used, movedFrom: ["192.0.2.44/32" as Cidr] }, "told");
    expect(moved.notification).toContain("<@U0DEV1> moved, and opens from elsewhere SSH to prod-vm-3 until");
    expect(moved.text).toContain("From 203.0.113.7, where they moved from 192.0.2.44, because");
    const use: BreakGlassUse = { skipped: [], tell: [], movedTo: "m2222222" as RequestId };
    const late = said(unreviewed, "channel", NOW, aRequest({ breakGlass: use }));
    expect(late.notification).toContain("goes on from elsewhere, and is to be reviewed there.");
    expect(late.buttons).toEqual([]);
  });

  test("is said to who was skipped: by whom, to what, until when, why, and what to do", () => {
    const { notification, text, buttons } = said(used, "skipped");
    expect(notification).toMatch(/^BREAK-GLASS: <@U0DEV1> opens SSH to prod-vm-3 until <!date.*>\.$/u);
    expect(text).toContain("From 203.0.113.7, because: “INC-1” · rule *production*");
    expect(text).toContain("You would have been asked, and weren't.");
    expect(buttons).toEqual(["Reviewed k7f3q2xd"]);
  });

  test("is said to others with who would have been asked, and in the channel with whom it is for", () => {
    expect(said(used, "told").text).toContain(
      "Nobody approved it; <@U0LEAD1>, <!subteam^S0LEADS> would have been asked.",
    );
    expect(said(used, "told").text).not.toContain("For ");
    expect(said(used, "channel").text).toContain("For <@U0SEC1>, <!subteam^S0SEC>.");
    expect(said({ ...used, skipped: [] }, "told").text).toContain("It needed no approval.");
  });

  test("is said again until somebody reviewed it", () => {
    const { notification, text, buttons } = said(unreviewed, "channel", later(NOW, HOUR));
    expect(notification).toBe("BREAK-GLASS not reviewed yet: SSH to prod-vm-3, 1 hour ago.");
    expect(text).toContain("<@U0DEV1> opened it without approval: “INC-1”");
    expect(text).toContain("For <@U0SEC1>.");
    expect(buttons).toEqual(["Reviewed k7f3q2xd"]);
  });

  test("is said again to everybody who was skipped, and no more once somebody reviewed it", () => {
    const skipped = [{ needed: 1, users: ["U0LEAD1", "U0DEV1"], groups: ["S0LEADS"] }];
    const again = (use: BreakGlassUse) => said(unreviewed, "channel", NOW, aRequest({ breakGlass: use }));
    expect(again({ skipped, tell: [] }).text).toContain("For <!subteam^S0LEADS>, <@U0LEAD1>, <@U0SEC1>.");
    const after = again({ skipped, tell: [], reviewed: { by: LEAD, at: NOW } });
    expect(after.text).toMatch(/^BREAK-GLASS: SSH to prod-vm-3 was reviewed by <@U0LEAD1> at <!date/u);
    expect(after.buttons).toEqual([]);
  });
});

describe("who asked hears at once", () => {
  const state = { kind: "approved", approvals: [], at: NOW } as const;
  const answer = (changes: Parameters<typeof aRequest>[0]): string =>
    drawAsked(aRequest({ state, ...changes }), NOW, "utc")
      .blocks.flatMap((block) => (block.type === "section" ? [block.text?.text ?? ""] : []))
      .join("\n");

  test("that everybody who was skipped hears of it", () => {
    const skipped = [{ needed: 1, users: ["U0LEAD1", "U0DEV1"], groups: ["S0LEADS"] }];
    expect(answer({ steps: [], breakGlass: { skipped, tell: [] } })).toBe(
      "SSH to prod-vm-3 for 2 hours: opening. I'll tell you when you can connect.\nBreak-glass: I tell <!subteam^S0LEADS>, <@U0LEAD1>; somebody else has to review it afterwards.",
    );
    const nobodyElse = [{ needed: 1, users: ["U0DEV1"], groups: [], silent: ["pagerduty:P1"] }];
    for (const none of [[], nobodyElse]) {
      expect(answer({ steps: [], breakGlass: { skipped: none, tell: [] } })).toContain(
        "Break-glass: somebody else has to review it afterwards.",
      );
    }
  });

  test("that it was approved by the hour", () => {
    expect(answer({})).toBe(
      "SSH to prod-vm-3 for 2 hours: opening, approved automatically at this hour. I'll tell you when you can connect.",
    );
    expect(answer({ steps: [] })).toBe("SSH to prod-vm-3 for 2 hours: opening. I'll tell you when you can connect.");
  });
});
