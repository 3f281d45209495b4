/** What becomes of a request before it is granted: denied, withdrawn, lapsed, answered late, answered twice. */

import { afterAll, afterEach, describe, expect, test } from "vitest";
import { MINUTE } from "../../src/access/time.ts";
import { answersTo, clickInVain, effects, typeInVain } from "./in-vain.ts";
import { CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, otherDev, lead, otherLead, security, formerLead, nobody, guest, outsider } = PEOPLE;
/** What is past midnight for its reader says so. */
const time = String.raw`(?:(?:today|tomorrow|yesterday) )?\d\d:\d\d`;

const asked: [id: string, user: string][] = [];
const ask = async (user: string, text: string): Promise<string> => {
  const id = await stage.ask(user, text);
  asked.push([id, user]);
  return id;
};
const pending = (user: string = dev): Promise<string> => ask(user, "ssh prod-vm-3 1h because INC-1");
const cardSays = (id: string, text: string): Promise<void> =>
  stage.until(`the card says “${text}”`, () => stage.card(id).text.includes(text));
const cloudWrites = (): readonly string[] =>
  effects(stage).filter((each) => /^(?:PUT|DELETE|[A-Z][a-z]+\w+ )/u.test(each));

/** Somebody's screen still shows the buttons: Slack takes no change of any card until the test ends this. */
const withStaleCards = async (work: () => Promise<void>): Promise<void> => {
  const end = stage.faults.slack.add({ calls: /^chat\.update$/u, does: { kind: "drop" } });
  await work().finally(end);
};

const lastAnswerTo = (user: string) => {
  const last = stage.slack.messages(CHANNELS.access).findLast(({ onlyFor }) => onlyFor === user);
  if (last === undefined) throw new Error(`${user} was told nothing`);
  return last;
};

// What a test leaves pending would make the next one's question a second one.
afterEach(async () => {
  for (const [id, user] of asked.splice(0)) {
    if (stage.card(id).buttons.some(({ label }) => label !== "Ask again")) await stage.jit(user, `close ${id}`);
  }
  await stage.settled();
});

describe("a denial", () => {
  const deny = async (id: string, reason?: string): Promise<void> => {
    await stage.click(lead, id, "Deny");
    await stage.until("the form is open", () => stage.slack.see(lead).modals.length === 1);
    expect(stage.slack.see(lead).modals[0]?.title).toBe("Deny this request");
    expect(stage.slack.see(lead).modals[0]?.text).toBe(
      "SSH to prod-vm-3 for @dev\n(Why? Shown on the card and to the requester: ____)",
    );
    const submitted = await stage.slack.submitView({ user: lead, values: reason === undefined ? {} : { reason } });
    expect(submitted.outcome).toBe("closed");
  };

  test("tells everyone why, on the card and to who asked", async () => {
    const before = cloudWrites();
    const id = await pending();
    await deny(id, "use the *bastion*, <!channel> knows how");
    await cardSays(id, "· denied");
    const card = stage.card(id);
    const plain = card.text.replaceAll("\u{200B}", "");
    expect(plain).toBe(
      "*SSH to prod-vm-3* · denied by @lead-1: “use the *bastion*, <!channel> knows how”\n@dev asked, from 198.51.100.7: “INC-1”",
    );
    expect(card.buttons).toEqual([]);
    expect(card.mentions.filter(({ kind }) => kind !== "user")).toEqual([]);
    await stage.settled();
    expect(stage.direct(dev).at(-1)?.replaceAll("\u{200B}", "")).toBe(
      "SSH to prod-vm-3 was denied by @lead-1.\n“use the *bastion*, <!channel> knows how”\n[Ask again]",
    );
    expect(stage.told(id)).toEqual(["request.submitted", "request.denied"]);
    expect(cloudWrites()).toEqual(before);
  });

  test("needs no reason", async () => {
    const id = await pending();
    const before = stage.direct(dev).length;
    await deny(id);
    await cardSays(id, "· denied");
    expect(stage.card(id).text).toBe("*SSH to prod-vm-3* · denied by @lead-1\n@dev asked, from 198.51.100.7: “INC-1”");
    await stage.until("who asked is told", () => stage.direct(dev).length > before);
    expect(stage.direct(dev).at(-1)).toBe("SSH to prod-vm-3 was denied by @lead-1.\n[Ask again]");
  });

  test("that comes after an approval says so in the form, and the port stays open", async () => {
    const id = await pending();
    await stage.click(otherLead, id, "Deny");
    await stage.until("the form is open", () => stage.slack.see(otherLead).modals.length === 1);
    await stage.approve(lead, id);
    await cardSays(id, "open until");
    expect((await stage.slack.submitView({ user: otherLead, values: { reason: "no" } })).outcome).toBe("updated");
    const [form] = stage.slack.see(otherLead).modals;
    expect(form?.title).toBe("Not denied");
    expect(form?.text).toMatch(new RegExp(`^Too late: @lead-1 approved it at ${time}\\.$`, "u"));
    await stage.slack.closeView({ user: otherLead });
    expect(stage.card(id).text).toContain("open until");
    await stage.jit(dev, `close ${id}`);
    await cardSays(id, "closed");
  });
});

