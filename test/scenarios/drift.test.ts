/** Other people change firewalls too: what undercuts a protection is told, what they did to ours is made good. */

import { DeleteTagsCommand } from "@aws-sdk/client-ec2";
import { afterAll, expect, test } from "vitest";
import type { AccountExport } from "../../src/sandbox/aws/export.ts";
import { stopMinutes } from "./inside-bot.ts";
import { ADDRESSES, CHANNELS, configWith, nsgId, PEOPLE, setProtectedStage, theirRule } from "./protected-stage.ts";

const config = configWith([
  "approve: { by: [leads, security], needed: 2, within: 1h }",
  "approve: none\n    drift: withhold",
]);

const stage = await setProtectedStage({ onTestFinished: afterAll }, { config });
// What a colleague did is looked at when a test says so.
await stopMinutes();
const { arm, aws, hears, latest, lookAgain, press, times } = stage;
const { security } = PEOPLE;
const { stranger, vpn, home } = ADDRESSES;
const SECURITY = CHANNELS.security;

const ours = (group: string): readonly string[] =>
  stage.azure
    .export(nsgId(group))
    .securityRules.map(({ name }) => name)
    .filter((name) => name.startsWith("latch-"));
const ruleOf = (group: string, name: string) =>
  stage.azure.export(nsgId(group)).securityRules.find((rule) => rule.name === name);
const attached = (interfaceId: string): readonly string[] => stage.ec2.exportAccount().attached[interfaceId] ?? [];
const withoutRule = (description: string, { groups, ...account }: AccountExport) => ({
  ...account,
  groups: groups.map((group) => ({
    ...group,
    ingress: group.ingress.filter((rule) => rule.description !== description),
  })),
});

test("somebody opens SSH to everyone: told once for all machines; meant to be, until it gets wider; then denied at their word", async () => {
  const before = stage.azure.export(nsgId("nsg-dev"));
  await stage.protect("dev-vm-1");
  await stage.protect("dev-vm-2");
  await arm.putRule(nsgId("nsg-dev"), theirRule("AllowSSH"));
  expect(await stage.reaches(stranger, "dev-vm-1")).toBe(true);

  await lookAgain();
  const told = "New in `nsg-dev`, or changed: *AllowSSH* (priority 300, from anywhere).";
  await hears(`${told} It goes before my deny and lets people in to port 22 of dev-vm-1 and 1 more.`, SECURITY);
  expect(times(told)).toBe(0);
  await lookAgain();
  expect(times(told, SECURITY)).toBe(1);
  expect(await stage.reaches(stranger, "dev-vm-1")).toBe(true);

  await press(security, "It's meant to be", SECURITY);
  await hears("@sec: *AllowSSH* is meant to be.", SECURITY);
  await lookAgain();
  expect(times("New in", SECURITY)).toBe(1);
  expect(await stage.reaches(stranger, "dev-vm-1")).toBe(true);

  await arm.putRule(nsgId("nsg-dev"), theirRule("AllowSSH", { destinationPortRange: "20-25" }));
  await lookAgain();
  expect(latest("New in", SECURITY)).toContain("ports 20-25 of dev-vm-1 and 1 more");
  await press(security, "Put the deny above it", SECURITY);
  await stage.until("a stranger stays out", async () => !(await stage.reaches(stranger, "dev-vm-1")));
  await stage.settled();
  const rules = stage.azure.export(nsgId("nsg-dev")).securityRules;
  expect(rules.find(({ name }) => name === "AllowSSH")?.properties).toMatchObject({
    priority: 300,
    destinationPortRange: "20-25",
  });
  const id = await stage.open("dev-vm-1", `30m from ${home}`);
  expect([await stage.reaches(home, "dev-vm-1"), await stage.reaches(stranger, "dev-vm-1")]).toEqual([true, false]);
  await stage.jit(PEOPLE.dev, `close ${id}`);
  await stage.until("it is closed", () => stage.card(id).text.includes("closed"));

  await stage.unprotect("dev-vm-1");
  await stage.unprotect("dev-vm-2");
  await arm.deleteRule(nsgId("nsg-dev"), "AllowSSH");
  expect(stage.azure.export(nsgId("nsg-dev"))).toEqual(before);
}, 45_000);

