/** The policy changes while the bot runs. */

import { readFile, writeFile } from "node:fs/promises";
import { afterAll, afterEach, expect, test } from "vitest";
import { typeInVain } from "./in-vain.ts";
import { CHANNELS, PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, nobody } = PEOPLE;
const original = await readFile(stage.configFile, "utf8");
const security = (): string => stage.notices(CHANNELS.security).join("\n");
const count = (kind: string): number => stage.bots[0].events.filter((event) => event.kind === kind).length;
const change = async (text: string, told: "policy.changed" | "policy.refused"): Promise<void> => {
  const before = count(told);
  await writeFile(stage.configFile, text);
  await stage.until(`${told} is on record`, () => count(told) > before);
  await stage.settled();
};

afterEach(async () => {
  await writeFile(stage.configFile, original);
});

test("a good one counts at once, and security reads what changed", async () => {
  expect((await typeInVain(stage, dev, "ssh prod-vm-3 4h because INC-1")).codes).toEqual(["duration-too-long"]);
  await change(original.replace("ssh: { maximum: 3h }", "ssh: { maximum: 4h }"), "policy.changed");
  expect(security()).toContain("rule production: ssh maximum 3h → 4h");
  const id = await stage.ask(dev, "ssh prod-vm-3 4h because INC-1");
  await stage.jit(dev, `close ${id}`);
  await change(original, "policy.changed");
});

test("each change is on record, also back and forth, and both places hear when security is told elsewhere", async () => {
  const none = original.replace("approve: { by: [leads], needed: 1, within: 30m }", "approve: none");
  const before = count("policy.changed");
  for (const text of [none, original, none, original]) await change(text, "policy.changed");
  expect(count("policy.changed")).toBe(before + 4);

  const told = stage.notices(CHANNELS.security).length;
  await change(none.replace(/^security: .*$/mu, ""), "policy.changed");
  const [news = ""] = stage.notices(CHANNELS.security).slice(told);
  expect(news).toMatch(/approve/u);
  await change(original, "policy.changed");
});

test("who starts the bot with another file is told of as well", async () => {
  await stage.bots[0].stop();
  const before = count("policy.changed");
  await writeFile(stage.configFile, original.replace("ssh: { maximum: 3h }", "ssh: { maximum: 5h }"));
  await stage.bots[0].start();
  await stage.until("it is on record", () => count("policy.changed") > before);
  await stage.settled();
  expect(security()).toContain(
    "I was started with another configuration than the last one:\n• rule production: ssh maximum 3h → 5h",
  );
  await change(original, "policy.changed");
});

test("a bad one is refused with its place, and the one before still counts", async () => {
  await change(original.replace("ssh: { maximum: 3h }", "ssh: { maximum: soon }"), "policy.refused");
  expect(security()).toMatch(/latch\.yaml:\d+:\d+` rules\[0\]\.ports\.ssh\.maximum/u);
  const id = await stage.ask(dev, "ssh prod-vm-3 3h because INC-1");
  await stage.jit(dev, `close ${id}`);
  await stage.settled();
  expect((await typeInVain(stage, nobody, "ssh prod-vm-3 1h because INC-1")).codes).toEqual(["not-eligible"]);
});

test("who loses their role by it can't be granted what they asked before", async () => {
  const id = await stage.ask(dev, "ssh prod-vm-3 1h because INC-2");
  await change(original.replace("request: [engineers, leads]", "request: [leads]"), "policy.changed");
  await stage.approve(PEOPLE.lead, id);
  await stage.until("the click is refused", () => (stage.answers(PEOPLE.lead).at(-1) ?? "").startsWith("Not any more"));
  expect(stage.told(id)).not.toContain("request.approved");
});
