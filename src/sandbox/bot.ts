/** The bot, as a process of its own: started as anyone starts it, by the sandbox's clock if there is one, and killed as machines kill. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { AuditEvent } from "../audit/event.ts";
import type { MovableClock } from "./movable-clock.ts";

export interface Bot {
  readonly url: string;
  /** Starts it and waits until it is ready, or at least alive. */
  readonly start: (until?: "ready" | "alive") => Promise<void>;
  /** In order, with SIGTERM. */
  readonly stop: () => Promise<void>;
  /** With SIGKILL, from one instruction to the next. */
  readonly kill: () => Promise<void>;
  readonly isRunning: () => boolean;
  /** The JSON lines of its audit log, of all its lives. */
  readonly events: readonly AuditEvent[];
  /** What it told its operators, of all its lives. */
  readonly log: readonly string[];
  /** The lines of `/readyz`: empty when ready. */
  readonly notReady: () => Promise<readonly string[]>;
}

/** Nobody on the network has any business with a bot whose secrets everybody can read. */
const HOST = "127.0.0.1";
const MAIN = new URL("../main.ts", import.meta.url).pathname;
const BY_CLOCK = new URL("./bot-by-clock.ts", import.meta.url).pathname;

/** `env` is what it is told of Slack, Redis and the clouds. Without a clock it lives by the machine's. */
export const createBot = async (env: Readonly<Record<string, string>>, clock?: MovableClock): Promise<Bot> => {
  const port = await freePort();
  const url = `http://${HOST}:${port}`;
  const events: AuditEvent[] = [];
  const log: string[] = [];
  let child: ChildProcess | undefined;

  const notReady = async (): Promise<readonly string[]> => {
    try {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
      const said = await answer.text();
      return answer.ok ? [] : said.trim().split("\n").slice(1);
    } catch {
      return ["no answer"];
    }
  };

  const start: Bot["start"] = async (until = "ready") => {
    if (child !== undefined) throw new Error("the bot is running already");
    const started = spawn(process.execPath, [clock === undefined ? MAIN : BY_CLOCK], {
      env: { ...inherited(), ...env, LATCH_HOST: HOST, PORT: String(port) },
      stdio: ["ignore", "pipe", "pipe", ...(clock === undefined ? [] : ["ipc" as const])],
    });
    child = started;
    const [, out, err] = started.stdio;
    if (out instanceof Readable) createInterface(out).on("line", (line) => events.push(JSON.parse(line)));
    if (err instanceof Readable) createInterface(err).on("line", (line) => log.push(line));
    if (clock !== undefined) keepTime(started, clock);
    started.once("exit", () => {
      child = undefined;
    });
    const deadline = Date.now() + START_LIMIT_MS;
    for (;;) {
      if (child === undefined) throw new Error(`the bot ended at once:\n${log.slice(-20).join("\n")}`);
      const missing = await notReady();
      if (missing.length === 0 || (until === "alive" && missing[0] !== "no answer")) return;
      if (Date.now() > deadline)
        throw new Error(`the bot isn't ${until}: ${missing.join(", ")}\n${log.slice(-20).join("\n")}`);
      await pause(25);
    }
  };

  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    const ending = child;
    if (ending === undefined) return;
    const exited = once(ending, "exit");
    ending.kill(signal);
    await exited;
  };

  return {
    url,
    start,
    events,
    log,
    notReady,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    isRunning: () => child !== undefined,
  };
};

/** It waits for the first time before it does anything, and answers each with what it has. */
const keepTime = (child: ChildProcess, clock: MovableClock): void => {
  const tell = (aheadMs: number): Promise<void> =>
    new Promise((resolve) => {
      const answered = (has: unknown): void => {
        if (Number(has) >= aheadMs) done();
      };
      const done = (): void => {
        child.off("message", answered).off("exit", done);
        resolve();
      };
      child.on("message", answered).once("exit", done);
      // One that is ending hears nothing more; its exit is what is waited for then.
      if (child.connected) child.send(aheadMs, () => undefined);
    });
  const unfollow = clock.follow(tell);
  child.once("exit", unfollow);
  void tell(clock.aheadMs());
};

/** What a program needs of its surroundings to run at all, and to fetch a Redis where there is none. */
const inherited = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ["PATH", "HOME", "XDG_CACHE_HOME", "http_proxy", "https_proxy", "no_proxy"].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Kept across restarts, because Slack knows the bot by its address. */
const freePort = async (): Promise<number> => {
  for (;;) {
    // Below what Linux hands out to outgoing connections, so that none takes it while the bot is being started again.
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, HOST, () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
};

const START_LIMIT_MS = 60_000;
const ANSWER_LIMIT_MS = 2_000;