describe("people who may not answer", () => {
  test.each([
    [nobody, "not-approver", "You can't answer this one: it's for *leads* to say."],
    [otherDev, "not-approver", "You can't answer this one: it's for *leads* to say."],
    [security, "not-approver", "You can't answer this one: it's for *leads* to say."],
    [
      dev,
      "own-request",
      "You can't approve your own request. Nor can another account of yours: someone else has to look at it. `/jit list` shows how to take it back.",
    ],
    [guest, "person-standing", "Guests can't do this. A full member of the workspace can ask for you."],
    [outsider, "person-standing", "People from other workspaces can't do this. Someone from this workspace can."],
    [formerLead, "person-standing", "A deactivated account can't do this. Someone with an active one can."],
  ] as const)("%s is told: %s", async (user, code, answer) => {
    const id = await pending();
    for (const label of ["Approve", "Deny"]) {
      expect(await clickInVain(stage, user, id, label)).toEqual({ answer, codes: [code] });
    }
    if (user !== formerLead) expect(stage.slack.see(user).modals).toEqual([]);
    expect(stage.card(id).text).toContain("Needs one of @lead-1, @lead-2 by");
  });

  test("an approver who asks isn't among those who may answer", async () => {
    const id = await pending(lead);
    expect(stage.card(id).text).toMatch(new RegExp(`\nNeeds @lead-2 by ${time} · rule \\*production\\*`, "u"));
    expect((await clickInVain(stage, lead, id, "Approve")).codes).toEqual(["own-request"]);
  });
});

describe("a withdrawal", () => {
  test("by the button under the answer", async () => {
    const id = await pending();
    const { channel, ts } = lastAnswerTo(dev);
    await stage.slack.click({ user: dev, channel, ts, label: "Withdraw" });
    await cardSays(id, "· withdrawn");
    expect(stage.card(id).text).toBe("*SSH to prod-vm-3* · withdrawn by @dev\n@dev asked, from 198.51.100.7: “INC-1”");
    expect(stage.card(id).buttons).toEqual([]);
    await stage.until("it is confirmed", () => answersTo(stage, dev).at(-1) === "SSH to prod-vm-3: withdrawn.");
    expect(stage.told(id)).toEqual(["request.submitted", "request.withdrawn"]);
  });

  test("by its id, from the list", async () => {
    const id = await pending();
    expect(await stage.jit(dev, "list")).toMatch(
      new RegExp(
        `^\\*SSH to prod-vm-3\\* for 1 hour · waiting for an answer until ${time} · \`/jit close ${id}\`$`,
        "u",
      ),
    );
    expect(await stage.jit(dev, `close ${id}`)).toBe("SSH to prod-vm-3: withdrawn.");
    await cardSays(id, "· withdrawn");
    expect(await stage.jit(dev, "list")).toBe(
      "Nothing is open for you, and nothing is waiting. `/jit help` shows how to ask.",
    );
  });

  test("isn't for others, approvers neither", async () => {
    const id = await pending();
    for (const user of [otherDev, lead, security]) {
      expect(await typeInVain(stage, user, `close ${id}`)).toEqual({
        answer:
          "That isn't yours to withdraw: only the person who asked can. Who may approve it can deny it on its card.",
        codes: ["not-yours"],
      });
    }
  });
});

test("a request that nobody answers lapses after half an hour, and who asked is told", async () => {
  const before = stage.direct(dev).length;
  const id = await pending();
  stage.clock.advance(29 * MINUTE);
  await stage.until("security hears that nobody answers", () =>
    stage.notices(CHANNELS.security).some((said) => said.startsWith("Nobody has answered yet: SSH to prod-vm-3")),
  );
  await stage.settled();
  expect((await typeInVain(stage, dev, "ssh prod-vm-3 1h because INC-2")).answer).toBe(
    `You asked for this already, and it is still waiting for an answer (request \`${id}\`). \`/jit list\` shows it.`,
  );
  expect(stage.card(id).text).toContain("Needs one of");
  stage.clock.advance(MINUTE);
  await cardSays(id, "· lapsed");
  expect(stage.card(id).text).toMatch(
    new RegExp(`^\\*SSH to prod-vm-3\\* · lapsed: nobody answered by ${time}\n@dev asked, from`, "u"),
  );
  expect(stage.card(id).buttons.map(({ label }) => label)).toEqual(["Ask again"]);
  await stage.until("who asked is told", () => stage.direct(dev).length > before);
  expect(stage.direct(dev).at(-1)).toBe(
    "SSH to prod-vm-3: nobody answered in time.\nAsk again, or ask an approver directly.\n[Ask again]",
  );
  expect(stage.told(id)).toEqual(["request.submitted", "request.reminded", "request.lapsed"]);
});

