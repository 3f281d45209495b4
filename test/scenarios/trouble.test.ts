/** Clouds that refuse, hang or lie, and a Slack that does: what can close closes on time, and nothing is said that isn't so. */

import { expect, test } from "vitest";
import {
  armFault,
  dev,
  ec2Fault,
  HERE,
  type LongStage,
  nsgId,
  otherDev,
  setLongStage,
  setMovedStage,
  sshTo,
  unguarded,
} from "./long-stage.ts";

const LIMIT = 200_000;
/** What a busy machine may add to the two seconds that `one-port.test.ts` holds a bot of its own to; less than one try, or one wait, that somebody else's trouble costs. */
const SOON = 5_000;

/** Machines that need nobody's approval here, each behind firewalls of its own. */
const FIREWALLS: Readonly<Record<string, (stage: LongStage) => unknown>> = {
  "dev-vm-1": (stage) => stage.azure.export(nsgId("nsg-dev")),
  "staging-vm-1": (stage) => stage.azure.export(nsgId("nsg-staging")),
  "prod-vm-1": (stage) => stage.azure.export(nsgId("nsg-prod")),
  "dev-box-1": (stage) => stage.ec2.export("eni-0devbox131").attached,
  "dev-box-2": (stage) => stage.ec2.export("eni-0devbox232").attached,
  "staging-api-1": (stage) => stage.ec2.export("eni-0stagingapi121").attached,
  "prod-web-1": (stage) => stage.ec2.export("eni-0prodweb111").attached,
};
const MACHINES = Object.keys(FIREWALLS);
const exported = (stage: LongStage) => MACHINES.map((machine) => FIREWALLS[machine]?.(stage));

const openAll = async (stage: LongStage): Promise<ReadonlyMap<string, string>> => {
  const ids = new Map<string, string>();
  for (const machine of MACHINES) ids.set(machine, await stage.ask(dev, sshTo(machine, "INC-6")));
  for (const [machine, id] of ids) await stage.opens(id, machine);
  return ids;
};
const closeAll = async (
  stage: LongStage,
  ids: ReadonlyMap<string, string>,
): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries(
    await Promise.all([...ids].map(async ([machine, id]) => [machine, await stage.closes(id, machine)] as const)),
  );
const groupOf = (stage: LongStage, eni: string): string =>
  [...stage.ec2.state().groups.values()].find(({ name }) => name === `latch-acme-${eni}`)?.id ?? "none";
/** Each end is told once, and with how late it really was. */
const toldAsItWas = async (
  stage: LongStage,
  ids: ReadonlyMap<string, string>,
  lags: Readonly<Record<string, number>>,
) => {
  await stage.until("all ends are told", () => stage.notices().length >= ids.size, 60_000);
  await stage.allSaid();
  for (const [machine, id] of ids) {
    expect(stage.endNotices(machine)).toEqual([expect.stringMatching(/closed .* after its time/u)]);
    expect(stage.card(id).text).toMatch(/closed .* after its time/u);
    expect(stage.eventsOf("grant.ended", id).map(({ lagMs }) => lagMs > (lags[machine] ?? 0) - 100)).toEqual([true]);
  }
};

