/** The bot's Home: drawn when somebody opens it, and again whenever something on it changes, whoever changed it. */

import { afterAll, afterEach, describe, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import { PEOPLE, setInsideStage } from "./stage.ts";

const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, otherDev, lead, otherLead, security, nobody, guest } = PEOPLE;

const homeOf = (user: string): string => stage.slack.see(user).home?.text ?? "";
const shows = (user: string, text: string | RegExp): Promise<void> =>
  stage.until(`the Home of ${user} shows ${text}`, () =>
    typeof text === "string" ? homeOf(user).includes(text) : text.test(homeOf(user)),
  );
const hides = (user: string, text: string): Promise<void> =>
  stage.until(`the Home of ${user} no longer shows ${text}`, () => !homeOf(user).includes(text));
const open = async (...users: readonly string[]): Promise<void> => {
  for (const user of users) await stage.slack.openHome(user);
  for (const user of users) await stage.until("it is drawn", () => homeOf(user) !== "");
};
const press = (user: string, label: string) => stage.slack.click({ user, label });

const asked: [id: string, user: string][] = [];
const ask = async (user: string, text: string): Promise<string> => {
  const id = await stage.ask(user, text);
  asked.push([id, user]);
  return id;
};

afterEach(async () => {
  for (const [id, user] of asked.splice(0)) await stage.jit(user, `close ${id}`);
  await stage.settled();
});

describe("a Home", () => {
  test("follows a request from asking to the end, by other people's acts", async () => {
    await open(dev, lead, security);
    expect(homeOf(dev)).toContain("Nothing is open for you.");
    expect(homeOf(dev)).not.toContain("How I am");

    const id = await ask(dev, "ssh prod-vm-3 1h because INC-1");
    await shows(dev, "You asked for");
    await shows(lead, "Waiting for your answer");
    expect(homeOf(lead)).toContain("@dev asks, from 198.51.100.7: “INC-1”");
    expect(homeOf(security)).not.toContain("Waiting for your answer");

    await press(lead, "Approve");
    await shows(dev, /SSH to prod-vm-3.*open until/u);
    await hides(lead, "Waiting for your answer");
    await shows(security, /SSH to prod-vm-3.*@dev from/u);
    expect(homeOf(security)).toContain("1 access is open");
    expect(homeOf(dev)).toContain("1 hour left");

    await press(security, "Close");
    await shows(dev, "Nothing is open for you.");
    await shows(security, "0 accesses are open");
    expect(stage.told(id)).toContain("grant.ended");
  });
});
