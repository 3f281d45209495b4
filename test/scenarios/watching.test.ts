/** What the bot does and says by itself: it protects new machines, follows those that go, tells which got worse, and sums up. */

import { afterAll, expect, test } from "vitest";
import { auditEvent } from "../../src/audit/event.ts";
import { createRedisAuditLog } from "../../src/redis/audit-log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { keyPrefixOf } from "../../src/redis/keys.ts";
import { azureWorld } from "../../src/sandbox/world.ts";
import { createInsideBot } from "./inside-bot.ts";
import { ADDRESSES, CHANNELS, configWith, nsgId, PEOPLE, setProtectedStage, theirRule } from "./protected-stage.ts";

const config = configWith(
  ["sources: [anywhere]", "sources: [anywhere]\n    protect: auto"],
  ["roles: [security] }", 'roles: [security], digest: "0 9 * * 1-5" }'],
);
const stage = await setProtectedStage({ onTestFinished: afterAll }, { config });
const { arm, aws, hears, latest, press, times } = stage;
const { security } = PEOPLE;
const { stranger } = ADDRESSES;
const SECURITY = CHANNELS.security;
const MINUTE = 60_000;

const oursFor = (group: string, address: string): readonly string[] =>
  stage.azure
    .export(nsgId(group))
    .securityRules.filter(
      ({ name, properties: { destinationAddressPrefix, destinationAddressPrefixes } }) =>
        name.startsWith("latch-") && [destinationAddressPrefix, ...destinationAddressPrefixes].includes(address),
    )
    .map(({ name }) => name);
/** The look at everything with which a bot begins: it reads the clouds' machines again. */
const startAgain = async (): Promise<void> => {
  await stage.bots[0].stop();
  await stage.bots[0].start();
  await stage.watch("protections");
};

