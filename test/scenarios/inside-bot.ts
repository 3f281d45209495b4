/** The same bot inside this process, with a clock that can be moved: half an hour passes at once. */

import { getTasks } from "node-cron";
import pino from "pino";
import { type Clock, type EpochMs, systemClock } from "../../src/access/time.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { createAwsCloud } from "../../src/cloud/aws/aws-cloud.ts";
import { createAwsIam } from "../../src/cloud/aws/iam/aws-iam.ts";
import { tagSecret } from "../../src/cloud/aws/tag-secret.ts";
import { fixedToken } from "../../src/cloud/azure/arm-endpoint.ts";
import { createAzureCloud } from "../../src/cloud/azure/azure-cloud.ts";
import { openConfig } from "../../src/config/current-config.ts";
import { readEnvironment } from "../../src/config.ts";
import { type Latch, startLatch } from "../../src/latch.ts";
import { openAuthorities } from "../../src/open-clouds.ts";
import type { Bot } from "../../src/sandbox/bot.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { AWS_KEY, PAGERDUTY_TOKEN } from "../../src/sandbox/world.ts";

export interface MovableClock extends Clock {
  /** Real time goes on from there. */
  readonly advance: (ms: number) => void;
}

export const createMovableClock = (): MovableClock => {
  let ahead = 0;
  return {
    now: () => (systemClock.now() + ahead) as EpochMs,
    advance: (ms) => {
      ahead += ms;
    },
  };
};

/** The minute's look at everything, now, by each bot in this process; what it wakes is done later. */
export const lookAtEverything = async (): Promise<void> => {
  const minutes = [...getTasks().values()].filter(({ name }) => name === "minute");
  await Promise.all(
    minutes.map(async (minute) => {
      // One that is under way began to look before what the scenario did last.
      while (minute.isBusy()) await new Promise((resolve) => setTimeout(resolve, 20));
      await minute.execute();
    }),
  );
};

/** From now on no bot that runs in this process looks at everything by itself, so that a full minute doesn't begin between an act and what is seen of it. */
export const stopMinutes = async (): Promise<void> => {
  for (const task of getTasks().values()) if (task.name === "minute") await task.stop();
};

export interface InsideBotDeps {
  readonly sandbox: Omit<Sandbox, "bots" | "stop">;
  readonly redisUrl: string;
  readonly clock: Clock;
  readonly socketMode?: boolean;
}

/** Put together as `main.ts` does it, from the sandbox's configuration; it can't be killed, being in the test's own process. */
export const createInsideBot = ({ sandbox, redisUrl, clock, socketMode = false }: InsideBotDeps): Bot => {
  const events: AuditEvent[] = [];
  const log: string[] = [];
  let latch: Latch | undefined;
  const url = (): string => `http://127.0.0.1:${latch?.port ?? 0}`;

  const notReady: Bot["notReady"] = async () => {
    const answer = await fetch(`${url()}/readyz`).catch(() => undefined);
    return answer === undefined ? ["no answer"] : answer.ok ? [] : (await answer.text()).trim().split("\n").slice(1);
  };

  const start: Bot["start"] = async (until = "ready") => {
    const { slack, azure, ec2, iam, front, ipv6Front, secrets } = sandbox;
    const environment = readEnvironment({
      PORT: "0",
      LATCH_PUBLIC_URL: front.url,
      ...(ipv6Front === undefined ? {} : { LATCH_PUBLIC_URL_IPV6: ipv6Front.url }),
      LATCH_TRUSTED_PROXIES: "127.0.0.1",
      LATCH_CONFIG: sandbox.configFile,
      REDIS_URL: redisUrl,
      SLACK_BOT_TOKEN: secrets.botToken,
      SLACK_API_URL: slack.apiUrl,
      AZURE_ARM_ENDPOINT: azure.url,
      AZURE_ARM_TOKEN: "sandbox-token",
      LATCH_PAGERDUTY_TOKEN: PAGERDUTY_TOKEN,
      ...(socketMode ? { SLACK_APP_TOKEN: secrets.appToken } : { SLACK_SIGNING_SECRET: secrets.signingSecret }),
    });
    if (environment.kind === "bad") throw new Error(JSON.stringify(environment));
    const current = await openConfig({
      file: sandbox.configFile,
      copy: `${sandbox.configFile}.last-good`,
      failed: () => undefined,
    });
    const config = current.config();
    const { installation, azure: account } = config;
    const credentials = { accessKeyId: AWS_KEY.id, secretAccessKey: AWS_KEY.secret };
    if (account === undefined) throw new Error("the configuration has no Azure");
    latch = await startLatch({
      settings: environment.settings,
      current,
      clock,
      openClouds: async (withheld) =>
        new Map([
          [
            "azure",
            createAzureCloud({
              installation,
              clock,
              ...account,
              endpoint: azure.url,
              credential: fixedToken("sandbox-token"),
            }),
          ],
          [
            "aws",
            createAwsCloud({
              installation,
              accounts: config.aws.map(({ regions }) => ({ regions })),
              endpoint: ec2.url,
              credentials,
              withheld,
              secret: tagSecret(socketMode ? secrets.appToken : secrets.signingSecret),
            }),
          ],
        ]),
      openAuthorities: async (now) => {
        const authorities = new Map(await openAuthorities(now, environment.settings, clock));
        const accounts = now.aws.map(({ regions }) => ({ regions }));
        const { actions } = now.authorities.awsIam;
        if (authorities.has("aws-iam")) {
          authorities.set("aws-iam", createAwsIam({ accounts, actions, endpoint: iam.url, credentials }));
        }
        return authorities;
      },
      log: pino({ base: null }, { write: (line: string) => log.push(line.trim()) }),
      onAppended: (event) => events.push(event),
    });
    for (const each of [front, ipv6Front]) each?.forwardTo(url);
    if (!socketMode) slack.deliverTo(`${url()}/slack/events`);
    const deadline = systemClock.now() + START_LIMIT_MS;
    for (;;) {
      const missing = until === "alive" ? [] : await notReady();
      if (missing.length === 0) return;
      if (systemClock.now() > deadline)
        throw new Error(`the bot isn't ready: ${missing.join(", ")}\n${log.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  const stop = async (): Promise<void> => {
    await latch?.stop();
    latch = undefined;
  };

  return {
    start,
    stop,
    kill: async () => {
      throw new Error("a bot in the test's own process can't be killed");
    },
    events,
    log,
    notReady,
    isRunning: () => latch !== undefined,
    get url() {
      return url();
    },
  };
};

const START_LIMIT_MS = 20_000;
