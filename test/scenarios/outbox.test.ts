/** What people are told when much happens at once, when Slack is in trouble, and when the bot dies while it tells them. */

import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { FaultRule } from "../../src/sandbox/faults.ts";
import { sandboxConfig } from "../../src/sandbox/world.ts";
import { ADDRESSES, CHANNELS, type InsideStage, type Owner, PEOPLE, setInsideStage, setStage } from "./stage.ts";

const { dev } = PEOPLE;
const SECOND = 1_000;
const MINUTE = 60_000;
/** Far more than it takes where nobody else wants the processors. */
const LIMIT = 150_000;

const PORTS = Array.from({ length: 60 }, (_, i) => 8_101 + i);
/** A machine with many ports that need nobody's approval. */
const config = sandboxConfig.replace(
  "ssh: { maximum: 8h }, 8080: { maximum: 8h }",
  ["ssh", ...PORTS].map((port) => `${port}: { maximum: 8h }`).join(", "),
);

interface Call {
  readonly what: string;
  readonly at: number;
}

/** With everything that the bot asked of Slack, by the bot's own clock. */
const setScene = async (owner: Owner) => {
  const stage = await setInsideStage(owner, { config });
  const calls: Call[] = [];
  let latest = Date.now();
  stage.slack.subscribe((change) => {
    latest = Date.now();
    const at = stage.clock.now();
    if (change.kind === "message-posted") calls.push({ what: `post ${change.channel}`, at });
    if (change.kind === "called" && change.error === "ratelimited") calls.push({ what: "too much", at });
  });
  /** Time goes on by itself while nothing is under way, until it is so. */
  const untilThen = async (what: string, so: () => boolean, stepMs = SECOND): Promise<void> =>
    stage.until(
      what,
      () => {
        if (so()) return true;
        if (Date.now() - latest > 120) {
          stage.clock.advance(stepMs);
          latest = Date.now();
        }
        return false;
      },
      LIMIT,
    );
  const settledThen = async (): Promise<void> => {
    let isSettled = false;
    const settling = stage.settled().then(() => {
      isSettled = true;
    });
    await Promise.all([settling, untilThen("nothing is left to do", () => isSettled)]);
  };
  const askFor = async (ports: readonly number[], length: string): Promise<void> => {
    for (const port of ports)
      await stage.jit(dev, `${port} dev-vm-1 ${length} from ${ADDRESSES.vpn} because INC-${port}`);
  };
  const cards = (): readonly string[] =>
    stage.slack
      .messages(CHANNELS.access)
      .filter(({ metadata, onlyFor }) => onlyFor === undefined && JSON.stringify(metadata ?? {}).includes('"card/'))
      .map(({ text }) => text);
  /** The ports whose ends the channel was told, in order. */
  const ends = (): readonly number[] =>
    stage.notices().flatMap((text) => (/closed/u.test(text) ? [Number(/port (\d+)/u.exec(text)?.[1])] : []));
  return { stage, calls, untilThen, settledThen, askFor, cards, ends };
};

