/** Each hole by which others were got at, tried through Slack's protocol: the attack fails, and is in the audit log. */

import { readFile, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { MINUTE } from "../../src/access/time.ts";
import { SANDBOX_ENTRA } from "../../src/sandbox/azure/roles/entra-people.ts";
import { sandboxConfig } from "../../src/sandbox/world.ts";
import { answersTo, askedInTime, clickInVain, typeInVain } from "./in-vain.ts";
import { ADDRESSES, CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const { dev, otherDev, lead, otherLead, security, nobody, outsider } = PEOPLE;
/** Two accounts of one human, and somebody who is somebody in Azure by their address. */
const config = sandboxConfig
  .replace(
    `    ${otherLead}: { pagerduty: PLEAD2 }`,
    `    ${otherLead}: { entra: ${SANDBOX_ENTRA.lead}, pagerduty: PLEAD2 }`,
  )
  .replace(
    "identities:\n",
    `identities:\n  linkByEmailAlthoughItMayChangeHands: { other@acme.example: { entra: ${SANDBOX_ENTRA.dev} } }\n`,
  )
  .replace(`    ${otherDev}: { entra: ${SANDBOX_ENTRA.dev2} }\n`, "");
const stage = await setInsideStage({ onTestFinished: afterAll }, { config });

const asked: [id: string, user: string][] = [];
const ask = async (user: string = dev, machine = "prod-vm-3"): Promise<string> => {
  const id = await stage.ask(user, `ssh ${machine} 1h because INC-1`);
  asked.push([id, user]);
  return id;
};
const isClosed = async (machine = "prod-vm-3"): Promise<boolean> => !(await stage.reaches(ADDRESSES.vpn, machine));

beforeAll(() => askedInTime(stage, otherDev, "ssh vault-vm-1 1h because INC-1"), 90_000);

afterEach(async () => {
  stage.faults.slack.clear();
  stage.slack.people.changeUser(otherLead, { deleted: false });
  for (const [id, user] of asked.splice(0)) if (stage.card(id).buttons.length > 0) await stage.jit(user, `close ${id}`);
  await stage.settled();
  expect(await isClosed()).toBe(true);
});

test("self-approval: neither by one's own account nor by a second one of the same human", async () => {
  const id = await ask(lead);
  expect((await clickInVain(stage, lead, id, "Approve")).codes).toEqual(["own-request"]);
  expect((await clickInVain(stage, otherLead, id, "Approve")).codes).toEqual(["own-request"]);
  expect((await clickInVain(stage, otherLead, id, "Deny")).codes).toEqual(["own-request"]);
});

test("trusted message: who asked, for what, and who may answer come from memory, whatever the message says", async () => {
  const id = await ask();
  const shown = stage.card(id).raw;
  const forged = (user: string, value: unknown): string => {
    const claim = { type: "latch", event_payload: { id: `card/${id}`, requester: nobody, approvers: [user], value } };
    const payload = {
      type: "block_actions",
      user: { id: user, team_id: "T0ACME", name: "lead-1", username: "lead-1" },
      team: { id: "T0ACME", domain: "acme" },
      channel: { id: CHANNELS.access },
      container: { type: "message", channel_id: CHANNELS.access, message_ts: shown.ts },
      message: { ...shown, user: lead, text: `<@${nobody}> asks, needs <@${user}>`, metadata: claim },
      response_url: `${stage.slack.url}/actions/T0ACME/1/none`,
      trigger_id: "1.2.3",
      actions: [{ type: "button", action_id: "request.approve", block_id: "b", value, action_ts: "1.2" }],
    };
    return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  };
  const refusedSince = (count: number) =>
    stage.bots[0].events.filter(({ kind }) => kind === "review.refused").length > count;
  for (const [user, value] of [
    [dev, id],
    [nobody, id],
    [lead, JSON.stringify({ id, requester: nobody })],
  ] as const) {
    const before = stage.bots[0].events.filter(({ kind }) => kind === "review.refused").length;
    expect((await stage.slack.sendSigned(forged(user, value))).status).toBe(200);
    await stage.until("it is refused on record", () => refusedSince(before));
  }
  expect(stage.card(id).text).toContain("Needs one of @lead-1, @lead-2 by");
});

test("deactivated: who left answers nothing, and what they approved before doesn't count", async () => {
  const id = await stage.ask(dev, "ssh staging-vm-1 1h");
  asked.push([id, dev]);
  await stage.approve(otherLead, id);
  await stage.until("one approval counts", () => stage.card(id).text.includes("Approved so far"));
  stage.slack.people.changeUser(otherLead, { deleted: true });
  expect((await clickInVain(stage, otherLead, id, "Approve")).codes).toEqual(["person-standing"]);
  await stage.approve(security, id);
  await stage.until("only the other counts", () => stage.card(id).text.includes("Approved so far by @sec"));
  expect(await isClosed("staging-vm-1")).toBe(true);
});

test("outsider: nobody from a shared channel asks or answers", async () => {
  const id = await ask();
  expect((await typeInVain(stage, outsider, "ssh prod-vm-3 1h because INC-1")).codes).toEqual(["person-standing"]);
  expect((await clickInVain(stage, outsider, id, "Approve")).codes).toEqual(["person-standing"]);
});

test("e-mail: an address that isn't confirmed, or another's spelling of it, makes nobody somebody else", async () => {
  const tries = [
    { profile: { email: "other@acme.example" }, is_email_confirmed: false },
    { profile: { email: "other@acme.example.evil.example" }, is_email_confirmed: true },
    { profile: { email: "dana@acme.example" }, is_email_confirmed: true },
  ];
  for (const change of tries) {
    stage.slack.people.changeUser(otherDev, change);
    const { codes, answer } = await typeInVain(stage, otherDev, "ssh vault-vm-1 1h because INC-1");
    expect(codes).toContain("authority-no");
    expect(answer).toContain("I don't know who you are in Azure");
  }
  // The very address, confirmed, does: the attacks didn't fail for another reason.
  stage.slack.people.changeUser(otherDev, { profile: { email: "other@acme.example" }, is_email_confirmed: true });
  const id = await stage.ask(otherDev, "ssh vault-vm-1 1h because INC-1");
  asked.push([id, otherDev]);
});

test("fail open: where Slack, the policy or Azure's roles can't be asked, nobody gets anything", async () => {
  const id = await ask();
  stage.faults.slack.add({ calls: /^users\.info$/u, does: { kind: "drop" } });
  expect((await clickInVain(stage, lead, id, "Approve")).codes).toEqual(["cannot-check"]);
  expect((await typeInVain(stage, dev, "ssh prod-vm-1 1h because INC-1")).codes).toEqual(["cannot-check"]);
  stage.faults.slack.clear();
  const end = stage.faults.azure.add({ calls: /Microsoft\.Authorization/u, does: { kind: "drop" } });
  expect((await typeInVain(stage, dev, "ssh vault-vm-1 1h because INC-1")).codes).toEqual(["authority-silent"]);
  end();

  const events = () => stage.bots[0].events.map(({ kind }) => kind);
  const before = await readFile(stage.configFile);
  await writeFile(stage.configFile, "rules: anybody may have anything\n");
  await stage.until("the file is refused", () => events().includes("policy.refused"));
  expect((await typeInVain(stage, nobody, "ssh prod-vm-3 1h because INC-1")).codes).toEqual(["not-eligible"]);
  await writeFile(stage.configFile, before);
});

test("late click: after its time, and after another's answer", async () => {
  /** Somebody's screen still shows the buttons: Slack takes no change of any card. */
  const onStaleCard = async (id: string, act: () => Promise<unknown>): Promise<void> => {
    await stage.settled();
    const told = stage.direct(dev).length;
    const end = stage.faults.slack.add({ calls: /^chat\.update$/u, does: { kind: "drop" } });
    await act();
    await stage.until("who asked is told", () => stage.direct(dev).length > told);
    expect((await clickInVain(stage, lead, id, "Approve")).codes).toEqual(["too-late"]);
    end();
  };
  const lapsed = await ask();
  await onStaleCard(lapsed, async () => stage.clock.advance(31 * MINUTE));
  const denied = await ask();
  await onStaleCard(denied, async () => {
    await stage.click(otherLead, denied, "Deny");
    await stage.until("the form is open", () => stage.slack.see(otherLead).modals.length === 1);
    await stage.slack.submitView({ user: otherLead, values: { reason: "not today" } });
  });
  expect(answersTo(stage, lead).at(-1)).toMatch(/^Too late: @lead-2 denied it/u);
});
