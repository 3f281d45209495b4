/** The outbox in maps. Passes `outboxContract`. */

import type { Clock, EpochMs } from "../../src/access/time.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import type { Outbox, SentRef, UnheardEvent, WaitingDelivery } from "../../src/notices/outbox.ts";
import type { Wakeups } from "../../src/reconcile/wakeups.ts";
import { type Outage, reach } from "./outage.ts";

export interface MemoryOutboxDeps {
  readonly clock: Clock;
  /** The queue `destinations`. */
  readonly destinations: Wakeups;
  /** The queue `outbox-events`. */
  readonly events: Wakeups;
  readonly outage?: Outage;
}

export interface MemoryOutbox extends Outbox {
  /** What the ledger and the audit log do with an event they append. */
  readonly hand: (event: AuditEvent) => Promise<void>;
  readonly clear: () => void;
}

export const createMemoryOutbox = ({ clock, destinations, events, outage }: MemoryOutboxDeps): MemoryOutbox => {
  let unheard: UnheardEvent[] = [];
  let waiting: {
    readonly delivery: WaitingDelivery;
    readonly place: { readonly urgency: number; readonly age: number };
  }[] = [];
  let counter = 0;
  const done = new Map<string, string>();
  const refs = new Map<string, SentRef>();
  const attempts = new Map<string, EpochMs>();

  const settle = async ({ id, round }: WaitingDelivery, how: string, ref: SentRef | undefined): Promise<void> => {
    await reach(outage);
    attempts.delete(id);
    done.set(id, how);
    if (ref !== undefined) refs.set(id, ref);
    waiting = waiting.filter(({ delivery }) => delivery.id !== id || delivery.round !== round);
  };

  const fanOut: Outbox["fanOut"] = async (entry, deliveries) => {
    await reach(outage);
    unheard = unheard.filter((event) => event.entry !== entry);
    for (const delivery of deliveries) {
      const before = waiting.find((other) => other.delivery.id === delivery.id);
      if (delivery.kind === "message" && (before !== undefined || done.has(delivery.id))) continue;
      counter += 1;
      const now = { urgency: delivery.urgency, age: counter };
      const place = before !== undefined && before.place.urgency <= now.urgency ? before.place : now;
      waiting = [
        ...waiting.filter((other) => other !== before),
        { delivery: { ...structuredClone(delivery), urgency: place.urgency, round: counter }, place },
      ];
      await destinations.wake(delivery.destination, clock.now());
    }
  };

  return {
    hand: async (event) => {
      counter += 1;
      unheard.push({ entry: `${counter}-0`, event });
      await events.wake("events", clock.now());
    },
    nextEvents: async (limit) => {
      await reach(outage);
      return unheard.slice(0, limit);
    },
    fanOut,
    call: (deliveries) => fanOut("", deliveries),
    waiting: async (destination, limit = 100) => {
      await reach(outage);
      return waiting
        .filter(({ delivery }) => delivery.destination === destination)
        .toSorted((a, b) => a.place.urgency - b.place.urgency || a.place.age - b.place.age)
        .slice(0, limit)
        .map(({ delivery }) => delivery);
    },
    attempt: async (id, at) => {
      await reach(outage);
      attempts.set(id, at);
    },
    attemptOf: async (id) => {
      await reach(outage);
      return attempts.get(id);
    },
    delivered: (delivery, ref) => settle(delivery, "delivered", ref),
    drop: (delivery, why) => settle(delivery, `dropped: ${why}`, undefined),
    sentRef: async (id) => {
      await reach(outage);
      return refs.get(id);
    },
    clear: () => {
      unheard = [];
      waiting = [];
      for (const map of [done, refs, attempts]) map.clear();
    },
  };
};