/** No more than `most` of them in less than that long, wherever one begins to count; there are more, or it would show nothing. */
const expectPace = (calls: readonly Call[], most: number, withinMs: number): void => {
  expect(calls.length).toBeGreaterThan(most);
  for (const [i, { at }] of calls.entries())
    expect((calls[i + most]?.at ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThanOrEqual(withinMs);
};

const isOpen = async (stage: InsideStage, port: number): Promise<boolean> =>
  stage.reaches(ADDRESSES.vpn, "dev-vm-1", port);

test(
  "sixty cards that change at once end up right, at Slack's pace, and the ends come first",
  async (context) => {
    const { stage, calls, untilThen, settledThen, askFor, cards, ends } = await setScene(context);
    const [old, young] = [PORTS.slice(0, 40), PORTS.slice(40)];
    await askFor(old, "1h");
    await untilThen("all are open", () => cards().filter((text) => text.includes("open until")).length === old.length);
    const told = () => stage.direct(dev).filter((text) => text.includes("open for you"));
    await untilThen("each is told", () => told().length >= old.length);
    await settledThen();

    // Slack takes nothing for a moment, so that everything is there to be said when it does again.
    stage.faults.slack.add({ calls: /^chat\./u, does: { kind: "drop" } });
    await askFor(young, "4h");
    await stage.until("the new ones are open", async () => isOpen(stage, young.at(-1) ?? 0), LIMIT);
    stage.clock.advance(55 * MINUTE);
    stage.clock.advance(6 * MINUTE);
    await stage.until("the old ones are closed", async () => !(await isOpen(stage, old.at(-1) ?? 0)), LIMIT);
    const endedOn = () => stage.bots[0].events.filter(({ kind }) => kind === "grant.ended").length;
    await stage.until("all are seen closed", () => endedOn() === old.length, LIMIT);
    calls.length = 0;
    const before = stage.slack.messages(CHANNELS.access).length;
    stage.faults.slack.clear();
    await untilThen("all ends are told", () => ends().length === old.length);
    const said = stage.slack
      .messages(CHANNELS.access)
      .slice(before)
      .filter(({ onlyFor }) => onlyFor === undefined);
    expect(said.slice(0, old.length).filter(({ text }) => !text.includes("closed"))).toEqual([]);
    await untilThen(
      "all cards are right",
      () => cards().filter((text) => text.includes("open until")).length === young.length,
    );
    await settledThen();

    expect(cards()).toHaveLength(PORTS.length);
    expect(cards().filter((text) => text.includes("closed"))).toHaveLength(old.length);
    expect(new Set(ends()).size).toBe(old.length);
    // A call may reach Slack a moment after it was counted.
    expectPace(
      calls.filter(({ what }) => what === `post ${CHANNELS.access}`),
      30,
      29 * SECOND,
    );
    // A burst of changes is within what Slack lets pass.
    expect(calls.filter(({ what }) => what === "too much")).toEqual([]);
  },
  2 * LIMIT,
);

const troubles: readonly [string, FaultRule][] = [
  ["is away", { calls: /./u, does: { kind: "drop" } }],
  ["fails", { calls: /./u, does: { kind: "answer", status: 500, body: "oops" } }],
  ["wants fewer calls", { calls: /./u, does: { kind: "throttle", retryAfterSeconds: 30 } }],
  ["doesn't answer", { calls: /./u, does: { kind: "hang" } }],
  ["takes it and loses the answer", { calls: /^chat\.postMessage$/u, does: { kind: "lose-answer" } }],
];

describe("while Slack", async () => {
  const { stage, untilThen, settledThen, askFor, cards, ends } = await setScene({ onTestFinished: afterAll });
  afterEach(() => {
    stage.faults.slack.clear();
  });

  test.each(troubles)(
    "%s for ten minutes, doors close on time, and then each end is told once and in order",
    async (what, fault) => {
      const first = troubles.findIndex(([name]) => name === what) * 3;
      const ports = PORTS.slice(first, first + 3);
      const mine = () => cards().filter((text) => ports.some((port) => text.includes(`port ${port}`)));
      for (const [i, port] of ports.entries()) await askFor([port], `${11 + 2 * i}m`);
      await untilThen("all are open", () => mine().filter((text) => text.includes("open until")).length === 3, 200);
      await stage.settled();
      stage.clock.advance(9 * MINUTE);
      await settledThen();

      stage.faults.slack.add(fault);
      const last = ports.at(-1) ?? 0;
      for (const port of ports) {
        stage.clock.advance(2.2 * MINUTE);
        await stage.until(`${port} is closed`, async () => !(await isOpen(stage, port)));
        expect(await isOpen(stage, last)).toBe(port !== last);
      }
      for (let minutes = 0; minutes < 4; minutes += 1) {
        stage.clock.advance(MINUTE);
        await stage.until("the bot goes on", async () => (await stage.bots[0].notReady()).length === 0);
      }
      stage.faults.slack.clear();
      const told = () => ends().filter((port) => ports.includes(port));
      await untilThen("all ends are told", () => told().length >= 3, 4 * SECOND);
      await untilThen("all cards are right", () => mine().every((text) => text.includes("closed")), 4 * SECOND);
      await settledThen();
      expect(told()).toEqual(ports);
      expect(mine()).toHaveLength(3);
      const direct = stage.direct(dev).filter((text) => ports.some((port) => text.includes(String(port))));
      expect(new Set(direct).size).toBe(direct.length);
    },
    120_000,
  );

  test(
    "makes one channel wait, another is told at once",
    async () => {
      const before = stage.direct(dev).length;
      // Nobody is told anything in this channel for two minutes.
      stage.faults.slack.add({
        calls: /^chat\.update$/u,
        does: { kind: "throttle", retryAfterSeconds: 120 },
        times: 1,
      });
      await askFor([8_130], "20m");
      await stage.until("the requester is told", () => stage.direct(dev).length > before);
      expect(cards().find((text) => text.includes("port 8130"))).not.toContain("open until");
      stage.clock.advance(130 * SECOND);
      await settledThen();
      expect(cards().find((text) => text.includes("port 8130"))).toContain("open until");
    },
    2 * LIMIT,
  );
});

/** Somebody is in, and knows; a bot of its own process tells. */
const setOpened = async (owner: Owner) => {
  const stage = await setStage(owner, { config });
  const id = await stage.ask(dev, `ssh dev-vm-1 1h from ${ADDRESSES.vpn}`);
  await stage.until("it is open", () => stage.card(id).text.includes("open until"));
  await stage.until("they know", () => stage.direct(dev).length === 1);
  const ends = () => stage.notices().filter((text) => text.includes("closed"));
  /** Whatever is left to say is said before what comes now. */
  const untilAllIsSaid = async (): Promise<void> => {
    const next = await stage.ask(dev, `8101 dev-vm-1 1h from ${ADDRESSES.vpn}`);
    await stage.until("that is open", () => stage.card(next).text.includes("open until"));
  };
  return { stage, id, ends, untilAllIsSaid };
};

test.concurrent(
  "a bot that is killed after Slack took a message, and before it heard so, says it once",
  async (context) => {
    const { stage, id, ends, untilAllIsSaid } = await setOpened(context);
    const [bot] = stage.bots;
    stage.faults.slack.add({ calls: /^chat\.postMessage$/u, does: { kind: "hang-after" } });
    await stage.jit(dev, `close ${id}`);
    await stage.until("Slack took it", () => ends().length > 0);
    await bot.kill();
    stage.faults.slack.clear();
    await bot.start();
    await stage.until("the card says so", () => stage.card(id).text.includes("closed"));
    await untilAllIsSaid();
    expect(ends()).toHaveLength(1);
  },
  2 * LIMIT,
);

test.concurrent(
  "a message that Slack takes only after nobody waits for its answer any more is said once",
  async (context) => {
    const { stage, id, ends, untilAllIsSaid } = await setOpened(context);
    let asked = Number.POSITIVE_INFINITY;
    let isTaken = false;
    stage.slack.subscribe((change) => {
      if (change.kind === "misbehaved") asked = Date.now();
      if (change.kind === "called" && change.method === "chat.postMessage" && Date.now() - asked > 11_900)
        isTaken = true;
    });
    stage.faults.slack.add({ calls: /^chat\.postMessage$/u, does: { kind: "delay", ms: 12_000 }, times: 1 });
    await stage.jit(dev, `close ${id}`);
    await stage.until("Slack took it", () => isTaken, 40_000);
    await stage.until("the end is told", () => ends().length > 0);
    await untilAllIsSaid();
    expect(ends()).toHaveLength(1);
  },
  2 * LIMIT,
);
