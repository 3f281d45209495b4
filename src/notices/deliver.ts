/** From what happened to what people read: hands events out to destinations, and empties each destination's queue. */

import { Fault, isFault } from "../access/fault.ts";
import type { RequestId } from "../access/identifier.ts";
import { type Clock, type DurationMs, type EpochMs, earliest, later, MINUTE } from "../access/time.ts";
import { directCards, isAboutAsk } from "./direct-cards.ts";
import { homesConcerned, type OpenedHome } from "./homes.ts";
import type { Messenger } from "./messenger.ts";
import { deliveriesFor, type Notice } from "./notice.ts";
import type { Outbox, SentRef, WaitingDelivery } from "./outbox.ts";
import { type ChatCall, lanesOf, limitOf, type Pace } from "./pace.ts";

export interface DeliverDeps {
  readonly outbox: Outbox;
  readonly messenger: Messenger;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly securityChannel: () => string | undefined;
  /** Those that people opened lately. */
  readonly homes: () => Promise<readonly OpenedHome[]>;
  /** Slack ids of all approvers who were told of this request directly. */
  readonly toldDirectly: (id: RequestId) => Promise<readonly string[]>;
  /** A notice that can't be delivered at all. */
  readonly undeliverable: (delivery: WaitingDelivery, error: unknown) => void;
}

/** Looks at the unheard events: decides who hears each. Nothing is sent here. */
export const createFanOut = (deps: DeliverDeps) => async (): Promise<EpochMs | undefined> => {
  for (;;) {
    const events = await deps.outbox.nextEvents(BATCH);
    const homes = events.length === 0 ? [] : await deps.homes();
    for (const { entry, event } of events) {
      const heard = deliveriesFor(event, deps.securityChannel());
      const direct = isAboutAsk(event) ? directCards(event, await deps.toldDirectly(event.requestId)) : [];
      await deps.outbox.fanOut(entry, [...heard, ...direct, ...homesConcerned(event, homes)]);
    }
    if (events.length < BATCH) return undefined;
  }
};

/**
 * Looks at one destination: sends what waits for it, one after another, the most urgent first. What fails for now ends the look by throwing, and everything keeps its
 * place; what can't be delivered at all is dropped and told to operators. Where the chat has been called often enough for now it says when to look again; what goes another way
 * isn't held up by that: a channel hears of an end though no card can be changed yet.
 */
