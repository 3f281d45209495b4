/** An access that is made longer: still open after its first end, closed at its second, whatever is lost or killed in between. */

import { afterAll, expect, test } from "vitest";
import { type EpochMs, HOUR, isoSeconds, MINUTE } from "../../src/access/time.ts";
import { clickInVain, typeInVain } from "./in-vain.ts";
import { ADDRESSES, nsgId, PEOPLE, setInsideStage } from "./stage.ts";

const LIMIT = 60_000;
const stage = await setInsideStage({ onTestFinished: afterAll });
const { dev, otherDev, lead, otherLead, security } = PEOPLE;
const bot = stage.bots[0];

const cardSays = (id: string, text: string): Promise<void> =>
  stage.until(`the card of ${id} says “${text}”`, () => stage.card(id).text.includes(text), 30_000);
const open = async (user: string, text: string, needs = false): Promise<string> => {
  const id = await stage.ask(user, text);
  if (needs) await stage.approve(lead, id);
  await cardSays(id, "open until");
  await stage.settled();
  return id;
};
const endOf = (id: string): number => {
  const ends = bot.events.flatMap((event) =>
    (event.kind === "grant.opened" || event.kind === "grant.extended") && event.requestId === id ? event.expiresAt : [],
  );
  return Math.max(...ends);
};
const goTo = (at: number): void => stage.clock.advance(at - stage.clock.now());
const letsIn = (machine: string): Promise<boolean> => stage.reaches(ADDRESSES.vpn, machine);
const marks = (): string => JSON.stringify([stage.azure.export(nsgId("nsg-dev")), stage.ec2.export("eni-0devbox131")]);
/** Marks keep whole seconds. */
const inMark = (end: number): string => isoSeconds((Math.ceil(end / 1_000) * 1_000) as EpochMs);
const markSays = (end: number): Promise<void> =>
  stage.until("the mark carries the end", () => marks().includes(inMark(end)));
const closesAtItsEnd = async (id: string, machine: string): Promise<void> => {
  goTo(endOf(id) - 2_000);
  expect(await letsIn(machine)).toBe(true);
  await stage.until(`${machine} is closed`, async () => !(await letsIn(machine)));
  expect(stage.clock.now()).toBeGreaterThanOrEqual(endOf(id));
  expect(stage.clock.now()).toBeLessThan(endOf(id) + 3_000);
  await cardSays(id, "closed");
};
/** Presses a button of the latest direct message that has it. */
const press = async (user: string, label: string): Promise<void> => {
  const messages = stage.slack
    .see(user)
    .channels.filter(({ direct }) => direct)
    .flatMap((each) => each.messages);
  const found = messages.findLast(({ buttons }) => buttons.some((each) => each.label === label));
  if (found === undefined) throw new Error(`no message with ${label}`);
  await stage.slack.click({ user, channel: found.channel, ts: found.ts, label });
};

test(
  "one tap on the warning keeps it open past its first end, in both clouds, until its second, and the marks say so",
  async () => {
    for (const machine of ["dev-vm-1", "dev-box-1"]) {
      const id = await open(dev, `ssh ${machine} 1h from vpn`);
      const first = endOf(id);
      await markSays(first);
      goTo(first - 10 * MINUTE);
      await stage.until("they are warned", () => stage.direct(dev).some((text) => text.includes(`${machine} closes`)));
      await press(dev, "Extend");
      await stage.until("it is longer", () => stage.told(id).includes("grant.extended"));
      expect(endOf(id)).toBe(first + HOUR);
      await markSays(first + HOUR);
      await cardSays(id, "Made longer");
      expect(stage.direct(dev).join("\n")).toContain("longer than at first");

      goTo(first + MINUTE);
      await stage.settled();
      expect(await letsIn(machine)).toBe(true);
      goTo(first + 50 * MINUTE);
      await stage.until(
        "they are warned again",
        () => stage.told(id).filter((kind) => kind === "grant.ending").length === 2,
      );
      await closesAtItsEnd(id, machine);
      await stage.settled();
      expect(stage.direct(dev).join("\n")).toMatch(
        new RegExp(`${machine}: your access ended .*\n\\[Ask again\\]`, "u"),
      );
    }
  },
  LIMIT,
);

