/** Random lives of random grants and protections on two kinds of firewalls, with everything going wrong that can, and what holds all the same. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fault, isFault } from "../../src/access/fault.ts";
import type { GrantId } from "../../src/access/identifier.ts";
import type { FirewallId } from "../../src/access/machine.ts";
import type { DurationMs } from "../../src/access/time.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { isActive } from "../../src/grants/grant.ts";
import { firewallsBlocked, isOnNow } from "../../src/grants/protection.ts";
import { desiredBlocks, desiredRules } from "../../src/reconcile/desired.ts";
import { isDone, plan, planBlocks } from "../../src/reconcile/plan.ts";
import { aProtection } from "../contracts/samples.ts";
import type { Trouble } from "../fakes/memory-firewall.ts";
import {
  cidrs,
  createWorld,
  GROUPS,
  grantOn,
  later,
  MINUTE,
  NSG,
  ports,
  SECOND,
  SUBNET_NSG,
  type Worker,
  type World,
} from "./world.ts";

const FIREWALLS = [NSG, SUBNET_NSG, GROUPS];
const LEASE = (5 * SECOND) as DurationMs;

/** The process dies: no `catch` of the product may take it for a fault. */
class Death extends Error {}

type Mishap =
  | Trouble
  | { readonly kind: "die" }
  | { readonly kind: "die-after" }
  | { readonly kind: "slow"; readonly ms: number };

type Step =
  | {
      readonly kind: "give";
      readonly on: readonly FirewallId[];
      readonly ports: readonly string[];
      readonly from: readonly string[];
      readonly forMs: number;
      readonly inMs: number;
    }
  | { readonly kind: "revoke"; readonly which: number }
  | { readonly kind: "protect"; readonly on: readonly FirewallId[]; readonly ports: readonly string[] }
  | { readonly kind: "lift" }
  /** Somebody deletes our block. */
  | { readonly kind: "tamper"; readonly on: FirewallId }
  | { readonly kind: "wait"; readonly ms: number }
  | {
      readonly kind: "look";
      readonly mishaps: readonly (Mishap | undefined)[];
      readonly ledgerDiesAt: number | undefined;
    }
  | { readonly kind: "resync" }
  | { readonly kind: "restart" }
  | { readonly kind: "forget" };

const busy = new Fault("azure", "another operation is in progress", { retry: "later" });
const refused = new Fault("quota", "no room", { retry: "never" });

const mishap: fc.Arbitrary<Mishap | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  fc.constantFrom<Mishap>(
    { kind: "refuse", fault: busy },
    { kind: "refuse", fault: refused },
    { kind: "lose-answer", fault: busy },
    { kind: "lie" },
    { kind: "half" },
    { kind: "die" },
    { kind: "die-after" },
  ),
  fc.nat(8_000).map((ms): Mishap => ({ kind: "slow", ms })),
);

const give: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("give" as const),
  on: fc.subarray(FIREWALLS, { minLength: 1 }),
  ports: fc.subarray(["22", "443", "53/udp"], { minLength: 1 }),
  from: fc.subarray(["203.0.113.7/32", "203.0.113.0/24", "2001:db8:1::/48"], { minLength: 1 }),
  forMs: fc.integer({ min: 1, max: 30_000 }),
  inMs: fc.constantFrom(0, 0, 0, 2_000),
});
const look: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("look" as const),
  mishaps: fc.array(mishap, { maxLength: 12 }),
  ledgerDiesAt: fc.option(fc.nat(12), { nil: undefined, freq: 4 }),
});
const others: readonly fc.Arbitrary<Step>[] = [
  fc.record({ kind: fc.constant("revoke" as const), which: fc.nat(5) }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(20_000) }),
  fc.record({
    kind: fc.constant("protect" as const),
    on: fc.subarray(FIREWALLS, { minLength: 1 }),
    ports: fc.subarray(["22", "3389"], { minLength: 1 }),
  }),
  fc.constant<Step>({ kind: "lift" }),
  fc.record({ kind: fc.constant("tamper" as const), on: fc.constantFrom(...FIREWALLS) }),
  fc.constant<Step>({ kind: "resync" }),
  fc.constant<Step>({ kind: "restart" }),
];
const steps = fc.array(fc.oneof({ weight: 2, arbitrary: give }, { weight: 5, arbitrary: look }, ...others), {
  maxLength: 40,
});

/** Where somebody took away our block and no look came since. */
const tampered = new Set<FirewallId>();

