/** What must still be said to people: written together with the event that calls for it, sent later, remembered as sent. */

import type { EpochMs } from "../access/time.ts";
import type { AuditEvent } from "../audit/event.ts";

/** An event that was appended to the audit log and of which nobody has yet said who hears it. */
export interface UnheardEvent {
  /** Its place in the to-do list; not the event's own id. */
  readonly entry: string;
  readonly event: AuditEvent;
}

export interface Delivery {
  /** Unique for what is said, however often a crash makes us say it: `grant.ended/k7f3q2xd/channel`, `card/k7f3q2xd`. */
  readonly id: string;
  /** Slack channel or user id; `home/<user id>` for their Home. */
  readonly destination: string;
  /** Lower goes first. A whole number from 0 to 999. */
  readonly urgency: number;
  /**
   * A message is said once. A card shows how something stands (a request, an open access, a Home) and is drawn again whenever that changed, so only one that is waiting
   * already isn't added again.
   */
  readonly kind: "card" | "message";
  /** Anything that survives JSON. */
  readonly body: unknown;
}

/** Ends and overdue closings go before everything else. */
export const URGENT = 0;
export const USUAL = 5;

export interface WaitingDelivery extends Delivery {
  /**
   * Grows when a card is called for again while it waits. A card that was drawn in an older round stays waiting when it is delivered: what happened
   * while it was being sent isn't on it.
   */
  readonly round: number;
}

/** Where a message went, as Slack names it. */
export interface SentRef {
  readonly channel: string;
  readonly ts: string;
}

/**
 * Two wake-up queues go with it: `outbox-events` holds the one id `events` whenever there may be unheard events; `destinations` holds each destination
 * that something was added for. Who has taken one of these is the only one at it.
 *
 * Every method throws a `Fault` of code `redis` when memory is away.
 */
export interface Outbox {
  /** Unheard events in the order they happened, at most `limit`. */
  readonly nextEvents: (limit: number) => Promise<readonly UnheardEvent[]>;

  /**
   * In one write: takes the event off the to-do list, adds the deliveries and wakes their destinations now. A message that waits or was delivered or
   * dropped before isn't added again; doing it twice for one event is harmless.
   */
  readonly fanOut: (entry: string, deliveries: readonly Delivery[]) => Promise<void>;

  /** Adds deliveries that no event calls for, like `fanOut`. */
  readonly call: (deliveries: readonly Delivery[]) => Promise<void>;

  /** The most urgent first, then the oldest; a card that was called for again has the most urgent place of all calls; at most `limit`, 100 if not said. */
  readonly waiting: (destination: string, limit?: number) => Promise<readonly WaitingDelivery[]>;

  /** Call it before sending: who comes after a crash then knows that the message may be there already. Forgotten when delivered or dropped. */
  readonly attempt: (id: string, at: EpochMs) => Promise<void>;
  /** When the latest attempt began; `undefined` when there was none. */
  readonly attemptOf: (id: string) => Promise<EpochMs | undefined>;

  /** In one write: it waits no more and `ref` is remembered. A card called for again in the meantime goes on waiting, with its `ref` remembered. */
  readonly delivered: (delivery: WaitingDelivery, ref?: SentRef) => Promise<void>;
  /** Given up: it waits no more, and a message is not added again. `why` is kept for whoever looks. */
  readonly drop: (delivery: WaitingDelivery, why: string) => Promise<void>;
  /** Where it was sent; kept for 35 days after the last delivery. `undefined` when it wasn't, or without a `ref`. */
  readonly sentRef: (id: string) => Promise<SentRef | undefined>;
}
