/** Whatever dies or forgets, the bot, its memory or both: a port closes on time, and people are told once. */

import { expect, test } from "vitest";
import {
  dev,
  HERE,
  type LongStage,
  nsgId,
  otherDev,
  setLongStage,
  setMovedStage,
  sshTo,
  theirRule,
} from "./long-stage.ts";

const LIMIT = 300_000;
/** What a busy machine may add to the two seconds that `one-port.test.ts` holds a bot of its own to. */
const SOON = 5_000;
const NSG = nsgId("nsg-dev");
const ENI = "eni-0devbox131";
const VM = "dev-vm-1";
const BOX = "dev-box-1";

const exported = (stage: LongStage) => ({ nsg: stage.azure.export(NSG), eni: stage.ec2.export(ENI) });
const asks = (stage: LongStage) =>
  Promise.all([stage.ask(dev, sshTo(VM, "INC-3")), stage.ask(dev, sshTo(BOX, "INC-3"))]);
const open = async (stage: LongStage) => {
  const [vm, box] = await asks(stage);
  await Promise.all([stage.opens(vm, VM), stage.opens(box, BOX)]);
  return { vm, box };
};
const close = (stage: LongStage, { vm, box }: { readonly vm: string; readonly box: string }) =>
  Promise.all([stage.closes(vm, VM), stage.closes(box, BOX)]);
const onTime = (lags: readonly number[], limitMs = SOON) => {
  for (const lag of lags) {
    expect(lag).toBeGreaterThan(-100);
    expect(lag).toBeLessThan(limitMs);
  }
};
/** One notice for each, one card for each that says the same, and both clouds as they were. */
const allOver = async (stage: LongStage, ids: { readonly vm: string; readonly box: string }, before: unknown) => {
  await stage.until("the channel is told", () => stage.notices().length >= 2, 30_000);
  await stage.allSaid();
  expect(stage.notices()).toHaveLength(2);
  expect([stage.endNotices(VM), stage.endNotices(BOX)]).toEqual([
    [expect.stringContaining("closed")],
    [expect.stringContaining("closed")],
  ]);
  for (const id of [ids.vm, ids.box]) expect(stage.card(id).text).toMatch(/closed .* after its time/u);
  await stage.until("all is as before", () => JSON.stringify(exported(stage)) === JSON.stringify(before));
};

test.concurrent(
  "killed before the first write to a cloud and again amid closing, it opens and closes all the same",
  async (context) => {
    const stage = await setLongStage(context);
    const before = exported(stage);
    const [bot] = stage.bots;
    // It has stored the grants and reads the clouds, which don't answer.
    stage.faults.azure.add({ calls: /^GET .*networksecuritygroups\/nsg-dev$/iu, does: { kind: "hang" } });
    stage.faults.aws.add({ calls: /^DescribeNetworkInterfaces eni-/u, does: { kind: "hang" } });
    for (const machine of [VM, BOX]) await stage.jit(dev, sshTo(machine));
    await stage.until(
      "both are granted",
      () => bot.events.filter(({ kind }) => kind === "request.approved").length === 2,
    );
    await bot.kill();
    expect(exported(stage)).toEqual(before);
    stage.faults.azure.clear();
    stage.faults.aws.clear();
    await bot.start();
    const [vm = "", box = ""] = bot.events.flatMap((event) =>
      event.kind === "request.approved" ? event.requestId : [],
    );
    await stage.until("both have a card", () => [vm, box].every((id) => stage.hasCard(id)));
    await Promise.all([stage.opens(vm, VM), stage.opens(box, BOX)]);

    // Killed when its writes have reached the clouds and it doesn't know yet.
    stage.faults.azure.add({ calls: /^DELETE /u, does: { kind: "hang" }, times: 1 });
    stage.faults.aws.add({ calls: /^RevokeSecurityGroupIngress/u, does: { kind: "hang-after" }, times: 1 });
    await stage.until(
      "Azure is asked to close",
      () => stage.azure.calls.some(({ method }) => method === "DELETE"),
      70_000,
    );
    await stage.until(
      "EC2 is asked to close",
      () => stage.ec2.calls().some(({ action }) => action === "RevokeSecurityGroupIngress"),
      70_000,
    );
    await bot.kill();
    const killedAt = Date.now();
    await bot.start();
    // What it held when it died is held for five seconds.
    const freeAt = Math.max(Date.now(), killedAt + 5_000);
    for (const lag of await close(stage, { vm, box })) expect(lag).toBeGreaterThan(-100);
    expect(Date.now() - freeAt).toBeLessThan(SOON);
    await allOver(stage, { vm, box }, before);
  },
  LIMIT,
);

