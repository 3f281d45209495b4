import { describe, expect, test } from "vitest";
import type { GrantId } from "../../../src/access/identifier.ts";
import type { FirewallId } from "../../../src/access/machine.ts";
import { isRefusal } from "../../../src/access/refusal.ts";
import type { Cidr } from "../../../src/access/source.ts";
import { type EpochMs, HOUR, MINUTE, SECOND } from "../../../src/access/time.ts";
import { NO_CHANGES } from "../../../src/cloud/firewall.ts";
import { createKeepLockdown, type LockdownTrace } from "../../../src/workflow/lockdown/keep-lockdown.ts";
import { createLockDown } from "../../../src/workflow/lockdown/lock-down.ts";
import { createWatchLockdown } from "../../../src/workflow/lockdown/watch-lockdown.ts";
import { NOW } from "../../contracts/samples.ts";
import { hours } from "../../policy/example-rule.ts";
import { createOffice, DEV, LEAD, NSG, SECURITY, STRANGER, SUBNET_NSG } from "../office.ts";

const NO_TRACE: LockdownTrace = {
  read: async () => undefined,
  write: async () => undefined,
  remove: async () => undefined,
};
const never = AbortSignal.timeout(HOUR);

const besieged = async (rule: Parameters<typeof createOffice>[0] = { approve: { kind: "none" } }) => {
  const office = await createOffice(rule);
  const { deps, firewalls, ledger } = office;
  const marked: FirewallId[] = [];
  const watch = createWatchLockdown({
    ...deps,
    inventories: [{ marked: async () => marked }],
    firewallWakeups: firewalls,
  });
  const lockDown = createLockDown(deps);
  const code = async (work: Promise<unknown>): Promise<string> => {
    const outcome = await work;
    return isRefusal(outcome) ? outcome.code : "done";
  };
  return {
    ...office,
    ...lockDown,
    marked,
    watch: () => watch(never),
    keep: createKeepLockdown({ ledger, trace: NO_TRACE, failed: () => undefined }),
    begin: (user = SECURITY, because = "INC-9") => code(lockDown.begin(user, because)),
    lift: (user = SECURITY) => code(lockDown.lift(user)),
    /** As the passes do it once the clouds are seen without it. */
    allSeenClosed: async () => {
      for (const grant of await ledger.liveGrants())
        await ledger.commit({
          grant: { ...grant, version: grant.version + 1, endedAt: office.clock.now() },
          events: [],
        });
    },
  };
};

describe("who", () => {
  test("security alone begins it, lifts it, and hears what it would do", async () => {
    const { begin, lift, survey, ledger } = await besieged();
    for (const user of [DEV, LEAD, STRANGER]) {
      expect(await survey(user)).toMatchObject({ code: "not-security", facts: { what: "lockdown" } });
      expect(await begin(user)).toBe("not-security");
    }
    expect(await ledger.lockdown()).toBeUndefined();
    expect(await begin()).toBe("done");
    for (const user of [DEV, LEAD]) expect(await lift(user)).toBe("not-security");
    expect(await ledger.lockdown()).toBeDefined();
    expect(await lift()).toBe("done");
    expect(await ledger.lockdown()).toBeUndefined();
  });

  test("of two at once one begins it, and it is lifted once", async () => {
    const { begin, lift, eventsOf } = await besieged();
    expect((await Promise.all([begin(), begin()])).toSorted()).toEqual(["done", "locked-down"]);
    expect((await Promise.all([lift(), lift()])).toSorted()).toEqual(["done", "not-locked-down"]);
    expect(eventsOf("lockdown.begun")).toHaveLength(1);
    expect(eventsOf("lockdown.lifted")).toHaveLength(1);
  });

  test("what it would do is counted: what is open, and what waits", async () => {
    const { submit, survey, setRule, clock, begin, eventsOf, allSeenClosed } = await besieged();
    await submit({ end: "1h" });
    await submit({ services: ["rdp"], end: "1h" }, "U0DEV2");
    setRule({ approve: { kind: "by", steps: [{ roles: ["leads"], needed: 1 }], withinMs: hours(1), automatic: [] } });
    await submit({ end: "2h" }, "U0DEV2");
    expect(await survey(SECURITY)).toEqual({ open: 2, closing: 0, waiting: 1, lockdown: undefined });
    clock.advance(HOUR);
    // Over, and for all that is known still open: no cloud was seen without them.
    expect(await survey(SECURITY)).toEqual({ open: 2, closing: 2, waiting: 0, lockdown: undefined });
    expect(await begin()).toBe("done");
    expect(eventsOf("lockdown.begun")).toMatchObject([{ open: 2, channels: ["C0ACCESS"] }]);
    await allSeenClosed();
    expect(await survey(SECURITY)).toMatchObject({ open: 0, closing: 0 });
  });
});

