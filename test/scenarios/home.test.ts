/** The bot's Home: drawn when somebody opens it, and again whenever something on it changes, whoever changed it. */

import { readFile, writeFile } from "node:fs/promises";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import type { Misbehaviour } from "../../src/sandbox/faults.ts";
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

describe("who sees what", () => {
  test("of what is open for everybody and how the bot is only security hears", async () => {
    await open(security, nobody);
    for (const word of ["Open now, for everybody", "How the machines stand", "How I am", "All is well"])
      expect(homeOf(security)).toContain(word);
    for (const user of [dev, lead, nobody]) expect(homeOf(user)).not.toContain("How I am");
  });

  test("a guest is told why there is nothing", async () => {
    await open(guest);
    expect(homeOf(guest)).not.toContain("Ask for access");
    expect(homeOf(guest)).toContain("Guests can't do this.");
  });

  test("whoever loses the role no longer sees what it showed, and what they press meanwhile doesn't count", async () => {
    await open(security);
    const before = await readFile(stage.configFile, "utf8");
    await writeFile(
      stage.configFile,
      before.replace("security: { users: [U0SEC1] }", "security: { users: [U0SALES1] }"),
    );
    await hides(security, "How I am");
    await shows(nobody, "How I am");
    await writeFile(stage.configFile, before);
    await shows(security, "How I am");
    await hides(nobody, "How I am");
  });

  test("whoever leaves the group no longer sees what they asked for often", async () => {
    await ask(otherDev, "ssh prod-vm-3 1h because INC-2");
    await open(otherDev);
    await shows(otherDev, "You often ask for");
    const engineers = stage.slack.people.groups().find(({ id }) => id === "S0ENG")?.users ?? [];
    stage.slack.people.changeGroup("S0ENG", { users: engineers.filter((user) => user !== otherDev) });
    await hides(otherDev, "You often ask for");
    stage.slack.people.changeGroup("S0ENG", { users: engineers });
    await shows(otherDev, "You often ask for");
  });
});

describe("a click on a Home", () => {
  test("that comes too late is answered in a small window", async () => {
    await open(lead, otherLead);
    const id = await ask(dev, "ssh prod-vm-3 1h because INC-3");
    await shows(otherLead, "INC-3");
    const end = stage.faults.slack.add({ calls: /^views\.publish$/u, does: { kind: "drop" } });
    await press(lead, "Deny");
    await stage.until("the form is open", () => stage.slack.see(lead).modals.length === 1);
    await stage.slack.submitView({ user: lead });
    await stage.until("it is denied", () => stage.told(id).includes("request.denied"));
    expect(homeOf(otherLead)).toContain("INC-3");
    await press(otherLead, "Approve");
    await stage.until("they are told", () => stage.slack.see(otherLead).modals.length === 1);
    expect(stage.slack.see(otherLead).modals[0]?.text).toContain("Too late: @lead-1 denied it");
    await stage.slack.closeView({ user: otherLead });
    end();
    stage.clock.advance(2 * MINUTE);
    await hides(otherLead, "INC-3");
  });
});

describe("the buttons of a Home", () => {
  test("extend what is open, withdraw what waits, and ask for more", { timeout: 30_000 }, async () => {
    await open(dev);
    const opened = await ask(dev, "ssh dev-vm-2 1h from 203.0.113.7");
    await shows(dev, "1 hour left");
    await press(dev, "Extend");
    await shows(dev, "2 hours left");
    expect(stage.told(opened)).toContain("grant.extended");
    await stage.until("they are told", () => stage.slack.see(dev).modals.length === 1);
    expect(stage.slack.see(dev).modals[0]?.text).toContain("stays open for you until");
    await stage.slack.closeView({ user: dev });

    const waiting = await ask(dev, "ssh prod-vm-3 1h because INC-5");
    await shows(dev, "You asked for");
    await press(dev, "Withdraw");
    await hides(dev, "You asked for");
    expect(stage.told(waiting)).toEqual(["request.submitted", "request.withdrawn"]);
    await stage.until("they are told", () => stage.slack.see(dev).modals.length === 1);
    await stage.slack.closeView({ user: dev });

    for (const label of ["Ask for access", "Ask again"]) {
      await press(dev, label);
      await stage.until("the form is open", () => stage.slack.see(dev).modals.length === 1);
      await stage.slack.closeView({ user: dev });
    }
  });
});

describe("when Slack takes no Home", () => {
  test.each<[string, Misbehaviour, number]>([
    ["answers 429", { kind: "throttle", retryAfterSeconds: 30 }, 31_000],
    ["answers 500", { kind: "answer", status: 500, body: "oops" }, 2 * MINUTE],
    ["breaks off", { kind: "drop" }, 2 * MINUTE],
  ])("%s, it comes later, once, as things are then", { timeout: 30_000 }, async (_, does, waitMs) => {
    await open(dev);
    await stage.settled();
    let tried = 0;
    let published = 0;
    const unsubscribe = stage.slack.subscribe((change) => {
      if (change.kind === "home-published" && change.user === dev) published += 1;
    });
    const away = stage.faults.slack.add({
      calls: /^views\.publish$/u,
      does: () => {
        tried += 1;
        return does;
      },
    });
    const first = await ask(dev, "ssh prod-vm-3 1h because INC-4");
    await ask(dev, "rdp prod-vm-3 1h because INC-4");
    await stage.until("it was tried", () => tried > 0);
    expect(homeOf(dev)).not.toContain("You asked for");
    away();
    stage.clock.advance(waitMs);
    await shows(dev, /SSH to prod-vm-3[\s\S]*RDP to prod-vm-3/u);
    await stage.settled();
    // And once more where the clock's jump made its times old.
    expect(published).toBeLessThanOrEqual(2);
    expect(stage.card(first).text).toContain("@dev asks");
    unsubscribe();
  });
});

test("time left is brought up to date while something is open", { timeout: 90_000 }, async () => {
  const id = await ask(dev, "ssh dev-vm-1 2h from 203.0.113.7");
  await open(dev);
  await shows(dev, "2 hours left");
  stage.clock.advance(HOUR);
  await shows(dev, "1 hour left");
  expect(stage.told(id)).toContain("grant.opened");
});
