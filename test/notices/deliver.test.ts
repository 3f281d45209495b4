import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFault } from "../../src/access/fault.ts";
import type { GrantId } from "../../src/access/identifier.ts";
import { type DurationMs, MINUTE, SECOND } from "../../src/access/time.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { factsOf } from "../../src/grants/facts.ts";
import { createDestinationLook, createFanOut } from "../../src/notices/deliver.ts";
import { aGrant, anEvent, NOW } from "../contracts/samples.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { type ChatTrouble, createMemoryChat } from "../fakes/memory-chat.ts";
import { createMemoryOutbox } from "../fakes/memory-outbox.ts";
import { createMemoryPace, NO_PACE } from "../fakes/memory-pace.ts";
import { createMemoryWakeups } from "../fakes/memory-wakeups.ts";
import type { Outage } from "../fakes/outage.ts";

const CHANNEL = "C0ACCESS";
const DEV = "U0DEV1";
const mine = async (): Promise<boolean> => true;

const setup = ({ paced = false } = {}) => {
  const clock = createManualClock(NOW);
  const outage: Outage = { away: false };
  const [destinations, events] = [createMemoryWakeups({ outage }), createMemoryWakeups({ outage })];
  const outbox = createMemoryOutbox({ clock, destinations, events, outage });
  const chat = createMemoryChat(clock);
  const dropped: string[] = [];
  const deps = {
    outbox,
    clock,
    messenger: chat,
    homes: async () => [],
    pace: paced ? createMemoryPace(clock) : NO_PACE,
    securityChannel: () => undefined,
    toldDirectly: async () => [],
    undeliverable: ({ id }: { readonly id: string }) => dropped.push(id),
  };
  const fanOut = createFanOut(deps);
  let look = createDestinationLook(deps);
  return {
    clock,
    outage,
    outbox,
    chat,
    dropped,
    fanOut,
    destinations,
    look: (destination = CHANNEL, stillMine = mine) => look(destination, stillMine),
    /** Another process goes on. */
    restart: () => {
      look = createDestinationLook(deps);
    },
    happen: async (...happened: readonly AuditEvent[]) => {
      for (const event of happened) await outbox.hand(event);
      await fanOut();
    },
    waiting: async (destination = CHANNEL) => (await outbox.waiting(destination)).map(({ id }) => id),
  };
};

const of = (id: string) =>
  ({
    at: NOW,
    actor: { kind: "bot" },
    ...factsOf(aGrant({ id: id as GrantId, requestId: id as never })),
    grantId: id as GrantId,
  }) as const;
const submitted = (id = "k7f3q2xd"): AuditEvent => ({
  ...of(id),
  id: `request.submitted/${id}`,
  kind: "request.withdrawn",
});
const denied = (id = "k7f3q2xd"): AuditEvent => ({
  ...of(id),
  id: `request.denied/${id}`,
  kind: "request.denied",
  reason: "",
});
const opened = (id = "k7f3q2xd"): AuditEvent => ({
  ...of(id),
  id: `grant.opened/${id}`,
  kind: "grant.opened",
  expiresAt: aGrant().expiresAt,
  tookMs: SECOND,
  addresses: [],
  isOff: false,
});
const ended = (id = "k7f3q2xd"): AuditEvent => ({
  ...of(id),
  id: `grant.ended/${id}`,
  kind: "grant.ended",
  cause: "expired",
  openedAt: NOW,
  lagMs: SECOND,
  stillOpen: [],
});

describe("handing out", () => {
  test("every event reaches who is to hear it, once, in the order it happened", async () => {
    const { outbox, fanOut } = setup();
    for (let at = 0; at < 120; at += 1) await outbox.hand({ ...submitted(`r${at}`) });
    await fanOut();
    await fanOut();
    const cards = (await outbox.waiting(CHANNEL, 1_000)).map(({ id }) => id);
    expect(cards).toEqual(Array.from({ length: 120 }, (_, at) => `card/r${at}`));
    expect(await outbox.nextEvents(10)).toEqual([]);
  });

  test("what nobody is to hear waits for nobody", async () => {
    const { happen, waiting, destinations } = setup();
    await happen({ id: "s", at: NOW, actor: { kind: "bot" }, kind: "bot.started", installation: "acme" });
    expect(await waiting()).toEqual([]);
    expect(await destinations.nextAt()).toBeUndefined();
  });
});

