/** A machine that is only reached through an Azure Firewall: at a mapped port, when both the firewall and its subnet's group let in. */

import { afterAll, expect, test } from "vitest";
import type { AuditEvent } from "../../src/audit/event.ts";
import { firewallId } from "../../src/sandbox/world.ts";
import { ADDRESSES, azureWithMachinesBehind, CHANNELS, PUBLIC_ADDRESS } from "./hub.ts";
import { armFault, unguarded } from "./long-stage.ts";
import { nsgId, PEOPLE, type Stage, setInsideStage, setStage } from "./stage.ts";

const { dev, otherDev, lead, security } = PEOPLE;
const HUB = firewallId("fw-hub");
const PUT_HUB = /^PUT .*\/azureFirewalls\/fw-hub$/iu;
const MACHINE = "prod-fw-1";

const exported = ({ azure }: Stage) => ({
  firewall: azure.exportFirewall(HUB),
  group: azure.export(nsgId("nsg-behind")),
});

/** Where the requester of this machine was last told to connect; 0: nowhere yet. */
const mappedPort = (stage: Stage, user: string = dev, machine = MACHINE): number => {
  const told = stage.direct(user).findLast((text) => text.includes(`${machine} is open for you`)) ?? "";
  return Number(/ssh -p (\d+) you@20\.50\.1\.10/u.exec(told)?.[1] ?? 0);
};
const getsIn = (stage: Stage, from: string, port: number): Promise<boolean> =>
  stage.reaches(from, PUBLIC_ADDRESS, port);

const opens = async (stage: Stage, user: string = dev, machine = MACHINE, limitMs = 60_000): Promise<number> => {
  await stage.until(`${user} is told where ${machine} is`, () => mappedPort(stage, user, machine) > 0, limitMs);
  const port = mappedPort(stage, user, machine);
  const outcome = await stage.network.connect({ from: ADDRESSES.vpn, machine: PUBLIC_ADDRESS, port });
  expect(outcome.outcome === "open" && outcome.banner.trim()).toBe(`SSH-2.0-OpenSSH_9.9 ${machine}`);
  if (outcome.outcome === "open") outcome.socket.destroy();
  return port;
};
const closes = async (stage: Stage, id: string, port: number, limitMs = 60_000): Promise<void> => {
  await stage.until(`${id} is told to be closed`, () => stage.card(id).text.includes("closed"), limitMs);
  expect(await getsIn(stage, ADDRESSES.vpn, port)).toBe(false);
};

/** Asked, approved, reachable for the one who asked as soon as they are told so and for nobody else, closed. */
const oneWay = async (stage: Stage): Promise<void> => {
  stage.azure.operations.nextEnds("never", PUT_HUB);
  const puts = stage.azure.firewallPuts(HUB);
  const saidBefore = stage.direct(dev).length;
  const id = await stage.ask(dev, `ssh ${MACHINE} 1h from vpn because INC-1`);
  expect(stage.azure.firewallPuts(HUB)).toBe(puts);
  await stage.approve(lead, id);
  await stage.until("the firewall is being written", () => stage.azure.firewallPuts(HUB) === puts + 1);
  await stage.until("the group lets in", () =>
    stage.azure
      .export(nsgId("nsg-behind"))
      .securityRules.some(({ name }) => name.endsWith("tcp-4") && !name.includes("deny")),
  );
  expect(stage.direct(dev)).toHaveLength(saidBefore);
  expect(stage.card(id).text).not.toContain("open until");
  expect(await getsIn(stage, ADDRESSES.vpn, 50_000)).toBe(false);
  stage.azure.operations.endRunning("Succeeded");

  await stage.until("the requester is told", () => stage.direct(dev).length > saidBefore);
  const port = await opens(stage);
  for (const other of [ADDRESSES.stranger, ADDRESSES.office, ADDRESSES.home])
    expect(await getsIn(stage, other, port)).toBe(false);
  expect(await stage.reaches(ADDRESSES.stranger, MACHINE)).toBe(false);
  await stage.until("the card says so", () => stage.card(id).text.includes("open until"));

  await stage.jit(dev, `close ${id}`);
  await closes(stage, id, port);
  expect(stage.azure.firewallPuts(HUB)).toBe(puts + 2);
};

