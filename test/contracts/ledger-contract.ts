/** What every implementation of `Ledger` and `AuditLog` must do, with the outbox and the wake-ups they reach. */

import { beforeEach, describe, expect, test } from "vitest";

import type { GrantId, RequestId } from "../../src/access/identifier.ts";
import type { MachineId } from "../../src/access/machine.ts";
import { personKey } from "../../src/access/person.ts";
import { type DurationMs, type EpochMs, HOUR, later, MINUTE } from "../../src/access/time.ts";
import type { AuditEvent, AuditLog } from "../../src/audit/event.ts";
import type { Grant } from "../../src/grants/grant.ts";
import type { Ledger, Limit } from "../../src/grants/ledger.ts";
import type { Outbox } from "../../src/notices/outbox.ts";
import type { Wakeups } from "../../src/reconcile/wakeups.ts";
import { aGrant, anEvent, aProtection, aRequest, DEV, LEAD, NOW, NSG, SUBNET_NSG } from "./samples.ts";

export interface LedgerSetup {
  readonly ledger: Ledger;
  readonly auditLog: AuditLog;
  readonly outbox: Outbox;
  readonly firewalls: Wakeups;
  readonly requests: Wakeups;
  /** The queue `outbox-events`; its clock stands at `NOW`. */
  readonly events: Wakeups;
  /** All that was appended, the oldest first. */
  readonly log: () => Promise<readonly AuditEvent[]>;
  readonly clear: () => Promise<void>;
}

const g = (id: string): GrantId => id as GrantId;
const r = (id: string): RequestId => id as RequestId;
const SOON = later(NOW, MINUTE);

