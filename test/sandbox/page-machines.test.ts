/** What the page says of the machines: who asked for what, doors, rules, connections, and how far the tour has come. */

import { expect, onTestFinished, test } from "vitest";
import { type EpochMs, systemClock } from "../../src/access/time.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { createEc2Server } from "../../src/sandbox/aws/server.ts";
import { createFaults } from "../../src/sandbox/faults.ts";
import { createAwsGround } from "../../src/sandbox/network/aws-ground.ts";
import { createAzureGround } from "../../src/sandbox/network/azure-ground.ts";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { stepsDone } from "../../src/sandbox/page/browser/tour-steps.ts";
import { actAtMachines } from "../../src/sandbox/page/machines/acts.ts";
import { createConnections } from "../../src/sandbox/page/machines/connections.ts";
import { machinesPart } from "../../src/sandbox/page/machines/machines-part.ts";
import type { Access, Attempt, MachinesState } from "../../src/sandbox/page/machines/shown.ts";
import { azureWorld, ec2World, firewallId, nsgId } from "../../src/sandbox/world.ts";
import { setup } from "./azure-setup.ts";

const start = async () => {
  const { azure } = await setup({ world: azureWorld });
  const ec2 = await createEc2Server({ clock: systemClock, world: ec2World, faults: createFaults() });
  const network = createNetwork({ grounds: [createAzureGround(azure), createAwsGround(ec2)] });
  onTestFinished(() => network.stop());
  onTestFinished(() => ec2.stop());
  const clock = { ahead: 0, now: () => (Date.now() + clock.ahead) as EpochMs };
  const events: AuditEvent[] = [];
  const connections = createConnections({ network, clock });
  const part = machinesPart({
    network,
    azure,
    ec2,
    clock,
    connections,
    bots: [{ events } as unknown as Parameters<typeof machinesPart>[0]["bots"][0]],
  });
  const state = () => part.read("U0DEV1") as MachinesState;
  const machine = (name: string) => {
    const found = state().machines.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no machine ${name}`);
    return found;
  };
  const door = (name: string, port: number) => machine(name).doors.find((each) => each.port === port);
  const tell = (kind: AuditEvent["kind"], about: object) =>
    events.push({ kind, at: clock.now(), ...factsAbout(machine("prod-vm-3").id), ...about } as unknown as AuditEvent);
  const allow = (source: string) =>
    ["nsg-prod", "nsg-prod-vm-3"].forEach((name) => {
      azure.editAsSomeoneElse(nsgId(name), (rules) => [
        ...rules,
        {
          name: "latch-acme-k7f3q2xd-tcp-4",
          properties: {
            priority: 100,
            access: "Allow",
            direction: "Inbound",
            protocol: "Tcp",
            sourcePortRange: "*",
            destinationPortRange: "22",
            sourceAddressPrefix: source,
            destinationAddressPrefix: "*",
          },
        },
      ]);
    });
  const close = () =>
    ["nsg-prod", "nsg-prod-vm-3"].forEach((name) => {
      azure.editAsSomeoneElse(nsgId(name), (rules) => rules.filter((rule) => !rule.name.startsWith("latch-")));
    });
  return { azure, network, clock, connections, part, state, machine, door, tell, allow, close };
};

const factsAbout = (machineId: string) => ({
  requestId: "k7f3q2xd",
  requester: { team: "T0ACME", user: "U0DEV1" },
  machine: { cloud: "azure", id: machineId.toLowerCase(), name: "prod-vm-3" },
  ports: [{ port: 22, protocol: "tcp" }],
  sources: ["198.51.100.7/32"],
});

test("a door is asked for, opening, open for somebody, closing and closed, as the clouds have it", async () => {
  const { clock, door, tell, allow, close } = await start();
  const ssh = () => door("prod-vm-3", 22);
  const expiresAt = clock.now() + 60_000;
  expect(ssh()).toMatchObject({ state: "closed", holders: [], others: [] });

  tell("request.submitted", { answerBy: expiresAt });
  expect(ssh()).toMatchObject({ state: "asked", holders: [{ user: "U0DEV1", until: expiresAt }] });
  tell("request.approved", { expiresAt });
  expect(ssh()?.state).toBe("opening");
  allow("198.51.100.7/32");
  expect(ssh()).toMatchObject({ state: "open", holders: [{ state: "open", until: expiresAt }], others: [] });
  clock.ahead = 60_000;
  expect(ssh()?.state).toBe("closing");
  close();
  expect(ssh()).toMatchObject({ state: "closed", holders: [] });
});

test("nobody waits for an answer any more when the time for it is over, whatever the bot remembers", async () => {
  const { clock, door, tell, part } = await start();
  const answerBy = clock.now() + 60_000;
  tell("request.submitted", { answerBy });
  expect(door("prod-vm-3", 22)?.state).toBe("asked");
  let changes = 0;
  onTestFinished(part.subscribe(() => (changes += 1)));
  await expect.poll(() => changes).toBe(1);
  clock.ahead = 60_000;
  expect(door("prod-vm-3", 22)).toMatchObject({ state: "closed", holders: [] });
  await expect.poll(() => changes).toBe(2);
});

test("approved is approved when somebody did so, and not when the bot saw it open", async () => {
  const { clock, state, tell } = await start();
  const expiresAt = clock.now() + 60_000;
  tell("request.approved", { at: 1_000, expiresAt });
  tell("grant.opened", { at: 2_000, grantId: "k7f3q2xd", expiresAt });
  tell("grant.extended", { at: 3_000, grantId: "k7f3q2xd", expiresAt: expiresAt + 1 });
  expect(state().accesses).toMatchObject([{ approvedAt: 1_000, openedAt: 2_000, expiresAt: expiresAt + 1 }]);
});

test("what the bot says is open and the cloud doesn't let in isn't drawn open", async () => {
  const { clock, door, tell } = await start();
  tell("grant.opened", { grantId: "k7f3q2xd", expiresAt: clock.now() + 60_000 });
  expect(door("prod-vm-3", 22)?.state).toBe("opening");
});

test("a rule of ours that nobody remembers keeps a door open", async () => {
  const { door, allow } = await start();
  allow("198.51.100.7/32");
  expect(door("prod-vm-3", 22)).toMatchObject({ state: "open", holders: [], others: [] });
});

test("somebody's own rule lets others in, and is named; a machine that is off lets nobody in", async () => {
  const { door, machine } = await start();
  expect(door("dev-open-1", 22)?.others).toContainEqual({ client: "stranger", because: "AllowSSH" });
  expect(door("prod-web-1", 443)?.others).toContainEqual({ client: "home", because: "web" });
  expect(door("prod-vm-1", 22)).toMatchObject({ state: "closed", others: [], keptBy: "DenyManagement" });
  expect(machine("dev-vm-2").isRunning).toBe(false);
});

test("behind a firewall that translates, the door says where it is reached", async () => {
  const { door, azure } = await start();
  expect(door("prod-fw-1", 443)).toMatchObject({ state: "open", at: { address: "20.50.1.10", port: 443 } });
  azure.editFirewallAsSomeoneElse(firewallId("fw-hub"), (rules) => ({ ...rules, natRuleCollections: [] }));
  expect(door("prod-fw-1", 443)).toBeUndefined();
});

test("rules before a machine are the clouds' own, Latch's marked", async () => {
  const { machine, allow } = await start();
  allow("198.51.100.7/32");
  const [subnet] = machine("prod-vm-3").ruleSets;
  expect(subnet?.rules.map(({ name, isOurs, verdict }) => [name, isOurs, verdict])).toEqual([
    ["latch-acme-k7f3q2xd-tcp-4", true, "allow"],
    ["AllowHttps", false, "allow"],
    ["DenyManagement", false, "deny"],
  ]);
  expect(subnet?.rules[0]).toMatchObject({ what: "Tcp 22 to *", from: "198.51.100.7/32" });
  expect(machine("prod-fw-1").ruleSets.map(({ name }) => name)).toEqual([
    "nsg-behind",
    "fw-hub · web",
    "fw-hub · storage",
    "fw-hub · updates",
  ]);
  expect(machine("prod-policy-1").ruleSets.at(-1)?.note).toBe("Its rules are in the policy policy-acme.");
  expect(machine("prod-web-1").ruleSets[0]).toMatchObject({ name: "web", kind: "security group" });
});

test("a connection that began in time goes on after the door is closed, until somebody hangs up", async () => {
  const { network, azure, connections, machine, allow, close } = await start();
  const dial = () =>
    actAtMachines(
      { kind: "dial", machine: machine("prod-vm-3").id, port: 22, from: "198.51.100.7" },
      { network, azure, connections },
    );
  allow("198.51.100.7/32");
  await dial();
  close();
  await dial();
  await actAtMachines({ kind: "ask", id: 1 }, { network, azure, connections });
  expect(connections.attempts()).toMatchObject([
    { outcome: "open", said: "SSH-2.0-OpenSSH_9.9 prod-vm-3", isConnected: true },
    { outcome: "refused", because: "DenyManagement", isConnected: false },
  ]);
  await actAtMachines({ kind: "hang-up", id: 1 }, { network, azure, connections });
  await expect.poll(() => connections.attempts()[0]?.isConnected).toBe(false);
  await expect(
    actAtMachines({ kind: "dial", machine: "nowhere", port: 22, from: "" }, { network, azure, connections }),
  ).rejects.toThrow("there is no machine `nowhere`");
  await expect(
    actAtMachines(
      { kind: "dial", machine: machine("prod-vm-3").id, port: 22, from: "home" },
      { network, azure, connections },
    ),
  ).rejects.toThrow("`home` is not an address");
});

const access = (facts: Partial<Access>): Access => ({
  id: "k7f3q2xd",
  user: "U0DEV1",
  machineId: "/vm-3",
  ports: [22],
  sources: [],
  answerBy: undefined,
  approvedAt: undefined,
  openedAt: undefined,
  expiresAt: undefined,
  revokedAt: undefined,
  overAt: undefined,
  ...facts,
});

const attempt = (at: number, outcome: Attempt["outcome"]): Attempt =>
  ({ id: at, at, outcome, machineId: "/VM-3", port: 22 }) as Attempt;

test.each([
  [0, undefined, []],
  [1, access({}), []],
  [0, access({ overAt: 1 }), []],
  [2, access({ approvedAt: 1 }), [attempt(0, "open")]],
  [3, access({ approvedAt: 1, openedAt: 2 }), [attempt(2, "open")]],
  [0, access({ approvedAt: 1, openedAt: 2, overAt: 3 }), [attempt(3, "refused")]],
  [4, access({ approvedAt: 1, openedAt: 2, overAt: 3 }), [attempt(2, "open"), attempt(2, "refused")]],
  [5, access({ approvedAt: 1, openedAt: 2, overAt: 3 }), [attempt(2, "open"), attempt(4, "refused")]],
])("%i steps of the tour are done", (steps, only, attempts) => {
  const machines = [{ id: "/VM-3", name: "prod-vm-3" }] as unknown as MachinesState["machines"];
  expect(stepsDone({ accesses: only === undefined ? [] : [only], attempts, machines })).toBe(steps);
});
