import { describe, expect, test } from "vitest";
import type { GrantId } from "../../src/access/identifier.ts";
import { HOUR } from "../../src/access/time.ts";
import type { Grant } from "../../src/grants/grant.ts";
import type { Rule } from "../../src/policy/policy.ts";
import { aGrant, NOW } from "../contracts/samples.ts";
import { aPolicy, aRole, aRule, everyMachine } from "../policy/example-rule.ts";
import { machineBehind, never } from "../reconcile/world.ts";
import { createOffice, DEV, NSG, personFacts, SUBNET_NSG } from "./office.ts";

const NO = { no: { kind: "not-given", actions: ["*/read"] } } as const;

type World = Awaited<ReturnType<typeof opened>>;

const opened = async (rule: Partial<Rule> = {}, ask = {}) => {
  const office = await createOffice({ approve: { kind: "none" }, authorities: ["azure-roles"], ...rule });
  const { id } = await office.submit(ask);
  // What opening made due is done.
  for (const lease of await office.firewalls.take(NOW, 10, HOUR)) await office.firewalls.finish(lease, undefined);
  const grant = async (): Promise<Grant> => {
    const found = await office.grantOf(id);
    if (found === undefined) throw new Error("no grant");
    return found;
  };
  return {
    ...office,
    id,
    grant,
    look: () => office.recheck(never),
    rule: () => aRule({ approve: { kind: "none" }, ...rule }),
    disallowed: () => office.eventsOf("grant.disallowed"),
  };
};

const takenAway: [string, string, (world: World) => void][] = [
  ["deactivated", "person-standing", ({ people }) => people.set(DEV, personFacts(DEV, { standing: "deactivated" }))],
  ["a guest now", "person-standing", ({ people }) => people.set(DEV, personFacts(DEV, { standing: "guest" }))],
  ["gone", "person-unknown", ({ people }) => people.delete(DEV)],
  ["without the role", "not-eligible", ({ setRule }) => setRule({ request: ["leads"] })],
  ["without the role in the cloud", "authority-no", ({ authorities }) => authorities.set("azure-roles", NO)],
  [
    "refused by a new deny rule",
    "denied-by-policy",
    ({ setPolicy, rule }) =>
      setPolicy({
        ...aPolicy(rule()),
        denials: [{ name: "contractors", people: ["engineers"], match: everyMachine, ports: [], because: "" }],
      }),
  ],
  ["asking for a port that isn't offered any more", "port-not-offered", ({ setRule }) => setRule({ ports: [] })],
  ["coming from where nobody may any more", "source-not-allowed", ({ setRule }) => setRule({ sources: [] })],
];

describe("somebody with open access who is", () => {
  test.each(takenAway)("%s: is told of, once, and closed where the rule says so", async (_, code, takeAway) => {
    for (const recheck of ["tell", "close"] as const) {
      const world = await opened({ recheck });
      await world.look();
      expect(world.disallowed()).toEqual([]);
      world.clock.advance(HOUR);
      takeAway(world);
      await world.look();
      world.clock.advance(1);
      await world.look();
      expect(world.disallowed()).toMatchObject([
        { grantId: world.id, code, closes: recheck === "close", expiresAt: NOW + 2 * HOUR, actor: { kind: "bot" } },
      ]);
      expect(await world.grant()).toMatchObject({
        disallowed: { code },
        revoked: recheck === "close" ? { kind: "not-allowed", at: NOW + HOUR, code } : undefined,
      });
      const due = await world.firewalls.take(world.clock.now(), 10, HOUR);
      expect(due.map(({ id }) => id).toSorted()).toEqual(recheck === "close" ? [NSG, SUBNET_NSG] : []);
      // What was asked about it lapses with it.
      const asked = await world.requests.take(world.clock.now(), 10, HOUR);
      expect(asked.map(({ id }) => id)).toEqual(recheck === "close" ? [world.id] : []);
    }
  });
});