describe("a click that comes too late changes nothing", () => {
  const inVain = async (id: string, answer: RegExp): Promise<void> => {
    for (const label of ["Approve", "Deny"]) {
      const told = await clickInVain(stage, otherLead, id, label);
      expect(told.codes).toEqual(["too-late"]);
      expect(told.answer).toMatch(answer);
    }
    expect(stage.slack.see(otherLead).modals).toEqual([]);
  };

  test("after a lapse, even before it was noticed", async () => {
    const id = await pending();
    await withStaleCards(async () => {
      stage.clock.advance(30 * MINUTE);
      const before = stage.direct(dev).length;
      await stage.click(otherLead, id, "Approve");
      await stage.until("the lapse is told", () => stage.direct(dev).length > before);
      await inVain(
        id,
        new RegExp(
          `^Too late: it lapsed at ${time}, because nobody answered by then\\. Whoever asked can ask again\\.$`,
          "u",
        ),
      );
      expect(stage.told(id)).not.toContain("request.approved");
    });
  });

  test("after a withdrawal", async () => {
    const id = await pending();
    await withStaleCards(async () => {
      await stage.jit(dev, `close ${id}`);
      await inVain(id, new RegExp(`^Too late: it was withdrawn at ${time}\\.$`, "u"));
    });
  });

  test("after a denial", async () => {
    const id = await pending();
    const before = stage.direct(dev).length;
    await withStaleCards(async () => {
      await stage.click(lead, id, "Deny");
      await stage.until("the form is open", () => stage.slack.see(lead).modals.length === 1);
      await stage.slack.submitView({ user: lead });
      await stage.until("who asked is told", () => stage.direct(dev).length > before);
      await inVain(id, new RegExp(`^Too late: @lead-1 denied it at ${time}\\.$`, "u"));
    });
  });

  test("after an approval", async () => {
    const id = await pending();
    const before = stage.direct(dev).length;
    await withStaleCards(async () => {
      await stage.approve(lead, id);
      await stage.until("it is open", () => stage.direct(dev).length > before);
      await inVain(id, new RegExp(`^Too late: @lead-1 approved it at ${time}\\.$`, "u"));
    });
    expect(stage.told(id).filter((kind) => kind === "request.approved")).toHaveLength(1);
    await stage.jit(dev, `close ${id}`);
    await cardSays(id, "closed");
  });
});

describe("two at the same moment", () => {
  test.each([
    ["one approver twice", [lead, lead]],
    ["two approvers", [lead, otherLead]],
  ] as const)("%s: one grant, and the other click is told", async (_, [first, second]) => {
    const told = () => answersTo(stage, first).length + (first === second ? 0 : answersTo(stage, second).length);
    const before = told();
    const id = await pending();
    await Promise.all([stage.approve(first, id), stage.approve(second, id)]);
    await stage.until("one is told", () => told() > before);
    await cardSays(id, "open until");
    expect(told()).toBe(before + 1);
    const answers = [first, second].map((user) => answersTo(stage, user).at(-1) ?? "");
    expect(answers.join("\n")).toMatch(new RegExp(`Too late: @lead-[12] approved it at ${time}\\.`, "u"));
    expect(stage.told(id).filter((kind) => kind !== "review.refused")).toEqual([
      "request.submitted",
      "request.approved",
      "grant.opened",
    ]);
    await stage.until("the requester is told how to connect", () =>
      stage.direct(dev).some((text) => text.includes("is open for you")),
    );
    await stage.jit(dev, `close ${id}`);
    await cardSays(id, "closed");
  });
});

describe("where two approvals are needed", () => {
  test("two different people have to give them", async () => {
    const id = await ask(dev, "ssh staging-vm-1 1h");
    expect(stage.card(id).text).toMatch(
      new RegExp(`\nNeeds 2 of @lead-1, @lead-2, @sec by ${time} · rule \\*staging\\*`, "u"),
    );
    await stage.approve(lead, id);
    await cardSays(id, "Approved so far by @lead-1");
    expect(stage.card(id).text).toMatch(new RegExp(`\nNeeds one of @lead-2, @sec by ${time}`, "u"));
    const again = await clickInVain(stage, lead, id, "Approve");
    expect(again.codes).toEqual(["already-answered"]);
    expect(again.answer).toMatch(
      new RegExp(`^You approved this at ${time} already; someone else has to approve it too\\.$`, "u"),
    );
    expect(await stage.reaches("198.51.100.7", "staging-vm-1")).toBe(false);
    await stage.approve(security, id);
    await cardSays(id, "open until");
    expect(stage.card(id).text).toContain("approved by @lead-1, @sec");
    expect(await stage.reaches("198.51.100.7", "staging-vm-1")).toBe(true);
    const events = stage.told(id).filter((kind) => kind !== "review.refused");
    expect(events).toEqual(["request.submitted", "review.given", "request.approved", "grant.opened"]);
  });

  test("one denial is enough", async () => {
    const id = await ask(otherDev, "ssh staging-vm-1 1h");
    await stage.approve(lead, id);
    await cardSays(id, "Approved so far");
    await stage.click(security, id, "Deny");
    await stage.until("the form is open", () => stage.slack.see(security).modals.length === 1);
    await stage.slack.submitView({ user: security });
    await cardSays(id, "denied by @sec");
  });
});
