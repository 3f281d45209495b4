/** What every implementation of `Outbox` must do. */

import { beforeEach, describe, expect, test } from "vitest";

import { later, MINUTE } from "../../src/access/time.ts";
import type { AuditEvent, AuditLog } from "../../src/audit/event.ts";
import type { Delivery, Outbox, WaitingDelivery } from "../../src/notices/outbox.ts";
import type { Wakeups } from "../../src/reconcile/wakeups.ts";
import { anEvent, NOW } from "./samples.ts";

export interface OutboxSetup {
  readonly outbox: Outbox;
  readonly auditLog: AuditLog;
  /** The queue `destinations`; its clock stands at `NOW`. */
  readonly destinations: Wakeups;
  readonly clear: () => Promise<void>;
}

const CHANNEL = "C0ACCESS";
const SENT = { channel: CHANNEL, ts: "1700000000.000100" };
const message = (id: string, changes: Partial<Delivery> = {}): Delivery => ({
  id,
  destination: CHANNEL,
  urgency: 5,
  kind: "message",
  body: { text: `said "${id}" 🔧` },
  ...changes,
});
const CARD: Delivery = {
  id: "card/k7f3q2xd",
  destination: CHANNEL,
  urgency: 5,
  kind: "card",
  body: { request: "k7f3q2xd" },
};

