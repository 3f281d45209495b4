/** What an approver sees and can do: give less, hear of it directly, be reminded. */

import { afterAll, afterEach, describe, expect, test } from "vitest";
import { MINUTE } from "../../src/access/time.ts";
import { ADDRESSES, CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, otherDev, lead, otherLead } = PEOPLE;

const asked: string[] = [];
const ask = async (text: string, user: string = dev): Promise<string> => {
  const id = await stage.ask(user, text);
  asked.push(id);
  return id;
};
const cardSays = (id: string, text: string): Promise<void> =>
  stage.until(`the card says “${text}”`, () => stage.card(id).text.includes(text));

/** Presses the button and waits for its form. */
const openForm = async (user: string, id: string): Promise<void> => {
  await stage.click(user, id, "Approve less");
  await stage.until("the form is open", () => stage.slack.see(user).modals.length === 1);
};

// What a test leaves open would make the next one's question a second one.
afterEach(async () => {
  for (const id of asked.splice(0)) {
    if (stage.card(id).buttons.length > 0) await stage.jit(dev, `close ${id}`);
  }
  await stage.settled();
});

describe("an approver who gives less than was asked", () => {
  const WIDE = "ssh,postgres prod-vm-3 1h from office because INC-1";

  test("opens that and no more, and everybody is told both", async () => {
    const id = await ask(WIDE);
    await openForm(lead, id);
    const [form] = stage.slack.see(lead).modals;
    expect(form?.title).toBe("Approve less");
    expect(form?.text).toContain("Asked: 1 hour.");
    const submitted = await stage.slack.submitView({
      user: lead,
      values: { end: "30m", ports: ["22/tcp"], from: ADDRESSES.office },
    });
    expect(submitted.outcome).toBe("closed");
    await cardSays(id, "open until");
    const { text } = stage.card(id);
    expect(text).toContain("*SSH to prod-vm-3* · open until");
    expect(text).toContain("@lead-1 gave less than was asked: *30 minutes* instead of 1 hour; *SSH* instead of");
    expect(text).toContain("from *203.0.113.10* instead of 203.0.113.0/24");
    await stage.until("who asked is told", () =>
      stage.direct(dev).some((said) => said.startsWith("SSH to prod-vm-3: @lead-1 gives you less than you asked.")),
    );
    expect(await stage.reaches(ADDRESSES.office, "prod-vm-3", 22)).toBe(true);
    expect(await stage.reaches(ADDRESSES.office, "prod-vm-3", 5432)).toBe(false);
    expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3", 22)).toBe(false);
    expect(stage.told(id).slice(0, 3)).toEqual(["request.submitted", "request.narrowed", "request.approved"]);
  });

  test("is told at the field what is wider than was asked, and nothing opens", async () => {
    const id = await ask(WIDE);
    await openForm(lead, id);
    const tries: readonly [Record<string, string>, Record<string, string>][] = [
      [{ end: "2h" }, { end: "That is longer than was asked: 1 hour at most." }],
      [{ end: "", from: "203.0.112.0/23" }, { from: "203.0.112.0/23 isn't within what was asked." }],
      [{ end: "30", from: "" }, { end: "30 could be minutes or hours. Write 30m or 30h." }],
    ];
    for (const [values, errors] of tries)
      expect(await stage.slack.submitView({ user: lead, values })).toMatchObject({ outcome: "errors", errors });
    expect(stage.card(id).text).toContain("Needs one of");
    await stage.slack.closeView({ user: lead });
  });

  test("while another does too: one counts, and the other's form says so", async () => {
    const id = await ask(WIDE);
    await openForm(lead, id);
    await openForm(otherLead, id);
    const outcomes = await Promise.all([
      stage.slack.submitView({ user: lead, values: { ports: ["22/tcp"] } }),
      stage.slack.submitView({ user: otherLead, values: { ports: ["5432/tcp"] } }),
    ]);
    expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(["closed", "updated"]);
    await cardSays(id, "open until");
    const late = outcomes[0]?.outcome === "updated" ? lead : otherLead;
    expect(stage.slack.see(late).modals[0]?.title).toBe("Not approved");
    expect(stage.slack.see(late).modals[0]?.text).toContain("Too late:");
    await stage.slack.closeView({ user: late });
    const open = await Promise.all([22, 5432].map((port) => stage.reaches(ADDRESSES.office, "prod-vm-3", port)));
    expect(open).toEqual(late === otherLead ? [true, false] : [false, true]);
  });
});

describe("a request that waits", () => {
  test("shows what decides, and who has the port already", async () => {
    const first = await ask("ssh prod-vm-3 1h from office because INC-7", otherDev);
    await stage.approve(lead, first);
    await cardSays(first, "open until");
    const id = await ask("ssh prod-vm-3 1h from office because INC-8");
    const { text, buttons } = stage.card(id);
    expect(text.split("\n")[0]).toBe("*SSH to prod-vm-3* for 1 hour");
    expect(text).toMatch(/Machine.* prod-vm-3 · Azure, subscription .*, westeurope/u);
    expect(text).toContain("env=prod");
    expect(text).toMatch(/Opens.* `10\.0\.1\.13`, `fd00:acce:1::13`, 22\/tcp, from 203\.0\.113\.0\/24/u);
    expect(text).toMatch(/Let in already.* @other until/u);
    expect(text).toMatch(/Rule.* production gives ssh for 3 hours at most/u);
    expect(text).toMatch(/Entra ID/u);
    expect(text).toContain("@lead-3 is named too, and no longer here: skipped.");
    expect(buttons.map(({ label }) => label)).toEqual(["Approve", "Approve less", "Deny"]);
    await stage.jit(otherDev, `close ${first}`);
    asked.splice(asked.indexOf(first), 1);
  }, 20_000);

  test("reaches an approver who isn't in the channel by a message of their own, to answer there", async () => {
    const all = stage.slack.people.channels().find((each) => each.id === CHANNELS.access)?.members ?? [];
    stage.slack.people.changeChannel(CHANNELS.access, { members: all.filter((user) => user !== otherLead) });
    const id = await ask("ssh prod-vm-3 1h because INC-9");
    await cardSays(id, "Told directly: @lead-2");
    const direct = () => stage.slack.messages(otherLead).at(-1);
    await stage.until("they are told directly", () => stage.direct(otherLead).length > 0);
    expect(stage.direct(otherLead).at(-1)).toContain("*SSH to prod-vm-3* for 1 hour\n@dev asks");

    stage.clock.advance(10 * MINUTE);
    await stage.until("people are reminded", () => stage.notices().some((said) => said.includes("still waits for")));
    await stage.until("also directly", () => stage.direct(otherLead).at(-1)?.includes("still waits for you") === true);
    stage.clock.advance(10 * MINUTE);
    await stage.until("security hears of it", () =>
      stage.notices(CHANNELS.security).some((said) => said.startsWith("Nobody has answered yet:")),
    );

    const [card] = stage.slack.messages(otherLead);
    expect(direct()?.ts).not.toBe(card?.ts);
    await stage.slack.click({ user: otherLead, channel: card?.channel ?? "", ts: card?.ts ?? "", label: "Approve" });
    await cardSays(id, "open until");
    await stage.until(
      "their message says so",
      () => stage.direct(otherLead)[0]?.includes("approved by @lead-2") === true,
    );
    expect(stage.told(id).slice(0, 5)).toEqual([
      "request.submitted",
      "approvers.told",
      "request.reminded",
      "request.reminded",
      "request.approved",
    ]);
    stage.slack.people.changeChannel(CHANNELS.access, { members: all });
  }, 20_000);
});