test(
  "where somebody has to approve, a card of its own asks, and approving it makes the access longer in place",
  async () => {
    const id = await open(dev, "ssh prod-vm-3 1h because INC-1", true);
    const first = endOf(id);
    const asked = await stage.ask(dev, `extend ${id} 30m`);
    expect(stage.card(asked).text).toMatch(/^\*SSH to prod-vm-3\* longer, until/u);
    expect(endOf(id)).toBe(first);
    expect(await stage.jit(dev, `extend ${id} 30m`)).toContain("You asked for this already");
    await stage.settled();
    expect((await clickInVain(stage, dev, asked, "Approve")).codes).toEqual(["own-request"]);
    await stage.approve(otherLead, asked);
    await cardSays(asked, "stays open until");
    await cardSays(id, "approved by @lead-2; it would have ended");
    expect(endOf(id)).toBe(first + 30 * MINUTE);
    await stage.settled();
    expect(stage.direct(dev).join("\n")).toMatch(/prod-vm-3 stays open for you until .*; @lead-2 approved it\./u);
    goTo(first + MINUTE);
    await stage.settled();
    expect(await letsIn("prod-vm-3")).toBe(true);
    await closesAtItsEnd(id, "prod-vm-3");
  },
  LIMIT,
);

test(
  "nobody else can, nobody past the maximum, and what waits for approval lapses with it",
  async () => {
    const id = await open(dev, "ssh prod-vm-3 1h because INC-1", true);
    for (const user of [otherDev, lead, security])
      expect((await typeInVain(stage, user, `extend ${id} 10m`)).codes).toEqual(["not-yours"]);
    const { answer, codes } = await typeInVain(stage, dev, `extend ${id} 3h`);
    expect(codes).toEqual(["extension-too-long"]);
    expect(answer).toMatch(
      new RegExp(`^SSH to prod-vm-3 is for 3 hours at most in all\\..*/jit extend ${id} (?:2h|1h59m)`, "u"),
    );
    const asked = await stage.ask(dev, `extend ${id} 30m`);
    await stage.jit(dev, `close ${id}`);
    await cardSays(id, "closed");
    await stage.settled();
    await cardSays(asked, "lapsed");
    expect(stage.card(asked).buttons.filter(({ label }) => label.startsWith("Approve"))).toEqual([]);
    expect(await letsIn("prod-vm-3")).toBe(false);
  },
  LIMIT,
);

test(
  "stopped between the write and the new marks, it stays open past its first end and closes at its second",
  async () => {
    const id = await open(dev, "ssh dev-vm-1 1h from vpn");
    const first = endOf(id);
    const stopped = stage.faults.azure.add({ calls: /^PUT /u, does: { kind: "hang" } });
    await stage.jit(dev, `extend ${id} 1h`);
    await bot.stop();
    stopped();
    expect(marks()).toContain(inMark(first));
    goTo(first + MINUTE);
    await bot.start();
    await markSays(first + HOUR);
    expect(await letsIn("dev-vm-1")).toBe(true);
    await closesAtItsEnd(id, "dev-vm-1");
  },
  LIMIT,
);

test(
  "memory emptied before the new marks shortens nothing while anybody remembers, and afterwards the marks say it",
  async () => {
    const id = await open(dev, "ssh dev-box-1 1h from vpn");
    const first = endOf(id);
    const away = stage.faults.aws.add({
      calls: /^(?:Create|Delete)Tags/u,
      does: {
        kind: "answer",
        status: 503,
        body: "<Response><Errors><Error><Code>Unavailable</Code><Message>m</Message></Error></Errors></Response>",
        headers: { "content-type": "text/xml" },
      },
    });
    await stage.jit(dev, `extend ${id} 1h`);
    await stage.redis.flush();
    away();
    await markSays(first + HOUR);
    await bot.stop();
    await stage.redis.flush();
    goTo(first + MINUTE);
    await bot.start();
    await cardSays(id, "found open after our memory was lost");
    expect(await letsIn("dev-box-1")).toBe(true);
    expect(await stage.jit(dev, `extend ${id} 10m`)).toContain("I lost what I knew");
    // Marks keep whole seconds.
    goTo(first + HOUR + 1_000);
    await stage.until("it is closed", async () => !(await letsIn("dev-box-1")));
  },
  LIMIT,
);
