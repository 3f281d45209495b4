/** `/jit why`: in plain words, who gets to a machine and what stands before it; and the same unasked, when an opening leads nowhere. */

import { afterAll, expect, test } from "vitest";
import { ADDRESSES, nsgId, PEOPLE, setProtectedStage, theirRule } from "./protected-stage.ts";

const stage = await setProtectedStage({ onTestFinished: afterAll });
const { arm } = stage;
const { dev, nobody, guest, security, lead } = PEOPLE;

const why = (machine: string, who: string = dev): Promise<string> => stage.jit(who, `why ${machine}`);
const linesAbout = async (machine: string, port: number): Promise<readonly string[]> =>
  (await why(machine)).split("\n").filter((line) => line.startsWith(`• ${port} `));

test("who has nothing to do with a machine is told whom it is for, and nothing of its firewalls", async () => {
  expect(await why("prod-vm-1", nobody)).toBe(
    "You may not ask for prod-vm-1: it's for *engineers* or *leads*. Whoever looks after that list can add you.",
  );
  expect(await why("prod-vm-1", guest)).toBe("Guests can't do this. A full member of the workspace can ask for you.");
  expect(await why("staging-vm-1", lead)).not.toContain("nsg");
  expect(await why("prod-vm-33")).toBe("I don't know `prod-vm-33`. Did you mean `prod-vm-3`?");
}, 45_000);

test("who may ask reads for what, from where and who answers; who may protect reads that", async () => {
  const mine = (await why("prod-win-1")).split("\n");
  expect(mine.slice(0, 3)).toEqual([
    "You may ask for SSH, RDP and postgres on prod-win-1.",
    "The policy says, in rule *production*:",
    "• SSH: for 3 hours at most, from office, vpn or one single address; one of *leads* has to approve.",
  ]);
  expect(mine).toContain("• RDP: for 1 hour at most, from vpn; one of *leads* has to approve.");
  expect(mine).toContain("It isn't protected: whom others' rules let in gets in without asking me.");
  const theirs = (await why("prod-win-1", security)).split("\n");
  expect(theirs[0]).toBe("You may protect prod-win-1, but not ask for it.");
  expect(theirs).toContain("• You may protect it, and unprotect it.");
}, 45_000);

test("a blocked machine: each of the two groups before it is named; opened and protected, ours are", async () => {
  expect(await linesAbout("prod-vm-3", 22)).toEqual([
    expect.stringContaining(
      "from 198.51.100.7 to `10.0.1.13`: closed; rule `DenyManagement` (priority 1000) of the subnet's NSG `nsg-prod` blocks it",
    ),
  ]);
  await stage.protect("prod-vm-3");
  const id = await stage.open("prod-vm-3");
  const text = await why("prod-vm-3");
  expect(text.split("\n")[0]).toBe("prod-vm-3 is open for you.");
  expect(text).toMatch(/^SSH is open for you until (?:tomorrow )?\d\d:\d\d, from 198\.51\.100\.7\.$/mu);
  expect(text).toContain("It is protected: SSH is kept closed but for those whom I let in.");
  const [line = "", ...others] = await linesAbout("prod-vm-3", 22);
  expect(others).toEqual([]);
  expect(line).toMatch(
    /: open; Latch's rule `latch-acme-\S+` \(priority 100\) of the subnet's NSG `nsg-prod` lets it in/u,
  );
  expect(line).toMatch(
    /Latch's rule `latch-acme-\S+` \(priority 100\) of the interface's NSG `nsg-prod-vm-3` lets it in/u,
  );
  await stage.jit(dev, `close ${id}`);
  await stage.until("it is closed", () => stage.card(id).text.includes("closed"));
  await stage.protect("prod-win-1", "rdp");
  expect((await linesAbout("prod-win-1", 3389)).join()).toMatch(
    /from 198\.51\.100\.7 to `10\.0\.1\.14`: closed; Latch's rule `latch-acme-\S+` \(priority \d+\) of the subnet's NSG `nsg-prod` blocks it\.$/u,
  );
}, 45_000);

