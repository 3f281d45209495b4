/** Somebody moves while something is open for them: open from where they are now first, and only then closed from where they were. */

import { afterAll, describe, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/access/time.ts";
import { armFault } from "./long-stage.ts";
import { ADDRESSES, type InsideStage, PEOPLE, type Stage, setInsideStage, setStage } from "./stage.ts";
import { browserAt, linkFrom } from "./visitor.ts";

const { dev, otherDev, lead } = PEOPLE;
const { home, office, vpn, stranger } = ADDRESSES;

/** Asks as `dev`, and waits until it is open; returns its id. */
const openFrom = async (stage: Stage, address: string, length = "1h"): Promise<string> => {
  const id = await stage.ask(dev, `ssh dev-vm-1 ${length} from ${address}`);
  await stage.until("it is open", () => stage.told(id).includes("grant.opened"));
  expect(await stage.reaches(address, "dev-vm-1")).toBe(true);
  return id;
};

/** Follows the link of the latest answer from this address; returns what the page says. */
const goTo = async (stage: Stage, address: string): Promise<string> => {
  const link = linkFrom(stage, dev);
  const browser = browserAt(stage, address);
  await browser.open(link);
  return (await browser.press(link)).text;
};

const moveBy = async (stage: Stage, id: string, address: string): Promise<string> => {
  expect(await stage.jit(dev, `moved ${id}`)).toContain("Where are you now?");
  expect(await goTo(stage, address)).toContain("is being opened for you from");
  const moved = stage.bots
    .flatMap((bot) => bot.events)
    .findLast((event) => event.kind === "address.seen" && event.requestId !== undefined);
  return moved?.kind === "address.seen" ? (moved.requestId ?? "") : "";
};

const events = (stage: Stage) => stage.bots.flatMap((bot) => bot.events);
const endOf = (stage: Stage, id: string): number | undefined =>
  events(stage).flatMap((event) =>
    event.kind === "request.approved" && event.requestId === id ? [event.expiresAt] : [],
  )[0];

describe("moving", () => {
  let stage: InsideStage;
  const { promise, resolve } = Promise.withResolvers<InsideStage>();
  void setInsideStage({ onTestFinished: afterAll }).then(resolve);

  test("real connections get in from the new address before the old one is closed, up to the same end, and no connection is refused in between", async () => {
    stage = await promise;
    const old = await openFrom(stage, office, "2h");
    stage.clock.advance(20 * MINUTE);
    await stage.settled();
    // Each turn tries both, the old one last: if the new one wasn't in, the old one still has to be.
    const tries: { readonly fromNew: boolean; readonly fromOld: boolean }[] = [];
    const done = { all: false };
    const trying = (async () => {
      while (!done.all) {
        const fromNew = await stage.reaches(home, "dev-vm-1");
        tries.push({ fromNew, fromOld: fromNew ? true : await stage.reaches(office, "dev-vm-1") });
      }
    })();
    const fresh = await moveBy(stage, old, home);
    await stage.until("the old one is closed", () => stage.told(old).includes("grant.ended"));
    done.all = true;
    await trying;
    expect(tries.filter(({ fromNew, fromOld }) => !fromNew && !fromOld)).toEqual([]);
    expect(tries.at(0)?.fromNew).toBe(false);
    expect(await stage.reaches(home, "dev-vm-1")).toBe(true);
    expect(await stage.reaches(office, "dev-vm-1")).toBe(false);

    expect(endOf(stage, fresh)).toBe(endOf(stage, old));
    const order = events(stage).flatMap((event) =>
      (event.kind === "grant.opened" && event.grantId === fresh) ||
      (event.kind === "grant.moved" && event.before === old) ||
      (event.kind === "grant.ended" && event.grantId === old)
        ? [event.kind]
        : [],
    );
    expect(order).toEqual(["grant.opened", "grant.moved", "grant.ended"]);
    expect(events(stage).find((event) => event.kind === "grant.ended" && event.grantId === old)).toMatchObject({
      cause: "superseded",
    });
    await stage.settled();
    expect(stage.card(old).text).toContain("they had it from elsewhere");
    expect(stage.card(fresh).text).toMatch(/moved from .* by /u);
    expect(stage.direct(dev).join("\n")).toMatch(/You have \S+ from where you are now; the old address is closed\./u);

    stage.clock.advance(2 * HOUR);
    await stage.until("the new one closed too", () => stage.told(fresh).includes("grant.ended"));
    expect(await stage.reaches(home, "dev-vm-1")).toBe(false);
  });

  test("by the button under `is open for you`", async () => {
    stage = await promise;
    const old = await openFrom(stage, office);
    const opened = () =>
      stage.slack
        .see(dev)
        .channels.filter(({ direct }) => direct)
        .flatMap(({ messages }) => messages)
        .find(({ buttons }) => buttons.some(({ label, value }) => label === "I moved" && value === old));
    await stage.until("they are told", () => opened() !== undefined);
    const message = opened();
    const before = linksGiven(stage);
    await stage.slack.click({
      user: dev,
      channel: message?.channel ?? "",
      ts: message?.ts ?? "",
      label: "I moved",
    });
    await stage.until("they are given a link", () => linksGiven(stage) > before);
    expect(await goTo(stage, home)).toContain("Moving");
    await stage.until("the old one is closed", () => stage.told(old).includes("grant.ended"));
    expect(await stage.reaches(home, "dev-vm-1")).toBe(true);
    await closeAll(stage);
  });

  test("what was approved stays approved, and limits don't count it twice", async () => {
    stage = await promise;
    const old = await stage.ask(dev, `ssh prod-vm-3 1h from ${office} because INC-1`);
    await stage.approve(lead, old);
    await stage.until("it is open", () => stage.told(old).includes("grant.opened"));
    const fresh = await moveBy(stage, old, home);
    await stage.until("the old one is closed", () => stage.told(old).includes("grant.ended"));
    expect(stage.told(fresh)).toContain("grant.opened");
    expect(stage.told(fresh)).not.toContain("request.submitted");
    await stage.settled();
    expect(stage.card(fresh).text).toContain("approved it from 203.0.113.10");
    expect(await stage.reaches(home, "prod-vm-3")).toBe(true);
    await closeAll(stage);
  });

  test("not another's, not one that is over, not where one is already, not what policy doesn't let in", async () => {
    stage = await promise;
    const id = await openFrom(stage, office);
    expect(await stage.jit(otherDev, `moved ${id}`)).toContain("isn't your access");
    expect(await stage.jit(dev, "moved bcdfghjk")).toContain("Nothing open or waiting");
    expect(await stage.jit(dev, "moved")).not.toContain("Where are you now?");
    await stage.jit(dev, `moved ${id}`);
    expect(await goTo(stage, office)).toContain("You are where you were");
    expect(await stage.reaches(office, "dev-vm-1")).toBe(true);
    await closeAll(stage);
    expect(await stage.jit(dev, `moved ${id}`)).toContain("over already");

    const rdp = await stage.ask(dev, "rdp prod-vm-3 30m because INC-1");
    await stage.approve(lead, rdp);
    await stage.until("it is open", () => stage.told(rdp).includes("grant.opened"));
    await stage.jit(dev, `moved ${rdp}`);
    expect(await goTo(stage, stranger)).toContain("Allowed: vpn");
    expect(await stage.reaches(vpn, "prod-vm-3", 3389)).toBe(true);
    expect(await stage.reaches(stranger, "prod-vm-3", 3389)).toBe(false);
    await closeAll(stage);
  });

  test("closed between the link and the press: nothing opens", async () => {
    stage = await promise;
    const id = await openFrom(stage, office);
    await stage.jit(dev, `moved ${id}`);
    const link = linkFrom(stage, dev);
    const browser = browserAt(stage, home);
    await browser.open(link);
    await stage.jit(dev, `close ${id}`);
    expect((await browser.press(link)).text).toContain("over already");
    await stage.settled();
    expect(await stage.reaches(home, "dev-vm-1")).toBe(false);
    expect(await stage.reaches(office, "dev-vm-1")).toBe(false);
  });

  test("where the new one can't be opened the old one stays, and they are told", async () => {
    stage = await promise;
    const old = await openFrom(stage, office);
    stage.faults.azure.add({ calls: /^PUT .*networkSecurityGroups/u, does: armFault(403, "AuthorizationFailed") });
    const fresh = await moveBy(stage, old, home);
    await stage.until("it failed", () => stage.told(fresh).includes("grant.failed"));
    stage.faults.azure.clear();
    await stage.settled();
    expect(stage.told(old)).not.toContain("grant.ended");
    expect(await stage.reaches(office, "dev-vm-1")).toBe(true);
    expect(await stage.reaches(home, "dev-vm-1")).toBe(false);
    const told = stage.direct(dev).join("\n");
    expect(told).toContain("SSH to dev-vm-1 couldn't be opened from where you are now.");
    expect(told).toContain("It stays open from where you were, until the same time.");
    await closeAll(stage);
  });
});

const linksGiven = (stage: Stage): number =>
  stage.slack
    .see(dev)
    .channels.flatMap(({ messages }) => messages)
    .filter(({ onlyForYou, text }) => onlyForYou && text.includes("Where are you now?")).length;

const closeAll = async (stage: InsideStage): Promise<void> => {
  for (const [, id = ""] of (await stage.jit(dev, "list")).matchAll(/\/jit close ([a-z0-9]{8})/gu))
    await stage.jit(dev, `close ${id}`);
  await stage.until("all are over", () =>
    events(stage)
      .flatMap((event) => (event.kind === "grant.revoked" ? [event.requestId] : []))
      .every((id) => stage.told(id).includes("grant.ended")),
  );
};

describe("a process that is killed", { timeout: 120_000 }, () => {
  test("right when the new one is seen open: the next one closes the old one all the same", async (context) => {
    const stage = await setStage(context);
    const [bot] = stage.bots;
    const old = await openFrom(stage, office);
    const fresh = await moveBy(stage, old, home);
    // It dies from one instruction to the next as soon as anybody can see that the new one is in.
    await stage.until("the new one is in", () => stage.reaches(home, "dev-vm-1"));
    await bot.kill();
    const wasMoved = stage.told(fresh).includes("grant.moved");
    await bot.start();
    await stage.until("the old one is closed", async () => !(await stage.reaches(office, "dev-vm-1")), 30_000);
    expect(await stage.reaches(home, "dev-vm-1")).toBe(true);
    await stage.until("it is told", () => stage.told(old).includes("grant.ended"));
    // None where it died after it was stored and before it was written out.
    expect(events(stage).filter(({ kind }) => kind === "grant.moved").length).toBeLessThan(2);
    process.stdout.write(`killed ${wasMoved ? "after" : "before"} the old one was given up\n`);
  });

  test("right after the page answered: the next one opens the new one, then closes the old one", async (context) => {
    const stage = await setStage(context, { operationMs: 500 });
    const [bot] = stage.bots;
    const old = await openFrom(stage, office);
    await stage.jit(dev, `moved ${old}`);
    await goTo(stage, home);
    await bot.kill();
    expect(await stage.reaches(office, "dev-vm-1")).toBe(true);
    await bot.start();
    await stage.until("the new one is in", () => stage.reaches(home, "dev-vm-1"), 30_000);
    await stage.until("the old one is closed", async () => !(await stage.reaches(office, "dev-vm-1")), 30_000);
    expect(await stage.reaches(home, "dev-vm-1")).toBe(true);
  });
});
