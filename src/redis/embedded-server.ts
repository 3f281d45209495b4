/** A Redis of our own, for when none is named: it keeps its data in one folder and lives as long as this process. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, realpath, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { connectRedis, type RedisLog } from "./connect.ts";
import { lockFolder } from "./folder-lock.ts";
import { findServerProgram, type ServerProgram } from "./server-program.ts";

export interface EmbeddedRedisOptions {
  /** Where data, settings and the password live; made when missing. One process at a time may use it. */
  readonly folder: string;
  readonly log: RedisLog;
  /** `none` is for tests: nothing survives the server. */
  readonly persistence?: "every-write" | "none";
  /** How long to wait for another process to let go of the folder: a restart overlaps a little. */
  readonly patienceMs?: number;
  readonly program?: ServerProgram;
}

export interface EmbeddedRedis {
  /** For `connectRedis`; holds the password. */
  readonly url: string;
  /** Ends the server and waits until it has. */
  readonly stop: () => Promise<void>;
}

const START_MS = 10_000;
const STOP_MS = 5_000;

/**
 * Finds a server program, or fetches one where that can be done (see `findServerProgram`), starts it and waits until it answers.
 *
 * The server ends with this process, also when that is killed. One that outlived it all the same is ended before a new one starts. Throws when another
 * live process uses the folder, when there is no program, and when the server doesn't start; the message says what to do.
 */
export const startEmbeddedRedis = async (options: EmbeddedRedisOptions): Promise<EmbeddedRedis> => {
  const { log, persistence = "every-write", patienceMs = 10_000 } = options;
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const folder = await realpath(options.folder);
  const unlock = await lockFolder(folder, patienceMs);
  if (unlock === undefined) {
    throw new Error(
      `another latch uses the folder \`${folder}\`: stop it, or give this one its own with LATCH_DATA, or both one Redis with REDIS_URL`,
    );
  }
  try {
    const program = options.program ?? (await findServerProgram({ log }));
    await endLeftover(folder, log);
    const settings = { port: await freePort(), password: randomBytes(24).toString("hex") };
    await writeSettings(folder, settings, persistence);
    const server = await run(program, folder, settings, log);
    return {
      url: urlOf(settings),
      stop: async () => {
        await end(server);
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
};

interface Settings {
  readonly port: number;
  readonly password: string;
}

const urlOf = ({ port, password }: Settings): string => `redis://:${password}@127.0.0.1:${port}`;
const settingsFile = (folder: string): string => join(folder, "redis.conf");
const pidFile = (folder: string): string => join(folder, "redis.pid");

const writeSettings = async (
  folder: string,
  { port, password }: Settings,
  persistence: "every-write" | "none",
): Promise<void> => {
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${quoted(folder)}`,
    `pidfile ${quoted(pidFile(folder))}`,
    // Else the command line no longer names this file, by which a leftover is known.
    "set-proc-title no",
    'save ""',
    persistence === "none" ? "appendonly no" : "appendonly yes",
    "appendfsync always",
    "maxmemory-policy noeviction",
    "loglevel warning",
  ];
  await writeFile(settingsFile(folder), `${lines.join("\n")}\n`, { mode: 0o600 });
  await chmod(settingsFile(folder), 0o600);
};

/** https://redis.io/docs/latest/operate/oss_and_stack/management/config/: double quotes, backslash escapes. */
const quoted = (text: string): string => `"${text.replace(/["\\]/gu, "\\$&")}"`;

/**
 * Starts the server and ends it when its standard input ends, which the kernel sees to when we die.
 *
 * `$1 …` is the server's command line. The first background job waits for the end of input. Whichever ends first takes the other with it.
 */
const WATCH = `
exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ while read -r _; do :; done; kill "$server"; } <&3 2>/dev/null & watch=$!
exec 3<&-
wait "$server"; code=$?
kill "$watch" 2>/dev/null
exit "$code"
`;

const run = async (
  program: ServerProgram,
  folder: string,
  settings: Settings,
  log: RedisLog,
): Promise<ChildProcess> => {
  const server = spawn("/bin/sh", ["-c", WATCH, "latch-redis", ...program.command, settingsFile(folder)], {
    stdio: ["pipe", "pipe", "pipe"],
    // Its own group: Ctrl-C in a terminal is for us; the server goes when we have said our last word to it.
    detached: true,
  });
  let said = "";
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString("utf8")).slice(-2_000);
  };
  server.stdout?.on("data", listen);
  server.stderr?.on("data", listen);
  server.stdin?.on("error", () => {}); // it may be gone already when we close its input
  let failed: Error | undefined;
  server.on("error", (error) => {
    failed = error;
  });

  const redis = connectRedis(urlOf(settings), { log: silent });
  try {
    const deadline = performance.now() + START_MS;
    // oxlint-disable-next-line no-unmodified-loop-condition -- an event sets it
    while (failed === undefined && !isOver(server) && performance.now() < deadline) {
      const reached = await redis.untilReady(50).then(
        () => redis.send("PING"),
        () => undefined,
      );
      if (reached === "PONG") {
        server.on("exit", (code) => {
          if (!stopping.has(server)) log.warn({ code, said }, "the embedded redis ended");
        });
        return server;
      }
    }
  } finally {
    redis.close();
  }
  await end(server);
  throw new Error(`the embedded redis did not start in \`${folder}\`: ${failed?.message ?? said.trim()}`);
};

const stopping = new WeakSet<ChildProcess>();
const silent: RedisLog = { info: () => {}, warn: () => {} };

const isOver = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const end = async (server: ChildProcess): Promise<void> => {
  stopping.add(server);
  if (isOver(server) || server.pid === undefined) return;
  const gone = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  server.stdin?.end();
  await Promise.race([gone, sleep(STOP_MS, undefined, { ref: false })]);
  if (isOver(server)) return;
  process.kill(-server.pid, "SIGKILL"); // the whole group: the watcher and the server
  await gone;
};

/** Ends a server that outlived its process in this folder. The lock is ours, so nobody alive wants it. */
const endLeftover = async (folder: string, log: RedisLog): Promise<void> => {
  const pid = Number(await readFile(pidFile(folder), "utf8").catch(() => ""));
  const isLeftover = async (): Promise<boolean> => pid > 1 && (await commandLine(pid)).includes(settingsFile(folder));
  if (!(await isLeftover())) return;
  log.warn({ pid }, "ending an embedded redis that outlived its process");
  // Asked kindly it finishes writing. One that doesn't answer lost nothing either: every answered write is on disk.
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    signalTo(pid, signal);
    const deadline = performance.now() + STOP_MS;
    while (performance.now() < deadline) {
      if (!(await isLeftover())) return;
      await sleep(20);
    }
  }
  throw new Error(`a redis server that can't be ended (process ${pid}) uses the folder \`${folder}\``);
};

const signalTo = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // gone in between
  }
};

/** Empty when there is no such process, or only what is left of a dead one. */
const commandLine = async (pid: number): Promise<string> => {
  try {
    return (await promisify(execFile)("ps", ["-ww", "-o", "args=", "-p", String(pid)])).stdout;
  } catch {
    // No `ps` in small containers, or no such process.
    return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ");
  }
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
