/** The bot as a process: configured by the environment, told what to do by signals, living by the clock it is given. */

import { join } from "node:path";
import process from "node:process";
import pino from "pino";
import type { Clock } from "./access/time.ts";
import { openConfig } from "./config/current-config.ts";
import { readEnvironment } from "./config.ts";
import { startLatch } from "./latch.ts";
import { openAuthorities, openClouds } from "./open-clouds.ts";
import { messageOf, problemOf } from "./operator-log.ts";

export interface RunBotDeps {
  /** What is set outside. */
  readonly env: Parameters<typeof readEnvironment>[0];
  readonly clock: Clock;
}

/** Resolves when it runs; it ends with the process. What keeps it from starting is said on standard error. */
export const runBot = (deps: RunBotDeps): Promise<void> =>
  start(deps).catch((error: unknown) => {
    // What is in the way is said in one line; only a mistake of ours needs its stack.
    process.stderr.write(`cannot start: ${explain(error)}\n`);
    process.exit(1);
  });

const start = async ({ env, clock }: RunBotDeps): Promise<void> => {
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  const environment = readEnvironment(env);
  if (environment.kind === "bad") {
    for (const { variable, message } of environment.problems) process.stderr.write(`${variable} ${message}\n`);
    process.exitCode = 1;
    return;
  }
  const { settings } = environment;
  const current = await openConfig({
    file: settings.configFile,
    copy: join(settings.dataFolder, "last-good.yaml"),
    failed: (error) => log.warn(problemOf(error), "no copy of the configuration kept"),
  });
  const problems = current.problems();
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0)
    log.error(
      { problems: problems.length },
      "the configuration can't be used: nobody gets anything until it is mended",
    );
  const latch = await startLatch({
    settings,
    current,
    clock,
    log,
    openClouds: (withheld) => openClouds(current.config(), settings, clock, withheld),
    openAuthorities: (config) => openAuthorities(config, settings, clock),
    onAppended: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  });
  log.info({ port: latch.port, installation: current.config().installation }, "latch is running");

  process.on("SIGHUP", () => latch.lookAtConfig());
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      latch.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error(problemOf(error), "couldn't stop in order");
          process.exit(1);
        },
      );
    });
  }
};

const explain = (error: unknown): string => {
  const { code, port } = error as { readonly code?: unknown; readonly port?: unknown };
  if (code === "EADDRINUSE") return `port ${String(port)} is taken; set PORT to another`;
  if (code === "EACCES") return `port ${String(port)} isn't ours to use; set PORT to another`;
  return error instanceof TypeError && error.stack !== undefined ? error.stack : messageOf(error);
};