describe("at one destination", () => {
  test("each message is said once, however often one looks", async () => {
    const { happen, look, chat } = setup();
    await happen(opened(), ended());
    await look();
    await look();
    await look(DEV);
    expect(chat.in(CHANNEL).toSorted()).toEqual(["card/k7f3q2xd", "grant.ended/k7f3q2xd/channel"]);
    expect(chat.in(DEV)).toEqual(["open/k7f3q2xd"]);
  });

  test("ends are said before what has waited longer", async () => {
    const { happen, look, chat } = setup();
    await happen(submitted("aaaaaaaa"), submitted("bbbbbbbb"), ended("cccccccc"));
    await look();
    expect(chat.in(CHANNEL)).toEqual([
      "card/cccccccc",
      "grant.ended/cccccccc/channel",
      "card/aaaaaaaa",
      "card/bbbbbbbb",
    ]);
  });

  test("a card is changed and not posted again", async () => {
    const { happen, look, chat } = setup();
    await happen(submitted());
    await look();
    await happen(opened());
    await look();
    expect(chat.messages()).toMatchObject([{ id: "card/k7f3q2xd", changes: 1 }]);
  });

  test("also when the process was restarted, or memory lost where it was", async () => {
    const { happen, look, restart, outbox, chat } = setup();
    await happen(submitted());
    await look();
    restart();
    await happen({ ...opened(), id: "again" });
    await look();
    outbox.clear();
    await happen({ ...ended(), id: "later" });
    await look();
    expect(chat.messages().filter(({ id }) => id.startsWith("card/"))).toMatchObject([{ changes: 2 }]);
  });

  test("a card that somebody deleted is posted anew, once", async () => {
    const { happen, look, chat } = setup();
    await happen(submitted());
    await look();
    chat.remove("card/k7f3q2xd");
    await happen({ ...opened(), id: "again" });
    chat.trouble((call) => (call === "post" ? { kind: "lose-answer" } : undefined));
    await expect(look()).rejects.toMatchObject({ retry: "later" });
    chat.trouble(() => undefined);
    await look();
    expect(chat.in(CHANNEL)).toEqual(["card/k7f3q2xd"]);
  });

  test("who was replaced says nothing more", async () => {
    const { happen, look, chat, waiting } = setup();
    await happen(ended());
    let asked = 0;
    const stillMine = async (): Promise<boolean> => {
      asked += 1;
      return asked === 1;
    };
    await expect(look(CHANNEL, stillMine)).rejects.toMatchObject({ code: "lease-lost" });
    expect(chat.in(CHANNEL)).toHaveLength(1);
    expect(await waiting()).toHaveLength(1);
  });
});

describe("a chat that can't be reached", () => {
  test("keeps everything in its place, to be said later, once and in order", async () => {
    const { happen, look, chat } = setup();
    await happen(submitted("aaaaaaaa"), ended("cccccccc"));
    chat.trouble(() => ({ kind: "away" }));
    await expect(look()).rejects.toMatchObject({ retry: "later" });
    await expect(look()).rejects.toMatchObject({ retry: "later" });
    expect(chat.messages()).toEqual([]);
    chat.trouble(() => undefined);
    await look();
    expect(chat.in(CHANNEL)).toEqual(["card/cccccccc", "grant.ended/cccccccc/channel", "card/aaaaaaaa"]);
  });

  test("that says how long to wait is heard", async () => {
    const { happen, look, chat } = setup();
    await happen(ended());
    chat.trouble(() => ({ kind: "rate-limited", afterMs: (30 * SECOND) as DurationMs }));
    await expect(look()).rejects.toMatchObject({ retry: "later", afterMs: 30 * SECOND });
  });

  test("an attempt without an answer is looked for before it is made again", async () => {
    const { happen, look, restart, chat, clock } = setup();
    await happen(ended());
    chat.trouble((call) => (call === "post" ? { kind: "lose-answer" } : undefined));
    await expect(look()).rejects.toMatchObject({ retry: "later" });
    chat.trouble(() => undefined);
    restart();
    clock.advance(MINUTE);
    await look();
    expect(chat.in(CHANNEL)).toEqual(["card/k7f3q2xd", "grant.ended/k7f3q2xd/channel"]);
  });

  test("a message that is found again stays as it was said", async () => {
    const { happen, look, chat } = setup();
    await happen(denied());
    chat.trouble((call) => (call === "post" ? { kind: "lose-answer" } : undefined));
    await expect(look(DEV)).rejects.toMatchObject({ retry: "later" });
    chat.trouble(() => undefined);
    await look(DEV);
    expect(chat.messages()).toMatchObject([{ id: "request.denied/k7f3q2xd/requester", changes: 0 }]);
  });

  test("nothing is posted while it can't be looked for", async () => {
    const { happen, look, chat } = setup();
    await happen(ended());
    chat.trouble((call) => (call === "post" ? { kind: "lose-answer" } : undefined));
    await expect(look()).rejects.toMatchObject({ retry: "later" });
    chat.trouble((call) => (call === "find" ? { kind: "away" } : undefined));
    await expect(look()).rejects.toMatchObject({ retry: "later" });
    expect(chat.in(CHANNEL)).toEqual(["card/k7f3q2xd"]);
  });

  test("memory that goes away after the post doesn't say it twice", async () => {
    const { happen, look, outage, chat } = setup();
    await happen(ended());
    chat.trouble((call) => {
      outage.away = call === "post";
      return undefined;
    });
    await expect(look()).rejects.toMatchObject({ code: "redis" });
    outage.away = false;
    chat.trouble(() => undefined);
    await look();
    expect(chat.in(CHANNEL)).toEqual(["card/k7f3q2xd", "grant.ended/k7f3q2xd/channel"]);
  });
});