export const outboxContract = (make: () => Promise<OutboxSetup>): void => {
  describe("outbox contract", () => {
    let outbox: Outbox;
    let auditLog: AuditLog;
    let destinations: Wakeups;
    let clear: () => Promise<void>;
    beforeEach(async () => {
      ({ outbox, auditLog, destinations, clear } = await make());
    });

    /** An event that calls for these. */
    let count = 0;
    const happen = async (...deliveries: readonly Delivery[]): Promise<void> => {
      count += 1;
      await auditLog.append(anEvent(`event/${count}`));
      const [next] = await outbox.nextEvents(1);
      if (next === undefined) throw new Error("the event was not handed on");
      await outbox.fanOut(next.entry, deliveries);
    };
    const waiting = async (destination = CHANNEL): Promise<string[]> =>
      (await outbox.waiting(destination)).map(({ id }) => id);
    const first = async (): Promise<WaitingDelivery> => {
      const [delivery] = await outbox.waiting(CHANNEL);
      if (delivery === undefined) throw new Error("nothing waits");
      return delivery;
    };
    const awake = async (): Promise<string[]> => {
      const leases = await destinations.take(NOW, 10, MINUTE);
      for (const lease of leases) await destinations.finish(lease, undefined);
      return leases.map(({ id }) => id);
    };

    test("events are to be done in the order they happened, until they are fanned out", async () => {
      const events: AuditEvent[] = ["a", "b", "c"].map(anEvent);
      for (const event of events) await auditLog.append(event);
      expect((await outbox.nextEvents(2)).map(({ event }) => event)).toEqual(events.slice(0, 2));
      const [a] = await outbox.nextEvents(2);
      await outbox.fanOut(a?.entry ?? "", []);
      expect((await outbox.nextEvents(10)).map(({ event }) => event)).toEqual(events.slice(1));
      expect(await awake()).toEqual([]);
    });

    test("a card is called for without any event, and waits once", async () => {
      await outbox.call([CARD]);
      await outbox.call([CARD]);
      expect(await waiting()).toEqual([CARD.id]);
      expect(await awake()).toEqual([CHANNEL]);
    });

    test("a delivery comes back as it was, and its destination is woken now", async () => {
      await happen(message("a"), message("b", { destination: "U0DEV1" }));
      expect(await outbox.waiting(CHANNEL)).toEqual([{ ...message("a"), round: expect.any(Number) }]);
      expect(await waiting("U0DEV1")).toEqual(["b"]);
      expect(await waiting("C0OTHER")).toEqual([]);
      expect((await awake()).toSorted()).toEqual([CHANNEL, "U0DEV1"]);
    });

    test("the more urgent goes first, of the equally urgent the older", async () => {
      await happen(message("old", { urgency: 7 }), message("older-twin", { urgency: 0 }));
      await happen(
        message("new", { urgency: 7 }),
        message("younger-twin", { urgency: 0 }),
        message("last", { urgency: 999 }),
      );
      expect(await waiting()).toEqual(["older-twin", "younger-twin", "old", "new", "last"]);
      expect((await outbox.waiting(CHANNEL, 2)).map(({ id }) => id)).toEqual(["older-twin", "younger-twin"]);
    });

    test("a message that waits is not added again, and goes to nobody else", async () => {
      await happen(message("a"));
      await happen(message("a", { body: "other words" }), message("a", { destination: "C0OTHER" }));
      expect(await outbox.waiting(CHANNEL)).toEqual([{ ...message("a"), round: expect.any(Number) }]);
      expect(await waiting("C0OTHER")).toEqual([]);
    });

    test("a message that was delivered or dropped is not added again", async () => {
      await happen(message("a"), message("b"));
      const [a, b] = await outbox.waiting(CHANNEL);
      if (a === undefined || b === undefined) throw new Error("nothing waits");
      await outbox.delivered(a, SENT);
      await outbox.drop(b, "channel_not_found");
      await awake();
      await happen(message("a"), message("b"));
      expect(await waiting()).toEqual([]);
      expect(await awake()).toEqual([]);
      expect(await outbox.sentRef("a")).toEqual(SENT);
      expect(await outbox.sentRef("b")).toBeUndefined();
      expect(await outbox.sentRef("never")).toBeUndefined();
    });

    test("fanning an event out twice says nothing twice", async () => {
      await auditLog.append(anEvent("a"));
      const [event] = await outbox.nextEvents(1);
      await Promise.all([
        outbox.fanOut(event?.entry ?? "", [message("a")]),
        outbox.fanOut(event?.entry ?? "", [message("a")]),
      ]);
      await outbox.delivered(await first());
      await outbox.fanOut(event?.entry ?? "", [message("a")]);
      expect(await waiting()).toEqual([]);
    });

    test("a card is called for again after it was delivered, and its place is remembered", async () => {
      await happen(CARD);
      await outbox.delivered(await first(), SENT);
      expect(await waiting()).toEqual([]);
      await awake();
      await happen(CARD);
      expect(await waiting()).toEqual([CARD.id]);
      expect(await awake()).toEqual([CHANNEL]);
      expect(await outbox.sentRef(CARD.id)).toEqual(SENT);
      await outbox.delivered(await first());
      expect(await outbox.sentRef(CARD.id)).toEqual(SENT);
      await happen(CARD);
      await outbox.drop(await first(), "message_not_found");
      expect(await outbox.sentRef(CARD.id)).toEqual(SENT);
      expect(await waiting()).toEqual([]);
    });

    test("a card that waits is there once, at its old place, with what was said last", async () => {
      await happen(CARD, message("a"));
      await happen({ ...CARD, body: "newer" });
      expect(await waiting()).toEqual([CARD.id, "a"]);
      expect((await first()).body).toBe("newer");
    });

    test("a card that becomes urgent while it waits goes before what isn't, and stays urgent", async () => {
      await happen(CARD, message("a"), message("urgent", { urgency: 0 }));
      await happen({ ...CARD, urgency: 0 });
      expect(await waiting()).toEqual(["urgent", CARD.id, "a"]);
      await happen(CARD);
      expect(await waiting()).toEqual(["urgent", CARD.id, "a"]);
      expect((await outbox.waiting(CHANNEL)).map(({ urgency }) => urgency)).toEqual([0, 0, 5]);
    });

    test("a card called for while it is being sent goes on waiting", async () => {
      await happen(CARD);
      const sending = await first();
      await awake();
      await happen(CARD);
      await outbox.delivered(sending, SENT);
      expect(await waiting()).toEqual([CARD.id]);
      expect(await outbox.sentRef(CARD.id)).toEqual(SENT);
      expect(await awake()).toEqual([CHANNEL]);
      await outbox.delivered(await first());
      expect(await waiting()).toEqual([]);
    });

    test("a sender who was replaced doesn't settle what was called for since", async () => {
      await happen(CARD);
      const slow = await first();
      await outbox.delivered(await first(), SENT);
      await happen(CARD);
      await outbox.delivered(slow, SENT);
      expect(await waiting()).toEqual([CARD.id]);
    });

    test("an attempt is remembered until the delivery is settled", async () => {
      await happen(message("a"), message("b"));
      expect(await outbox.attemptOf("a")).toBeUndefined();
      await outbox.attempt("a", NOW);
      await outbox.attempt("a", later(NOW, MINUTE));
      await outbox.attempt("b", NOW);
      expect(await outbox.attemptOf("a")).toBe(NOW + MINUTE);
      const [a, b] = await outbox.waiting(CHANNEL);
      if (a === undefined || b === undefined) throw new Error("nothing waits");
      await outbox.delivered(a, SENT);
      await outbox.drop(b, "is_archived");
      expect([await outbox.attemptOf("a"), await outbox.attemptOf("b")]).toEqual([undefined, undefined]);
    });

    test("everything lost breaks nothing: what is fanned out afterwards is still said", async () => {
      await auditLog.append(anEvent("a"));
      const [event] = await outbox.nextEvents(1);
      await happen(message("b"));
      const b = await first();
      await clear();
      expect(await outbox.nextEvents(10)).toEqual([]);
      expect(await waiting()).toEqual([]);
      await outbox.delivered(b, SENT);
      await outbox.fanOut(event?.entry ?? "", [message("a")]);
      expect(await waiting()).toEqual(["a"]);
    });
  });
};
