/** The bot's entry: reads the environment and the configuration, and starts. */

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import process from "node:process";
import pino, { type Logger } from "pino";
import type { CloudName } from "./access/machine.ts";
import { type Clock, systemClock } from "./access/time.ts";
import type { Cloud } from "./cloud/firewall.ts";
import type { WithheldMemory } from "./cloud/withheld.ts";
import {
  type Config,
  type ConfigReading,
  parseConfig,
  readConfig,
  readEnvironment,
  type Settings,
  showProblem,
} from "./config.ts";
import { startLatch } from "./latch.ts";
import { messageOf, problemOf } from "./operator-log.ts";

enableCompileCache();

const main = async (): Promise<void> => {
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  const environment = readEnvironment(process.env);
  if (environment.kind === "bad") {
    for (const { variable, message } of environment.problems) process.stderr.write(`${variable} ${message}\n`);
    process.exitCode = 1;
    return;
  }
  const { settings } = environment;
  const reading = await readConfig(settings.configFile);
  const { config, policyProblem } = await usable(reading, settings, log);
  const clock = systemClock;
  const latch = await startLatch({
    settings,
    config,
    policyProblem,
    clock,
    log,
    openClouds: (withheld) => openClouds(config, settings, clock, withheld),
    onAppended: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  });
  log.info({ port: latch.port, installation: config.installation }, "latch is running");

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

/**
 * With a configuration that can't be read nobody gets anything, but what is open must still close: then the last good one says which clouds
 * there are, for closing only.
 */
const usable = async (
  reading: ConfigReading,
  settings: Settings,
  log: Logger,
): Promise<{ readonly config: Config; readonly policyProblem: string | undefined }> => {
  const copy = join(settings.dataFolder, "last-good.yaml");
  if (reading.kind === "ok") {
    await keepCopy(settings.configFile, copy).catch((error: unknown) =>
      log.warn(problemOf(error), "no copy of the configuration kept"),
    );
    return { config: reading.config, policyProblem: undefined };
  }
  for (const problem of reading.problems) process.stderr.write(`${showProblem(problem)}\n`);
  const policyProblem = showProblem(reading.problems[0]);
  log.error(
    { problems: reading.problems.length },
    "the configuration can't be used: nobody gets anything until it is mended and the bot started again",
  );
  const before = await readFile(copy, "utf8").then(
    (text) => parseConfig(text, copy),
    () => undefined,
  );
  return { config: before?.kind === "ok" ? before.config : NO_CONFIG, policyProblem };
};

const keepCopy = async (from: string, to: string): Promise<void> => {
  await mkdir(join(to, ".."), { recursive: true, mode: 0o700 });
  await writeFile(`${to}.new`, await readFile(from), { mode: 0o600 });
  await rename(`${to}.new`, to);
};

const explain = (error: unknown): string => {
  const { code, port } = error as { readonly code?: unknown; readonly port?: unknown };
  if (code === "EADDRINUSE") return `port ${String(port)} is taken; set PORT to another`;
  if (code === "EACCES") return `port ${String(port)} isn't ours to use; set PORT to another`;
  return error instanceof TypeError && error.stack !== undefined ? error.stack : messageOf(error);
};

const NO_CONFIG: Config = {
  installation: "unconfigured",
  timezone: "UTC",
  azure: undefined,
  aws: [],
  policy: { services: new Map(), networks: new Map(), roles: new Map(), rules: [], denials: [], freezes: [] },
  security: undefined,
};

/** Each cloud's SDK takes a while to load, so only those that are configured are. */
const openClouds = async (
  config: Config,
  settings: Settings,
  clock: Clock,
  withheld: WithheldMemory,
): Promise<ReadonlyMap<CloudName, Cloud>> => {
  const { installation } = config;
  const clouds = new Map<CloudName, Cloud>();
  if (config.azure !== undefined) {
    const { armEndpoint, armToken } = settings.azure;
    const { createAzureCloud } = await import("./cloud/azure/azure-cloud.ts");
    const { fixedToken } = await import("./cloud/azure/arm-endpoint.ts");
    const { DefaultAzureCredential } = await import("@azure/identity");
    clouds.set(
      "azure",
      createAzureCloud({
        installation,
        subscriptions: config.azure.subscriptions,
        mappedPorts: config.azure.mappedPorts,
        allowPriorities: config.azure.allowPriorities,
        clock,
        credential: armToken === undefined ? new DefaultAzureCredential() : fixedToken(armToken),
        ...(armEndpoint === undefined ? {} : { endpoint: armEndpoint }),
      }),
    );
  }
  if (config.aws.length > 0) {
    const { createAwsCloud } = await import("./cloud/aws/aws-cloud.ts");
    const { assumeRole } = await import("./cloud/aws/assume-role.ts");
    const { tagSecret } = await import("./cloud/aws/tag-secret.ts");
    const accounts = config.aws.map(
      ({ regions, roleArn, externalId, quotas: { rulesPerGroup, groupsPerInterface } }) => ({
        regions,
        quotas: {
          ...(rulesPerGroup === undefined ? {} : { rulesPerGroup }),
          ...(groupsPerInterface === undefined ? {} : { groupsPerInterface }),
        },
        ...(roleArn === undefined ? {} : { roleArn }),
        ...(externalId === undefined ? {} : { externalId }),
      }),
    );
    const { receive } = settings.slack;
    const secret = tagSecret(receive.kind === "http" ? receive.signingSecret : receive.appToken);
    clouds.set("aws", createAwsCloud({ installation, accounts, assumeRole, withheld, secret }));
  }
  return clouds;
};

await main().catch((error: unknown) => {
  // What is in the way is said in one line; only a mistake of ours needs its stack.
  process.stderr.write(`cannot start: ${explain(error)}\n`);
  process.exit(1);
});