describe("the pace", () => {
  const ids = Array.from({ length: 30 }, (_, i) => `aaaaaa${String(i).padStart(2, "0")}`);
  /** Looks whenever it was asked to, until nothing waits; tells when each call was made, in seconds from now on. */
  const lookOn = async ({ look, chat, clock, waiting }: ReturnType<typeof setup>): Promise<readonly string[]> => {
    const calls: string[] = [];
    const begun = clock.now();
    chat.trouble((call, id) => {
      calls.push(`${(clock.now() - begun) / 1_000} ${call} ${id}`);
      return undefined;
    });
    for (let looks = 0; looks < 500; looks += 1) {
      const again = await look();
      if (again === undefined) break;
      expect(again).toBeGreaterThan(clock.now());
      clock.set(again);
    }
    expect(await waiting()).toEqual([]);
    return calls;
  };
  const secondsOf = (calls: readonly string[]): readonly number[] => calls.map((call) => Number(call.split(" ")[0]));

  test("of posts is one a second with bursts; a paced destination says when to look again and sends nothing", async () => {
    const world = setup({ paced: true });
    await world.happen(...ids.map(submitted), ...["a", "b", "c"].map(submitted));
    for (let looks = 0; looks < 2; looks += 1) {
      expect(await world.look()).toBe(NOW + 30 * SECOND);
      expect(world.chat.in(CHANNEL)).toHaveLength(30);
    }
    expect(secondsOf(await lookOn(world))).toEqual([30, 30, 30]);
    expect(world.chat.in(CHANNEL)).toEqual([...ids, "a", "b", "c"].map((id) => `card/${id}`));
  });

  test("has no bursts any more once the chat said that it was too much", async () => {
    const world = setup({ paced: true });
    await world.happen(...ids.slice(0, 4).map(submitted));
    world.chat.trouble(() => ({ kind: "rate-limited", afterMs: SECOND }));
    await expect(world.look()).rejects.toMatchObject({ afterMs: SECOND });
    world.clock.advance(SECOND);
    expect(secondsOf((await lookOn(world)).filter((call) => call.includes("post")))).toEqual([0, 1, 2, 3]);
  });

  test("of changes is fifty a minute in the whole workspace, and what is urgent goes before the others", async () => {
    const world = setup({ paced: true });
    await world.happen(...ids.map(submitted));
    await lookOn(world);
    world.clock.advance(MINUTE);
    const others = ids.slice(0, 25).map((id) => ({ ...opened(id), id: `again/${id}` }));
    await world.happen(...others, ...others.map((event) => ({ ...event, id: `once-more/${event.id}` })));
    await world.happen(...ids.slice(25).map(ended));
    const calls = await lookOn(world);
    expect(calls.slice(0, 10).map((call) => call.split(" ").slice(1).join(" "))).toEqual(
      ids.slice(25).flatMap((id) => [`update card/${id}`, `post grant.ended/${id}/channel`]),
    );
    // Each card once, though each was changed twice.
    expect(calls.filter((call) => call.includes("update"))).toHaveLength(30);
    const more: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      await world.happen(...ids.map((id) => ({ ...opened(id), id: `${round}/${id}` })));
      const begun = world.clock.now();
      more.push(...(await lookOn(world)).map((call) => `${Number(call.split(" ")[0]) + begun / 1_000} ${call}`));
    }
    const seconds = secondsOf(more.filter((call) => call.includes("update")));
    expect(seconds).toHaveLength(300);
    for (const [i, at] of seconds.entries())
      expect((seconds[i + 150] ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThanOrEqual(179);
  });

  test("of one channel holds up no other", async () => {
    const world = setup({ paced: true });
    await world.happen(...ids.map(submitted), opened("bbbbbbbb"));
    expect(await world.look()).toBe(NOW + 30 * SECOND);
    expect(await world.look(DEV)).toBeUndefined();
    expect(world.chat.in(DEV)).toEqual(["open/bbbbbbbb"]);
  });

  test("of changes holds up no message, also where a change would be more urgent", async () => {
    const world = setup({ paced: true });
    await world.happen(...ids.map(submitted));
    await lookOn(world);
    world.clock.advance(MINUTE);
    // Each card is changed so often that no change of a message fits in any more.
    for (let round = 0; round < 5; round += 1) {
      await world.happen(...ids.map((id) => ({ ...ended(id), id: `${round}/${id}` })));
      await world.look();
    }
    world.clock.advance(30 * SECOND);
    const before = world.chat.in(CHANNEL).length;
    await world.happen(...ids.map((id) => ({ ...ended(id), id: `last/${id}` })));
    const again = await world.look();
    expect(world.chat.in(CHANNEL).length - before).toBe(30);
    expect(again).toBeGreaterThan(world.clock.now());
    const waiting = (await world.outbox.waiting(CHANNEL, 1_000)).map(({ id }) => id);
    expect(waiting).toEqual(expect.arrayContaining(ids.slice(5).map((id) => `card/${id}`)));
  });

  test("leaves room for what is urgent where others have used up theirs", async () => {
    const world = setup({ paced: true });
    await world.happen(...ids.map(submitted));
    await lookOn(world);
    for (const round of [1, 2, 3, 4, 5])
      await world.happen(...ids.map((id) => ({ ...opened(id), id: `${round}/${id}` }))).then(() => world.look());
    expect(await world.waiting()).not.toEqual([]);
    world.clock.advance(30 * SECOND);
    await world.happen(ended("aaaaaa29"));
    await world.look();
    expect(world.chat.in(CHANNEL)).toContain("grant.ended/aaaaaa29/channel");
    expect(await world.waiting()).not.toContain("card/aaaaaa29");
  });
});

describe("what can't be delivered at all", () => {
  test("is dropped and told to operators, and holds up nothing", async () => {
    const { happen, look, chat, dropped, waiting } = setup();
    await happen(ended("aaaaaaaa"), ended("bbbbbbbb"));
    chat.trouble((_, id) => (id === "grant.ended/aaaaaaaa/channel" ? { kind: "never" } : undefined));
    await look();
    expect(dropped).toEqual(["grant.ended/aaaaaaaa/channel"]);
    expect(chat.in(CHANNEL)).toEqual(["card/aaaaaaaa", "card/bbbbbbbb", "grant.ended/bbbbbbbb/channel"]);
    expect(await waiting()).toEqual([]);
  });
});

test("whatever goes wrong on the way, in the end each message was said exactly once and each card is there exactly once", async () => {
  const trouble = fc.option(
    fc.constantFrom<ChatTrouble>({ kind: "away" }, { kind: "lose-answer" }, { kind: "rate-limited", afterMs: SECOND }),
    { nil: undefined },
  );
  const step = fc.oneof(
    fc.record({ event: fc.constantFrom("submitted", "opened", "ended"), id: fc.constantFrom("aaaaaaaa", "bbbbbbbb") }),
    fc.record({
      troubles: fc.array(trouble, { maxLength: 6 }),
      memoryGoesAt: fc.option(fc.nat(6), { nil: undefined, freq: 3 }),
    }),
    fc.constant("restart" as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const world = setup();
      const happened = new Set<string>();
      const tryTo = (work: Promise<unknown>): Promise<unknown> =>
        work.catch((error: unknown) => {
          if (!isFault(error)) throw error;
        });
      for (const each of steps) {
        world.clock.advance(SECOND);
        if (each === "restart") world.restart();
        else if ("event" in each) {
          const event = { submitted, opened, ended }[each.event as "opened"](each.id);
          if (!happened.has(event.id)) await tryTo(world.happen(event));
          happened.add(event.id);
        } else {
          const left = [...each.troubles];
          let calls = 0;
          world.chat.trouble(() => {
            if (calls === each.memoryGoesAt) world.outage.away = true;
            calls += 1;
            return left.shift();
          });
          for (const destination of [CHANNEL, DEV]) await tryTo(world.look(destination));
          world.outage.away = false;
          world.chat.trouble(() => undefined);
        }
      }
      await world.fanOut();
      for (const destination of [CHANNEL, DEV]) await world.look(destination);
      const said = world.chat.messages().map(({ id }) => id);
      expect(new Set(said).size).toBe(said.length);
      for (const id of happened) {
        const [kind, about] = id.split("/");
        expect(said).toContain(`card/${about}`);
        if (kind === "grant.opened") expect(world.chat.in(DEV)).toContain(`open/${about}`);
        if (kind === "grant.ended") expect(world.chat.in(CHANNEL)).toContain(`${id}/channel`);
      }
    }),
    { numRuns: 200 },
  );
}, 60_000);

test("an event that was heard before its time isn't lost", async () => {
  const { happen, waiting } = setup();
  await happen(anEvent("request.withdrawn/k7f3q2xd"));
  expect(await waiting()).toEqual(["card/k7f3q2xd"]);
});