describe("while it stands", () => {
  const breakGlass = { by: ["engineers"], maximumMs: hours(1), tell: { roles: ["leads"], channels: [] } };

  test("nothing opens or is made longer, whoever asks; what is asked so isn't kept for another policy to judge", async () => {
    const { submit, begin, lift, refusalsOf, extendGrant, judged, memory, protectMachine, unprotect } = await besieged({
      approve: { kind: "none" },
      breakGlass,
      configure: ["security"],
    });
    const { id } = await submit({ end: "1h" });
    await protectMachine.protect("prod-vm-3", ["ssh"], SECURITY);
    await begin();
    const before = { judged: judged().length, grants: memory.grants().length };
    expect(await refusalsOf({})).toEqual(["locked-down"]);
    expect(await refusalsOf({ breakGlass: true, end: "20m" })).toEqual(["locked-down"]);
    expect(await extendGrant(id, DEV, "10m")).toMatchObject({ refusals: [{ code: "locked-down" }] });
    expect(await unprotect("prod-vm-3", SECURITY)).toMatchObject({ code: "locked-down" });
    expect({ judged: judged().length, grants: memory.grants().length }).toEqual(before);
    await lift();
    expect(await refusalsOf({ services: ["rdp"], end: "1h" })).toEqual([]);
  });

  test("a request can be denied and withdrawn, not approved, and waits for the end of it", async () => {
    const { submit, begin, lift, review, request, endEarly } = await besieged({});
    const [waiting, denied, taken] = [
      await submit(),
      await submit({ services: ["rdp"], end: "1h" }),
      await submit({}, "U0DEV2"),
    ];
    await begin();
    expect(await review(waiting.id, LEAD, { kind: "approve" })).toMatchObject({ code: "locked-down" });
    expect((await request(waiting.id)).state.kind).toBe("pending");
    expect(isRefusal(await review(denied.id, LEAD, { kind: "deny", reason: "no" }))).toBe(false);
    expect(isRefusal(await endEarly(taken.id, "U0DEV2"))).toBe(false);
    await lift();
    expect(await review(waiting.id, LEAD, { kind: "approve" })).toMatchObject({ state: { kind: "approved" } });
  });

  test("an approval that was decided before it and is written after it opens nothing", async () => {
    const { submit, ledger, begin, review, grantOf } = await besieged({});
    const { id } = await submit();
    const { commit } = ledger;
    let begun = false;
    (ledger as { commit: typeof commit }).commit = async (write) => {
      if (write.grant !== undefined && !begun) {
        begun = true;
        await begin();
      }
      return commit(write);
    };
    expect(await review(id, LEAD, { kind: "approve" })).toMatchObject({ code: "locked-down" });
    expect(await grantOf(id)).toBeUndefined();
  });
});

test("a protection that was being taken off when it began stays on", async () => {
  const { ledger, begin, protectMachine, unprotect, memory } = await besieged({
    approve: { kind: "none" },
    configure: ["security"],
  });
  await protectMachine.protect("prod-vm-3", ["ssh"], SECURITY);
  const { commit } = ledger;
  let begun = false;
  (ledger as { commit: typeof commit }).commit = async (write) => {
    if (write.protection !== undefined && !begun) {
      begun = true;
      await begin();
    }
    return commit(write);
  };
  expect(await unprotect("prod-vm-3", SECURITY)).toMatchObject({ code: "locked-down" });
  expect(memory.protections()).toMatchObject([{ state: { kind: "on" } }]);
});