test("where the policy says so, ours goes over it without asking, and people are told", async () => {
  await stage.protect("staging-vm-1");
  await stage.protect("staging-api-1");
  await arm.putRule(nsgId("nsg-staging"), theirRule("AllowSSH", { priority: 310 }));
  const [added] = await aws.authorize("sg-0web", {
    IpProtocol: "tcp",
    FromPort: 22,
    ToPort: 22,
    IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "for now" }],
  });
  expect(await stage.reaches(stranger, "staging-vm-1")).toBe(true);
  expect(await stage.reaches(stranger, "staging-api-1")).toBe(true);

  await lookAgain();
  expect(await stage.reaches(stranger, "staging-vm-1")).toBe(false);
  expect(await stage.reaches(stranger, "staging-api-1")).toBe(false);
  for (const text of ["New in `nsg-staging`", `*${added}`]) {
    expect(times(text, SECURITY)).toBe(1);
    expect(latest(text, SECURITY)).toContain("The policy says `drift: withhold`, so I am closing it again.");
    expect(latest(text, SECURITY)).not.toContain("[");
  }
  await stage.unprotect("staging-api-1");
  expect(await stage.reaches(stranger, "staging-api-1")).toBe(true);
}, 45_000);

test("our deny is deleted, our allow is made wider: both are as they were, and it is told", async () => {
  await stage.protect("prod-vm-3");
  const id = await stage.open("prod-vm-3");
  const before = stage.azure.export(nsgId("nsg-prod-vm-3"));
  const names = ours("nsg-prod-vm-3");
  const deny = names.find((name) => ruleOf("nsg-prod-vm-3", name)?.properties.access === "Deny") ?? "";
  const allow = names.find((name) => ruleOf("nsg-prod-vm-3", name)?.properties.access === "Allow") ?? "";
  await arm.deleteRule(nsgId("nsg-prod-vm-3"), deny);
  const { properties } = ruleOf("nsg-prod-vm-3", allow) ?? theirRule("none");
  await arm.putRule(nsgId("nsg-prod-vm-3"), {
    name: allow,
    properties: { ...properties, sourceAddressPrefix: "*", sourceAddressPrefixes: [] },
  });

  await lookAgain();
  expect(stage.azure.export(nsgId("nsg-prod-vm-3"))).toEqual(before);
  await hears(
    [
      "Somebody changed my rules on `nsg-prod-vm-3`; I put them back.",
      "Until then ports of prod-vm-3 may have been open.",
      "Until then access to prod-vm-3 may have been cut, or open to others too.",
    ].join("\n"),
    SECURITY,
  );
  expect(await stage.reaches(vpn, "prod-vm-3")).toBe(true);
  await lookAgain();
  expect(times("Somebody changed my rules on `nsg-prod-vm-3`", SECURITY)).toBe(1);
  await stage.jit(PEOPLE.dev, `close ${id}`);
  await stage.until("it is closed", () => stage.card(id).text.includes("closed"));
  await stage.unprotect("prod-vm-3");
}, 45_000);

test("an infrastructure run puts the group as it was before us: access and protection are back, told once, and it closes on time", async () => {
  const group = nsgId("nsg-prod");
  const kept = await arm.read(group);
  const before = stage.azure.export(group);
  await stage.protect("prod-vm-2");
  const id = await stage.open("prod-vm-2");
  const names = ours("nsg-prod");
  await arm.put(group, kept);
  expect(ours("nsg-prod")).toEqual([]);
  expect(await stage.reaches(vpn, "prod-vm-2")).toBe(false);

  await lookAgain();
  expect(ours("nsg-prod")).toEqual(names);
  expect(await stage.reaches(vpn, "prod-vm-2")).toBe(true);
  await lookAgain();
  expect(times("Somebody changed my rules on `nsg-prod`;", SECURITY)).toBe(1);

  stage.clock.advance(30 * 60_000);
  await stage.until("it is closed", async () => !(await stage.reaches(vpn, "prod-vm-2")));
  await stage.until("it is said so", () => stage.card(id).text.includes("closed"));
  await stage.unprotect("prod-vm-2");
  expect(stage.azure.export(group)).toEqual(before);
}, 45_000);