describe("nothing happens", () => {
  const quiet = async (world: World): Promise<void> => {
    await world.look();
    expect(world.disallowed()).toEqual([]);
    expect(await world.grant()).toMatchObject({ version: 1, revoked: undefined });
  };

  test.each(["slow", "deaf", "failing", "throttled"] as const)("while an authority is %s", async (mood) => {
    const world = await opened({ recheck: "close" });
    world.authorities.set("azure-roles", mood);
    await quiet(world);
  });

  test("while Slack is away, or who they are elsewhere can't be known", async () => {
    const world = await opened({ recheck: "close" });
    world.slack.profilesAway = true;
    await quiet(world);
    world.slack.away = true;
    world.setRule({ request: [], recheck: "close" });
    await quiet(world);
  });

  test("while the policy can't be read, or the machine isn't in the inventory", async () => {
    const world = await opened({ recheck: "close" });
    await world.setMachines();
    await quiet(world);
    world.setPolicy(undefined);
    await quiet(world);
  });

  test("for hours, freezes, limits, a shorter time, a missing ticket and approvers who left", async () => {
    const world = await opened({ recheck: "close" });
    world.setRule({
      recheck: "close",
      limits: { perPerson: 0, perMachine: 0, asksPerHour: 0 },
      hours: [{ name: "never", days: [], from: 0, until: 1, zone: "UTC" }],
      justification: { required: true, pattern: /^NEVER$/u },
      approve: { kind: "by", steps: [{ roles: ["nobody"], needed: 1 }], withinMs: HOUR, automatic: [] },
    });
    await quiet(world);
  });

  test("to who is on call no more as long as the schedule doesn't say so", async () => {
    const world = await opened({ recheck: "close" });
    const schedule = { service: "pagerduty", id: "PSCHED1" } as const;
    const policy = (): ReturnType<typeof aPolicy> => {
      const made = aPolicy(aRule({ approve: { kind: "none" }, recheck: "close", request: ["oncall"] }));
      return { ...made, roles: new Map([...made.roles, ["oncall", aRole({ name: "oncall", schedules: [schedule] })]]) };
    };
    world.setPolicy(policy());
    await quiet(world);
    world.onCall.set("pagerduty:PSCHED1", new Set([DEV]));
    await quiet(world);
    world.onCall.set("pagerduty:PSCHED1", new Set(["U0DEV2"]));
    await world.look();
    expect(world.disallowed()).toMatchObject([{ code: "not-eligible", closes: true }]);
  });

  test("while the user group of a deny rule isn't there", async () => {
    const world = await opened({ recheck: "close" });
    const denying = (rule: Partial<Rule>) => {
      const policy = aPolicy(aRule({ approve: { kind: "none" }, recheck: "close", ...rule }));
      world.setPolicy({
        ...policy,
        roles: new Map([...policy.roles, ["con", aRole({ name: "con", groups: ["S0CON"] })]]),
        denials: [{ name: "no", people: ["con"], match: everyMachine, ports: [], because: "" }],
      });
    };
    denying({});
    await quiet(world);
    denying({ request: [] });
    await world.look();
    expect(world.disallowed()).toMatchObject([{ code: "not-eligible", closes: true }]);
  });

  test("to an access that was found in a cloud, and to one that is over", async () => {
    const world = await opened({ recheck: "close" });
    const found = aGrant({ id: "found222" as GrantId, requestId: "found222" as never, adopted: true });
    await world.ledger.commit({
      grant: { ...found, machine: { ...found.machine, id: machineBehind([]).id } },
      events: [],
    });
    world.people.set(DEV, personFacts(DEV, { standing: "deactivated" }));
    world.clock.set(NOW + 2 * HOUR);
    await quiet(world);
    expect((await world.ledger.grant(found.id))?.revoked).toBeUndefined();
  });
});

test("a rule that is gone, and an authority that isn't there, are told and close nothing: a slip in the file may be why", async () => {
  const world = await opened({ recheck: "close" });
  world.setPolicy(aPolicy(aRule({ recheck: "close", match: { ...everyMachine, names: ["dev-*"] } })));
  await world.look();
  const other = await opened({ recheck: "close" });
  other.authorities.connected.clear();
  await other.look();
  for (const { disallowed, grant } of [world, other]) {
    expect(disallowed()).toMatchObject([{ closes: false }]);
    expect((await grant()).revoked).toBeUndefined();
  }
  expect([world, other].map(({ disallowed }) => disallowed()[0]?.code)).toEqual([
    "machine-not-offered",
    "authority-no",
  ]);
});