test("a machine behind a firewall: both the firewall and the group before it are named", async () => {
  const text = await why("prod-fw-1");
  expect(text).toContain("no rule of the firewall `fw-hub` lets it in, so that blocks it.");
  expect(text).toContain("rule `DenyManagement` (priority 1000) of the subnet's NSG `nsg-behind` blocks it.");
  expect(text).not.toMatch(/: closed \(only/u);
  expect(await why("prod-policy-1")).toMatch(/fw-managed` takes its rules from the firewall policy/u);
}, 45_000);

test("in AWS: the rules that let in are named with their group, and that none does", async () => {
  const [open = ""] = await linesAbout("prod-app-1", 22);
  expect(open).toMatch(/: open; rule `sgr-\S+` of the security group `app-shared \(sg-0appshared\)` lets it in/u);
  expect(await why("prod-db-1")).toContain(": closed; no rule of the security group `sg-0inside` lets it in.");
  await stage.protect("prod-app-1");
  expect((await linesAbout("prod-app-1", 22)).join()).toBe("");
  expect(await why("prod-app-1")).toContain(
    "• 22, 3389 and 5432 from 198.51.100.7 to `10.1.1.13`: closed; no rule of the security group `sg-0appshared` lets it in.",
  );
}, 45_000);

/** What only posture knows: the adapter can't say which addresses a name stands for, so it opens before the number is known to be of use. */
const blocked = async (machine: string): Promise<string> => {
  const before = stage.direct(dev).length;
  await stage.open(machine, "30m from 198.51.100.7 because INC-1042 disk full");
  await stage.settled();
  const heard = (): string | undefined =>
    stage
      .direct(dev)
      .slice(before)
      .find((text) => text.includes("as far as I can open it"));
  await stage.until(`it is told that ${machine} is blocked`, () => heard() !== undefined);
  expect(await stage.reaches(ADDRESSES.vpn, machine)).toBe(false);
  return heard() ?? "";
};

test("opened and yet not reachable, by a deny of a service tag before every number of ours: told by itself, with that rule", async () => {
  const deny = theirRule("BlockInternet", { access: "Deny", priority: 100, sourceAddressPrefix: "Internet" });
  await arm.putRule(nsgId("nsg-prod"), deny);
  const text = await blocked("prod-vm-2");
  expect(text.split("\n")).toEqual([
    "prod-vm-2 is open for you as far as I can open it, but something else may keep you out.",
    "Port 22 from 198.51.100.7: rule BlockInternet (priority 100) of the subnet's NSG nsg-prod blocks it.",
    "`/jit why prod-vm-2` looks again. Whoever looks after its network can change that rule.",
  ]);
  await arm.deleteRule(nsgId("nsg-prod"), "BlockInternet");
  expect((await linesAbout("prod-vm-2", 22)).join()).toContain(": open;");
  expect(await stage.reaches(ADDRESSES.vpn, "prod-vm-2")).toBe(true);
}, 45_000);

test("the same by a deny for an application security group that the machine is in", async () => {
  const asg = stage.azure.state().applicationSecurityGroups?.[0]?.id ?? "";
  const { destinationAddressPrefix: _, ...rest } = theirRule("x", { access: "Deny", priority: 100 }).properties;
  const properties = { ...rest, destinationApplicationSecurityGroups: [{ id: asg }] };
  await arm.putRule(nsgId("nsg-open"), { name: "BlockWeb", properties });
  expect(await blocked("dev-open-1")).toContain("rule BlockWeb (priority 100) of the subnet's NSG nsg-open blocks it.");
}, 45_000);

test("a deny that nothing of ours can stand before isn't opened at all, and the requester reads which", async () => {
  await arm.putRule(nsgId("nsg-dev"), theirRule("BlockAll", { access: "Deny", priority: 100 }));
  const id = await stage.ask(dev, "ssh dev-vm-1 30m from 198.51.100.7");
  await stage.until("it has failed", () => stage.card(id).text.includes("couldn't open"));
  expect(stage.card(id).text.replaceAll(/[`\u200b]/gu, "")).toContain(
    "couldn't open: no room for 1 more in nsg-dev: rule BlockAll denies it at priority 100, and no number before that is free",
  );
}, 45_000);

test("who gets in hears nothing of that", async () => {
  const before = stage.direct(dev).length;
  await stage.open("prod-vm-1");
  await stage.settled();
  expect(stage.direct(dev).slice(before).join()).not.toContain("as far as I can open it");
}, 45_000);