// Alone, because it counts what comes together.
test("ten opens at once cost two PUTs, and so do ten closings", async (context) => {
  const { world, names } = azureWithMachinesBehind(10);
  const stage = await setInsideStage(context, {
    config: unguarded,
    world: { azure: world },
    firewallUpdate: { ms: 300 },
  });
  const before = exported(stage);
  const users = [dev, otherDev];
  const userOf = (i: number): string => users[i % 2] ?? dev;
  /** The first write goes on until so much is stored, however long people take. */
  const isHeldUntil = async (kind: AuditEvent["kind"], act: () => Promise<unknown>): Promise<void> => {
    const puts = stage.azure.firewallPuts(HUB);
    stage.azure.operations.nextEnds("never", PUT_HUB);
    await act();
    await stage.until("the firewall is being written", () => stage.azure.firewallPuts(HUB) > puts, 60_000);
    const count = () => stage.bots[0].events.filter((event) => event.kind === kind).length;
    await stage.until(`ten times ${kind}`, () => count() === names.length, 60_000);
    expect(stage.azure.firewallPuts(HUB)).toBe(puts + 1);
    stage.azure.operations.endRunning("Succeeded");
  };
  await isHeldUntil("request.approved", () =>
    Promise.all(
      names.map((name, i) =>
        stage.slack.command({
          user: userOf(i),
          channel: CHANNELS.access,
          text: `ssh ${name} 1h from vpn because INC-1`,
        }),
      ),
    ),
  );
  const ports = await Promise.all(names.map((name, i) => opens(stage, userOf(i), name)));
  expect(new Set(ports).size).toBe(10);
  expect(stage.azure.firewallPuts(HUB)).toBeLessThanOrEqual(2);

  const puts = stage.azure.firewallPuts(HUB);
  await stage.settled();
  const ids = stage.bots[0].events.flatMap((event) =>
    event.kind === "grant.opened" ? [{ id: event.requestId, user: event.requester.user }] : [],
  );
  expect(ids).toHaveLength(10);
  await isHeldUntil("grant.revoked", () =>
    Promise.all(
      ids.map(({ id, user }) => stage.slack.command({ user, channel: CHANNELS.access, text: `close ${id}` })),
    ),
  );
  await Promise.all(
    ids.map(({ id }) => stage.until("it is closed", () => stage.card(id).text.includes("closed"), 60_000)),
  );
  expect(stage.azure.firewallPuts(HUB) - puts).toBeLessThanOrEqual(2);
  for (const port of ports) expect(await getsIn(stage, ADDRESSES.vpn, port)).toBe(false);
  await stage.settled();
  expect(exported(stage)).toEqual(before);
}, 180_000);

test.concurrent("closed, asked, approved, reachable at the mapped port, closed again; protected or not", async (context) => {
  const stage = await setInsideStage(context, { firewallUpdate: { ms: 300 } });
  const before = exported(stage);
  await oneWay(stage);
  await stage.settled();
  expect(exported(stage)).toEqual(before);

  await stage.jit(security, `protect ${MACHINE} ssh`);
  await stage.until("it is told", () =>
    stage.notices().some((text) => text.includes(`of ${MACHINE} is kept closed now`)),
  );
  const guarded = exported(stage);
  expect(guarded.firewall).not.toEqual(before.firewall);
  expect(guarded.group).not.toEqual(before.group);
  await oneWay(stage);
  await stage.settled();
  expect(exported(stage)).toEqual(guarded);

  await stage.jit(security, `unprotect ${MACHINE}`);
  await stage.until("it is told", () =>
    stage.notices().some((text) => text.includes(`${MACHINE} is no longer protected. All`)),
  );
  expect(exported(stage)).toEqual(before);
  expect(stage.azure.firewallPuts(HUB)).toBe(6);
}, 180_000);

test.concurrent("what falls due while the firewall is written closes right after, and is told with how late", async (context) => {
  const { world } = azureWithMachinesBehind(2);
  const stage = await setInsideStage(context, {
    config: unguarded,
    world: { azure: world },
    firewallUpdate: { ms: 300 },
  });
  const before = exported(stage);
  const first = await stage.ask(dev, `ssh ${MACHINE} 10m from vpn because INC-1`);
  const port = await opens(stage);
  const [approved] = stage.bots[0].events.flatMap((event) => (event.kind === "request.approved" ? [event] : []));
  const endsAt = approved?.expiresAt ?? 0;
  // The clock isn't moved while a firewall is written, because a lease of some seconds would be over then.
  stage.clock.advance(endsAt - stage.clock.now() - 5_000);
  stage.azure.operations.nextEnds("never", PUT_HUB);
  const second = await stage.ask(otherDev, "ssh prod-fw-2 10m from vpn because INC-1");
  await stage.until("it is written", () => stage.azure.firewallPuts(HUB) === 2);
  await stage.until("the first one's time is over", () => stage.clock.now() > endsAt + 3_000, 60_000);
  // The group behind the firewall closes on time; that it is closed is said when both are.
  await stage.until("nobody gets in", async () => !(await getsIn(stage, ADDRESSES.vpn, port)));
  expect(stage.card(first).text).toContain("open until");
  stage.azure.operations.endRunning("Succeeded");
  await closes(stage, first, port);
  const other = await opens(stage, otherDev, "prod-fw-2");
  const ended = stage.bots[0].events.find((event) => event.kind === "grant.ended");
  expect(ended?.kind === "grant.ended" && ended.lagMs).toBeGreaterThan(3_000);
  expect(ended?.kind === "grant.ended" && ended.lagMs).toBeLessThan(20_000);
  expect(stage.card(first).text).toMatch(/closed .* after its time/u);
  expect(stage.azure.firewallPuts(HUB)).toBe(3);
  await stage.jit(otherDev, `close ${second}`);
  await closes(stage, second, other);
  await stage.settled();
  expect(exported(stage)).toEqual(before);
}, 180_000);