test.concurrent(
  "clouds that are busy or refuse for now: each port closes as soon as its cloud allows",
  async (context) => {
    const stage = await setMovedStage(context, { config: unguarded });
    const before = exported(stage);
    const ids = await openAll(stage);
    const { azure, aws } = stage.faults;
    azure.add({ calls: /^DELETE .*nsg-dev\//iu, does: { kind: "throttle", retryAfterSeconds: 4 }, times: 1 });
    azure.add({ calls: /^DELETE .*nsg-staging\//iu, does: { kind: "lie" }, times: 1 });
    azure.add({ calls: /^DELETE .*nsg-staging\//iu, does: armFault(412, "PreconditionFailed"), times: 1 });
    azure.add({ calls: /^DELETE .*nsg-staging\//iu, does: armFault(409, "AnotherOperationInProgress"), times: 1 });
    stage.azure.operations.nextEnds("Canceled", /^DELETE .*nsg-prod\//iu, 2);
    const revoke = (eni: string) => new RegExp(`^RevokeSecurityGroupIngress ${groupOf(stage, eni)}$`, "u");
    aws.add({ calls: revoke("eni-0devbox131"), does: { kind: "throttle" }, times: 2 });
    aws.add({ calls: revoke("eni-0devbox232"), does: { kind: "lie" }, times: 1 });
    aws.add({ calls: revoke("eni-0stagingapi121"), does: { kind: "lose-answer" }, times: 1 });

    await stage.nearEnd(ids.get("dev-vm-1") ?? "");
    const lags = await closeAll(stage, ids);
    expect(Object.entries(lags).filter(([, lag]) => lag < -100)).toEqual([]);
    expect(lags["dev-vm-1"]).toBeGreaterThan(3_900);
    // Whatever isn't tried again by itself would wait for the minute's look at everything.
    for (const machine of ["dev-vm-1", "staging-vm-1", "prod-vm-1", "dev-box-1", "dev-box-2", "staging-api-1"])
      expect(lags[machine]).toBeLessThan(15_000);
    expect(lags["prod-web-1"]).toBeLessThan(SOON);
    await toldAsItWas(stage, ids, lags);
    await stage.until("all is as before", () => JSON.stringify(exported(stage)) === JSON.stringify(before));
  },
  LIMIT,
);

test.concurrent(
  "clouds that hang or fail for a while: each port closes soon after its cloud is back, the others on time",
  async (context) => {
    const stage = await setMovedStage(context, { config: unguarded });
    const before = exported(stage);
    const ids = await openAll(stage);
    const { azure, aws } = stage.faults;
    const revoke = (eni: string) => new RegExp(`^RevokeSecurityGroupIngress ${groupOf(stage, eni)}$`, "u");
    azure.add({ calls: /^DELETE .*nsg-dev\//iu, does: { kind: "hang" }, times: 1 });
    aws.add({ calls: revoke("eni-0devbox131"), does: { kind: "hang" }, times: 1 });
    aws.add({ calls: revoke("eni-0stagingapi121"), does: { kind: "hang-after" }, times: 1 });
    const mend = [
      azure.add({ calls: /^DELETE .*nsg-staging\//iu, does: armFault(500, "InternalServerError") }),
      aws.add({ calls: revoke("eni-0devbox232"), does: ec2Fault(500, "InternalError") }),
    ];
    const end = Math.max(...[...ids.values()].map(stage.endOf));
    await stage.nearEnd(ids.get("dev-vm-1") ?? "");
    await stage.until("the outage is over", () => stage.clock.now() > end + 6_000, 60_000);
    expect(await stage.reaches(HERE, "staging-vm-1")).toBe(true);
    for (const each of mend) each();
    const mendedAt = stage.clock.now();

    // `closes` counts from each port's own end, and looks only from now on: the audit log knows when the others closed.
    const lags = await closeAll(stage, ids);
    await stage.until("all ends are told", () => stage.notices().length >= ids.size, 60_000);
    const told = Object.fromEntries(
      [...ids].map(([machine, id]) => [machine, stage.eventsOf("grant.ended", id)[0]?.lagMs ?? 0]),
    );
    for (const machine of ["prod-vm-1", "prod-web-1"]) expect(told[machine]).toBeLessThan(SOON);
    // What hangs is given up after ten seconds.
    for (const machine of ["dev-vm-1", "dev-box-1", "staging-api-1"]) expect(told[machine]).toBeLessThan(25_000);
    // At most 5 s are waited between two tries by then.
    for (const machine of ["staging-vm-1", "dev-box-2"]) {
      const closedAt = stage.endOf(ids.get(machine) ?? "") + (lags[machine] ?? 0);
      expect(closedAt - mendedAt).toBeLessThan(20_000);
    }
    await toldAsItWas(stage, ids, {});
    await stage.until("all is as before", () => JSON.stringify(exported(stage)) === JSON.stringify(before));
  },
  LIMIT,
);

test.concurrent(
  "what a cloud only claims to have opened isn't announced",
  async (context) => {
    const stage = await setMovedStage(context);
    const { azure, aws } = stage.faults;
    const obey = [
      azure.add({ calls: /^PUT .*securityRules/iu, does: { kind: "lie" } }),
      aws.add({ calls: /^AuthorizeSecurityGroupIngress/u, does: { kind: "lie" } }),
      aws.add({ calls: /^ModifyNetworkInterfaceAttribute eni-0devbox232/u, does: { kind: "lie" } }),
    ];
    const machines = ["dev-vm-1", "dev-box-1", "dev-box-2"];
    const ids: string[] = [];
    for (const machine of machines) ids.push(await stage.ask(dev, sshTo(machine)));
    const count = (pattern: RegExp) =>
      stage.azure.calls.filter(({ method, path }) => pattern.test(`${method} ${path}`)).length +
      stage.ec2.calls().filter(({ name }) => pattern.test(name)).length;
    for (const pattern of [
      /^PUT .*securityRules/iu,
      /^AuthorizeSecurityGroupIngress/u,
      /^ModifyNetworkInterfaceAttribute eni-0devbox232/u,
    ]) {
      await stage.until("it was tried three times", () => count(pattern) >= 3);
    }
    for (const [i, machine] of machines.entries()) {
      expect(await stage.reaches(HERE, machine)).toBe(false);
      expect(stage.card(ids[i] ?? "").text).toContain("opening");
    }
    expect(stage.direct(dev)).toEqual([]);
    for (const each of obey) each();
    for (const [i, machine] of machines.entries()) await stage.opens(ids[i] ?? "", machine);
    await stage.allSaid();
    expect(stage.direct(dev)).toHaveLength(3);
  },
  LIMIT,
);

test.concurrent(
  "what a cloud will never open is told, and nothing of it is left behind",
  async (context) => {
    const stage = await setMovedStage(context, { config: unguarded });
    const firewalls = () => [
      ...["nsg-dev", "nsg-staging", "nsg-prod", "nsg-prod-vm-3"].map((name) => stage.azure.export(nsgId(name))),
      ...["eni-0stagingapi121", "eni-0proddb112", "eni-0proddb1112", "eni-0devbox131"].map((id) =>
        stage.ec2.export(id),
      ),
    ];
    const before = firewalls();
    const { azure, aws } = stage.faults;
    azure.add({ calls: /^PUT .*nsg-staging\//iu, does: armFault(403, "AuthorizationFailed") });
    // Of two firewalls before one machine the first obeys.
    azure.add({ calls: /^PUT .*nsg-prod-vm-3\//iu, does: armFault(403, "RequestDisallowedByPolicy") });
    aws.add({
      calls: /^ModifyNetworkInterfaceAttribute eni-0proddb1112/u,
      does: ec2Fault(400, "SecurityGroupsPerInterfaceLimitExceeded"),
    });
    const full = aws.add({
      calls: /^AuthorizeSecurityGroupIngress/u,
      does: ec2Fault(400, "RulesPerSecurityGroupLimitExceeded"),
      times: 1,
    });

    const api = await stage.ask(otherDev, sshTo("staging-api-1"));
    await stage.until("it is tried", () =>
      stage.ec2.calls().some(({ action }) => action === "AuthorizeSecurityGroupIngress"),
    );
    full();
    const refused = [
      [api, "staging-api-1", "RulesPerSecurityGroupLimitExceeded"],
      [await stage.ask(otherDev, sshTo("staging-vm-1")), "staging-vm-1", "AuthorizationFailed"],
      [await stage.ask(otherDev, sshTo("prod-vm-3", "INC-6")), "prod-vm-3", "RequestDisallowedByPolicy"],
      [await stage.ask(otherDev, sshTo("prod-db-1", "INC-6")), "prod-db-1", "SecurityGroupsPerInterfaceLimitExceeded"],
    ] as const;
    for (const [id, machine, why] of refused) {
      await stage.until(
        `the card of ${machine} says why`,
        () => stage.card(id).text.includes("couldn't open") && stage.card(id).text.includes(why),
      );
      await stage.until("the requester is told", () =>
        stage.direct(otherDev).some((text) => text.includes(`${machine} couldn't be opened`) && text.includes(why)),
      );
      // Where one of two firewalls let somebody in, that is taken back after it was told.
      await stage.until(`${machine} is closed`, async () => !(await stage.reaches(HERE, machine)));
    }
    await stage.until("nothing is left", () => JSON.stringify(firewalls()) === JSON.stringify(before));
    await stage.until("all are over", () => refused.every(([id]) => stage.told(id).includes("grant.ended")));
    await stage.allSaid();
    expect(stage.direct(otherDev)).toHaveLength(4);
    expect(stage.notices()).toEqual([]);
    for (const [id] of refused) {
      expect(stage.told(id)).toEqual(["request.approved", "grant.failed", "grant.ended"]);
      expect(stage.card(id).text).toContain("couldn't open");
    }

    // And what holds for one doesn't hold up another.
    const box = await stage.ask(dev, sshTo("dev-box-1"));
    await stage.opens(box, "dev-box-1");
  },
  LIMIT,
);

test.concurrent(
  "Slack refuses, hangs and is away around the end: the clouds close on time, and each end is told once, later",
  async (context) => {
    const stage = await setLongStage(context);
    const [bot] = stage.bots;
    const machines = ["dev-vm-1", "dev-box-1", "dev-box-2"] as const;
    const ids = new Map<string, string>();
    for (const machine of machines) ids.set(machine, await stage.ask(dev, sshTo(machine)));
    for (const [machine, id] of ids) await stage.opens(id, machine);
    const { slack } = stage.faults;
    const serverError = { kind: "answer", status: 500, body: "" } as const;
    // The latest added comes first: each is met in turn.
    for (const does of [
      { kind: "lose-answer" },
      { kind: "hang-after" },
      { kind: "throttle", retryAfterSeconds: 2 },
    ] as const) {
      slack.add({ calls: /^chat\.postMessage$/u, does, times: 1 });
    }
    for (const does of [{ kind: "lose-answer" }, serverError, { kind: "hang" }] as const) {
      slack.add({ calls: /^chat\.update$/u, does, times: 1 });
    }
    const lags = await Promise.all([...ids].map(([machine, id]) => stage.closes(id, machine)));
    for (const lag of lags) {
      expect(lag).toBeGreaterThan(-100);
      expect(lag).toBeLessThan(SOON);
    }
    await stage.until("all ends are noted", () =>
      [...ids.values()].every((id) => stage.eventsOf("grant.ended", id).length === 1),
    );
    // What it still has to say survives it.
    await bot.kill();
    await bot.start("alive");
    await stage.until("all ends are told", () => stage.notices().length >= 3, 60_000);
    await stage.until(
      "all cards say so",
      () => [...ids.values()].every((id) => stage.card(id).text.includes("after its time")),
      30_000,
    );
    await stage.allSaid();
    for (const machine of machines) expect(stage.endNotices(machine)).toHaveLength(1);
    expect(stage.direct(dev)).toHaveLength(3);
    for (const id of ids.values()) expect(stage.eventsOf("grant.ended", id)[0]?.lagMs).toBeLessThan(SOON);
  },
  LIMIT,
);

test.concurrent(
  "its memory is away over the end and comes back empty: it closes on time, and tells the end once",
  async (context) => {
    const stage = await setMovedStage(context);
    const [vm, box] = [await stage.ask(dev, sshTo("dev-vm-1")), await stage.ask(dev, sshTo("dev-box-1"))];
    await Promise.all([stage.opens(vm, "dev-vm-1"), stage.opens(box, "dev-box-1")]);
    await stage.nearEnd(vm, 5_000);
    await stage.redis.kill();
    for (const lag of await Promise.all([stage.closes(vm, "dev-vm-1"), stage.closes(box, "dev-box-1")])) {
      expect(lag).toBeGreaterThan(-100);
      expect(lag).toBeLessThan(SOON);
    }
    await stage.redis.startEmpty();
    await stage.until("both ends are told", () => stage.notices().length >= 2);
    await stage.allSaid();
    for (const machine of ["dev-vm-1", "dev-box-1"]) expect(stage.endNotices(machine)).toHaveLength(1);
    for (const id of [vm, box]) {
      expect(stage.card(id).text).toMatch(/closed .* after its time/u);
      expect(stage.eventsOf("grant.ended", id).map(({ lagMs }) => lagMs < SOON)).toEqual([true]);
    }
  },
  LIMIT,
);