describe("the watch", () => {
  test("revokes everything that is open, due at once, and says that all is closed when the clouds hold nothing any more", async () => {
    const { submit, begin, watch, grantOf, firewalls, requests, clock, eventsOf, marked, firewall, allSeenClosed } =
      await besieged();
    const one = await submit({ end: "1h" });
    const two = await submit({ services: ["rdp"], end: "1h" }, "U0DEV2");
    for (const lease of await firewalls.take(NOW, 10, MINUTE)) await firewalls.finish(lease, undefined);
    clock.advance(MINUTE);
    await begin();
    expect(await watch()).toBe(clock.now() + SECOND / 2);
    for (const { id } of [one, two])
      expect((await grantOf(id))?.revoked).toEqual({
        kind: "lockdown",
        at: NOW + MINUTE,
        by: { team: "T0ACME", user: SECURITY },
      });
    expect((await firewalls.take(clock.now(), 10, MINUTE)).map(({ id }) => id).toSorted()).toEqual([NSG, SUBNET_NSG]);
    expect(eventsOf("lockdown.done")).toEqual([]);
    // What was asked about them lapses with them.
    const asked = await requests.take(clock.now(), 10, MINUTE);
    expect(asked.map(({ id }) => id).toSorted()).toEqual([one.id, two.id].toSorted());

    clock.advance(SECOND);
    await allSeenClosed();
    marked.push(NSG);
    // One of ours that nobody remembers.
    const holders = [{ grant: "k2222222" as GrantId, expiresAt: (NOW + HOUR) as EpochMs, note: DEV }];
    const sources = ["198.51.100.7/32" as Cidr];
    const rule = { addresses: ["10.0.0.4"], protocol: "tcp", ports: [22], sources, holders } as const;
    await firewall(NSG).apply({ ...NO_CHANGES, add: [rule] }, async () => undefined, never);
    expect(await watch()).toBe(clock.now() + SECOND / 2);
    expect(eventsOf("lockdown.done")).toEqual([]);
    const { rules } = await firewall(NSG).observe(never);
    await firewall(NSG).apply({ ...NO_CHANGES, remove: rules }, async () => undefined, never);
    expect(await watch()).toBe(clock.now() + MINUTE);
    expect(eventsOf("lockdown.done")).toMatchObject([{ closed: 2, tookMs: SECOND, channels: ["C0ACCESS"] }]);
    clock.advance(MINUTE);
    await watch();
    expect(eventsOf("lockdown.done")).toHaveLength(1);
  });

  test("does nothing, and needn't look again, where none stands", async () => {
    const { submit, watch, grantOf } = await besieged();
    const { id } = await submit();
    expect(await watch()).toBeUndefined();
    expect((await grantOf(id))?.revoked).toBeUndefined();
  });
});

describe("when memory is lost", () => {
  test("whoever knew of it writes it again, unless it was lifted", async () => {
    const { begin, keep, memory, ledger, lift } = await besieged();
    await begin();
    await keep();
    const standing = await ledger.lockdown();
    memory.clear();
    await keep();
    expect(await ledger.lockdown()).toEqual(standing);
    await lift();
    await keep();
    expect(await ledger.lockdown()).toBeUndefined();
    memory.clear();
    await keep();
    expect(await ledger.lockdown()).toBeUndefined();
  });

  test("one that another replica lifted isn't brought back", async () => {
    const { begin, keep, deps, ledger, lift } = await besieged();
    await begin();
    const another = createKeepLockdown({ ledger: deps.ledger, trace: NO_TRACE, failed: () => undefined });
    await Promise.all([keep(), another()]);
    await lift();
    await keep();
    await another();
    expect(await ledger.lockdown()).toBeUndefined();
  });
});