const PUT_AS_ASKED = /^PUT .*\/azureFirewalls\/fw-hub$/u;
type Trouble = readonly [what: string, make: (stage: Stage) => unknown];
const TROUBLES: readonly (readonly Trouble[])[] = [
  [
    ["fails", ({ azure }) => azure.operations.nextEnds("Failed", PUT_HUB)],
    [
      "conflicts",
      ({ faults }) =>
        faults.azure.add({ calls: PUT_AS_ASKED, does: armFault(409, "AnotherOperationInProgress"), times: 2 }),
    ],
    [
      "gets no answer",
      ({ faults }) => faults.azure.add({ calls: PUT_AS_ASKED, does: { kind: "lose-answer" }, times: 1 }),
    ],
  ],
  [
    ["is canceled", ({ azure }) => azure.operations.nextEnds("Canceled", PUT_HUB)],
    [
      "is outrun",
      ({ faults }) => faults.azure.add({ calls: PUT_AS_ASKED, does: armFault(412, "PreconditionFailed"), times: 2 }),
    ],
    ["is lied about", ({ faults }) => faults.azure.add({ calls: PUT_AS_ASKED, does: { kind: "lie" }, times: 1 })],
  ],
];

for (const troubles of TROUBLES) {
  test.concurrent(`a write that ${troubles.map(([what]) => what).join(", ")} is made again until it is so`, async (context) => {
    const stage = await setInsideStage(context, { config: unguarded, firewallUpdate: { ms: 300 } });
    const before = exported(stage);
    for (const [what, make] of troubles) {
      make(stage);
      const said = stage.direct(dev).length;
      const id = await stage.ask(dev, `ssh ${MACHINE} 1h from vpn because INC-1`);
      await stage.until(
        `it is open though a write ${what}`,
        () =>
          stage
            .direct(dev)
            .slice(said)
            .some((text) => text.includes("is open for you")),
        60_000,
      );
      const port = await opens(stage);
      make(stage);
      await stage.jit(dev, `close ${id}`);
      await closes(stage, id, port);
      await stage.settled();
      expect(exported(stage), what).toEqual(before);
    }
  }, 180_000);
}

test.concurrent("killed amid a write, opening or closing, it ends as it should", async (context) => {
  const stage = await setStage(context, { config: unguarded, firewallUpdate: { ms: 2_000 } });
  const [bot] = stage.bots;
  const before = exported(stage);
  const killedAmid = async (puts: number): Promise<void> => {
    await stage.until("it is written", () => stage.azure.firewallPuts(HUB) === puts);
    await bot.kill();
    await bot.start();
  };
  await stage.slack.command({ user: dev, channel: CHANNELS.access, text: `ssh ${MACHINE} 1h from vpn because INC-1` });
  await killedAmid(1);
  const port = await opens(stage);
  const [approved] = bot.events.flatMap((event) => (event.kind === "request.approved" ? [event.requestId] : []));
  const id = approved ?? "";
  await stage.slack.command({ user: dev, channel: CHANNELS.access, text: `close ${id}` });
  await killedAmid(2);
  await closes(stage, id, port);
  await stage.until("all is as before", () => JSON.stringify(exported(stage)) === JSON.stringify(before));
  expect(stage.azure.firewallPuts(HUB)).toBe(2);
}, 180_000);

const managed = await setInsideStage({ onTestFinished: afterAll });

test("a firewall with a policy is refused, at asking and at protecting, and the reason is said", async () => {
  const { calls } = managed.azure;
  const writes = () => calls.filter(({ method }) => method !== "GET").length;
  for (const [user, text] of [
    [dev, "ssh prod-policy-1 1h from vpn because INC-1"],
    [security, "protect prod-policy-1 ssh"],
  ] as const) {
    const answer = await managed.jit(user, text);
    expect(answer).toContain("fw-managed");
    expect(answer).toContain("policy-acme");
  }
  await managed.settled();
  expect(writes()).toBe(0);
});
