/** What is asked of approvers about an access that is to be longer: nothing that sounds as if the access itself were to be denied. */

import { expect, test } from "vitest";
import type { AuditEvent } from "../../../src/audit/event.ts";
import { factsOf } from "../../../src/grants/facts.ts";
import { drawMessage } from "../../../src/slack/messages.ts";
import { denyModal } from "../../../src/slack/reviewing/deny-modal.ts";
import { aGrant, aRequest, NOW } from "../../contracts/samples.ts";

const longer = aRequest({ extends: aGrant().id });
const STAYS = "hat is open stays open until its own time.";

test("the form to deny it says that what is open stays open", () => {
  const shown = JSON.stringify(denyModal(longer).blocks);
  expect(shown).toContain("SSH to prod-vm-3, longer, for <@U0DEV1>");
  expect(shown).toContain(STAYS);
  expect(JSON.stringify(denyModal(aRequest()).blocks)).not.toMatch(/longer|stays open/u);
});

test("the reminder too", () => {
  const { answerBy } = longer;
  const event = { ...factsOf(longer), id: "e", at: NOW, actor: { kind: "bot" }, kind: "request.reminded" };
  const reminded = { ...event, how: "reminded", answerBy, isLast: false } as unknown as AuditEvent;
  const said = (request: typeof longer): string =>
    JSON.stringify(
      drawMessage({ kind: "message", event: reminded, to: "channel" }, { request, now: NOW, zone: "utc" })?.blocks,
    );
  expect(said(longer)).toContain("SSH to prod-vm-3, longer, for <@U0DEV1> still waits");
  expect(said(longer)).toContain(STAYS);
  expect(said(aRequest())).not.toMatch(/longer|stays open/u);
});