test("what the policy wants protected is protected without anybody's word, unless it does more than that", async () => {
  await stage.watch("protections");
  await hears("SSH of dev-vm-1 is kept closed now.");
  await hears("RDP of dev-box-2 is kept closed now.");
  expect(oursFor("nsg-dev", "10.0.3.31")).toHaveLength(1);
  expect(stage.notices().some((text) => text.includes("prod-"))).toBe(false);

  const wanted = "SSH of dev-wide-1 should be kept closed, and somebody has to say yes first.";
  expect(latest(wanted, SECURITY).split("\n")).toEqual([
    wanted,
    "The policy says `protect: auto`, but it does more than close ports of this machine:",
    expect.stringMatching(/^• sgr-\w+ of `wide \(sg-\w+\)` lets in every protocol and can't be split, /u),
    "[Protect]",
  ]);
  const before = stage.ec2.exportAccount();
  stage.clock.advance(11 * MINUTE);
  await stage.watch("protections");
  expect(times(wanted, SECURITY)).toBe(1);
  expect(stage.ec2.exportAccount()).toEqual(before);

  await press(security, "Protect", SECURITY);
  const shown = (): boolean =>
    stage.slack
      .see(security)
      .channels.some(({ messages }) => messages.some(({ text }) => text.includes("[Protect anyway]")));
  await stage.until("it is shown what that does", shown);
  await press(security, "Protect anyway", SECURITY);
  await hears("SSH of dev-wide-1 is kept closed now.");
  await stage.settled();
}, 45_000);

test("a machine that is new is found and protected", async () => {
  const [nic] = azureWorld.networkInterfaces.filter(({ id }) => id.endsWith("/dev-vm-1-nic"));
  const [vm] = azureWorld.virtualMachines.filter(({ id }) => id.endsWith("/dev-vm-1"));
  if (nic === undefined || vm === undefined) throw new Error("no dev-vm-1");
  const renamed = (id: string): string => id.replace("dev-vm-1", "dev-vm-9");
  stage.azure.changeWorld((world) => ({
    ...world,
    networkInterfaces: [
      ...world.networkInterfaces,
      {
        ...nic,
        id: renamed(nic.id),
        ipConfigurations: nic.ipConfigurations.map(({ name, subnet }) => ({
          name,
          subnet,
          privateAddress: "10.0.3.39",
        })),
      },
    ],
    virtualMachines: [...world.virtualMachines, { ...vm, id: renamed(vm.id), networkInterfaces: [renamed(nic.id)] }],
  }));
  await startAgain();
  await hears("SSH of dev-vm-9 is kept closed now.");
  expect(oursFor("nsg-dev", "10.0.3.39")).toHaveLength(1);
}, 45_000);

test("a machine that was deleted: its deny goes too, but not at once, and others stay", async () => {
  const others = stage.azure.export(nsgId("nsg-dev")).securityRules.length;
  stage.azure.deleteMachine("dev-vm-9");
  await aws.terminate("i-0devbox2");
  await startAgain();
  stage.clock.advance(5 * MINUTE);
  await stage.watch("protections");
  expect(oursFor("nsg-dev", "10.0.3.39")).toHaveLength(1);

  stage.clock.advance(6 * MINUTE);
  await stage.watch("protections");
  await hears("SSH of dev-vm-9 is no longer protected: the machine is gone. What I changed for it is being put back.");
  await stage.until("its deny is gone", () => oursFor("nsg-dev", "10.0.3.39").length === 0);
  expect(stage.azure.export(nsgId("nsg-dev")).securityRules).toHaveLength(others - 1);
  await hears("dev-vm-9 is no longer protected. All that I changed is put back.");
  expect(times("RDP of dev-box-2 is no longer protected")).toBe(1);
  await stage.settled();
  expect(times("SSH of dev-vm-9 is no longer protected")).toBe(1);
}, 45_000);

test("a machine that gets worse is told once, by however many of us; so is the digest", async () => {
  await stage.watch("posture");
  const second = createInsideBot({ sandbox: stage, redisUrl: stage.redis.url, clock: stage.clock });
  await second.start();
  try {
    expect(times("than it was", SECURITY)).toBe(0);
    await arm.putRule(nsgId("nsg-staging"), theirRule("AllowRDP", { priority: 400, destinationPortRange: "3389" }));
    expect(await stage.reaches(stranger, "staging-vm-1", 3389)).toBe(true);
    await Promise.all([stage.watch("posture"), stage.watch("posture")]);
    const told = "staging-vm-1 is more open than it was, and unhealthy now.";
    await hears(told, SECURITY);
    expect(latest(told, SECURITY).split("\n")).toEqual([
      told,
      expect.stringMatching(/^3389 from anywhere; /u),
      "It was healthy, and open to the inside only.",
    ]);
    stage.clock.advance(5 * MINUTE);
    await stage.watch("posture");
    expect(times("staging-vm-1", SECURITY)).toBe(1);

    // Two replicas whose cron says nine o'clock; what they count is held by the work's own tests.
    const connection = connectRedis(stage.redis.url, { log: { info: () => undefined, warn: () => undefined } });
    await connection.untilReady(2_000);
    const log = createRedisAuditLog(connection, keyPrefixOf("acme"), {
      clock: stage.clock,
      onAppended: () => undefined,
    });
    const digest = auditEvent("posture.digest", "2026-11-23T09:00:00Z", stage.clock.now(), "bot", {
      machines: 20,
      protected: 7,
      categories: { healthy: 17, unhealthy: 3 },
      opennesses: { anyone: 2, inside: 18 },
      worst: [],
    });
    await Promise.all([log.append(digest), log.append(digest)]);
    await hears("20 machines: 2 are open to everyone, 7 are protected.", SECURITY);
    await stage.settled();
    expect(times("20 machines:", SECURITY)).toBe(1);
    expect(times("20 machines:")).toBe(0);
    connection.close();
  } finally {
    await second.stop();
  }
}, 45_000);