/** What has to hold at the very moment when something is said. */
const watch = (event: AuditEvent, world: World): void => {
  if (event.kind === "protection.began" || event.kind === "protection.ended") {
    const targets = world.memory.protections().find(({ id }) => id === event.protectionId)?.targets ?? [];
    for (const id of FIREWALLS) {
      const has = world.firewall(id).blocked().length > 0;
      if (event.kind === "protection.ended" && has) throw new Error(`a protection ended, and ${id} still blocks`);
      const should = targets.some(({ firewall }) => firewall === id);
      if (event.kind === "protection.began" && should && !has && !tampered.has(id))
        throw new Error(`a protection began, and ${id} doesn't block`);
    }
  }
  if (event.kind !== "grant.opened" && event.kind !== "grant.ended") return;
  const stored = world.memory.grants().find(({ id }) => id === event.grantId);
  // Of one that was found again by its marks nobody knows where else it is, until all was looked at.
  if (stored?.adopted === true) return;
  for (const id of FIREWALLS) {
    const holders = world.firewall(id).holders();
    if (event.kind === "grant.ended" && holders.includes(event.grantId))
      throw new Error(`${event.grantId} ended, but is on ${id}`);
  }
};

const live = async (story: readonly Step[]): Promise<World> => {
  tampered.clear();
  let asked = 0;
  let world: World | undefined;
  const here = await createWorld({
    hand: async (event) => {
      if (world !== undefined) watch(event, world);
      if (event.kind === "grant.opened" && world !== undefined) await expectOpen(event.grantId, world);
    },
  });
  world = here;
  let worker: Worker = here.worker();
  let given = 0;
  let dying: { mishaps: (Mishap | undefined)[]; ledgerDiesAt: number | undefined } = {
    mishaps: [],
    ledgerDiesAt: undefined,
  };

  // The ledger may be where the process dies, before or after the write.
  const { commit } = here.ledger;
  const ledger = here.ledger as { commit: typeof commit };
  ledger.commit = async (write) => {
    asked += 1;
    if (asked === dying.ledgerDiesAt) throw new Death();
    const done = await commit(write);
    if (asked + 1 === dying.ledgerDiesAt) throw new Death();
    return done;
  };
  let dieNext = false;
  here.trouble((operation, _, rule) => {
    if (dieNext) throw new Death();
    if (operation === "add" && rule !== undefined && "holders" in rule)
      for (const { grant } of rule.holders) expectWanted(grant, here);
    const next = dying.mishaps.shift();
    if (next?.kind === "slow") here.clock.advance(next.ms);
    if (next?.kind === "die") throw new Death();
    if (next?.kind === "die-after") dieNext = true;
    return next === undefined || next.kind === "slow" || next.kind === "die-after" ? undefined : next;
  });

  const lookAtAll = async (): Promise<void> => {
    for (const lease of await here.wakeups.take(here.clock.now(), 10, LEASE)) {
      const id = lease.id as FirewallId;
      const began = here.clock.now();
      try {
        const next = await worker.look(id, () => here.wakeups.renew(lease, here.clock.now(), LEASE));
        tampered.delete(id);
        if (here.clock.now() === began) await expectRight(here, id);
        await here.wakeups.finish(lease, next as typeof lease.dueAt | undefined);
      } catch (error) {
        if (error instanceof Death) {
          // Its lease runs out by itself, and what it remembered is gone.
          worker = here.worker();
          dieNext = false;
        } else if (isFault(error)) await here.wakeups.finish(lease, later(here.clock.now(), SECOND));
        else throw error;
      }
    }
  };
  const resync = async (): Promise<void> => {
    for (const id of FIREWALLS) await here.wakeups.wake(id, here.clock.now());
  };

  for (const step of story) {
    switch (step.kind) {
      case "give": {
        const id = `grant${String(given).padStart(3, "0")}` as GrantId;
        given += 1;
        const startsAt = later(here.clock.now(), step.inMs as DurationMs);
        await here.give(
          grantOn(
            {
              id,
              ports: ports(...step.ports),
              sources: cidrs(...step.from),
              startsAt,
              expiresAt: later(startsAt, step.forMs as DurationMs),
            },
            step.on,
            ["10.0.0.4", "fd00:db8::4"],
          ),
        );
        break;
      }
      case "revoke": {
        const grant = await here.ledger.grant(`grant${String(step.which).padStart(3, "0")}` as GrantId);
        if (grant !== undefined && grant.revoked === undefined && grant.endedAt === undefined)
          await here.revoke(grant.id);
        break;
      }
      case "protect": {
        const targets = step.on.map((firewall) => ({ firewall, addresses: ["10.0.0.4"], overrules: [], known: [] }));
        const before = await here.ledger.protection(aProtection().id);
        const leaving = before === undefined ? [] : firewallsBlocked(before).filter((id) => !step.on.includes(id));
        const state = { kind: "on", at: here.clock.now() } as const;
        await here.protect(aProtection({ targets, ports: ports(...step.ports), leaving, state }));
        break;
      }
      case "lift": {
        const there = await here.ledger.protection(aProtection().id);
        if (there !== undefined && isOnNow(there)) await here.lift();
        break;
      }
      case "tamper":
        here.firewall(step.on).state.blocks.clear();
        tampered.add(step.on);
        break;
      case "wait":
        here.clock.advance(step.ms);
        break;
      case "look":
        asked = 0;
        dying = { mishaps: [...step.mishaps], ledgerDiesAt: step.ledgerDiesAt };
        await lookAtAll();
        dying = { mishaps: [], ledgerDiesAt: undefined };
        dieNext = false;
        break;
      case "resync":
        await resync();
        break;
      case "restart":
        worker = here.worker();
        break;
      case "forget":
        here.memory.clear();
        here.wakeups.clear();
        worker = here.worker();
        await resync();
        break;
    }
  }
  return { ...here, look: lookAtAll as unknown as World["look"] };
};

