/** Slack can't say who somebody is: the answer is no, with a reference for whoever reads the log, and nothing happens. */

import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { FaultRule } from "../../src/sandbox/faults.ts";
import { answersTo, effects, typeInVain } from "./in-vain.ts";
import { ADDRESSES, CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, lead, otherLead } = PEOPLE;
const sentence =
  /^I can't check who may do this right now, so I can't say yes\. Try again in a minute\. \(ref ([a-z0-9]{4})\)$/u;
/** The same to who says no. */
const nothingChanged =
  /^I can't check who may do this right now\. Nothing was changed\. Try again in a minute\. \(ref [a-z0-9]{4}\)$/u;

const people = /^users\.info$/u;
const groups = /^usergroups\.users\.list$/u;
const troubles: readonly [string, FaultRule][] = [
  ["doesn't answer about people", { calls: people, does: { kind: "drop" } }],
  ["fails", { calls: people, does: { kind: "answer", status: 500, body: "oops" } }],
  [
    "has internal trouble",
    { calls: people, does: { kind: "answer", status: 200, body: '{"ok":false,"error":"internal_error"}' } },
  ],
  ["wants fewer calls", { calls: people, does: { kind: "throttle", retryAfterSeconds: 30 } }],
  ["doesn't answer about groups", { calls: groups, does: { kind: "drop" } }],
];

afterEach(() => {
  stage.faults.slack.clear();
});

const logged = (reference: string): boolean => stage.bots[0].log.some((line) => line.includes(`"${reference}"`));

describe.each(troubles)("when Slack %s", (_, fault) => {
  test("asking is refused", { timeout: 60_000 }, async () => {
    // Groups are asked for every ten seconds only.
    stage.clock.advance(11_000);
    stage.faults.slack.add(fault);
    const { answer, codes } = await typeInVain(stage, dev, "ssh prod-vm-3 1h because INC-1");
    expect(codes).toEqual(["cannot-check"]);
    expect(answer).toMatch(sentence);
    expect(logged(sentence.exec(answer)?.[1] ?? "")).toBe(true);
  });

  test("an approval and a denial don't count, and later do", { timeout: 60_000 }, async () => {
    const id = await stage.ask(dev, "ssh prod-vm-3 1h because INC-1");
    await stage.settled();
    stage.clock.advance(11_000);
    for (const [label, told] of [
      ["Approve", sentence],
      ["Deny", nothingChanged],
    ] as const) {
      stage.faults.slack.add(fault);
      const before = { effects: effects(stage), answers: answersTo(stage, lead).length };
      await stage.click(lead, id, label);
      await stage.until("the approver is told", () => answersTo(stage, lead).length > before.answers);
      expect(answersTo(stage, lead).slice(before.answers)).toEqual([expect.stringMatching(told)]);
      expect(effects(stage)).toEqual(before.effects);
      expect(stage.slack.see(lead).modals).toEqual([]);
      stage.faults.slack.clear();
    }
    await stage.settled();
    expect(stage.told(id)).toEqual(["request.submitted", "review.refused", "review.refused"]);
    expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-3")).toBe(false);
    await stage.approve(otherLead, id);
    await stage.until("it is open", () => stage.card(id).text.includes("open until"));
    await stage.jit(dev, `close ${id}`);
    await stage.until("it is closed", () => stage.card(id).text.includes("closed"));
    await stage.settled();
  });
});

test("when Slack wants fewer calls about groups, what it said within a minute counts", {
  timeout: 30_000,
}, async () => {
  const id = await stage.ask(dev, "ssh prod-vm-3 1h because INC-1");
  await stage.settled();
  stage.faults.slack.add({ calls: groups, does: { kind: "throttle", retryAfterSeconds: 300 } });
  stage.clock.advance(50_000);
  await stage.approve(lead, id);
  await stage.until("it is open", () => stage.card(id).text.includes("open until"));
  await stage.settled();
  stage.clock.advance(11_000);
  const { answer, codes } = await typeInVain(stage, dev, "ssh prod-vm-1 1h because INC-1");
  expect(codes).toEqual(["cannot-check"]);
  expect(answer).toMatch(sentence);
  stage.faults.slack.clear();
  await stage.jit(dev, `close ${id}`);
  await stage.until("it is closed", () => stage.card(id).text.includes("closed"));
  await stage.settled();
});

test("when Slack hangs, both are told after ten seconds", { timeout: 90_000 }, async () => {
  const id = await stage.ask(dev, "ssh prod-vm-3 1h because INC-1");
  await stage.settled();
  stage.faults.slack.add({ calls: people, does: { kind: "hang" } });
  const before = { effects: effects(stage), dev: answersTo(stage, dev).length, lead: answersTo(stage, lead).length };
  await Promise.all([
    stage.slack.command({ user: dev, channel: CHANNELS.access, text: "ssh prod-vm-1 1h because INC-1" }),
    stage.click(lead, id, "Approve"),
  ]);
  await stage.until(
    "both are told",
    () => answersTo(stage, dev).length > before.dev && answersTo(stage, lead).length > before.lead,
    45_000,
  );
  expect([dev, lead].map((user) => answersTo(stage, user).at(-1))).toEqual([
    expect.stringMatching(sentence),
    expect.stringMatching(sentence),
  ]);
  expect(effects(stage)).toEqual(before.effects);
  stage.faults.slack.clear();
  await stage.jit(dev, `close ${id}`);
});

test("a slow Slack is waited for", { timeout: 60_000 }, async () => {
  stage.faults.slack.add({ calls: people, does: { kind: "delay", ms: 1_000 } });
  const id = await stage.ask(dev, "ssh prod-vm-3 1h because INC-1");
  await stage.approve(lead, id);
  await stage.until("it is open", () => stage.card(id).text.includes("open until"));
  await stage.jit(dev, `close ${id}`);
  await stage.until("it is closed", () => stage.card(id).text.includes("closed"));
});

test("who presses Deny and is looked up for too long is asked to press again", { timeout: 60_000 }, async () => {
  const id = await stage.ask(dev, "ssh prod-vm-3 1h because INC-1");
  const end = stage.faults.slack.add({ calls: people, does: { kind: "delay", ms: 3_500 } });
  const before = answersTo(stage, lead).length;
  await stage.click(lead, id, "Deny");
  await stage.until("the approver is told", () => answersTo(stage, lead).length > before);
  end();
  expect(answersTo(stage, lead).at(-1)).toBe(
    "Slack didn't open the form in time, so nothing is denied. Press `Deny` again.",
  );
  expect(stage.told(id)).toEqual(["request.submitted"]);
});