export const createDestinationLook = (deps: DeliverDeps) => {
  // Redis may lose where a card is; as long as this process lives it can still change it.
  const seen = new Map<string, SentRef>();
  /** Until when we keep to the letter of a limit that we were told of. */
  const strictUntil = new Map<string, EpochMs>();

  /** `Paced`: it wasn't sent. */
  const send = async (delivery: WaitingDelivery, full: Full): Promise<Paced | undefined> => {
    const notice = delivery.body as Notice;
    // Publishing a Home twice shows it once, so there is nothing to look for before.
    if (notice.kind === "home") {
      const paced = await pacedAt("publish", delivery, full);
      if (paced !== undefined) return paced;
      await heeding("publish", delivery, () => deps.messenger.post(delivery.destination, delivery.id, notice));
      await deps.outbox.delivered(delivery);
      return undefined;
    }
    const known = (await deps.outbox.sentRef(delivery.id)) ?? seen.get(delivery.id);
    const there =
      (await stillThere(known, delivery, notice, full)) ??
      (await stillThere(await sentBefore(delivery), delivery, notice, full));
    const sent = there ?? (await post(delivery, notice, full));
    if (isPaced(sent)) return sent;
    if (delivery.kind === "card") keep(seen, delivery.id, sent);
    await deps.outbox.delivered(delivery, sent);
    return undefined;
  };

  const pacedAt = async (call: ChatCall, delivery: WaitingDelivery, full: Full): Promise<Paced | undefined> => {
    const way = `${call} ${delivery.urgency}`;
    const known = full.get(way);
    if (known !== undefined) return { againAt: known };
    const isStrict = deps.clock.now() < (strictUntil.get(limitOf(call, delivery)) ?? 0);
    const againAt = await deps.pace.take(lanesOf(call, delivery, isStrict));
    if (againAt === undefined) return undefined;
    full.set(way, againAt);
    return { againAt };
  };

  const heeding = async <T>(call: ChatCall, delivery: WaitingDelivery, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const isTooMuch = isFault(error) && error.afterMs !== undefined && !error.unanswered;
      if (isTooMuch) strictUntil.set(limitOf(call, delivery), later(deps.clock.now(), STRICT_FOR));
      throw error;
    }
  };

  /** A message was said; a card is brought up to date. One that can't be changed any more (somebody deleted it, say) is as good as not there. */
  const stillThere = async (
    ref: SentRef | undefined,
    delivery: WaitingDelivery,
    notice: Notice,
    full: Full,
  ): Promise<SentRef | Paced | undefined> => {
    if (ref === undefined || delivery.kind === "message") return ref;
    const paced = await pacedAt("update", delivery, full);
    if (paced !== undefined) return paced;
    try {
      await heeding("update", delivery, () => deps.messenger.update(ref, delivery.id, notice));
      return ref;
    } catch (error) {
      if (!isFault(error) || error.retry === "later") throw error;
      return undefined;
    }
  };

  const post = async (delivery: WaitingDelivery, notice: Notice, full: Full): Promise<SentRef | Paced> => {
    const paced = await pacedAt("post", delivery, full);
    if (paced !== undefined) return paced;
    await deps.outbox.attempt(delivery.id, deps.clock.now());
    return heeding("post", delivery, () => deps.messenger.post(delivery.destination, delivery.id, notice));
  };

  /** Slack has no idempotency key: an attempt without an answer may have been posted all the same, so look before saying it again. */
  const sentBefore = async (delivery: WaitingDelivery): Promise<SentRef | undefined> => {
    const attempt = await deps.outbox.attemptOf(delivery.id);
    const notice = delivery.body as Notice;
    const since = earliest(attempt, notice.kind === "card" ? notice.mayBeThereSince : undefined);
    if (since === undefined) return undefined;
    return deps.messenger.find(delivery.destination, delivery.id, later(since, -CLOCKS_DIFFER as DurationMs));
  };

  return async (destination: string, stillMine: () => Promise<boolean>): Promise<EpochMs | undefined> => {
    const full = new Map<string, EpochMs>();
    const held = new Set<string>();
    /** What was read beyond those that are held; read anew after each that was sent, because something more urgent may have come. */
    let beyond: readonly WaitingDelivery[] = [];
    const next = async (): Promise<WaitingDelivery | undefined> => {
      if (beyond.length === 0)
        beyond = (await deps.outbox.waiting(destination, held.size === 0 ? 1 : held.size + BATCH)).filter(
          ({ id }) => !held.has(id),
        );
      const [first, ...rest] = beyond;
      beyond = rest;
      return first;
    };
    for (;;) {
      const first = held.size < MOST_HELD ? await next() : undefined;
      if (first === undefined) return earliest(...full.values());
      // Who overslept may be the only one there is: what waits must not lose its wake-up.
      if (!(await stillMine()))
        throw new Fault("lease-lost", `another worker has \`${destination}\` now`, { retry: "later" });
      try {
        const paced = await send(first, full);
        if (paced === undefined) beyond = [];
        else held.add(first.id);
      } catch (error) {
        if (isFault(error) && error.retry === "later") throw error;
        // Also a mistake of ours in drawing one notice: it must not hold up those behind it.
        deps.undeliverable(first, error);
        await deps.outbox.drop(first, error instanceof Error ? error.message : String(error));
      }
    }
  };
};

/** There is no room for it before then. */
interface Paced {
  readonly againAt: EpochMs;
}

/** Which ways there is no room in during one look, and when there may be: the call, and how urgent what it is for is, because room is kept for what is urgent. */
type Full = Map<string, EpochMs>;

const isPaced = (sent: SentRef | Paced): sent is Paced => "againAt" in sent;

const keep = (seen: Map<string, SentRef>, id: string, ref: SentRef): void => {
  seen.delete(id);
  seen.set(id, ref);
  for (const [oldest] of seen) {
    if (seen.size <= MOST_CARDS) return;
    seen.delete(oldest);
  }
};

const STRICT_FOR = (10 * MINUTE) as DurationMs;
const BATCH = 50;
/** Beyond so many nothing is looked for. */
const MOST_HELD = 500;
const MOST_CARDS = 10_000;
const CLOCKS_DIFFER = 5 * MINUTE;