test.concurrent(
  "killed amid opening and stopped over the end, it closes at once when it is started",
  async (context) => {
    const stage = await setLongStage(context);
    const before = exported(stage);
    const [bot] = stage.bots;
    // The clouds do it, and it never hears of it.
    stage.faults.azure.add({ calls: /^PUT .*securityRules/iu, does: { kind: "hang-after" }, times: 1 });
    stage.faults.aws.add({ calls: /^AuthorizeSecurityGroupIngress/u, does: { kind: "hang-after" }, times: 1 });
    for (const machine of [VM, BOX]) await stage.jit(dev, sshTo(machine));
    await stage.until(
      "both clouds have done it",
      () =>
        exported(stage).nsg.securityRules.length === 1 &&
        stage.ec2.calls().some(({ action }) => action === "AuthorizeSecurityGroupIngress"),
    );
    await bot.kill();
    const [vm = "", box = ""] = bot.events.flatMap((event) =>
      event.kind === "request.approved" ? event.requestId : [],
    );
    await bot.start();
    await stage.until("both have a card", () => [vm, box].every((id) => stage.hasCard(id)));
    await Promise.all([stage.opens(vm, VM), stage.opens(box, BOX)]);
    expect(exported(stage).nsg.securityRules).toHaveLength(1);
    await stage.until("the requester is told", () => stage.direct(dev).length >= 2);
    await stage.allSaid();
    expect(stage.direct(dev)).toHaveLength(2);

    await bot.stop();
    await stage.until("its time is over", () => Date.now() > stage.endOf(box) + 3_000, 70_000);
    expect([await stage.reaches(HERE, VM), await stage.reaches(HERE, BOX)]).toEqual([true, true]);
    await bot.start("alive");
    const startedAt = Date.now();
    await close(stage, { vm, box });
    expect(Date.now() - startedAt).toBeLessThan(SOON);
    await allOver(stage, { vm, box }, before);
  },
  LIMIT,
);

/** Rules and groups that look like ours and aren't. */
const placeForeign = (stage: LongStage): void => {
  const names = [
    "latch-other-k7f3q2xd-tcp-4",
    "latch-acme-legacy",
    "latch-acme-2-k7f3q2xd-tcp-4",
    "latch-acme-k7f3q2xd",
    "latch",
  ];
  stage.azure.editAsSomeoneElse(NSG, (rules) => [...rules, ...names.map((name, i) => theirRule(name, 100 + i))]);
  stage.ec2.editAsSomeoneElse((editor) => {
    const ours = { "latch:installation": "acme" };
    const other = { "latch:installation": "other" };
    const groups = [
      editor.createGroup("vpc-0acme", `latch-other-${ENI}`, "another installation's", other),
      editor.createGroup("vpc-0acme", "latch-acme-legacy", "ours by its tag only", ours),
      editor.createGroup("vpc-0acme", "latch-acme-eni-0devbox232", "ours by its name only"),
    ];
    for (const group of groups) {
      editor.attach(ENI, group);
      editor.authorize(group, { protocol: "tcp", ports: 8_443, peer: "203.0.113.0/24" });
    }
  });
};

test.concurrent(
  "its memory is emptied and it is started again: it closes by the marks in the clouds, on time, and nothing else",
  async (context) => {
    const stage = await setLongStage(context);
    placeForeign(stage);
    const before = exported(stage);
    const ids = await open(stage);
    const [bot] = stage.bots;
    await bot.kill();
    await stage.redis.flush();
    await bot.start();
    for (const id of [ids.vm, ids.box]) {
      await stage.until("it is found again", () => stage.eventsOf("grant.adopted", id).length === 1);
      await stage.until("the card shows it again", () => stage.card(id).text.includes("found open"));
    }
    expect([await stage.reaches(HERE, VM), await stage.reaches(HERE, BOX)]).toEqual([true, true]);
    // Marks keep whole seconds.
    onTime(await close(stage, ids), SOON + 1_000);
    await allOver(stage, ids, before);
  },
  LIMIT,
);

// In this process, so one after another: what keeps it busy would keep the bot from closing.
test(
  "its memory is emptied while ports are open: it closes them on time and nothing else",
  async (context) => {
    const stage = await setMovedStage(context);
    placeForeign(stage);
    const before = exported(stage);
    const ids = await open(stage);
    await stage.nearEnd(ids.vm, 5_000);
    await stage.redis.flush();
    onTime(await close(stage, ids));
    await allOver(stage, ids, before);
    expect(stage.endNotices(VM)[0]).toContain("after its time");
  },
  LIMIT,
);

test(
  "its memory is away over the end: it closes on time, says why it opens nothing, and tells the end once",
  async (context) => {
    const stage = await setMovedStage(context);
    const before = exported(stage);
    const ids = await open(stage);
    await stage.nearEnd(ids.vm, 10_000);
    await stage.redis.kill();
    expect(await stage.jit(otherDev, sshTo(VM))).toContain("reach my memory");
    onTime(await close(stage, ids));
    expect(await stage.jit(otherDev, sshTo(BOX))).toContain("reach my memory");
    expect(exported(stage)).toEqual(before);
    expect(stage.notices()).toEqual([]);

    await stage.redis.start();
    await allOver(stage, ids, before);
    for (const id of [ids.vm, ids.box]) expect(stage.eventsOf("grant.ended", id)[0]?.lagMs).toBeLessThan(SOON);
  },
  LIMIT,
);