test("in AWS our group is taken off, a withheld rule comes back, our tags are deleted: all is made good, and put back in the end", async () => {
  const before = stage.ec2.exportAccount();
  await stage.protect("prod-app-1");
  await stage.open("prod-app-1");
  const [nic = ""] = Object.entries(before.attached).find(([, groups]) => groups.includes("sg-0appshared")) ?? [];
  const mine = attached(nic).find((group) => group !== "sg-0appshared") ?? "";
  await aws.detach(nic, mine);
  expect(await stage.reaches(vpn, "prod-app-1")).toBe(false);
  await lookAgain();
  expect(await stage.reaches(vpn, "prod-app-1")).toBe(true);
  expect(latest("prod-app-1", SECURITY)).toContain(
    "Until then access to prod-app-1 may have been cut, or open to others too.",
  );

  await aws.authorize("sg-0appshared", {
    IpProtocol: "tcp",
    FromPort: 22,
    ToPort: 22,
    IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "ssh again" }],
  });
  await lookAgain();
  expect(await stage.reaches(stranger, "prod-app-1")).toBe(true);
  const told = latest("New in", SECURITY);
  expect(told).toContain("It lets people in to port 22 of prod-app-1, and isn't withheld.");
  await press(security, "Withhold it", SECURITY);
  await stage.until("it is told what that does", () =>
    stage.slack
      .see(security)
      .channels.some(({ messages }) => messages.some(({ text }) => text.includes("[Protect anyway]"))),
  );
  await press(security, "Protect anyway", SECURITY);
  await stage.until("a stranger stays out", async () => !(await stage.reaches(stranger, "prod-app-1")));
  await stage.settled();

  const { tags } = stage.ec2.exportAccount().groups.find(({ id }) => id === "sg-0appshared") ?? { tags: {} };
  await aws.ec2.send(
    new DeleteTagsCommand({
      Resources: ["sg-0appshared"],
      Tags: Object.keys(tags).map((Key) => ({ Key })),
    }),
  );
  await lookAgain();
  const again = stage.ec2.exportAccount().groups.find(({ id }) => id === "sg-0appshared");
  expect(again?.tags).toEqual(tags);

  stage.clock.advance(30 * 60_000);
  await stage.until("it is closed", async () => !(await stage.reaches(vpn, "prod-app-1")));
  await stage.unprotect("prod-app-1");
  expect(withoutRule("ssh again", stage.ec2.exportAccount())).toEqual(withoutRule("ssh for all", before));
}, 45_000);

test("Redis loses everything: what was protected still is, is told, and can be put back", async () => {
  const azureBefore = stage.azure.export(nsgId("nsg-prod"));
  const awsBefore = stage.ec2.exportAccount();
  await stage.protect("prod-win-1", "rdp");
  await stage.protect("prod-app-1");
  const azureClosed = stage.azure.export(nsgId("nsg-prod"));
  const awsClosed = stage.ec2.exportAccount();

  await stage.bots[0].stop();
  await stage.redis.flush();
  await stage.bots[0].start();
  await hears("of prod-win-1", SECURITY);
  await hears("Found protected", SECURITY);
  await stage.settled();
  expect(stage.azure.export(nsgId("nsg-prod"))).toEqual(azureClosed);
  expect(stage.ec2.exportAccount()).toEqual(awsClosed);
  expect(await stage.reaches(stranger, "prod-app-1")).toBe(false);

  await stage.unprotect("prod-win-1");
  await stage.unprotect("prod-app-1");
  expect(stage.azure.export(nsgId("nsg-prod"))).toEqual(azureBefore);
  expect(stage.ec2.exportAccount()).toEqual(awsBefore);
}, 45_000);
