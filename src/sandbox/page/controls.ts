/** The page's bar of time and trouble: what it does in the sandbox, and what it shows while the bot recovers. */

import { setTimeout as pause } from "node:timers/promises";
import type { Playground } from "../playground.ts";
import { endingsIn, skip } from "../skip.ts";
import { type Json, textOf } from "../slack/json.ts";
import { SWITCHES, type SwitchName } from "../switches.ts";
import type { LivePart } from "./live.ts";

export interface ControlsState {
  /** By how much the sandbox's time runs ahead of this machine's. */
  readonly aheadMs: number;
  /** When the first of what is open ends. */
  readonly nextEnd: number | undefined;
  readonly switches: Readonly<Record<SwitchName, boolean>>;
  /** `catching up`: time was moved a moment ago, and what it knows is old at once. */
  readonly bot: "down" | "starting" | "catching up" | "ready" | "not ready";
  /** What keeps it from being ready, or is out of order: `redis: away`. */
  readonly missing: readonly string[];
  /** What it told its operators of last, a few seconds ago at most. */
  readonly trouble: string | undefined;
  readonly noticesWaiting: number;
  readonly overdue: number;
}

export interface Controls {
  readonly part: LivePart;
  /** `{ kind: "skip", by: "10m" }`, `{ kind: "switch", name: "azure-slow", on: true }`, `{ kind: "wipe" }`. Throws when it can't be done. */
  readonly act: (what: Json) => Promise<Json>;
}

export const createControls = ({ sandbox, clock, memory, switches }: Playground): Controls => {
  const [bot] = sandbox.bots;
  const listeners = new Set<() => void>();
  let wasReady = false;
  let movedAt = Number.NEGATIVE_INFINITY;
  clock.follow(async () => {
    movedAt = performance.now();
  });
  let asked: Pick<ControlsState, "bot" | "missing" | "noticesWaiting"> = {
    bot: bot.isRunning() ? "starting" : "down",
    missing: [],
    noticesWaiting: 0,
  };

  let looks = 0;
  const look = async (): Promise<void> => {
    looks += 1;
    const mine = looks;
    const isRunning = bot.isRunning();
    const missing = isRunning ? await bot.notReady() : [];
    const noticesWaiting = await memory.noticesWaiting().catch(() => asked.noticesWaiting);
    // A later look knows better.
    if (mine !== looks) return;
    const isReady = isRunning && missing.length === 0;
    wasReady = isRunning && (wasReady || isReady);
    const isMoved = wasReady && performance.now() - movedAt < CATCHING_UP_MS;
    const up = isReady ? "ready" : isMoved ? "catching up" : wasReady ? "not ready" : "starting";
    asked = {
      bot: isRunning ? up : "down",
      missing: isMoved ? [] : missing.filter((line) => line !== "no answer"),
      noticesWaiting,
    };
    for (const changed of listeners) changed();
  };

  let isLooping = false;
  const keepLooking = async (): Promise<void> => {
    if (isLooping) return;
    isLooping = true;
    while (listeners.size > 0) {
      await look();
      await pause(LOOK_MS, undefined, { ref: false });
    }
    isLooping = false;
  };

  let turn: Promise<unknown> = Promise.resolve();
  const carryOut = async (what: Json): Promise<void> => {
    const kind = textOf(what.kind);
    const name = SWITCHES.find((each) => each === what.name);
    if (kind === "skip") await skip(textOf(what.by) ?? "", clock, bot.events);
    else if (kind === "switch" && name !== undefined) await switches.set(name, what.on === true);
    else if (kind === "wipe") await memory.wipe();
    else throw new Error(`nobody can do \`${kind ?? ""}\` here`);
    void look();
  };

  return {
    part: {
      name: "controls",
      read: (): ControlsState => {
        const { next, overdue } = endingsIn(bot.events, clock.now());
        return {
          aheadMs: clock.aheadMs(),
          nextEnd: next,
          switches: Object.fromEntries(
            SWITCHES.map((name) => [name, switches.isOn(name)]),
          ) as ControlsState["switches"],
          ...asked,
          trouble: troubleIn(bot.log, Date.now()),
          overdue,
        };
      },
      subscribe: (changed) => {
        listeners.add(changed);
        void keepLooking();
        const unfollow = clock.follow(async () => changed());
        return () => {
          unfollow();
          listeners.delete(changed);
        };
      },
    },
    // One after the other, as they were pressed.
    act: (what) => {
      const done = turn.then(() => carryOut(what));
      turn = done.catch(() => undefined);
      return done.then(() => ({}));
    },
  };
};

/** Its latest warning, as long as it is young. */
const troubleIn = (log: readonly string[], now: number): string | undefined => {
  for (const line of log.slice(-20).toReversed()) {
    const said = logLine(line);
    if (said === undefined || now - Date.parse(said.time) > YOUNG_MS) return undefined;
    if (said.level >= WARNING) return [said.msg, said.problem].filter((text) => text !== undefined).join(": ");
  }
  return undefined;
};

const logLine = (
  line: string,
): { readonly level: number; readonly time: string; readonly msg: string; readonly problem?: string } | undefined => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/** As pino numbers them: https://getpino.io/#/docs/api?id=loggerlevels-object */
const WARNING = 40;
const YOUNG_MS = 6_000;
/** It reads its clouds and beats again within this. */
const CATCHING_UP_MS = 4_000;
const LOOK_MS = 400;