/** Everything that is said to be open is open: rule by rule, and in effect. */
const expectOpen = async (id: GrantId, world: World): Promise<void> => {
  const grant = await world.ledger.grant(id);
  if (grant === undefined) throw new Error(`${id} is said to be open and isn't stored`);
  for (const { firewall } of grant.targets) {
    const there = world.firewall(firewall);
    const wanted = desiredRules([grant], there, world.clock.now());
    const held = [...there.state.rules.values()].filter(({ observed }) =>
      observed.holders.some((holder) => holder.grant === id),
    );
    if (held.length < wanted.length)
      throw new Error(`${id} is said to be open, and ${firewall} has ${held.length} of ${wanted.length} rules`);
    if (!there.state.settled) throw new Error(`${id} is said to be open, and ${firewall} isn't done`);
  }
};

/** No rule is made but for a grant that memory has, and that counts at this moment. */
const expectWanted = (id: GrantId, world: World): void => {
  const grant = world.memory.grants().find((each) => each.id === id);
  if (grant === undefined) throw new Error(`${id} is to be in the cloud and isn't stored`);
  if (!isActive(grant, world.clock.now())) throw new Error(`${id} isn't active, and a rule is made for it`);
};

/** After a look without mishap the firewall is exactly as the grants say. */
const expectRight = async (world: World, id: FirewallId): Promise<void> => {
  const firewall = world.firewall(id);
  const blocks = desiredBlocks(await world.ledger.protectionsOn(id), id);
  const observed = firewall.now(blocks);
  const desired = desiredRules(await world.ledger.grantsOn(id), firewall, world.clock.now());
  const changes = { ...plan(desired, observed.rules, firewall.ruleHolds), ...planBlocks(blocks, observed) };
  expect(isDone(changes, observed)).toBe(true);
};

/** Trouble is over: until nothing is due, look. */
const calm = async (world: World): Promise<void> => {
  world.trouble(() => undefined);
  for (const id of FIREWALLS) await world.wakeups.wake(id, world.clock.now());
  for (let round = 0; round < 60; round += 1) {
    world.clock.advance(SECOND);
    await world.look();
  }
};

describe("whatever happens", () => {
  test("what is said is so when it is said; and once trouble is over every firewall is as the grants say, in the end empty", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const world = await live(story);
        await calm(world);
        for (const id of FIREWALLS) await expectRight(world, id);
        world.clock.advance(MINUTE);
        await calm(world);

        for (const id of FIREWALLS) expect(world.firewall(id).holders()).toEqual([]);
        expect(await world.ledger.liveGrants()).toEqual([]);
        const grants = world.memory.grants();
        expect(grants).toHaveLength(story.filter(({ kind }) => kind === "give").length);
        for (const grant of grants) {
          expect(grant.endedAt).toBeGreaterThanOrEqual(Math.min(grant.expiresAt, grant.revoked?.at ?? grant.expiresAt));
          const said = world.memory
            .log()
            .filter((event) => "grantId" in event && event.grantId === grant.id)
            .map(({ kind }) => kind);
          expect(said.filter((kind) => kind === "grant.ended")).toHaveLength(1);
          expect(said.at(-1)).toBe("grant.ended");
          expect(said.filter((kind) => kind === "grant.opened").length).toBe(grant.openedAt === undefined ? 0 : 1);
        }
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  test("also when memory is lost now and then, nothing of ours is left in the end", async () => {
    const forgetful = fc.array(
      fc.oneof(
        { weight: 2, arbitrary: give },
        { weight: 4, arbitrary: look },
        fc.constant<Step>({ kind: "forget" }),
        ...others,
      ),
      {
        maxLength: 30,
      },
    );
    await fc.assert(
      fc.asyncProperty(forgetful, async (story) => {
        const world = await live(story);
        await calm(world);
        world.clock.advance(MINUTE);
        await calm(world);
        for (const id of FIREWALLS) expect(world.firewall(id).holders()).toEqual([]);
        expect(await world.ledger.liveGrants()).toEqual([]);
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});