export const ledgerContract = (make: () => Promise<LedgerSetup>): void => {
  describe("ledger contract", () => {
    let setup: LedgerSetup;
    beforeEach(async () => {
      setup = await make();
    });
    const logged = async (): Promise<string[]> => (await setup.log()).map(({ id }) => id);
    const unheard = async (): Promise<string[]> => (await setup.outbox.nextEvents(100)).map(({ event }) => event.id);

    test("what was stored comes back as it was, whatever people typed", async () => {
      const { ledger } = setup;
      expect(await ledger.request(aRequest().id)).toBeUndefined();
      expect(await ledger.grant(aGrant().id)).toBeUndefined();
      expect(
        await ledger.commit({ request: aRequest(), grant: aGrant(), events: [anEvent("request.submitted/a")] }),
      ).toBe(true);
      expect(await ledger.request(aRequest().id)).toEqual(aRequest());
      expect(await ledger.grant(aGrant().id)).toEqual(aGrant());
      expect(await setup.log()).toEqual([anEvent("request.submitted/a")]);
      expect((await setup.outbox.nextEvents(10))[0]?.event).toEqual(anEvent("request.submitted/a"));
    });

    test("a version is written only over the one before it", async () => {
      const { ledger } = setup;
      const attempt = (version: number): Promise<boolean> =>
        ledger.commit({ request: aRequest({ version }), events: [] });
      expect(await attempt(2)).toBe(false);
      expect(await attempt(0)).toBe(false);
      expect(await attempt(1)).toBe(true);
      expect(await attempt(1)).toBe(false);
      expect(await attempt(3)).toBe(false);
      expect(await attempt(2)).toBe(true);
      expect((await ledger.request(aRequest().id))?.version).toBe(2);
    });

    test("when one of two versions doesn't fit, nothing at all is written", async () => {
      const { ledger, firewalls, requests, events } = setup;
      await ledger.commit({ grant: aGrant(), events: [] });
      const refused = await ledger.commit({
        request: aRequest(),
        grant: aGrant({ adopted: true }),
        events: [anEvent("request.approved/a")],
        firewallsDue: [{ firewall: NSG, at: NOW }],
        requestDue: NOW,
      });
      expect(refused).toBe(false);
      expect(await ledger.request(aRequest().id)).toBeUndefined();
      expect(await ledger.grant(aGrant().id)).toEqual(aGrant());
      expect(await ledger.pendingOf(personKey(DEV))).toEqual([]);
      expect(await logged()).toEqual([]);
      expect(await unheard()).toEqual([]);
      expect([await firewalls.nextAt(), await requests.nextAt(), await events.nextAt()]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    });

    test("one is put in the place of another only while that is as it was read, and only once", async () => {
      const { ledger } = setup;
      const before = aGrant();
      await ledger.commit({ grant: before, events: [] });
      const replace = (id: string, version: number): Promise<boolean> =>
        ledger.commit({
          grant: aGrant({ id: g(id), requestId: r(id) }),
          replaced: { ...before, version, movingTo: g(id) },
          events: [anEvent(`request.approved/${id}`)],
        });
      const closed = aGrant({ version: 2, revoked: { kind: "closed", at: NOW, by: DEV } });
      await ledger.commit({ grant: closed, events: [] });
      expect(await replace("late", 2)).toBe(false);
      expect(await ledger.grant(g("late"))).toBeUndefined();
      expect(await ledger.grant(before.id)).toEqual(closed);

      const tries = await Promise.all(Array.from({ length: 8 }, (_, i) => replace(`r${i}`, 3)));
      const winner = g(`r${tries.indexOf(true)}`);
      expect(tries.filter(Boolean)).toHaveLength(1);
      expect(await ledger.grant(before.id)).toEqual({ ...before, version: 3, movingTo: winner });
      expect((await ledger.liveGrants()).map(({ id }) => id).toSorted()).toEqual([before.id, winner].toSorted());
      expect(await ledger.grantsOn(NSG)).toHaveLength(2);
      expect(await logged()).toEqual([`request.approved/${winner}`]);
    });

    test("of many who write the same version at once exactly one wins, and only its event is told", async () => {
      const { ledger } = setup;
      await ledger.commit({ request: aRequest(), events: [] });
      const tries = Array.from({ length: 20 }, (_, i) =>
        ledger.commit({ request: aRequest({ version: 2, channel: `C${i}` }), events: [anEvent(`review.given/${i}`)] }),
      );
      const results = await Promise.all(tries);
      const winner = results.indexOf(true);
      expect(results.filter(Boolean)).toHaveLength(1);
      expect((await ledger.request(aRequest().id))?.channel).toBe(`C${winner}`);
      expect(await logged()).toEqual([`review.given/${winner}`]);
    });

    test("many who write different things at once all get through, each event once", async () => {
      const { ledger } = setup;
      const writes = Array.from({ length: 30 }, (_, i) =>
        ledger.commit({ request: aRequest({ id: r(`r${i}`) }), events: [anEvent(`request.submitted/r${i}`)] }),
      );
      expect(await Promise.all(writes)).toEqual(writes.map(() => true));
      expect((await logged()).toSorted()).toEqual(
        Array.from({ length: 30 }, (_, i) => `request.submitted/r${i}`).toSorted(),
      );
      expect(await unheard()).toEqual(await logged());
      expect(await ledger.pendingOf(personKey(DEV))).toHaveLength(30);
    });

    test("a protection is found by its firewalls from when it is on until it has ended", async () => {
      const { ledger, firewalls } = setup;
      const on = aProtection();
      const proposed = aProtection({ state: { kind: "proposed", at: NOW, by: LEAD } });
      expect(await ledger.commit({ protection: proposed, events: [] })).toBe(true);
      expect(await ledger.protection(on.id)).toEqual(JSON.parse(JSON.stringify(proposed)));
      expect([await ledger.liveProtections(), await ledger.protectionsOn(NSG)]).toEqual([[], []]);

      expect(await ledger.commit({ protection: on, events: [] })).toBe(false);
      const set = { ...on, version: 2, beganAt: NOW };
      await ledger.commit({ protection: set, events: [], firewallsDue: [{ firewall: NSG, at: NOW }] });
      expect(await firewalls.nextAt()).toBe(NOW);
      expect((await ledger.liveProtections()).map(({ version }) => version)).toEqual([2]);
      expect(await ledger.protectionsOn(NSG)).toHaveLength(1);
      expect(await ledger.protectionsOn(SUBNET_NSG)).toEqual([]);

      const moved = { ...set, version: 3, targets: [{ ...on.targets[0], firewall: SUBNET_NSG }], leaving: [NSG] };
      await ledger.commit({ protection: moved as typeof set, events: [] });
      expect(
        [await ledger.protectionsOn(NSG), await ledger.protectionsOn(SUBNET_NSG)].map((all) => all.length),
      ).toEqual([1, 1]);
      await ledger.commit({ protection: { ...(moved as typeof set), version: 4, leaving: [] }, events: [] });
      expect(await ledger.protectionsOn(NSG)).toEqual([]);

      const ended = { ...set, version: 5, state: { kind: "off", at: NOW } as const, endedAt: NOW };
      await ledger.commit({ protection: ended, events: [] });
      expect([await ledger.liveProtections(), await ledger.protectionsOn(SUBNET_NSG)]).toEqual([[], []]);
      expect((await ledger.protection(on.id))?.endedAt).toBe(NOW);
    });

    test("pending requests are found by their requester until they end", async () => {
      const { ledger } = setup;
      const other = aRequest({ id: r("other"), requester: LEAD });
      await ledger.commit({ request: aRequest(), events: [] });
      await ledger.commit({ request: other, events: [] });
      expect(await ledger.pendingOf(personKey(DEV))).toEqual([aRequest()]);
      expect(await ledger.pendingOf(personKey(LEAD))).toEqual([other]);
      expect(new Set(await ledger.allPending())).toEqual(new Set([aRequest(), other]));

      await ledger.commit({ request: aRequest({ version: 2, state: { kind: "withdrawn", at: NOW } }), events: [] });
      expect(await ledger.pendingOf(personKey(DEV))).toEqual([]);
      expect(await ledger.allPending()).toEqual([other]);
      expect((await ledger.request(aRequest().id))?.state.kind).toBe("withdrawn");
    });

    test("somebody's latest requests are found, the latest first, whatever became of them", async () => {
      const { ledger } = setup;
      const first = aRequest({ id: r("first"), askedAt: later(NOW, -MINUTE as DurationMs) });
      await ledger.commit({ request: aRequest({ id: r("other"), requester: LEAD }), events: [] });
      await ledger.commit({ request: aRequest(), events: [] });
      await ledger.commit({ request: first, events: [] });
      const withdrawn = aRequest({ version: 2, state: { kind: "withdrawn", at: NOW } });
      await ledger.commit({ request: withdrawn, events: [] });
      expect(await ledger.latestRequests(personKey(DEV), 5)).toEqual([withdrawn, first]);
      expect(await ledger.latestRequests(personKey(DEV), 1)).toEqual([withdrawn]);
    });

    test("while a lockdown stands nothing opens or is made longer, and everything can end", async () => {
      const { ledger } = setup;
      const lockdown = { at: NOW, by: LEAD, because: "", open: 1, channels: ["C0ACCESS"] };
      expect(await ledger.liftedLockdown()).toBeUndefined();
      const longer = (version: number) => aGrant({ version, expiresAt: later(NOW, (3 * HOUR) as DurationMs) });
      await ledger.commit({ grant: aGrant(), events: [] });
      expect(await ledger.commit({ lockdown: "lifted", events: [] })).toBe(false);
      expect(await ledger.commit({ lockdown, events: [] })).toBe(true);
      expect(await ledger.commit({ lockdown, events: [] })).toBe(false);
      expect(await ledger.lockdown()).toEqual(lockdown);

      expect(await ledger.commit({ grant: aGrant({ id: g("new") }), events: [anEvent("new")] })).toBe(false);
      expect(await ledger.commit({ grant: longer(2), events: [] })).toBe(false);
      expect(await ledger.commit({ grant: aGrant({ id: g("found"), adopted: true }), events: [] })).toBe(true);
      const closed = aGrant({ version: 2, revoked: { kind: "lockdown", at: NOW, by: LEAD } });
      expect(await ledger.commit({ grant: closed, events: [] })).toBe(true);
      expect(await ledger.grant(g("new"))).toBeUndefined();

      // Of what others let in past a protection as well.
      const [on, off] = [aProtection(), { kind: "off", at: NOW } as const];
      expect(await ledger.commit({ protection: on, events: [] })).toBe(true);
      const byHand = { ...on, version: 2, state: { ...off, by: LEAD } };
      expect(await ledger.commit({ protection: byHand, events: [] })).toBe(false);
      expect(await ledger.commit({ protection: { ...on, version: 2, state: off }, events: [] })).toBe(true);

      // What was open and is lost can be written down as revoked.
      const lost = aGrant({ id: "k9999999" as Grant["id"], revoked: { kind: "lockdown", at: NOW, by: LEAD } });
      expect(await ledger.commit({ grant: lost, events: [] })).toBe(true);
      expect(await ledger.commit({ lockdown: "lifted", events: [] })).toBe(true);
      expect(await ledger.lockdown()).toBeUndefined();
      expect(await ledger.liftedLockdown()).toBe(NOW);
      expect(await ledger.commit({ grant: longer(3), events: [] })).toBe(true);
      expect(await logged()).toEqual([]);
    });

    test("live grants are found by each of their firewalls until they end, expired and revoked ones too", async () => {
      const { ledger } = setup;
      const targets = [NSG, SUBNET_NSG].map((firewall) => ({ firewall, addresses: ["10.0.0.4"] }));
      const both = aGrant({ id: g("both"), targets, expiresAt: (NOW - 1) as EpochMs });
      const one = aGrant({ id: g("one"), revoked: { kind: "closed", at: NOW, by: DEV } });
      await ledger.commit({ grant: both, events: [] });
      await ledger.commit({ grant: one, events: [] });
      expect((await ledger.grantsOn(NSG)).map(({ id }) => id).toSorted()).toEqual(["both", "one"]);
      expect(await ledger.grantsOn(SUBNET_NSG)).toEqual([both]);
      expect(await ledger.liveGrants()).toHaveLength(2);

      const ended = { ...both, version: 2, endedAt: NOW };
      await ledger.commit({ grant: ended, events: [] });
      expect(await ledger.grantsOn(NSG)).toEqual([one]);
      expect(await ledger.grantsOn(SUBNET_NSG)).toEqual([]);
      expect(await ledger.liveGrants()).toEqual([one]);
      expect(await ledger.grant(both.id)).toEqual(ended);
    });

    test("a grant that moves to another firewall is no longer found on the first", async () => {
      const { ledger } = setup;
      await ledger.commit({ grant: aGrant(), events: [] });
      await ledger.commit({
        grant: aGrant({ version: 2, targets: [{ firewall: SUBNET_NSG, addresses: [] }] }),
        events: [],
      });
      expect(await ledger.grantsOn(NSG)).toEqual([]);
      expect(await ledger.grantsOn(SUBNET_NSG)).toHaveLength(1);
    });

    describe("limits", () => {
      const person = personKey(DEV);
      const rule = "production";
      const machine = aGrant().machine.id;
      const grant = (id: string, changes: Partial<Grant> = {}): Grant =>
        aGrant({ id: g(id), requestId: r(id), rule, ...changes });
      const ofPerson = (most: number, now = NOW): Limit => ({ kind: "grants-of-person", rule, person, now, most });
      const onMachine = (most: number, now = NOW): Limit => ({ kind: "grants-on-machine", rule, machine, now, most });
      const asks = (most: number, after: number): Limit => ({
        kind: "asks-of-person",
        person,
        after: after as EpochMs,
        most,
      });
      const elsewhere = { ...aGrant().machine, id: "/subscriptions/1/vm/other" as MachineId };

      test("up to so many are written and no more, of each person, machine and rule by itself", async () => {
        const { ledger } = setup;
        const give = (given: Grant, ...limits: readonly Limit[]) =>
          ledger.commit({ grant: given, events: [anEvent(`request.approved/${given.id}`)], limits });
        expect(await give(grant("a"), ofPerson(0))).toBe(false);
        expect(await give(grant("a"), ofPerson(1), onMachine(1))).toBe(true);
        expect(await give(grant("b"), ofPerson(1))).toBe(false);
        expect(await give(grant("b"), onMachine(1))).toBe(false);
        expect(await ledger.grant(g("b"))).toBeUndefined();
        expect(await logged()).toEqual(["request.approved/a"]);

        const ofLead: Limit = { kind: "grants-of-person", rule, person: personKey(LEAD), now: NOW, most: 1 };
        expect(await give(grant("c", { requester: LEAD, machine: elsewhere }), ofLead)).toBe(true);
        expect(await give(grant("d", { rule: "other" }), { ...ofPerson(1), rule: "other" } as Limit)).toBe(true);
        expect(await give(grant("e", { machine: elsewhere }), ofPerson(2), onMachine(2))).toBe(true);
        expect(await give(grant("f"), ofPerson(2))).toBe(false);
      });

      test("what expired, was revoked or ended doesn't count, and a second write of a grant doesn't count again", async () => {
        const { ledger } = setup;
        const END = aGrant().expiresAt;
        await ledger.commit({ grant: grant("a"), events: [] });
        await ledger.commit({ grant: grant("a", { version: 2, seenOpen: [NSG] }), events: [] });
        expect(await ledger.commit({ grant: grant("b"), events: [], limits: [ofPerson(2)] })).toBe(true);
        const none = (id: string, now: EpochMs = NOW) =>
          ledger.commit({ grant: grant(id, { startsAt: now }), events: [], limits: [ofPerson(1, now)] });
        expect(await none("c")).toBe(false);
        const revoked = { kind: "closed", at: NOW, by: DEV } as const;
        await ledger.commit({ grant: grant("a", { version: 3, revoked }), events: [] });
        expect(await none("c")).toBe(false);
        await ledger.commit({ grant: grant("b", { version: 2, endedAt: NOW }), events: [] });
        expect(await none("c")).toBe(true);
        expect(await none("d", (END - 1) as EpochMs)).toBe(false);
        expect(await none("d", END)).toBe(true);
      });

      test("of many who write at once only so many get through", async () => {
        const { ledger } = setup;
        const tries = Array.from({ length: 20 }, (_, i) =>
          ledger.commit({ grant: grant(`g${i}`), events: [anEvent(`e/${i}`)], limits: [ofPerson(3), onMachine(5)] }),
        );
        expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(3);
        expect(await ledger.liveGrants()).toHaveLength(3);
        expect(await logged()).toHaveLength(3);
      });

      test("asks count when they were made, whatever became of them", async () => {
        const { ledger } = setup;
        const ask = (id: string, askedAt: EpochMs, ...limits: readonly Limit[]) =>
          ledger.commit({ request: aRequest({ id: r(id), askedAt }), events: [], limits });
        const at = (minutes: number): EpochMs => later(NOW, (minutes * MINUTE) as DurationMs);
        expect(await ledger.asksOf(person, at(-60))).toEqual([]);
        expect(await ask("b", at(10), asks(2, at(-50)))).toBe(true);
        expect(await ask("a", at(0), asks(2, at(-60)))).toBe(true);
        expect(await ask("c", at(20), asks(2, at(-40)))).toBe(false);
        await ledger.commit({
          request: aRequest({ id: r("a"), version: 2, askedAt: at(0), state: { kind: "withdrawn", at: at(1) } }),
          events: [],
        });
        expect(await ledger.asksOf(person, at(-40))).toEqual([at(0), at(10)]);
        expect(await ledger.asksOf(person, at(0))).toEqual([at(10)]);
        expect(await ledger.asksOf(personKey(LEAD), at(-40))).toEqual([]);
        expect(await ask("c", at(59), asks(2, at(-1)))).toBe(false);
        expect(await ask("c", at(60), asks(2, at(0)))).toBe(true);
        expect(await ledger.asksOf(person, at(0))).toEqual([at(10), at(60)]);
      });

      test("of many asks at once only so many are stored", async () => {
        const { ledger } = setup;
        const tries = Array.from({ length: 20 }, (_, i) =>
          ledger.commit({ request: aRequest({ id: r(`r${i}`) }), events: [], limits: [asks(4, NOW - 1)] }),
        );
        expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(4);
        expect(await ledger.pendingOf(person)).toHaveLength(4);
      });
    });

    test("wake-ups are set with the write, and an earlier one that is there stays", async () => {
      const { ledger, firewalls, requests, events } = setup;
      await firewalls.wake(NSG, NOW);
      await ledger.commit({
        request: aRequest(),
        events: [anEvent("request.submitted/a")],
        firewallsDue: [
          { firewall: NSG, at: SOON },
          { firewall: SUBNET_NSG, at: SOON },
        ],
        requestDue: SOON,
      });
      const due = async (queue: Wakeups) => (await queue.take(SOON, 10, MINUTE)).map(({ id, dueAt }) => [id, dueAt]);
      expect(await due(firewalls)).toEqual([
        [NSG, NOW],
        [SUBNET_NSG, SOON],
      ]);
      expect(await due(requests)).toEqual([[aRequest().id, SOON]]);
      expect(await due(events)).toEqual([["events", NOW]]);
    });

    test("a fact is appended and handed on once, by whichever way and however often it is said", async () => {
      const { ledger, auditLog } = setup;
      const event = anEvent("grant.ended/a");
      await auditLog.append(event);
      await Promise.all([auditLog.append(event), auditLog.append({ ...event, at: SOON })]);
      expect(
        await ledger.commit({
          request: aRequest(),
          events: [event, anEvent("grant.ended/b"), anEvent("grant.ended/b")],
        }),
      ).toBe(true);
      expect(await setup.log()).toEqual([event, anEvent("grant.ended/b")]);
      expect(await unheard()).toEqual(["grant.ended/a", "grant.ended/b"]);
      expect(await ledger.request(aRequest().id)).toEqual(aRequest());
    });

    test("after everything was lost it begins anew", async () => {
      const { ledger, auditLog, clear } = setup;
      await ledger.commit({ request: aRequest(), grant: aGrant(), events: [anEvent("request.approved/a")] });
      await clear();
      expect(await ledger.request(aRequest().id)).toBeUndefined();
      expect(await ledger.liveGrants()).toEqual([]);
      expect(await ledger.commit({ grant: aGrant({ version: 2 }), events: [anEvent("grant.ended/a")] })).toBe(false);
      expect(await ledger.commit({ grant: aGrant({ adopted: true }), events: [anEvent("grant.adopted/a")] })).toBe(
        true,
      );
      await auditLog.append(anEvent("request.approved/a"));
      expect(await logged()).toEqual(["grant.adopted/a", "request.approved/a"]);
    });

    test("everything lost between many writes breaks none of them", async () => {
      const { ledger, clear } = setup;
      const writes = Array.from({ length: 20 }, (_, i) =>
        ledger.commit({ grant: aGrant({ id: g(`g${i}`) }), events: [anEvent(`e/${i}`)] }),
      );
      const [results] = await Promise.all([Promise.all(writes), clear()]);
      expect(results).toEqual(writes.map(() => true));
      await ledger.commit({ grant: aGrant({ id: g("after") }), events: [anEvent("e/after")] });
      expect((await logged()).at(-1)).toBe("e/after");
    });
  });
};
