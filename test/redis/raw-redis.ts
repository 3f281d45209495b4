/** A Redis server that a test can kill, stop for a while and start again at the same address. */

import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";

import { findServerProgram } from "../../src/redis/server-program.ts";
import { quiet } from "./real-redis.ts";

export interface RawRedis {
  readonly url: string;
  readonly start: () => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly kill: () => Promise<void>;
}

/** `settings` are command line settings: `["--maxmemory-policy", "allkeys-lru"]`. */
export const createRawRedis = async (...settings: readonly string[]): Promise<RawRedis> => {
  const [first, ...rest] = (await findServerProgram({ log: quiet })).command;
  const port = await freePort();
  let server: ChildProcess | undefined;
  return {
    url: `redis://127.0.0.1:${port}`,
    start: async () => {
      const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", ...settings];
      const started = spawn(first, [...rest, ...args], { stdio: ["ignore", "pipe", "ignore"] });
      server = started;
      await new Promise<void>((resolve, reject) => {
        started.stdout.on("data", (chunk: Buffer) => {
          if (chunk.includes("Ready to accept connections")) resolve();
        });
        started.once("exit", () => reject(new Error("redis-server ended")));
      });
    },
    signal: (signal) => {
      server?.kill(signal);
    },
    kill: async () => {
      if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
      const gone = new Promise((resolve) => server?.once("exit", resolve));
      server.kill("SIGKILL");
      await gone;
    },
  };
};

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