test("who is allowed again is forgotten, and told anew the next time; another reason is told too", async () => {
  const world = await opened();
  world.authorities.set("azure-roles", NO);
  await world.look();
  world.authorities.set("azure-roles", "slow");
  await world.look();
  expect((await world.grant()).disallowed).toEqual({ code: "authority-no", authority: "azure-roles" });
  world.authorities.set("azure-roles", "yes");
  await world.look();
  expect("disallowed" in (await world.grant())).toBe(false);
  world.clock.advance(HOUR / 2);
  world.authorities.set("azure-roles", NO);
  await world.look();
  world.setRule({ authorities: ["azure-roles"], request: ["leads"], recheck: "close" });
  await world.look();
  expect(world.disallowed().map(({ code, closes }) => [code, closes])).toEqual([
    ["authority-no", false],
    ["authority-no", false],
    ["not-eligible", true],
  ]);
});

test("what was opened past approvals is judged by who may do that", async () => {
  const breakGlass = { by: ["engineers"], maximumMs: HOUR, tell: { roles: [], channels: [] } };
  const world = await opened({ breakGlass, request: ["leads"] }, { breakGlass: true, end: "1h" });
  await world.look();
  expect(world.disallowed()).toEqual([]);
  world.setRule({ breakGlass: { ...breakGlass, by: ["leads"] } });
  await world.look();
  expect(world.disallowed()).toMatchObject([{ code: "break-glass-not-offered", closes: false }]);
});

test("one person's accesses alone are looked at when something about them changed", async () => {
  const world = await opened({ recheck: "close" });
  const other = await world.submit({}, "U0DEV2");
  world.setRule({ request: [], recheck: "close" });
  await world.recheck(never, "U0DEV2");
  expect((await world.grant()).revoked).toBeUndefined();
  expect((await world.grantOf(other.id))?.revoked).toMatchObject({ kind: "not-allowed" });
});

test("many accesses of one person take one look at them, and one at each machine", async () => {
  const office = await createOffice({ approve: { kind: "none" }, authorities: ["azure-roles"] });
  for (let i = 1; i <= 20; i += 1) await office.submit({ from: [`203.0.113.${i}`] });
  office.lookedUp.length = 0;
  office.authorities.asked.length = 0;
  await office.recheck(never);
  expect(office.lookedUp.toSorted()).toEqual(["S0ENG", DEV, `identities of ${DEV}`].toSorted());
  expect(office.authorities.asked).toHaveLength(1);
});

test("an authority that is silent keeps the look from taking long", async () => {
  const machines = Array.from({ length: 12 }, (_, i) =>
    machineBehind([NSG], { id: `/subscriptions/1/vm/m${i}` as never, name: `m${i}` }),
  );
  const office = await createOffice({ approve: { kind: "none" }, authorities: ["azure-roles"] }, machines);
  for (const { name } of machines) await office.submit({ machine: name });
  office.authorities.set("azure-roles", "deaf");
  office.deps.authorityTimeoutMs = () => 100 as never;
  const before = performance.now();
  await office.recheck(never);
  expect(performance.now() - before).toBeLessThan(600);
  expect(office.eventsOf("grant.disallowed")).toEqual([]);
});

test("what goes wrong with some keeps nobody else from being looked at, and is told", async () => {
  const office = await createOffice({ approve: { kind: "none" }, recheck: "close", request: ["engineers", "all"] });
  const broken = Array.from({ length: 8 }, (_, i) => `U0BROKEN${i}`);
  const everybody = [DEV, ...broken, "U0DEV2"];
  for (const user of everybody) office.people.set(user, personFacts(user));
  const all = (rule: Partial<Rule>) => {
    const policy = aPolicy(aRule({ approve: { kind: "none" }, recheck: "close", ...rule }));
    office.setPolicy({
      ...policy,
      roles: new Map([...policy.roles, ["all", aRole({ name: "all", users: everybody })]]),
    });
  };
  all({ request: ["all"] });
  const ids = await Promise.all(everybody.map(async (user) => (await office.submit({}, user)).id));
  all({ request: [] });
  const slip = new TypeError("a slip in the program");
  for (const user of broken) {
    const facts = personFacts(user);
    office.people.set(user, {
      ...facts,
      get standing(): typeof facts.standing {
        throw slip;
      },
    });
  }
  await expect(office.recheck(never)).rejects.toBe(slip);
  const closed = await Promise.all(ids.map(async (id) => (await office.grantOf(id))?.revoked !== undefined));
  expect(closed).toEqual([true, ...broken.map(() => false), true]);
});

test("it stops when it is to stop", async () => {
  const world = await opened({ recheck: "close" });
  world.setRule({ request: [], recheck: "close" });
  await world.recheck(AbortSignal.abort());
  expect((await world.grant()).revoked).toBeUndefined();
});
