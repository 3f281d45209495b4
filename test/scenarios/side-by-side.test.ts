/** Several people at one door, several bots at one memory, and colleagues at the same firewalls. */

import { expect, test } from "vitest";
import {
  dev,
  HERE,
  type LongStage,
  lead,
  nsgId,
  otherDev,
  otherLead,
  setLongStage,
  setMovedStage,
  sshTo,
  theirRule,
} from "./long-stage.ts";

const LIMIT = 200_000;
/** What a busy machine may add to the two seconds that `one-port.test.ts` holds a bot of its own to. */
const SOON = 5_000;
const NSG = nsgId("nsg-dev");
const ENI = "eni-0devbox131";

const rulesOfOurs = (stage: LongStage) =>
  stage.azure.export(NSG).securityRules.filter(({ name }) => name.startsWith("latch-acme-"));
const holesOfOurs = (stage: LongStage, eni = ENI) =>
  stage.ec2.export(eni).attached.flatMap(({ name, ingress }) => (name.startsWith("latch-acme-") ? ingress : []));

test.concurrent(
  "two people behind one address share a port until the last of them is done",
  async (context) => {
    const stage = await setMovedStage(context);
    const exported = () => [stage.azure.export(NSG), stage.ec2.export(ENI)];
    const before = exported();
    const [vm1, box1] = await Promise.all([stage.ask(dev, sshTo("dev-vm-1")), stage.ask(dev, sshTo("dev-box-1"))]);
    await Promise.all([stage.opens(vm1, "dev-vm-1"), stage.opens(box1, "dev-box-1")]);

    const [vm2, box2] = await Promise.all([
      stage.ask(otherDev, `ssh dev-vm-1 10m from ${HERE}`),
      stage.ask(otherDev, `ssh dev-box-1 10m from ${HERE}`),
    ]);
    await Promise.all([stage.opens(vm2, "dev-vm-1"), stage.opens(box2, "dev-box-1")]);
    // AWS refuses the same hole twice, so both hold one; in Azure each has a rule.
    expect(holesOfOurs(stage)).toHaveLength(1);
    expect(rulesOfOurs(stage)).toHaveLength(2);

    await stage.nearEnd(vm1);
    for (const [id, machine] of [
      [vm1, "dev-vm-1"],
      [box1, "dev-box-1"],
    ] as const) {
      await stage.until(`${machine} is over for the first`, () => stage.endNotices(machine).length > 0);
      expect(stage.endNotices(machine)).toEqual([
        expect.stringMatching(/@dev's access ended .*; the port stays open until .* for @other/u),
      ]);
      expect(stage.card(id).text).toContain("the port stays open until");
      expect(stage.eventsOf("grant.ended", id)[0]?.lagMs).toBeLessThan(SOON);
      expect(await stage.reaches(HERE, machine)).toBe(true);
      expect(stage.told(id).at(-1)).toBe("grant.ended");
    }
    expect(Object.keys(holesOfOurs(stage)[0]?.tags ?? {}).filter((key) => key.startsWith("latch:grant:"))).toEqual([
      `latch:grant:${box2}`,
    ]);
    expect(rulesOfOurs(stage).map(({ name }) => name)).toEqual([expect.stringContaining(vm2)]);

    await stage.nearEnd(vm2);
    const lags = await Promise.all([stage.closes(vm2, "dev-vm-1"), stage.closes(box2, "dev-box-1")]);
    for (const lag of lags) {
      expect(lag).toBeGreaterThan(-100);
      expect(lag).toBeLessThan(SOON);
    }
    for (const machine of ["dev-vm-1", "dev-box-1"]) {
      await stage.until("the channel is told", () => stage.endNotices(machine).length === 2);
      expect(stage.endNotices(machine).at(-1)).toMatch(/closed .* after its time/u);
    }
    await stage.until("all is as before", () => JSON.stringify(exported()) === JSON.stringify(before));
  },
  LIMIT,
);

test.concurrent(
  "two bots on one memory say and do everything once, also when one of them is killed",
  async (context) => {
    const stage = await setLongStage(context, { bots: 2, operationMs: 300 });
    const [one, two] = stage.bots;
    if (two === undefined) throw new Error("there is only one bot");
    const through = (bot: typeof one) => stage.slack.deliverTo(`${bot.url}/slack/events`);

    // One request for both of them to answer at once.
    const shared = await stage.ask(dev, "ssh prod-web-1 1m because INC-4");
    through(two);
    const clicks = [stage.click(lead, shared, "Approve")];
    through(one);
    clicks.push(stage.click(otherLead, shared, "Approve"));
    await Promise.all(clicks);
    const vm = await stage.ask(dev, sshTo("dev-vm-1"));
    through(two);
    const box = await stage.ask(dev, sshTo("dev-box-1"));
    await Promise.all([stage.opens(shared, "prod-web-1"), stage.opens(vm, "dev-vm-1"), stage.opens(box, "dev-box-1")]);
    expect(
      (await stage.record()).filter((event) => event.kind === "request.approved" && event.requestId === shared),
    ).toHaveLength(1);

    // The one that holds it dies in the middle of a change; the other finishes it.
    through(one);
    const takeBack = stage.faults.azure.add({ calls: /^PUT .*securityRules/iu, does: { kind: "delay", ms: 3_000 } });
    const puts = () =>
      stage.azure.calls.filter(({ method, path }) => method === "PUT" && /securityrules/iu.test(path)).length;
    const putsBefore = puts();
    const orphan = await stage.ask(otherDev, sshTo("dev-vm-1"));
    await stage.until("the rule is being written", () => puts() > putsBefore);
    await one.kill();
    takeBack();
    through(two);
    await stage.opens(orphan, "dev-vm-1");
    expect(rulesOfOurs(stage)).toHaveLength(2);
    expect(holesOfOurs(stage)).toHaveLength(1);

    const lags = [
      await stage.closes(shared, "prod-web-1"),
      await stage.closes(box, "dev-box-1"),
      await stage.closes(orphan, "dev-vm-1"),
    ];
    for (const lag of lags) expect(lag).toBeGreaterThan(-100);
    // Each was looked at only when the one before it was closed: the record knows when it closed.
    for (const id of [shared, box, orphan]) {
      await stage.until("its end is noted", () => stage.eventsOf("grant.ended", id).length > 0);
      expect(stage.eventsOf("grant.ended", id)[0]?.lagMs).toBeLessThan(SOON);
    }
    await stage.until("all ends are told", () =>
      [1, 1, 2].every((count, i) => stage.endNotices(["prod-web-1", "dev-box-1", "dev-vm-1"][i] ?? "").length >= count),
    );
    await stage.allSaid();
    expect(stage.notices()).toHaveLength(4);
    expect([shared, vm, box, orphan].map((id) => stage.card(id).text)).toEqual(
      [shared, vm, box, orphan].map(() => expect.stringMatching(/access ended|after its time/u)),
    );
    expect(stage.direct(dev)).toHaveLength(3);
    expect(stage.direct(otherDev)).toHaveLength(1);
    expect(rulesOfOurs(stage)).toEqual([]);
    const record = await stage.record();
    const kindsOf = (id: string) =>
      record.flatMap((event) => ("requestId" in event && event.requestId === id ? event.kind : []));
    for (const id of [shared, vm, box, orphan]) {
      expect(kindsOf(id).filter((kind) => kind === "grant.opened" || kind === "grant.ended")).toEqual([
        "grant.opened",
        "grant.ended",
      ]);
    }
  },
  LIMIT,
);

test.concurrent(
  "what colleagues change at the same time stays, and ours is right",
  async (context) => {
    const stage = await setMovedStage(context, { operationMs: 800 });
    const addTheirs = (name: string, priority: number) =>
      stage.azure.editAsSomeoneElse(NSG, (rules) => [...rules, theirRule(name, priority)]);
    const calls = (pattern: RegExp) =>
      stage.azure.calls.filter(({ method, path }) => pattern.test(`${method} ${path}`)).length;
    const groupsThere = () => stage.ec2.state().groups.size;
    const groupsBefore = groupsThere();
    const ec2Calls = (action: string) => stage.ec2.calls().filter((call) => call.action === action).length;

    // While our rule is on its way they take the number it wants; while Azure works on it they add another.
    stage.faults.azure.add({ calls: /^PUT .*securityRules/iu, does: { kind: "delay", ms: 700 }, times: 1 });
    // While our group is made they attach one of theirs; when ours is on they write the set that they read before.
    stage.faults.aws.add({ calls: /^AuthorizeSecurityGroupIngress/u, does: { kind: "delay", ms: 700 }, times: 1 });
    const vm = stage.ask(dev, sshTo("dev-vm-1"));
    const box = stage.ask(otherDev, sshTo("dev-box-1"));
    await stage.until("our rule is on its way", () => calls(/^PUT .*securityRules/iu) > 0);
    addTheirs("allow-monitoring", 100);
    await stage.until("our group is made", () => groupsThere() > groupsBefore);
    stage.ec2.editAsSomeoneElse((editor) => editor.attach(ENI, "sg-0web"));
    const stopLooking = stage.ec2.onChange(() => {
      if (holesOfOurs(stage).length === 0) return;
      stopLooking();
      stage.ec2.editAsSomeoneElse((editor) => editor.setGroups(ENI, ["sg-0inside", "sg-0web"]));
    });
    await stage.until("Azure works on our rule", () => rulesOfOurs(stage).length > 0);
    addTheirs("allow-backup", 150);

    const [vmId, boxId] = await Promise.all([vm, box]);
    await Promise.all([stage.opens(vmId, "dev-vm-1"), stage.opens(boxId, "dev-box-1")]);
    expect(rulesOfOurs(stage)).toHaveLength(1);
    expect(holesOfOurs(stage)).toHaveLength(1);

    // And again while it closes.
    await stage.nearEnd(vmId);
    const [deletesBefore, revokesBefore] = [calls(/^DELETE/u), ec2Calls("RevokeSecurityGroupIngress")];
    await stage.until("our rule is being deleted", () => calls(/^DELETE/u) > deletesBefore, 30_000);
    addTheirs("allow-late", 160);
    await stage.until("our hole is revoked", () => ec2Calls("RevokeSecurityGroupIngress") > revokesBefore, 30_000);
    stage.ec2.editAsSomeoneElse((editor) =>
      editor.authorize("sg-0inside", { protocol: "tcp", ports: 9_100, peer: "sg-0web" }),
    );
    const lags = await Promise.all([stage.closes(vmId, "dev-vm-1"), stage.closes(boxId, "dev-box-1")]);
    for (const lag of lags) {
      expect(lag).toBeGreaterThan(-100);
      expect(lag).toBeLessThan(SOON);
    }
    await stage.until("the channel is told", () => stage.notices().length === 2);

    expect(stage.azure.export(NSG).securityRules.map(({ name, properties }) => [name, properties.priority])).toEqual([
      ["allow-backup", 150],
      ["allow-late", 160],
      ["allow-monitoring", 100],
    ]);
    expect(
      stage.ec2.export(ENI).attached.map(({ id, ingress }) => [id, ingress.map(({ fromPort }) => fromPort)]),
    ).toEqual([
      ["sg-0inside", [5_432, 9_100]],
      ["sg-0web", [443]],
    ]);
    expect(groupsThere()).toBe(groupsBefore);
  },
  LIMIT,
);
